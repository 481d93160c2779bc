"""KServe's own clients, InferenceRESTClient and InferenceGRPCClient, against an ONNX model. Environment: kserve."""

import asyncio
import logging
import sys

import grpc
import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from checks import Checks, holds, same
from pilothouse import KEY, PLACE, TAG, URL, header

NAME = f"kserve-{TAG}"
METADATA = (("authorization", f"Bearer {KEY}"),)
logging.disable(logging.CRITICAL)


def request(binary, rows=3, outputs=None):
    x = np.arange(rows * 4, dtype=np.float32).reshape(rows, 4)
    label = np.array([[f"grüße {i}".encode()] for i in range(rows)], dtype=np.object_)
    inputs = [InferInput("x", list(x.shape), "FP32"), InferInput("label", [rows, 1], "BYTES")]
    inputs[0].set_data_from_numpy(x, binary_data=binary)
    inputs[1].set_data_from_numpy(label, binary_data=binary)
    return x, label, InferRequest(
        model_name=NAME, infer_inputs=inputs, request_id="k-1", parameters={"binary_data_output": binary}, request_outputs=outputs)


def checked(answer, x, label):
    # KServe's client drops the version that the answer names.
    same((answer.model_name, answer.id), (NAME, "k-1"))
    np.testing.assert_allclose(answer.get_output_by_name("y").as_numpy(), 2 * x + 1)
    texts = answer.get_output_by_name("echo").as_numpy().ravel()
    same([v if isinstance(v, bytes) else v.encode() for v in texts], list(label.ravel()))


def rest(check):
    async def whole():
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        try:
            await check(client)
        finally:
            await client.close()
    return lambda: asyncio.run(whole())


def rpc(check):
    async def whole():
        client = InferenceGRPCClient(PLACE)
        try:
            await check(client)
        finally:
            await client.close()
    return lambda: asyncio.run(whole())


async def rest_health(client):
    for base in (URL, URL + "/kserve"):
        holds(await client.is_server_live(base) is True, "live")
        holds(await client.is_server_ready(base) is True, "ready")
        holds(await client.is_model_ready(base, NAME, headers=header()), "the model is ready")
        holds(not await client.is_model_ready(base, "no-such-model", headers=header()), "an unknown model is not ready")


async def rest_json(client):
    x, label, ask = request(False)
    checked(await client.infer(URL, ask, model_name=NAME, headers=header()), x, label)


async def rest_binary(client):
    x, label, ask = request(True)
    seen = {}
    checked(await client.infer(URL + "/kserve", ask, model_name=NAME, headers=header(), response_headers=seen), x, label)
    same(seen["x-pilothouse-version"], "1")


async def rest_outputs(client):
    x, _, ask = request(True, outputs=[RequestedOutput("y", {"binary_data": False})])
    answer = await client.infer(URL, ask, model_name=NAME, headers=header())
    same([o.name for o in answer.outputs], ["y"])
    np.testing.assert_allclose(answer.outputs[0].as_numpy(), 2 * x + 1)


async def rest_refusals(client):
    _, _, ask = request(True)
    for status, words, name, headers in ((404, "no-such-model", "no-such-model", header()), (401, "key", NAME, {})):
        try:
            await client.infer(URL, ask, model_name=name, headers=headers)
        except httpx.HTTPStatusError as e:
            same(e.response.status_code, status)
            holds(words in str(e), str(e))
        else:
            raise AssertionError(f"{status} was expected")


async def rpc_health(client):
    holds(await client.is_server_live(), "live")
    holds(await client.is_server_ready(), "ready")
    holds(await client.is_model_ready(NAME, headers=METADATA), "the model is ready")
    try:
        await client.is_model_ready("no-such-model", headers=METADATA)
    except grpc.RpcError as e:
        same(e.code(), grpc.StatusCode.NOT_FOUND)
    else:
        raise AssertionError("an unknown model is ready")


def rpc_infer(binary):
    async def check(client):
        x, label, ask = request(binary)
        checked(await client.infer(ask, headers=METADATA), x, label)
        many = await asyncio.gather(*[client.infer(request(binary, rows)[2], headers=METADATA) for rows in range(1, 30)])
        same([a.get_output_by_name("y").shape for a in many], [[rows, 4] for rows in range(1, 30)])
    return check


async def rpc_refusals(client):
    _, _, ask = request(True)
    ask.inputs = ask.inputs[:1]
    for code, headers in ((grpc.StatusCode.INVALID_ARGUMENT, METADATA), (grpc.StatusCode.UNAUTHENTICATED, ())):
        try:
            await client.infer(ask, headers=headers)
        except grpc.RpcError as e:
            same(e.code(), code)
            holds(e.details(), "it says why")
        else:
            raise AssertionError(f"{code} was expected")


def main():
    from scale import graph
    from pilothouse import serve

    checks = Checks("kserve")
    checks.run("a model is registered, applied and released", lambda: serve(NAME, graph()))
    for name, check in {
        "REST: live, ready, models": rest_health, "REST with JSON tensors": rest_json, "REST with binary tensors": rest_binary,
        "REST: outputs by name": rest_outputs, "REST refusals say why": rest_refusals}.items():
        checks.run(name, rest(check))
    for name, check in {
        "gRPC: live, ready, models": rpc_health, "gRPC with typed contents": rpc_infer(False), "gRPC with raw contents": rpc_infer(True),
        "gRPC refusals say why": rpc_refusals}.items():
        checks.run(name, rpc(check))
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
