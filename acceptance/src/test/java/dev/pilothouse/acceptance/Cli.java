package dev.pilothouse.acceptance;

import dev.pilothouse.cli.Pilot;
import dev.pilothouse.platform.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
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
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int code = run(out, err, variables, args);
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private int run(
            ByteArrayOutputStream out, ByteArrayOutputStream err, Map<String, String> variables, String... args) {
        var environment = new java.util.HashMap<>(
                Map.of("XDG_CONFIG_HOME", home.toString(), "HOME", home.toString(), "NO_COLOR", "1"));
        environment.putAll(variables);
        return Pilot.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment,
                args);
    }

    /** Starts a command that goes on until it is interrupted, which closing it does. */
    Running start(String... args) {
        return new Running(this, args);
    }

    /** A command that goes on beside the test. */
    static final class Running implements AutoCloseable {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final ByteArrayOutputStream err = new ByteArrayOutputStream();
        private final Thread thread;

        private Running(Cli cli, String... args) {
            var variables = Map.of("PILOTHOUSE_URL", cli.server().toString(), "PILOTHOUSE_API_KEY", cli.key());
            thread = Thread.ofPlatform()
                    .daemon()
                    .name("pilot-" + args[0])
                    .start(() -> cli.run(out, err, variables, args));
        }

        boolean goesOn() {
            return thread.isAlive();
        }

        /** What it has printed so far. */
        String out() {
            return out.toString(StandardCharsets.UTF_8);
        }

        String err() {
            return err.toString(StandardCharsets.UTF_8);
        }

        /** Interrupts it and waits for its end. */
        @Override
        public void close() {
            thread.interrupt();
            try {
                if (!thread.join(Duration.ofSeconds(30))) {
                    throw new AssertionError("The command does not end when it is interrupted: " + out() + err());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
