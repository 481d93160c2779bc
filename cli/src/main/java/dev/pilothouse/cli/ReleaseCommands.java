package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Env;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

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

    /** Says that a release started, and watches it if asked to. */
    private static int started(Pilot pilot, JsonNode release, boolean watch) {
        Terminal terminal = pilot.terminal();
        if (!watch && terminal.printedJson(release)) {
            return 0;
        }
        String service = Show.text(release, "service");
        terminal.talk("release " + Show.brief(Show.text(release, "id")) + " of " + service + " started");
        if (!watch) {
            terminal.next("pilot status " + service + " -w");
            return 0;
        }
        return StatusCommand.watch(pilot, service, Show.text(release, "id"));
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

        @Mixin
        private Env env;

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
            return started(
                    pilot,
                    pilot.api().post("/api/v1/services/" + Api.encode(env.of(service)) + "/releases", body),
                    watch);
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

        @Mixin
        private Env env;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the ledger.")
        private String reason = "";

        @Override
        public Integer call() {
            return steer(pilot, env.of(service), "rollback", reason);
        }
    }

    @Command(
            name = "promote",
            description = {
                "With --to: release in that environment, by digest, what is stable in the one before it.",
                "Without: give the candidate in motion all traffic now, without waiting for evidence."
            },
            headerHeading = "Example: pilot promote fraud --to production%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class PromoteCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "SERVICE", description = "Service name.")
        private String service;

        @Mixin
        private Env env;

        @Option(names = "--to", paramLabel = "ENVIRONMENT", description = "Environment to promote to.")
        private String to = "";

        @Option(
                names = "--from",
                paramLabel = "ENVIRONMENT",
                description = "Environment to promote from (default: the one before).")
        private String from = "";

        @Option(
                names = "--digest",
                paramLabel = "DIGEST",
                description = "What you mean to promote; refused where something else is stable there.")
        private String digest = "";

        @Option(names = "--note", paramLabel = "TEXT", description = "Why, for the ledger and the approver.")
        private String note = "";

        @Option(
                names = "--reason",
                paramLabel = "TEXT",
                description = "Why you skip the evidence, for the ledger; needed without --to.")
        private String reason = "";

        @Option(
                names = {"-w", "--watch"},
                description = "Watch until it ends; exit code 1 unless it is promoted.")
        private boolean watch;

        @Override
        public Integer call() {
            if (to.isEmpty() && from.isEmpty()) {
                if (reason.isEmpty()) {
                    throw new Exit(
                            Exit.USAGE,
                            "Say what is promoted: to an environment with --to, or the candidate in motion to all traffic"
                                    + " with --reason.");
                }
                return steer(pilot, env.of(service), "promote", reason);
            }
            var body = Json.object();
            put(body, "to", to);
            put(body, "from", from);
            put(body, "digest", digest);
            put(body, "note", note.isEmpty() ? reason : note);
            return started(
                    pilot, pilot.api().post("/api/v1/services/" + Api.encode(service) + "/promotions", body), watch);
        }

        private static void put(ObjectNode body, String name, String value) {
            if (!value.isEmpty()) {
                body.put(name, value);
            }
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

        @Mixin
        private Env env;

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
            return steer(pilot, env.of(service), action, reason);
        }
    }
}
