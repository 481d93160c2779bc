"""What grpcurl does: it asks the server for its services by reflection, builds the messages from what it hears, and calls."""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from checks import Checks, holds, same
from pilothouse import KEY, PLACE, TAG, serve
from scale import graph

NAME = f"reflected-{TAG}"
SERVICE = "inference.GRPCInferenceService"
METADATA = (("authorization", f"Bearer {KEY}"),)


class WithKey(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Adds the key to each call, as grpcurl's -H does."""

    def details(self, details):
        class Details(grpc.ClientCallDetails):
            method, timeout, credentials, metadata = details.method, details.timeout, details.credentials, METADATA
        return Details()

    def intercept_unary_unary(self, go, details, request):
        return go(self.details(details), request)

    def intercept_stream_stream(self, go, details, requests):
        return go(self.details(details), requests)


def channel():
    return grpc.intercept_channel(grpc.insecure_channel(PLACE), WithKey())


def alpha():
    with channel() as open_channel:
        database = ProtoReflectionDescriptorDatabase(open_channel)
        services = list(database.get_services())
        holds(SERVICE in services, services)
        pool = DescriptorPool(database)
        service = pool.FindServiceByName(SERVICE)
        methods = {m.name: (m.client_streaming, m.server_streaming) for m in service.methods}
        same(methods["ModelInfer"], (False, False))
        same(methods["ModelStreamInfer"], (True, True))
        for name in ("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata"):
            holds(name in methods, name)

        def ask(method, **fields):
            found = service.FindMethodByName(method)
            request, answer = GetMessageClass(found.input_type), GetMessageClass(found.output_type)
            return open_channel.unary_unary(
                f"/{SERVICE}/{method}", request_serializer=request.SerializeToString, response_deserializer=answer.FromString)(request(**fields))

        holds(ask("ServerLive").live, "live")
        same(ask("ModelMetadata", name=NAME).inputs[0].name, "x")
        answer = ask("ModelInfer", model_name=NAME, id="g", inputs=[
            {"name": "x", "datatype": "FP32", "shape": [1, 4], "contents": {"fp32_contents": [1, 2, 3, 4]}},
            {"name": "label", "datatype": "BYTES", "shape": [1, 1], "contents": {"bytes_contents": [b"a"]}}])
        same(list(answer.outputs[0].contents.fp32_contents), [3, 5, 7, 9])
        same(answer.id, "g")


def one():
    """Version 1 of reflection has the same messages under another service name."""
    ask = reflection_pb2.ServerReflectionRequest(list_services="")
    with channel() as open_channel:
        call = open_channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString)
        answer = next(iter(call(iter([ask]))))
    holds(SERVICE in [s.name for s in answer.list_services_response.service], answer)


def unknown():
    with channel() as open_channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(open_channel)
        answer = next(iter(stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(file_containing_symbol="no.such.Thing")]))))
        same(answer.error_response.error_code, grpc.StatusCode.NOT_FOUND.value[0])
        try:
            open_channel.unary_unary(f"/{SERVICE}/NoSuchMethod")(b"")
        except grpc.RpcError as e:
            same(e.code(), grpc.StatusCode.UNIMPLEMENTED)
        else:
            raise AssertionError("a method that does not exist answers")


def without_key():
    with grpc.insecure_channel(PLACE) as plain:
        stub = reflection_pb2_grpc.ServerReflectionStub(plain)
        try:
            list(stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")])))
        except grpc.RpcError as e:
            same(e.code(), grpc.StatusCode.UNAUTHENTICATED)
        else:
            raise AssertionError("reflection answers strangers")


def main():
    checks = Checks("reflection")
    checks.run("a model is registered, applied and released", lambda: serve(NAME, graph()))
    checks.run("v1alpha: services, messages, calls", alpha)
    checks.run("v1: services", one)
    checks.run("what does not exist", unknown)
    checks.run("no key", without_key)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
