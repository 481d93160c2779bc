package dev.pilothouse.run.fleet;

import dev.pilothouse.kernel.Digest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A command to keep running.
 *
 * @param name unique name, such as {@code acme/fraud/3}
 * @param command program and arguments; {@code {port}} is replaced by the port it must listen on, {@code {model-dir}} by
 *     the folder with its files
 * @param environment variables added to a minimal environment, with the same replacements; {@code PORT} is set too, and
 *     {@code MODEL_DIR} where there are files
 * @param secrets variables whose values nobody is to see, as they are; never shown
 * @param files files it is given, read-only, in a folder of their own: content by path; empty for none
 * @param directory working directory
 * @param replicas how many
 * @param readyPath HTTP path that answers 2xx once it is ready
 * @param startWithin how long a start may take before it counts as failed
 */
public record ProcessSpec(
        String name,
        List<String> command,
        Map<String, String> environment,
        Map<String, String> secrets,
        Map<String, Digest> files,
        Path directory,
        int replicas,
        String readyPath,
        Duration startWithin) {
    public ProcessSpec {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        secrets = Map.copyOf(secrets);
        files = Map.copyOf(files);
    }

    /** The same command with another number of replicas. */
    ProcessSpec withReplicas(int other) {
        return new ProcessSpec(name, command, environment, secrets, files, directory, other, readyPath, startWithin);
    }

    /** Without the values of variables. */
    @Override
    public String toString() {
        return "ProcessSpec[" + name + ", " + command + " in " + directory + ", " + replicas + " replicas]";
    }
}
