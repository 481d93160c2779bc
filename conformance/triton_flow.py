"""The stock tritonclient over HTTP and gRPC against a running server, with binary tensors.

Registers a small ONNX model over the public API, releases it as a service, and calls it.
"""

import asyncio
import queue
import sys

import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from tritonclient.utils import InferenceServerException

from checks import Checks, holds, same
from pilothouse import PLACE, TAG, URL, header, serve
from scale import graph

NAME = f"scale-{TAG}"


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
            result = client.infer(NAME, tensors, outputs=outputs, request_id="r1", headers=header())
            check_answer(result, x, label)
            same(result.get_response()["model_name"], NAME)
            same(result.get_response().get("id"), "r1")
        client.close()
    return check


def compressed(client_of, module, tensors_of, **options):
    """Every pair of algorithms that the client knows, both ways."""
    def check():
        client = client_of()
        for request in (None, "gzip", "deflate"):
            for response in (None, "gzip", "deflate"):
                x, label, tensors = inputs(module, 64, tensors_of)
                named = options["names"](request, response)
                if named is not None:
                    check_answer(client.infer(NAME, tensors, headers=header(), **named), x, label)
        client.close()
    return check


def http_names(request, response):
    return {"request_compression_algorithm": request, "response_compression_algorithm": response}


def grpc_names(request, response):
    return {"compression_algorithm": request} if response is None else None


def http_metadata():
    client = triton_http.InferenceServerClient(PLACE)
    holds(client.get_server_metadata(headers=header())["name"], "the server has a name")
    metadata = client.get_model_metadata(NAME, headers=header())
    same({i["name"]: (i["datatype"], i["shape"]) for i in metadata["inputs"]},
         {"x": ("FP32", [-1, 4]), "label": ("BYTES", [-1, 1])})
    same(client.get_model_config(NAME, headers=header())["input"][1], {"name": "label", "data_type": "TYPE_STRING", "dims": [-1, 1]})
    holds({"name": NAME, "version": "1", "state": "READY", "reason": ""} in client.get_model_repository_index(headers=header()), "the index")
    holds(client.is_model_ready(NAME, "1", headers=header()), "version 1 is ready")
    holds(not client.is_model_ready(NAME, "9", headers=header()), "version 9 is not")
    client.close()


def fails(call, *words):
    """A call that must be refused, with these words in the reason."""
    try:
        call()
    except InferenceServerException as e:
        holds(all(w in e.message() for w in words), e.message())
        return e
    raise AssertionError("the call went through")


def unoffered():
    """Shared memory, loading, statistics and traces are Triton's own: each says so."""
    http = triton_http.InferenceServerClient(PLACE)
    rpc = triton_grpc.InferenceServerClient(PLACE)
    for client in (http, rpc):
        fails(lambda: client.get_system_shared_memory_status(headers=header()))
        fails(lambda: client.register_system_shared_memory("region", "/key", 64, headers=header()))
        fails(lambda: client.unregister_cuda_shared_memory("region", headers=header()))
        fails(lambda: client.load_model(NAME, headers=header()))
        fails(lambda: client.get_inference_statistics(NAME, headers=header()))
        fails(lambda: client.get_trace_settings(NAME, headers=header()))
    fails(lambda: http.get_system_shared_memory_status(headers=header()), "shared memory")
    fails(lambda: http.load_model(NAME, headers=header()), "pilot release")
    for client, module in ((http, triton_http), (rpc, triton_grpc)):
        _, _, tensors = inputs(module, 1)
        shared = module.InferInput("x", [1, 4], "FP32")
        shared.set_shared_memory("region", 16)
        fails(lambda: client.infer(NAME, [shared, tensors[1]], headers=header()))
        _, _, tensors = inputs(module, 1)
        fails(lambda: client.infer(NAME, tensors, outputs=[module.InferRequestedOutput("y", class_count=2)], headers=header()), "classification")
        client.close()


