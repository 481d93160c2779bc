package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Decision;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** Commands on approvals. */
final class ApprovalCommands {
    private ApprovalCommands() {}

    @Command(
            name = "approvals",
            description = "List what waits for a person's decision.",
            headerHeading = "Example: pilot approvals%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class ListCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Option(names = "--all", description = "Decided and expired ones too.")
        private boolean all;

        @Override
        public Integer call() {
            JsonNode answer = pilot.api().get("/api/v1/approvals" + (all ? "" : "?pending=true"));
            Terminal terminal = pilot.terminal();
            if (terminal.printedJson(answer)) {
                return 0;
            }
            var rows = new ArrayList<List<String>>();
            for (JsonNode item : answer.path("items")) {
                rows.add(List.of(
                        Show.text(item, "id"),
                        Show.text(item, "subject"),
                        Show.text(item, "role"),
                        Show.text(item, "state"),
                        Show.ago(Show.text(item, "requestedAt")),
                        Show.text(item, "reason")));
            }
            terminal.table(List.of("ID", "SUBJECT", "ROLE", "STATE", "ASKED", "REASON"), rows);
            if (rows.isEmpty()) {
                terminal.talk("Nothing waits for a decision.");
            } else {
                terminal.next("pilot approve ID, or pilot reject ID");
            }
            return 0;
        }
    }

    /** Both decisions ask for the same. */
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    abstract static class OfOne implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "ID", description = "Approval id, from 'pilot approvals'.")
        private String id;

        @Mixin
        private Decision decision;

        private final String word;

        OfOne(String word) {
            this.word = word;
        }

        @Override
        public Integer call() {
            JsonNode answer = decision.send(pilot.api(), id, word);
            Terminal terminal = pilot.terminal();
            if (!terminal.printedJson(answer)) {
                terminal.line(terminal.state(word.equals("approve") ? "approved" : "rejected") + "  "
                        + Show.text(answer, "subject"));
            }
            return 0;
        }
    }

    @Command(
            name = "approve",
            description = "Approve a request.",
            headerHeading = "Example: pilot approve 0194… --comment 'evidence read'%n",
            mixinStandardHelpOptions = true)
    static final class ApproveCommand extends OfOne {
        ApproveCommand() {
            super("approve");
        }
    }

    @Command(
            name = "reject",
            description = "Reject a request.",
            headerHeading = "Example: pilot reject 0194… --comment 'recall too low'%n",
            mixinStandardHelpOptions = true)
    static final class RejectCommand extends OfOne {
        RejectCommand() {
            super("reject");
        }
    }
}
