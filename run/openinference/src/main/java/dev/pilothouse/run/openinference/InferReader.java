package dev.pilothouse.run.openinference;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.openinference.InferRequest.Requested;
import dev.pilothouse.run.openinference.InferRequest.RestBody;
import dev.pilothouse.run.openinference.InferResult.RemoteAnswer;
import dev.pilothouse.run.openinference.InferResult.Span;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads inference requests, and the answers of servers behind us, token by token: no tree is built, tensor elements go
 * straight into their buffers. A {@code data} member that comes before its shape or type is read again at the end of its
 * tensor. Not thread-safe; one per body.
 */
public final class InferReader {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(100)
                    .maxStringLength(256 << 20)
                    .build())
            .build();
    private static final long[] NO_SHAPE = {};

    private final RestBody body;
    private int rawPosition;

    private String id = "";
    private String routingKey = "";
    private boolean binaryOutput;
    private @Nullable List<Tensor> tensors;
    private final List<Requested> requested = new ArrayList<>(0);
    private @Nullable Span modelName;
    private @Nullable Span modelVersion;
    private @Nullable Span idSpan;

    private InferReader(RestBody body) {
        this.body = body;
        this.rawPosition = body.jsonLength();
    }

    /**
     * Reads a request.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    public static InferRequest request(RestBody body) {
        var reader = new InferReader(body);
        reader.read("inputs");
        if (reader.tensors == null || reader.tensors.isEmpty()) {
            throw CommonError.INVALID.because("The request has no 'inputs'; name each input tensor of the model.");
        }
        return new InferRequest(
                reader.id, reader.routingKey, reader.tensors, reader.requested, reader.binaryOutput, body);
    }

    /**
     * Reads another server's answer.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is none of the protocol
     */
    public static InferResult answer(RestBody body) {
        var reader = new InferReader(body);
        reader.read("outputs");
        List<Tensor> outputs = reader.tensors == null ? List.of() : reader.tensors;
        return new InferResult(outputs, new RemoteAnswer(body, reader.modelName, reader.modelVersion, reader.idSpan));
    }

    private JsonParser parser(int from) {
        return JSON.createParser(ObjectReadContext.empty(), body.bytes(), from, body.jsonLength() - from);
    }

    private void read(String tensorsMember) {
        try (JsonParser in = parser(0)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                throw CommonError.INVALID.because("The body must be a JSON object with '" + tensorsMember + "'.");
            }
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String member = in.currentName();
                JsonToken value = in.nextToken();
                if (member.equals(tensorsMember)) {
                    tensors = tensors(in);
                } else {
                    switch (member) {
                        case "id" -> {
                            id = value == JsonToken.VALUE_NULL ? "" : text(in, "id");
                            idSpan = span(in);
                        }
                        case "parameters" -> parameters(in);
                        case "outputs" -> requestedOutputs(in);
                        case "model_name" -> modelName = scalarSpan(in);
                        case "model_version" -> modelVersion = scalarSpan(in);
                        default -> in.skipChildren();
                    }
                }
            }
            if (in.nextToken() != null) {
                throw CommonError.INVALID.because("The body holds more than one JSON value; if raw tensors follow the"
                        + " JSON, say its length in the header Inference-Header-Content-Length.");
            }
        } catch (JacksonException e) {
            throw CommonError.INVALID.because(
                    body.jsonLength() == 0
                            ? "The body is empty; it must be a JSON object with '" + tensorsMember + "'."
                            : "The body is not valid JSON" + Json.fault(e),
                    e);
        }
        if (rawPosition != body.bytes().length) {
            throw CommonError.INVALID.because("After the JSON follow " + (body.bytes().length - body.jsonLength())
                    + " bytes of raw tensors, but the 'binary_data_size' of all tensors add up to "
                    + (rawPosition - body.jsonLength()) + ".");
        }
    }

    private static @Nullable Span scalarSpan(JsonParser in) {
        Span span = in.currentToken().isScalarValue() ? span(in) : null;
        in.skipChildren();
        return span;
    }

    private static Span span(JsonParser in) {
        // A string token is read lazily: ask for its text first, then its end is known.
        in.getString();
        return new Span((int) in.currentTokenLocation().getByteOffset(), (int)
                in.currentLocation().getByteOffset());
    }

    private static String text(JsonParser in, String member) {
        if (in.currentToken().isScalarValue()) {
            return in.getString();
        }
        throw CommonError.INVALID.because("The member '" + member + "' must be a string.");
    }

    private void parameters(JsonParser in) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            in.skipChildren();
            return;
        }
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String member = in.currentName();
            JsonToken value = in.nextToken();
            switch (member) {
                case "routing_key" -> routingKey = value == JsonToken.VALUE_NULL ? "" : text(in, member);
                case "binary_data_output" -> binaryOutput = value == JsonToken.VALUE_TRUE;
                default -> in.skipChildren();
            }
        }
    }

    private void requestedOutputs(JsonParser in) {
        array(in, "outputs");
        while (in.nextToken() == JsonToken.START_OBJECT) {
            String name = "";
            Boolean binary = null;
            while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                String member = in.currentName();
                in.nextToken();
                if (member.equals("name")) {
                    name = text(in, "name");
                } else if (member.equals("parameters") && in.currentToken() == JsonToken.START_OBJECT) {
                    while (in.nextToken() == JsonToken.PROPERTY_NAME) {
                        String parameter = in.currentName();
                        JsonToken value = in.nextToken();
                        if (parameter.equals("binary_data")) {
                            binary = value == JsonToken.VALUE_TRUE;
                        } else {
                            Extensions.refuseUnoffered(parameter, name);
                            in.skipChildren();
                        }
                    }
                } else {
                    in.skipChildren();
                }
            }
            requested.add(new Requested(name, binary));
        }
    }

    private static void array(JsonParser in, String member) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            throw CommonError.INVALID.because("The member '" + member + "' must be an array of objects.");
        }
    }

    private List<Tensor> tensors(JsonParser in) {
        array(in, "inputs");
        List<Tensor> read = new ArrayList<>(4);
        while (in.nextToken() == JsonToken.START_OBJECT) {
            read.add(tensor(in, read.size()));
        }
        if (in.currentToken() != JsonToken.END_ARRAY) {
            throw CommonError.INVALID.because("Each tensor must be an object with name, shape, datatype and data.");
        }
        return read;
    }

    private Tensor tensor(JsonParser in, int index) {
        String name = "";
        DataType type = null;
        long[] shape = null;
        Tensor tensor = null;
        int dataAt = -1;
        long rawSize = -1;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String member = in.currentName();
            in.nextToken();
            switch (member) {
                case "name" -> name = text(in, "name");
                case "datatype" -> type = DataType.of(text(in, "datatype"), name);
                case "shape" -> shape = shape(in, name);
                case "parameters" -> rawSize = rawSize(in, rawSize, name);
                case "data" -> {
                    if (type != null && shape != null && !name.isEmpty()) {
                        tensor = TensorJson.read(in, name, type, shape, body.jsonLength());
                    } else {
                        dataAt = (int) in.currentTokenLocation().getByteOffset();
                        in.skipChildren();
                    }
                }
                default -> in.skipChildren();
            }
        }
        if (name.isEmpty() || type == null || shape == null) {
            throw CommonError.INVALID.because("Tensor " + (name.isEmpty() ? "number " + index : "'" + name + "'")
                    + " lacks its " + (name.isEmpty() ? "name" : type == null ? "datatype" : "shape") + ".");
        }
        if (rawSize >= 0) {
            if (tensor != null || dataAt >= 0) {
                throw CommonError.INVALID.because("Tensor '" + name + "' has both 'data' and 'binary_data_size'.");
            }
            if (rawSize > body.bytes().length - rawPosition) {
                throw CommonError.INVALID.because(
                        "Tensor '" + name + "' says binary_data_size " + rawSize + ", but only "
                                + (body.bytes().length - rawPosition) + " bytes are left after the JSON. Is the header"
                                + " Inference-Header-Content-Length right?");
            }
            var content = ByteBuffer.wrap(body.bytes(), rawPosition, (int) rawSize);
            rawPosition += (int) rawSize;
            return Tensor.raw(name, type, shape, content);
        }
        if (tensor != null) {
            return tensor;
        }
        if (dataAt < 0) {
            throw CommonError.INVALID.because("Tensor '" + name + "' has neither 'data' nor 'binary_data_size'.");
        }
        try (JsonParser again = parser(dataAt)) {
            again.nextToken();
            return TensorJson.read(again, name, type, shape, body.jsonLength());
        }
    }

    private static long rawSize(JsonParser in, long before, String tensor) {
        if (in.currentToken() != JsonToken.START_OBJECT) {
            in.skipChildren();
            return before;
        }
        long size = before;
        while (in.nextToken() == JsonToken.PROPERTY_NAME) {
            String parameter = in.currentName();
            JsonToken value = in.nextToken();
            if (parameter.equals("binary_data_size")) {
                if (!isLong(in, value) || in.getLongValue() < 0) {
                    throw CommonError.INVALID.because("'binary_data_size' must be a number of bytes.");
                }
                size = in.getLongValue();
            } else {
                Extensions.refuseUnoffered(parameter, tensor);
                in.skipChildren();
            }
        }
        return size;
    }

    private static boolean isLong(JsonParser in, JsonToken token) {
        return token == JsonToken.VALUE_NUMBER_INT && in.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    }

    private static long[] shape(JsonParser in, String name) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
            throw CommonError.INVALID.because("The shape of tensor '" + name + "' must be an array of whole numbers.");
        }
        long[] shape = new long[4];
        int rank = 0;
        while (in.nextToken() != JsonToken.END_ARRAY) {
            if (!isLong(in, in.currentToken())) {
                throw CommonError.INVALID.because(
                        "The shape of tensor '" + name + "' must be an array of whole numbers.");
            }
            if (rank == shape.length) {
                shape = Arrays.copyOf(shape, rank * 2);
            }
            shape[rank++] = in.getLongValue();
        }
        return rank == 0 ? NO_SHAPE : Arrays.copyOf(shape, rank);
    }
}
