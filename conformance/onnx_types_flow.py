"""Every tensor data type through tritonclient over HTTP and gRPC, raw and as JSON; shapes that are odd; what does not fit."""

import json
import sys

import ml_dtypes
import numpy as np
import onnx
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from onnx import TensorProto, helper
from tritonclient.utils import triton_to_np_dtype

from checks import Checks, holds, same
from pilothouse import PLACE, TAG, call, header, infer, outputs, serve

TYPES = {
    "BOOL": (TensorProto.BOOL, np.bool_, [True, False, True, True]),
    "UINT8": (TensorProto.UINT8, np.uint8, [0, 1, 128, 255]),
    "UINT16": (TensorProto.UINT16, np.uint16, [0, 1, 32768, 65535]),
    "UINT32": (TensorProto.UINT32, np.uint32, [0, 1, 2**31, 2**32 - 1]),
    "UINT64": (TensorProto.UINT64, np.uint64, [0, 1, 2**63, 2**64 - 1]),
    "INT8": (TensorProto.INT8, np.int8, [-128, -1, 0, 127]),
    "INT16": (TensorProto.INT16, np.int16, [-32768, -1, 0, 32767]),
    "INT32": (TensorProto.INT32, np.int32, [-(2**31), -1, 0, 2**31 - 1]),
    "INT64": (TensorProto.INT64, np.int64, [-(2**63), -1, 0, 2**63 - 1]),
    "FP16": (TensorProto.FLOAT16, np.float16, [0.5, -2.0, 65504.0, 6e-8]),
    "FP32": (TensorProto.FLOAT, np.float32, [0.1, -3.4e38, 1e-40, 16777216.0]),
    "FP64": (TensorProto.DOUBLE, np.float64, [0.1, -1.7e308, 5e-324, 9007199254740993.0]),
    "BF16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16, [0.5, -2.0, 3e38, 1e-30]),
    "BYTES": (TensorProto.STRING, np.object_, ["".encode(), "ümlaut".encode(), "日本".encode(), b"\x00\x01"]),
}


def named(kind):
    return f"type-{kind.lower()}-{TAG}"


