package dev.pilothouse.run.openinference;

import dev.pilothouse.run.openinference.InferRequest.RestBody;
import dev.pilothouse.run.openinference.InferResult.RemoteAnswer;
import dev.pilothouse.run.openinference.InferResult.Span;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Writes answers to clients and requests to servers behind us. Stateless. */
public final class InferWriter {
    private static final int MEMBERS = 192;
    private static final int PER_TENSOR = 64;

    private InferWriter() {}

    /** The answer to one request, its outputs as the client asked for them. */
    public static RestBody answer(InferRequest request, InferResult result, String model, String version) {
        if (result.remote() != null) {
            return renamed(result.remote(), request.id(), model, version);
        }
        List<Tensor> outputs = result.outputs();
        int size = MEMBERS + model.length() + version.length() + request.id().length();
        for (Tensor tensor : outputs) {
            size += PER_TENSOR + tensor.name().length() + (request.isBinary(tensor.name()) ? 0 : textSize(tensor));
        }
        var out = new JsonBytes(size);
        out.ascii("{\"model_name\":").quote(model).ascii(",\"model_version\":").quote(version);
        if (!request.id().isEmpty()) {
            out.ascii(",\"id\":").quote(request.id());
        }
        out.ascii(",\"outputs\":[");
        List<Tensor> raw = new ArrayList<>(0);
        boolean first = true;
        for (Tensor tensor : outputs) {
            if (!first) {
                out.put(',');
            }
            first = false;
            tensor(out, tensor, request.isBinary(tensor.name()), raw);
        }
        out.ascii("]}");
        return withRaw(out, raw);
    }

    /** A request to a server behind us, of tensors that came by gRPC. */
    public static RestBody request(InferRequest request) {
        var out = new JsonBytes(MEMBERS + request.inputs().size() * 256);
        out.put('{');
        if (!request.id().isEmpty()) {
            out.ascii("\"id\":").quote(request.id()).put(',');
        }
        out.ascii("\"inputs\":[");
        List<Tensor> raw = new ArrayList<>(0);
        boolean first = true;
        for (Tensor tensor : request.inputs()) {
            if (!first) {
                out.put(',');
            }
            first = false;
            tensor(out, tensor, tensor.type() == DataType.FP16 || tensor.type() == DataType.BF16, raw);
        }
        out.put(']');
        if (!request.outputs().isEmpty()) {
            out.ascii(",\"outputs\":[");
            for (int i = 0; i < request.outputs().size(); i++) {
                out.ascii(i == 0 ? "{\"name\":" : ",{\"name\":")
                        .quote(request.outputs().get(i).name())
                        .put('}');
            }
            out.put(']');
        }
        out.put('}');
        return withRaw(out, raw);
    }

    private static int textSize(Tensor tensor) {
        return (int) Math.min(Integer.MAX_VALUE / 4, tensor.count() * 12L);
    }

    private static void tensor(JsonBytes out, Tensor tensor, boolean binary, List<Tensor> raw) {
        out.ascii("{\"name\":")
                .quote(tensor.name())
                .ascii(",\"datatype\":\"")
                .ascii(tensor.type().name())
                .ascii("\",\"shape\":[");
        for (int i = 0; i < tensor.shape().length; i++) {
            if (i > 0) {
                out.put(',');
            }
            out.number(tensor.shape()[i]);
        }
        if (binary) {
            out.ascii("],\"parameters\":{\"binary_data_size\":")
                    .number((long) tensor.rawLength())
                    .ascii("}}");
            raw.add(tensor);
        } else {
            out.ascii("],\"data\":");
            TensorJson.write(out, tensor, 0, tensor.count());
            out.put('}');
        }
    }

    private static RestBody withRaw(JsonBytes json, List<Tensor> raw) {
        if (raw.isEmpty()) {
            return new RestBody(json.toBytes(), json.length());
        }
        int length = json.length();
        for (Tensor tensor : raw) {
            length = Math.addExact(length, tensor.rawLength());
        }
        ByteBuffer all = ByteBuffer.allocate(length).put(json.array(), 0, json.length());
        for (Tensor tensor : raw) {
            tensor.writeRaw(all);
        }
        return new RestBody(all.array(), json.length());
    }

    /** Another server's answer with our names for the model, its version and the request. */
    private static RestBody renamed(RemoteAnswer answer, String id, String model, String version) {
        RestBody body = answer.body();
        record Change(Span span, String value) {}
        var changes = new ArrayList<Change>(3);
        var out = new JsonBytes(body.bytes().length + MEMBERS);
        int brace = 0;
        while (body.bytes()[brace] != '{') {
            brace++;
        }
        out.put('{');
        if (answer.modelName() != null) {
            changes.add(new Change(answer.modelName(), model));
        } else {
            out.ascii("\"model_name\":").quote(model).put(',');
        }
        if (answer.modelVersion() != null) {
            changes.add(new Change(answer.modelVersion(), version));
        } else {
            out.ascii("\"model_version\":").quote(version).put(',');
        }
        if (answer.id() != null && !id.isEmpty()) {
            changes.add(new Change(answer.id(), id));
        } else if (!id.isEmpty()) {
            out.ascii("\"id\":").quote(id).put(',');
        }
        changes.sort((a, b) -> Integer.compare(a.span().start(), b.span().start()));
        int from = brace + 1;
        for (Change change : changes) {
            out.put(body.bytes(), from, change.span().start() - from).quote(change.value());
            from = change.span().end();
        }
        out.put(body.bytes(), from, body.jsonLength() - from);
        int jsonLength = out.length();
        out.put(body.bytes(), body.jsonLength(), body.bytes().length - body.jsonLength());
        return new RestBody(out.toBytes(), jsonLength);
    }
}
