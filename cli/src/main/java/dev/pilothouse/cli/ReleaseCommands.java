package dev.pilothouse.cli;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** Commands that start and steer releases. */
final class ReleaseCommands {
    private ReleaseCommands() {}

    private static int steer(Pilot pilot, String service, String action, String reason) {
        var body = Json.object().put("action", action);
        if (!reason.isEmpty()) {
            body.put("reason", reason);
        }
        JsonNode answer = pilot.api().post("/api/v1/services/" + Api.encode(service) + "/rollout", body);
        Terminal terminal = pilot.terminal();
        if (!terminal.printedJson(answer)) {
            String sentence = Show.text(answer, "sentence");
            terminal.line(sentence.isEmpty() ? action + ": accepted" : sentence);
            terminal.next("pilot status " + service + " -w");
        }
        return 0;
    }

    @Command(
            name = "release",
            description = "Start a release of a service.",
            headerHeading = "Example: pilot release fraud --model fraud/2%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class ReleaseCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "SERVICE", description = "Service name.")
        private String service;

        @Option(
                names = "--model",
                paramLabel = "REF",
                description =
                        "Model version: name/3, name@alias, or name for the newest (default: what the service file names).")
        private String model = "";

        @Option(names = "--note", paramLabel = "TEXT", description = "Why, for the ledger and the approver.")
        private String note = "";

        @Option(
                names = {"-w", "--watch"},
                description = "Watch until it ends; exit code 1 unless it is promoted.")
        private boolean watch;

        @Override
        public Integer call() {
            var body = Json.object();
            if (!model.isEmpty()) {
                body.put("model", model);
            }
            if (!note.isEmpty()) {
                body.put("note", note);
            }
            JsonNode answer = pilot.api().post("/api/v1/services/" + Api.encode(service) + "/releases", body);
            Terminal terminal = pilot.terminal();
            if (!watch && terminal.printedJson(answer)) {
                return 0;
            }
            terminal.talk("release " + Show.brief(Show.text(answer, "id")) + " of " + service + " started");
            if (!watch) {
                terminal.next("pilot status " + service + " -w");
                return 0;
            }
            return StatusCommand.watch(pilot, service, Show.text(answer, "id"));
        }
    }

    @Command(
            name = "rollback",
            description = "Put the previous version back in service.",
            headerHeading = "Example: pilot rollback fraud --reason 'complaints'%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class RollbackCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "SERVICE", description = "Service name.")
        private String service;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the ledger.")
        private String reason = "";

        @Override
        public Integer call() {
            return steer(pilot, service, "rollback", reason);
        }
    }

    @Command(
            name = "promote",
            description = "Give the candidate all traffic now, without waiting for evidence.",
            headerHeading = "Example: pilot promote fraud --reason 'verified by hand'%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class PromoteCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "SERVICE", description = "Service name.")
        private String service;

        @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "Why, for the ledger.")
        private String reason;

        @Override
        public Integer call() {
            return steer(pilot, service, "promote", reason);
        }
    }

    @Command(
            name = "rollout",
            description = "Steer the rollout in motion: pause, resume, abort, retry or skip.",
            headerHeading = "Example: pilot rollout pause fraud%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class RolloutCommand implements Callable<Integer> {
        private static final List<String> ACTIONS = List.of("pause", "resume", "abort", "retry", "skip", "promote");

        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "ACTION", description = "pause, resume, abort, retry, skip or promote.")
        private String action;

        @Parameters(paramLabel = "SERVICE", description = "Service name.")
        private String service;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the ledger.")
        private String reason = "";

        @Override
        public Integer call() {
            if (!ACTIONS.contains(action)) {
                throw new Exit(
                        Exit.USAGE,
                        "'" + action + "' is no action on a rollout."
                                + dev.pilothouse.kernel.Nearest.hint(action, ACTIONS));
            }
            return steer(pilot, service, action, reason);
        }
    }
}
