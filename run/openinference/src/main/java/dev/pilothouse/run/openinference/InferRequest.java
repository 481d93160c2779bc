package dev.pilothouse.run.openinference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One inference request, decoded.
 *
 * @param id the client's {@code id}, empty where it gave none
 * @param routingKey the parameter {@code routing_key}, empty where it gave none
 * @param inputs its tensors, in its order
 * @param outputs the outputs it asks for; empty means all
 * @param binaryOutput whether outputs that say nothing else are answered raw
 * @param body the REST body as it came, for servers behind us; null for gRPC
 */
public record InferRequest(
        String id,
        String routingKey,
        List<Tensor> inputs,
        List<Requested> outputs,
        boolean binaryOutput,
        @Nullable RestBody body) {

    /**
     * An output the client asks for.
     *
     * @param name its name
     * @param binary whether it is answered raw; null where the client leaves it to {@code binaryOutput}
     */
    public record Requested(String name, @Nullable Boolean binary) {}

    /**
     * A REST body: JSON, then raw tensors.
     *
     * @param bytes all of it
     * @param jsonLength length of the JSON part in bytes; all of it where there are no raw tensors
     */
    public record RestBody(byte[] bytes, int jsonLength) {
        /**
         * Header that tells the length of the JSON part where raw tensors follow it; in lower case, for HTTP/2.
         *
         * @see <a href="https://github.com/kserve/open-inference-protocol">the binary tensor data extension</a>
         */
        public static final String LENGTH_HEADER = "inference-header-content-length";

        /** Whether raw tensors follow the JSON. */
        public boolean isRaw() {
            return jsonLength != bytes.length;
        }
    }

    /** Whether an output is answered raw. */
    boolean isBinary(String output) {
        for (Requested requested : outputs) {
            if (requested.name().equals(output)) {
                return requested.binary() == null ? binaryOutput : requested.binary();
            }
        }
        return binaryOutput;
    }
}
