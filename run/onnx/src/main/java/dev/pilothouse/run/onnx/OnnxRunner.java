package dev.pilothouse.run.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.pilothouse.run.openinference.DataType;
import dev.pilothouse.run.openinference.ModelInfo.TensorSpec;
import dev.pilothouse.run.openinference.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a session on one or several requests at once, concatenated along the first dimension in direct buffers that it
 * keeps. One per thread; not thread-safe.
 */
final class OnnxRunner {
    /** Larger buffers are given back after the run. */
    private static final int KEEP_AT_MOST = 4 << 20;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final UnsignedTensors unsigned;
    private final List<TensorSpec> inputs;
    private final ByteBuffer[] buffers;

    OnnxRunner(OrtEnvironment environment, OrtSession session, UnsignedTensors unsigned, List<TensorSpec> inputs) {
        this.environment = environment;
        this.session = session;
        this.unsigned = unsigned;
        this.inputs = inputs;
        this.buffers = new ByteBuffer[inputs.size()];
        Arrays.fill(buffers, ByteBuffer.allocateDirect(0));
    }

    /**
     * Runs requests together.
     *
     * @param requests tensors in the model's order, of each request
     * @return outputs of all, in the model's order, the requests' rows one after the other
     */
    List<Tensor> run(List<Tensor[]> requests) throws OrtException {
        Map<String, OnnxTensor> feed = new LinkedHashMap<>(inputs.size() * 2);
        try {
            for (int i = 0; i < inputs.size(); i++) {
                feed.put(inputs.get(i).name(), input(i, requests));
            }
            try (OrtSession.Result result = session.run(feed)) {
                List<Tensor> outputs = new ArrayList<>(result.size());
                for (var entry : result) {
                    OnnxValues.read(entry.getKey(), entry.getValue(), outputs);
                }
                return outputs;
            }
        } finally {
            feed.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor input(int index, List<Tensor[]> requests) throws OrtException {
        Tensor first = requests.getFirst()[index];
        long[] shape = first.shape();
        if (requests.size() > 1) {
            shape = shape.clone();
            shape[0] = 0;
            for (Tensor[] request : requests) {
                shape[0] += request[index].shape()[0];
            }
        }
        if (first.type() == DataType.BYTES) {
            int count = 0;
            for (Tensor[] request : requests) {
                count += request[index].count();
            }
            String[] strings = new String[count];
            int at = 0;
            for (Tensor[] request : requests) {
                for (byte[] string : request[index].strings()) {
                    strings[at++] = new String(string, StandardCharsets.UTF_8);
                }
            }
            return OnnxTensor.createTensor(environment, strings, shape);
        }
        int bytes = 0;
        for (Tensor[] request : requests) {
            bytes = Math.addExact(bytes, request[index].data().limit());
        }
        ByteBuffer buffer = buffer(index, bytes);
        int at = 0;
        for (Tensor[] request : requests) {
            ByteBuffer data = request[index].data();
            buffer.put(at, data, 0, data.limit());
            at += data.limit();
        }
        return unsigned.makes(first.type())
                ? unsigned.make(first.type(), buffer, shape)
                : OnnxTensor.createTensor(environment, buffer, shape, javaType(first.type()));
    }

    private ByteBuffer buffer(int index, int bytes) {
        ByteBuffer kept = buffers[index];
        if (kept.capacity() < bytes) {
            int capacity = bytes > KEEP_AT_MOST ? bytes : Math.max(64, Integer.highestOneBit(bytes) * 2);
            kept = ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
            if (capacity <= KEEP_AT_MOST) {
                buffers[index] = kept;
            }
        }
        return kept.clear().limit(bytes);
    }

    private static OnnxJavaType javaType(DataType type) {
        return switch (type) {
            case BOOL -> OnnxJavaType.BOOL;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT8 -> OnnxJavaType.INT8;
            case INT16 -> OnnxJavaType.INT16;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case FP16 -> OnnxJavaType.FLOAT16;
            case BF16 -> OnnxJavaType.BFLOAT16;
            case FP32 -> OnnxJavaType.FLOAT;
            case FP64 -> OnnxJavaType.DOUBLE;
            case BYTES -> OnnxJavaType.STRING;
            case UINT16, UINT32, UINT64 -> throw new IllegalStateException("made by a cast");
        };
    }
}
