package dev.pilothouse.know.registry;

import dev.pilothouse.know.mlflow.MlflowError;
import java.util.List;

/** MLflow's stages, which aliases have replaced but older clients still use. */
final class Stages {
    static final String NONE = "None";
    static final List<String> ALL = List.of(NONE, "Staging", "Production", "Archived");
    /** Stages in which at most one version is wanted. */
    static final List<String> ACTIVE = List.of("Staging", "Production");

    private Stages() {}

    /**
     * The stage in its own spelling.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID_PARAMETER_VALUE
     */
    static String of(String text) {
        for (String stage : ALL) {
            if (stage.equalsIgnoreCase(text)) {
                return stage;
            }
        }
        throw MlflowError.INVALID_PARAMETER_VALUE.because(
                "Invalid Model Version stage: " + text + ". Value must be one of None, Staging, Production, Archived.");
    }
}
