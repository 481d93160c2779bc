"""The protocol by curl alone: compressed requests and answers, binary tensors, statuses; every command stands here as typed."""

import gzip
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from checks import Checks, Skip, holds, same
from pilothouse import KEY, TAG, URL, serve
from scale import graph

NAME = f"curl-{TAG}"
INFER = f"{URL}/v2/models/{NAME}/infer"


def curl(*words, data=None):
    """Status, headers in small letters, and body."""
    with tempfile.TemporaryDirectory() as folder:
        body, heads = Path(folder, "body"), Path(folder, "heads")
        command = ["curl", "-sS", "--max-time", "60", "-o", str(body), "-D", str(heads), "-w", "%{http_code}", "-H", f"authorization: Bearer {KEY}", *words]
        if data is not None:
            command += ["--data-binary", "@-"]
        done = subprocess.run(command, input=data, capture_output=True, check=False)
        holds(done.returncode == 0, done.stderr.decode())
        headers = dict(line.lower().split(": ", 1) for line in heads.read_text().splitlines() if ": " in line)
        return int(done.stdout), headers, body.read_bytes() if body.exists() else b""


def ask(rows):
    return json.dumps({"id": "c", "inputs": [
        {"name": "x", "datatype": "FP32", "shape": [rows, 4], "data": list(range(rows * 4))},
        {"name": "label", "datatype": "BYTES", "shape": [rows, 1], "data": ["a"] * rows}]}).encode()


def checked(answer, rows):
    read = json.loads(answer)
    same(read["outputs"][0]["data"], [2.0 * v + 1 for v in range(rows * 4)])
    same((read["model_name"], read["model_version"], read["id"]), (NAME, "1", "c"))


def plain():
    for more in ([], ["--http2-prior-knowledge"], ["-H", "expect: 100-continue"], ["-H", "transfer-encoding: chunked"]):
        status, headers, answer = curl(INFER, *more, data=ask(3))
        same((status, headers["content-type"], headers["x-pilothouse-version"]), (200, "application/json", "1"), str(more))
        checked(answer, 3)


def compressed():
    rows = 400
    for encoding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        status, _, answer = curl(INFER, "-H", f"content-encoding: {encoding}", data=pack(ask(rows)))
        same(status, 200, f"{encoding} {answer[:300]}")
        checked(answer, rows)
        status, headers, answer = curl(INFER, "-H", f"accept-encoding: {encoding}", data=ask(rows))
        same((status, headers["content-encoding"]), (200, encoding))
        checked(gzip.decompress(answer) if encoding == "gzip" else zlib.decompress(answer), rows)
    checked(curl(INFER, "--compressed", data=ask(rows))[2], rows)
    status, _, answer = curl(INFER, "-H", "content-encoding: gzip", data=b"this is no gzip")
    same(status, 400)
    holds(json.loads(answer)["error"], answer)


def binary():
    head = json.dumps({"parameters": {"binary_data_output": True}, "inputs": [
        {"name": "x", "datatype": "FP32", "shape": [1, 4], "parameters": {"binary_data_size": 16}},
        {"name": "label", "datatype": "BYTES", "shape": [1, 1], "parameters": {"binary_data_size": 5}}]}).encode()
    body = head + struct.pack("<4f", 1, 2, 3, 4) + struct.pack("<I1s", 1, b"z")
    for wire, more in ((body, []), (gzip.compress(body), ["-H", "content-encoding: gzip"])):
        status, headers, answer = curl(INFER, "-H", f"inference-header-content-length: {len(head)}", *more, data=wire)
        same(status, 200, answer[:300])
        start = int(headers["inference-header-content-length"])
        same(struct.unpack("<4f", answer[start:start + 16]), (3, 5, 7, 9))
        same(answer[start + 16:], struct.pack("<I1s", 1, b"z"))


def statuses():
    for expected, words in {
        200: [f"{URL}/v2/health/live"], 404: [f"{URL}/v2/models/no-such-model"], 405: ["-X", "DELETE", INFER],
        400: ["-d", "{}", INFER], 401: ["-H", "authorization: Bearer wrong", f"{URL}/v2/models/{NAME}"]}.items():
        if expected == 401:
            done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", f"{URL}/v2/models/{NAME}"], capture_output=True, check=False)
            answer, status = done.stdout.rsplit(b"\n", 1)
            status = int(status)
        else:
            status, _, answer = curl(*words)
        same(status, expected)
        if expected >= 400:
            same(list(json.loads(answer)), ["error"], str(expected))


def main():
    checks = Checks("curl")
    if shutil.which("curl") is None:
        checks.run("curl", lambda: Skip("curl is not installed here"))
        return checks.finish()
    checks.run("a model is registered, applied and released", lambda: serve(NAME, graph()))
    checks.run("JSON over HTTP/1 and HTTP/2", plain)
    checks.run("gzip and deflate both ways", compressed)
    checks.run("binary tensors", binary)
    checks.run("statuses and error bodies", statuses)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
