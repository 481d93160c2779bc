"""A model in Python behind the Open Inference Protocol v2 (REST), with the standard library only.

Put your own model into the class `Model`: its constructor loads it from a folder, `predict` answers one batch. Everything
below it is the protocol: readiness, metadata, inference with JSON or binary tensors. Run it by hand with

    MODEL_DIR=examples/python-model/model python3 examples/python-model/serve.py 9001
"""

import json
import os
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


class Model:
    """A scorecard: the score of each merchant category code, read from scores.json."""

    name = "scorecard"
    inputs = [{"name": "x", "datatype": "INT64", "shape": [-1]}]
    outputs = [{"name": "score", "datatype": "FP64", "shape": [-1]}]

    def __init__(self, folder):
        self.scores = json.loads((Path(folder) / "scores.json").read_text())

    def predict(self, inputs):
        """Answers a batch: flat lists of values by input name in, the same by output name out."""
        return {"score": [self.scores[code] for code in inputs["x"]]}


# What follows needs no change.

FORMATS = {
    "BOOL": "?", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q",
    "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", "FP16": "e", "FP32": "f", "FP64": "d",
}


class Refused(Exception):
    """The request is the caller's mistake."""


def flat(data):
    """Values of a flat or nested array, in row-major order."""
    if isinstance(data, list):
        return [value for each in data for value in flat(each)]
    return [data]


def unpacked(content, datatype):
    """Values of a raw tensor of the binary tensor extension, all little-endian."""
    if datatype == "BYTES":
        values, at = [], 0
        while at < len(content):
            (length,) = struct.unpack_from("<I", content, at)
            values.append(content[at + 4 : at + 4 + length].decode())
            at += 4 + length
        return values
    size = struct.calcsize("<" + FORMATS[datatype])
    return list(struct.unpack("<%d%s" % (len(content) // size, FORMATS[datatype]), content))


def read(body, json_length):
    """The request's id, its values by input name, and its number of rows."""
    request = json.loads(body[:json_length])
    raw_at, values, rows = json_length, {}, 1
    for tensor in request["inputs"]:
        raw_size = tensor.get("parameters", {}).get("binary_data_size")
        if raw_size is None:
            values[tensor["name"]] = flat(tensor["data"])
        else:
            values[tensor["name"]] = unpacked(body[raw_at : raw_at + raw_size], tensor["datatype"])
            raw_at += raw_size
        rows = tensor["shape"][0] if tensor["shape"] else 1
    return request.get("id", ""), values, rows


class Handler(BaseHTTPRequestHandler):
    model = None
    protocol_version = "HTTP/1.1"
    # One packet per answer; without these, kept connections wait 40 ms for an acknowledgement.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def do_GET(self):
        path, model = unquote(self.path), self.model
        if path in ("/v2/health/live", "/v2/health/ready"):
            self.answer(200, {"ready": True})
        elif path == "/v2":
            self.answer(200, {"name": "serve.py", "version": "1", "extensions": ["binary_tensor_data"]})
        elif path == f"/v2/models/{model.name}/ready":
            self.answer(200, {"name": model.name, "ready": True})
        elif path == f"/v2/models/{model.name}":
            self.answer(
                200, {"name": model.name, "platform": "python", "inputs": model.inputs, "outputs": model.outputs}
            )
        else:
            self.answer(404, {"error": f"There is nothing at {path}; the model here is '{model.name}'."})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if unquote(self.path) != f"/v2/models/{self.model.name}/infer":
            self.answer(404, {"error": f"There is nothing at {self.path}; the model here is '{self.model.name}'."})
            return
        try:
            self.answer(200, self.infer(body))
        except Refused as refusal:
            self.answer(400, {"error": str(refusal)})
        except Exception as failure:  # whatever the model does, the caller gets an answer and the log the reason
            print(f"The model failed: {failure!r}", file=sys.stderr, flush=True)
            self.answer(500, {"error": f"The model failed: {failure!r}"})

    def infer(self, body):
        try:
            request_id, values, rows = read(body, int(self.headers.get("Inference-Header-Content-Length", len(body))))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as mistake:
            raise Refused(f"The request cannot be read: {mistake!r}") from mistake
        missing = [spec["name"] for spec in self.model.inputs if spec["name"] not in values]
        if missing:
            raise Refused(f"The inputs {missing} are missing; the model takes {self.model.inputs}.")
        predicted = self.model.predict(values)
        outputs = []
        for spec in self.model.outputs:
            data = flat(predicted[spec["name"]])
            shape = [rows] + [len(data) // max(1, rows)] * (len(spec["shape"]) - 1)
            outputs.append({"name": spec["name"], "datatype": spec["datatype"], "shape": shape, "data": data})
        answer = {"model_name": self.model.name, "model_version": "1", "outputs": outputs}
        return {"id": request_id, **answer} if request_id else answer

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code="-", size="-"):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def run(kind):
    """Loads the model and serves it at the port that is the first argument, or the variable PORT."""
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ["PORT"])
    Handler.model = kind(os.environ.get("MODEL_DIR", "."))
    print(f"{Handler.model.name} listens on 127.0.0.1:{port}", flush=True)
    Server(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    run(Model)
