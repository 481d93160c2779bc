package dev.pilothouse.ship.spec;

import java.util.Optional;

/**
 * A service in one environment, as its file declares it.
 *
 * @param spec the service with what the environment changes about it
 * @param environment the environment; empty where the file declares none
 */
public record Declaration(ServiceSpec spec, Optional<Environment> environment) {
    /** Name of the endpoint, of the stored service and of the model in the Open Inference Protocol. */
    public String address() {
        return environment.map(in -> in.address(spec.name())).orElse(spec.name());
    }
}
