package dev.pilothouse.platform.http;

import java.util.Optional;

/** One thing that must be well before this server is ready for traffic. Called on a virtual thread; answers soon. */
@FunctionalInterface
public interface HealthCheck {
    /** What is wrong, as a sentence; empty where all is well. A thrown exception counts as wrong. */
    Optional<String> trouble() throws Exception;
}
