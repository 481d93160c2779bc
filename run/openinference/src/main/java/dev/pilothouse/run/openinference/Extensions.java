package dev.pilothouse.run.openinference;

import dev.pilothouse.kernel.CommonError;
import java.util.List;

/** The protocol's optional parts: those that are offered, and a refusal of those that a client must not take for granted. */
public final class Extensions {
    /** What the server metadata names. */
    public static final List<String> OFFERED = List.of("binary_tensor_data", "model_repository", "model_configuration");

    private Extensions() {}

    /**
     * Refuses a parameter of a tensor that changes what the answer means, but is not offered; others are ignored, as the
     * protocol wants.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that says what to do instead
     */
    static void refuseUnoffered(String parameter, String tensor) {
        switch (parameter) {
            case "shared_memory_region", "shared_memory_offset", "shared_memory_byte_size" ->
                throw CommonError.INVALID.because(
                        "Tensor '" + tensor + "' is to be in shared memory, which this server"
                                + " does not offer. Send and take tensors in the body, as binary tensors where they are large.");
            case "classification" ->
                throw CommonError.INVALID.because(
                        "Output '" + tensor + "' is asked for by the classification extension,"
                                + " which this server does not offer. Ask for the output itself and sort its values.");
            default -> {}
        }
    }
}
