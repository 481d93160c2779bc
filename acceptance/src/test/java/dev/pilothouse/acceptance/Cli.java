package dev.pilothouse.acceptance;

import dev.pilothouse.cli.Pilot;
import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The program {@code pilot}, run in this process with an environment of its own. */
record Cli(URI server, String key, Path home) {
    /** What one command did. */
    record Result(int code, String out, String err) {
        /** This result, where the command did what it was asked; fails with what it said otherwise. */
        Result done() {
            return ended(0);
        }

        Result ended(int expected) {
            if (code != expected) {
                throw new AssertionError("Expected exit code " + expected + " but got " + code + ": " + out + err);
            }
            return this;
        }

        JsonNode json() {
            return Json.parse(out);
        }
    }

    Cli as(String other) {
        return new Cli(server, other, home);
    }

    Result pilot(String... args) {
        return pilotWith(Map.of("PILOTHOUSE_URL", server.toString(), "PILOTHOUSE_API_KEY", key), args);
    }

    /** With these variables beside the user's folder, and no others. */
    Result pilotWith(Map<String, String> variables, String... args) {
        var environment = new java.util.HashMap<>(
                Map.of("XDG_CONFIG_HOME", home.toString(), "HOME", home.toString(), "NO_COLOR", "1"));
        environment.putAll(variables);
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int code = Pilot.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment,
                args);
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
