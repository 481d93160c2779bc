"""The stock tritonclient over HTTP and gRPC against a running server, with binary tensors.

Registers a small ONNX model over the public API, releases it as a service, and calls it. Needs PILOTHOUSE_URL and
PILOTHOUSE_API_KEY in the environment.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from urllib.parse import urlparse

import numpy as np
import onnx
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from onnx import TensorProto, helper
from tritonclient.utils import InferenceServerException

from checks import Checks, holds, same

URL = os.environ["PILOTHOUSE_URL"].rstrip("/")
KEY = os.environ.get("PILOTHOUSE_API_KEY", "")
NAME = "scale-" + uuid.uuid4().hex[:8]
# A copy goes with each call, because the HTTP client adds its own headers to what it is given.
HEADER = {"authorization": f"Bearer {KEY}"}
PLACE = urlparse(URL).netloc


def api(method, path, body=b"", media="application/json"):
    request = urllib.request.Request(URL + path, data=body or None, method=method)
    request.add_header("authorization", f"Bearer {KEY}")
    request.add_header("content-type", media)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise AssertionError(f"{method} {path}: {e.code} {e.read().decode()[:800]}") from e


def model():
    """y = 2 x + 1 for any number of rows of four floats, and the text input unchanged."""
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["x", "two"], ["scaled"]),
            helper.make_node("Add", ["scaled", "one"], ["y"]),
            helper.make_node("Identity", ["label"], ["echo"]),
        ],
        "scale",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4]),
            helper.make_tensor_value_info("label", TensorProto.STRING, ["n", 1]),
        ],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4]),
            helper.make_tensor_value_info("echo", TensorProto.STRING, ["n", 1]),
        ],
        [
            helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0]),
            helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made.SerializeToString()


def release():
    made = api("POST", f"/api/v1/models/{NAME}/versions?file=model.onnx", model(), "application/octet-stream")
    same(made["version"], 1)
    text = f"apiVersion: pilothouse.dev/v1\nkind: Service\nmetadata:\n  name: {NAME}\nmodel:\n  name: {NAME}\n"
    api("POST", "/api/v1/apply", text.encode(), "application/yaml")
    api("POST", f"/api/v1/services/{NAME}/releases", json.dumps({"model": f"{NAME}/1"}).encode())
    client = triton_http.InferenceServerClient(PLACE)
    for _ in range(120):
        if client.is_model_ready(NAME, headers=dict(HEADER)):
            return
        time.sleep(0.5)
    raise AssertionError("not ready after 60 s: " + json.dumps(api("GET", f"/api/v1/services/{NAME}"))[:2000])


def inputs(kind, rows, binary=None):
    x = np.arange(rows * 4, dtype=np.float32).reshape(rows, 4)
    label = np.array([[f"grüße {i}".encode()] for i in range(rows)], dtype=np.object_)
    tensors = [kind.InferInput("x", list(x.shape), "FP32"), kind.InferInput("label", [rows, 1], "BYTES")]
    options = {} if binary is None else {"binary_data": binary}
    tensors[0].set_data_from_numpy(x, **options)
    tensors[1].set_data_from_numpy(label, **options)
    return x, label, tensors


def check_answer(result, x, label):
    np.testing.assert_allclose(result.as_numpy("y"), 2 * x + 1)
    same([bytes(v) if not isinstance(v, str) else v.encode() for v in result.as_numpy("echo").ravel()],
         [v for v in label.ravel()])


def over_http(binary):
    def check():
        client = triton_http.InferenceServerClient(PLACE)
        holds(client.is_server_live() and client.is_server_ready(), "live and ready")
        for rows in (1, 3):
            x, label, tensors = inputs(triton_http, rows, binary)
            outputs = [triton_http.InferRequestedOutput(name, binary_data=binary) for name in ("y", "echo")]
            result = client.infer(NAME, tensors, outputs=outputs, request_id="r1", headers=dict(HEADER))
            check_answer(result, x, label)
            same(result.get_response()["model_name"], NAME)
            same(result.get_response().get("id"), "r1")
        client.close()
    return check


def compressed():
    client = triton_http.InferenceServerClient(PLACE)
    x, label, tensors = inputs(triton_http, 64, True)
    result = client.infer(
        NAME, tensors, headers=dict(HEADER), request_compression_algorithm="gzip", response_compression_algorithm="gzip")
    check_answer(result, x, label)
    client.close()


def http_metadata():
    client = triton_http.InferenceServerClient(PLACE)
    holds(client.get_server_metadata(headers=dict(HEADER))["name"], "the server has a name")
    metadata = client.get_model_metadata(NAME, headers=dict(HEADER))
    same({i["name"]: (i["datatype"], i["shape"]) for i in metadata["inputs"]},
         {"x": ("FP32", [-1, 4]), "label": ("BYTES", [-1, 1])})
    client.close()


def http_refusals():
    client = triton_http.InferenceServerClient(PLACE)
    _, _, tensors = inputs(triton_http, 1, True)
    for name, call in {
        "an unknown model": lambda: client.infer("no-such-model", tensors, headers=dict(HEADER)),
        "a missing input": lambda: client.infer(NAME, tensors[:1], headers=dict(HEADER)),
        "no key": lambda: client.infer(NAME, tensors),
    }.items():
        try:
            call()
        except InferenceServerException as e:
            holds(e.message(), f"{name} says why")
            continue
        raise AssertionError(f"{name} went through")
    client.close()


def over_grpc():
    client = triton_grpc.InferenceServerClient(PLACE)
    holds(client.is_server_live() and client.is_server_ready(), "live and ready")
    holds(client.is_model_ready(NAME, headers=dict(HEADER)), "the model is ready")
    metadata = client.get_model_metadata(NAME, headers=dict(HEADER))
    same({i.name: (i.datatype, list(i.shape)) for i in metadata.inputs}, {"x": ("FP32", [-1, 4]), "label": ("BYTES", [-1, 1])})
    for rows in (1, 5):
        x, label, tensors = inputs(triton_grpc, rows)
        check_answer(client.infer(NAME, tensors, request_id="g1", headers=dict(HEADER)), x, label)
    try:
        client.infer(NAME, inputs(triton_grpc, 1)[2][:1], headers=dict(HEADER))
    except InferenceServerException as e:
        holds("INVALID_ARGUMENT" in str(e.status()), f"a missing input: {e.status()}")
    else:
        raise AssertionError("a missing input went through")
    client.close()


def main():
    print(f"tritonclient against {URL}")
    checks = Checks("tritonclient")
    checks.run("a model is registered, applied and released", release)
    checks.run("HTTP with JSON tensors", over_http(False))
    checks.run("HTTP with binary tensors", over_http(True))
    checks.run("HTTP with compressed bodies", compressed)
    checks.run("HTTP metadata", http_metadata)
    checks.run("HTTP refusals say why", http_refusals)
    checks.run("gRPC", over_grpc)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
