package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Decision;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Names;
import dev.pilothouse.cli.terminal.Paging;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Raises of a budget's limit for a while: asked for by one, decided by another. */
final class OverrideCommands {
    private OverrideCommands() {}

    private static String path(String budget) {
        return BudgetCommands.path(budget) + "/overrides";
    }

    @Command(
            name = "overrides",
            description = "List raises of a budget that were asked for, the latest first.",
            headerHeading = "Example: pilot budget overrides research%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class ListCommand implements Callable<Integer> {
        @ParentCommand
        private BudgetCommands parent;

        @Parameters(paramLabel = "NAME", description = "The budget.")
        private String budget;

        @Mixin
        private Paging paging;

        @Override
        public Integer call() {
            Api api = parent.session().api();
            JsonNode answer = api.get(paging.of(path(budget)).toString());
            Terminal terminal = parent.session().terminal();
            if (terminal.printedJson(answer)) {
                return 0;
            }
            var names = new Names(api);
            var rows = new ArrayList<List<String>>();
            boolean waits = false;
            for (JsonNode override : answer.path("items")) {
                String state = Show.text(override, "state");
                waits |= state.equals("waiting");
                rows.add(List.of(
                        Show.text(override, "id"),
                        state,
                        BudgetText.amount(override, "amount"),
                        Show.until(Show.text(override, "expiresAt")),
                        names.principal(Show.text(override, "requestedBy")),
                        Show.ago(Show.text(override, "requestedAt")),
                        Show.text(override, "reason")));
            }
            terminal.table(List.of("ID", "STATE", "AMOUNT", "ENDS", "ASKED BY", "WHEN", "REASON"), rows);
            if (rows.isEmpty()) {
                terminal.talk("Nobody has asked for a raise of '" + budget + "'.");
            }
            if (waits) {
                terminal.next("pilot budget approve " + budget + ", or pilot budget reject " + budget);
            }
            Paging.more(terminal, answer);
            return 0;
        }
    }

    @Command(
            name = "request",
            description =
                    "Ask for a higher limit for a while. It counts once somebody else, who holds the role approver,"
                            + " agrees. Needs the role engineer.",
            headerHeading =
                    "Example: pilot budget request research --amount 200.00 --for 24h --reason 'paper deadline'%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class RequestCommand implements Callable<Integer> {
        @ParentCommand
        private BudgetCommands parent;

        @Parameters(paramLabel = "NAME", description = "The budget.")
        private String budget;

        @Option(
                names = "--amount",
                required = true,
                paramLabel = "AMOUNT",
                description = "By how much, in exact dollars such as 200.00, or in the budget's unit.")
        private String amount;

        @Option(
                names = {"--for", "--until"},
                required = true,
                paramLabel = "TIME",
                description = "For how long, such as 24h, or until when, such as 2026-12-01T12:00:00Z.")
        private String until;

        @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why; it is on the ledger.")
        private String reason;

        @Override
        public Integer call() {
            ObjectNode body = Json.object()
                    .put("amount", amount)
                    .put("expiresAt", When.ahead(until, Instant.now()))
                    .put("reason", reason);
            JsonNode answer = parent.session().api().post(path(budget), body);
            Terminal terminal = parent.session().terminal();
            if (!terminal.printedJson(answer)) {
                terminal.line("asked for " + BudgetText.amount(answer, "amount") + " more until "
                        + Show.text(answer, "expiresAt") + ", id " + Show.text(answer, "id"));
                terminal.talk(
                        "It counts once another person with the role approver agrees: pilot budget approve " + budget);
            }
            return 0;
        }
    }

    /** Both decisions ask for the same. */
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    abstract static class OfOne implements Callable<Integer> {
        @ParentCommand
        private BudgetCommands parent;

        @Parameters(index = "0", paramLabel = "NAME", description = "The budget.")
        private String budget;

        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "ID",
                defaultValue = "",
                description = "The raise, from 'pilot budget overrides' (default: the one that waits).")
        private String id;

        @Mixin
        private Decision decision;

        private final String word;

        OfOne(String word) {
            this.word = word;
        }

        @Override
        public Integer call() {
            Api api = parent.session().api();
            JsonNode override = chosen(api.items(path(budget)));
            JsonNode answer = decision.send(api, Show.text(override, "approval"), word);
            Terminal terminal = parent.session().terminal();
            if (!terminal.printedJson(answer)) {
                terminal.line(terminal.state(Show.text(answer, "state")) + "  "
                        + BudgetText.amount(override, "amount") + " more for " + budget + " until "
                        + Show.text(override, "expiresAt"));
            }
            return 0;
        }

        private JsonNode chosen(List<JsonNode> overrides) {
            if (!id.isEmpty()) {
                return Declared.get(overrides, "id", id, "raise of '" + budget + "' with the id");
            }
            List<JsonNode> waiting = overrides.stream()
                    .filter(override -> Show.text(override, "state").equals("waiting"))
                    .toList();
            if (waiting.size() != 1) {
                throw new Exit(
                        waiting.isEmpty() ? Exit.NOT_SO : Exit.USAGE,
                        (waiting.isEmpty() ? "No raise" : "More than one raise") + " of '" + budget
                                + "' waits for a decision. See them with their ids: pilot budget overrides " + budget);
            }
            return waiting.getFirst();
        }
    }

    @Command(
            name = "approve",
            description = "Agree to a raise that somebody else asked for. Needs the role approver.",
            headerHeading = "Example: pilot budget approve research --comment 'until the paper is in'%n",
            mixinStandardHelpOptions = true)
    static final class ApproveCommand extends OfOne {
        ApproveCommand() {
            super("approve");
        }
    }

    @Command(
            name = "reject",
            description = "Turn down a raise that somebody else asked for. Needs the role approver.",
            headerHeading = "Example: pilot budget reject research --comment 'use the smaller model'%n",
            mixinStandardHelpOptions = true)
    static final class RejectCommand extends OfOne {
        RejectCommand() {
            super("reject");
        }
    }
}