def graph(nodes, inputs, results, constants=()):
    made = helper.make_model(
        helper.make_graph(nodes, "g", [helper.make_tensor_value_info(*i) for i in inputs], [helper.make_tensor_value_info(*r) for r in results], list(constants)),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made.SerializeToString()


def served():
    for kind, (element, _, _) in TYPES.items():
        serve(named(kind), graph([helper.make_node("Identity", ["x"], ["y"])], [("x", element, ["n", "m"])], [("y", element, ["n", "m"])]))


def array(kind):
    _, element, values = TYPES[kind]
    return np.array(values, dtype=element).reshape(2, 2)


def raw(kind, client, module, **options):
    x = array(kind)
    tensor = module.InferInput("x", [2, 2], kind)
    # Older clients take BF16 as the 32-bit floats that it is the upper half of.
    given = x.astype(triton_to_np_dtype(kind)) if kind == "BF16" else x
    tensor.set_data_from_numpy(given, **options)
    result = client.infer(named(kind), [tensor], headers=header())
    back = result.as_numpy("y")
    same(list(back.shape), [2, 2])
    if kind == "BYTES":
        same([v if isinstance(v, bytes) else v.encode() for v in back.ravel()], list(x.ravel()))
    else:
        np.testing.assert_array_equal(back, given)


def over_http(kind):
    client = triton_http.InferenceServerClient(PLACE)
    raw(kind, client, triton_http, binary_data=True)
    if kind not in ("FP16", "BF16", "BYTES"):
        raw(kind, client, triton_http, binary_data=False)
    client.close()


def over_grpc(kind):
    client = triton_grpc.InferenceServerClient(PLACE)
    raw(kind, client, triton_grpc)
    client.close()


def as_json():
    for kind in TYPES:
        x = array(kind)
        data = [v.decode() for v in x.ravel()] if kind == "BYTES" else [float(v) for v in x.ravel()] if kind == "BF16" else x.ravel().tolist()
        status, answer = infer(named(kind), [("x", kind, [2, 2], data)])
        if kind in ("FP16", "BF16"):
            same(status, 400)
            holds("binary tensor" in answer["error"], answer)
            continue
        same(status, 200, f"{kind} {answer}")
        got = outputs(answer)["y"]["data"]
        # The shortest text that reads as the same number of 32 bits.
        same([float(np.float32(v)) for v in got] if kind == "FP32" else got, data, kind)


def ranges():
    """The first value beyond each whole type is refused, and nothing wraps around."""
    for kind in [k for k in TYPES if "INT" in k]:
        limits = np.iinfo(TYPES[kind][1])
        for beyond in (int(limits.min) - 1, int(limits.max) + 1, 0.5, "1", True, None):
            status, answer = infer(named(kind), [("x", kind, [1, 1], [beyond])])
            same(status, 400, f"{kind} {beyond} {answer}")


def shapes():
    serve(f"scalar-{TAG}", graph(
        [helper.make_node("Add", ["x", "one"], ["y"])], [("x", TensorProto.FLOAT, [])], [("y", TensorProto.FLOAT, [])],
        [helper.make_tensor("one", TensorProto.FLOAT, [], [1.0])]))
    status, answer = infer(f"scalar-{TAG}", [("x", "FP32", [], [41])])
    same((status, outputs(answer)["y"]["shape"], outputs(answer)["y"]["data"]), (200, [], [42.0]))
    for kind in ("FP32", "UINT16", "BYTES", "INT64"):
        for shape in ([0, 2], [2, 0], [0, 0]):
            status, answer = infer(named(kind), [("x", kind, shape, [])])
            same((status, outputs(answer)["y"]["shape"], outputs(answer)["y"]["data"]) if status == 200 else (status, answer), (200, shape, []), kind)
    serve(f"dynamic-{TAG}", graph(
        [helper.make_node("MatMul", ["a", "b"], ["product"]), helper.make_node("Shape", ["a"], ["shape"])],
        [("a", TensorProto.FLOAT, ["n", "k"]), ("b", TensorProto.FLOAT, ["k", "m"])],
        [("product", TensorProto.FLOAT, ["n", "m"]), ("shape", TensorProto.INT64, [2])]))
    rng = np.random.default_rng(1)
    for n, k, m in ((1, 1, 1), (2, 3, 4), (50, 7, 1), (1, 100, 30)):
        a, b = rng.random((n, k), dtype=np.float32), rng.random((k, m), dtype=np.float32)
        status, answer = infer(f"dynamic-{TAG}", [("a", "FP32", [n, k], a.ravel().tolist()), ("b", "FP32", [k, m], b.ravel().tolist())])
        same(status, 200, answer)
        np.testing.assert_allclose(np.array(outputs(answer)["product"]["data"]).reshape(n, m), a @ b, rtol=1e-4)
        same(outputs(answer)["shape"]["data"], [n, k])
    status, answer = infer(f"dynamic-{TAG}", [("a", "FP32", [1, 2], [1, 2]), ("b", "FP32", [3, 1], [1, 2, 3])])
    holds(400 <= status <= 500 and answer["error"], answer)


def batch_sizes():
    name = named("FP32")
    client = triton_http.InferenceServerClient(PLACE, connection_timeout=60, network_timeout=60)
    for rows in (1, 2, 3, 64, 1000, 50_000):
        x = np.random.default_rng(rows).random((rows, 20), dtype=np.float32)
        tensor = triton_http.InferInput("x", [rows, 20], "FP32")
        tensor.set_data_from_numpy(x)
        np.testing.assert_array_equal(client.infer(name, [tensor], headers=header()).as_numpy("y"), x)
    client.close()


def not_finite():
    """JSON has neither NaN nor infinity: null stands for NaN on the way in, and for both on the way out; raw tensors carry them."""
    name = named("FP32")
    status, answer = infer(name, [("x", "FP32", [1, 3], [None, 1.5, None])])
    same((status, outputs(answer)["y"]["data"]), (200, [None, 1.5, None]))
    for text in ("NaN", "Infinity", "-Infinity", "1e999", "01", "+1", "1."):
        body = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[%s]}]}' % text
        status, _, answer = call("POST", f"/v2/models/{name}/infer", body.encode())
        same(status, 400, text)
        holds(json.loads(answer)["error"], text)
    x = np.array([[np.nan, np.inf, -np.inf]], dtype=np.float32)
    client = triton_http.InferenceServerClient(PLACE)
    tensor = triton_http.InferInput("x", [1, 3], "FP32")
    tensor.set_data_from_numpy(x)
    np.testing.assert_array_equal(client.infer(name, [tensor], headers=header()).as_numpy("y"), x)
    client.close()


def main():
    checks = Checks("types")
    checks.run("a model of each type is released", served)
    for kind in TYPES:
        checks.run(f"{kind} over HTTP", lambda: over_http(kind))
        checks.run(f"{kind} over gRPC", lambda: over_grpc(kind))
    checks.run("each type as JSON", as_json)
    checks.run("values beyond a type's range", ranges)
    checks.run("scalars, empty tensors, dynamic shapes", shapes)
    checks.run("batches of any size", batch_sizes)
    checks.run("NaN and infinity", not_finite)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
