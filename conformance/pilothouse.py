"""What the flows that serve models share: our own API, a model put behind an endpoint, and its addresses."""

import json
import os
import time
import urllib.error
import urllib.request
import uuid
from urllib.parse import urlparse

URL = os.environ["PILOTHOUSE_URL"].rstrip("/")
KEY = os.environ.get("PILOTHOUSE_API_KEY", "")
PLACE = urlparse(URL).netloc
TAG = uuid.uuid4().hex[:8]


def header():
    """A new copy for each call, because some clients add their own headers to what they are given."""
    return {"authorization": f"Bearer {KEY}"}


def call(method, path, body=b"", **headers):
    """Status, headers and bytes of an answer, whatever its status."""
    request = urllib.request.Request(URL + path, data=body or None, method=method)
    request.add_header("authorization", f"Bearer {KEY}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read()


def api(method, path, body=b"", media="application/json"):
    """The JSON of an answer; fails where the status is an error."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    status, _, answer = call(method, path, body, content_type=media)
    if status >= 300:
        raise AssertionError(f"{method} {path}: {status} {answer.decode()[:800]}")
    return json.loads(answer or b"{}")


def infer(model, inputs, **more):
    """One inference with JSON tensors, given as (name, datatype, shape, data)."""
    tensors = [dict(zip(("name", "datatype", "shape", "data"), each)) for each in inputs]
    status, _, answer = call("POST", f"/v2/models/{model}/infer", json.dumps({"inputs": tensors, **more}).encode())
    return status, json.loads(answer)


def outputs(answer):
    """Outputs of an answer by name."""
    return {o["name"]: o for o in answer["outputs"]}


def apply(name, body, more=""):
    """Applies a service; `body` is what stands under its kind of workload."""
    api("POST", "/api/v1/apply",
        f"apiVersion: pilothouse.dev/v1\nkind: Service\nmetadata:\n  name: {name}\n{body}\n{more}".encode(), "application/yaml")


def released(name, version=None, within=90):
    """Releases and waits for the end; answers the release."""
    api("POST", f"/api/v1/services/{name}/releases", {"model": f"{name}/{version}"} if version else {})
    until = time.monotonic() + within
    while True:
        release = api("GET", f"/api/v1/services/{name}")["release"]
        if release["state"] in ("promoted", "rejected", "rolled-back", "aborted"):
            return release
        if time.monotonic() > until:
            raise AssertionError(f"no end after {within} s: {json.dumps(release)[:2000]}")
        time.sleep(0.2)


def serve(name, graph):
    """Registers an ONNX graph and releases it as a service of the same name."""
    made = api("POST", f"/api/v1/models/{name}/versions?file=model.onnx", graph, "application/octet-stream")
    apply(name, f"model:\n  name: {name}")
    release = released(name, made["version"])
    if release["state"] != "promoted":
        raise AssertionError(json.dumps(release)[:2000])
