package dev.pilothouse.run.fleet;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A command to keep running.
 *
 * @param name unique name, such as {@code acme/fraud/3}
 * @param command program and arguments; {@code {port}} is replaced by the port it must listen on
 * @param environment variables added to a minimal environment; {@code PORT} is set too
 * @param directory working directory
 * @param replicas how many
 * @param readyPath HTTP path that answers 2xx once it is ready
 * @param startWithin how long a start may take before it counts as failed
 */
public record ProcessSpec(
        String name,
        List<String> command,
        Map<String, String> environment,
        Path directory,
        int replicas,
        String readyPath,
        Duration startWithin) {
    public ProcessSpec {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }
}