def http_asynchronous():
    client = triton_http.InferenceServerClient(PLACE, concurrency=8)
    asked = []
    for rows in range(1, 40):
        x, label, tensors = inputs(triton_http, rows, True)
        asked.append((client.async_infer(NAME, tensors, headers=header()), x, label))
    for handle, x, label in asked:
        check_answer(handle.get_result(), x, label)
    client.close()

    async def whole():
        async with triton_http_aio.InferenceServerClient(PLACE) as aio:
            x, label, tensors = inputs(triton_http_aio, 2, True)
            check_answer(await aio.infer(NAME, tensors, headers=header()), x, label)
        async with triton_grpc_aio.InferenceServerClient(PLACE) as aio:
            x, label, tensors = inputs(triton_grpc_aio, 2)
            check_answer(await aio.infer(NAME, tensors, headers=header()), x, label)
    asyncio.run(whole())


def grpc_asynchronous():
    client = triton_grpc.InferenceServerClient(PLACE)
    answers = queue.Queue()
    for rows in range(1, 40):
        _, _, tensors = inputs(triton_grpc, rows)
        client.async_infer(NAME, tensors, request_id=str(rows), headers=header(), callback=lambda result, error: answers.put((result, error)))
    for _ in range(1, 40):
        result, error = answers.get(timeout=60)
        same(error, None)
        x, label, _ = inputs(triton_grpc, int(result.get_response().id))
        check_answer(result, x, label)
    client.close()


def grpc_stream():
    """One stream answers each request; a bad one among them fails alone."""
    client = triton_grpc.InferenceServerClient(PLACE)
    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)), headers=header())
    for rows in range(1, 20):
        _, _, tensors = inputs(triton_grpc, rows)
        client.async_stream_infer("no-such-model" if rows == 7 else NAME, tensors, request_id=str(rows))
    failed = 0
    for _ in range(1, 20):
        result, error = answers.get(timeout=60)
        if error is not None:
            failed += 1
            holds("no-such-model" in error.message(), error.message())
            continue
        x, label, _ = inputs(triton_grpc, int(result.get_response().id))
        check_answer(result, x, label)
    same(failed, 1)
    client.stop_stream()
    client.close()


def http_refusals():
    client = triton_http.InferenceServerClient(PLACE)
    _, _, tensors = inputs(triton_http, 1, True)
    for name, call in {
        "an unknown model": lambda: client.infer("no-such-model", tensors, headers=header()),
        "a missing input": lambda: client.infer(NAME, tensors[:1], headers=header()),
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
    holds(client.is_model_ready(NAME, headers=header()), "the model is ready")
    metadata = client.get_model_metadata(NAME, headers=header())
    same({i.name: (i.datatype, list(i.shape)) for i in metadata.inputs}, {"x": ("FP32", [-1, 4]), "label": ("BYTES", [-1, 1])})
    same(client.get_model_config(NAME, headers=header()).config.input[0].name, "x")
    same([m.name for m in client.get_model_repository_index(headers=header()).models if m.name == NAME], [NAME])
    holds("binary_tensor_data" in client.get_server_metadata(headers=header()).extensions, "extensions")
    fails(lambda: client.get_model_metadata(NAME), "key")
    for rows in (1, 5):
        x, label, tensors = inputs(triton_grpc, rows)
        check_answer(client.infer(NAME, tensors, request_id="g1", headers=header()), x, label)
    try:
        client.infer(NAME, inputs(triton_grpc, 1)[2][:1], headers=header())
    except InferenceServerException as e:
        holds("INVALID_ARGUMENT" in str(e.status()), f"a missing input: {e.status()}")
    else:
        raise AssertionError("a missing input went through")
    client.close()


def main():
    print(f"tritonclient against {URL}")
    checks = Checks("tritonclient")
    checks.run("a model is registered, applied and released", lambda: serve(NAME, graph()))
    checks.run("HTTP with JSON tensors", over_http(False))
    checks.run("HTTP with binary tensors", over_http(True))
    checks.run("HTTP with compressed bodies, both ways", compressed(lambda: triton_http.InferenceServerClient(PLACE), triton_http, True, names=http_names))
    checks.run("gRPC with compressed messages", compressed(lambda: triton_grpc.InferenceServerClient(PLACE), triton_grpc, None, names=grpc_names))
    checks.run("HTTP without waiting", http_asynchronous)
    checks.run("gRPC without waiting", grpc_asynchronous)
    checks.run("gRPC in one stream", grpc_stream)
    checks.run("what is Triton's own is refused with words", unoffered)
    checks.run("HTTP metadata", http_metadata)
    checks.run("HTTP refusals say why", http_refusals)
    checks.run("gRPC", over_grpc)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
