package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Names;
import dev.pilothouse.cli.terminal.Paging;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot budget}: what may be spent, what was, and raises for a while. */
@Command(
        name = "budget",
        aliases = "budgets",
        description =
                "Declare what may be spent on language models, see where budgets stand, and raise them for a while.",
        headerHeading = "Example: pilot budget set research --scope team:research --limit 1500.00%n",
        mixinStandardHelpOptions = true,
        subcommands = {
            BudgetSetCommand.class,
            OverrideCommands.ListCommand.class,
            OverrideCommands.RequestCommand.class,
            OverrideCommands.ApproveCommand.class,
            OverrideCommands.RejectCommand.class
        })
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class BudgetCommands {
    private static final String BUDGETS = "/api/v1/budgets";

    @ParentCommand
    private Session session;

    static String path(String name) {
        return BUDGETS + "/" + Api.encode(name);
    }

    Session session() {
        return session;
    }

    @Command(
            name = "list",
            description = "List budgets and where they stand in their present windows.",
            headerHeading = "Example: pilot budget list%n",
            mixinStandardHelpOptions = true)
    int list(@Mixin Paging paging) {
        JsonNode answer = session.api().get(paging.of(BUDGETS).toString());
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        var names = new Names(session.api());
        var rows = new ArrayList<List<String>>();
        for (JsonNode budget : answer.path("items")) {
            rows.add(List.of(
                    Show.text(budget, "name"),
                    BudgetText.scope(budget, names),
                    Show.text(budget, "window"),
                    Show.text(budget, "unit"),
                    Show.text(budget, "limit"),
                    Show.text(budget, "settled"),
                    Show.text(budget, "held"),
                    Show.text(budget, "remaining"),
                    Show.text(budget, "percent") + " %",
                    Show.text(budget, "state")));
        }
        terminal.table(
                List.of("NAME", "SCOPE", "WINDOW", "UNIT", "LIMIT", "SPENT", "HELD", "LEFT", "USED", "STATE"), rows);
        if (rows.isEmpty()) {
            terminal.talk("No budget yet, so nothing bounds what calls may cost.");
            terminal.next("pilot budget set NAME --scope KIND:VALUE --limit AMOUNT");
        }
        Paging.more(terminal, answer);
        return 0;
    }

    @Command(
            name = "show",
            description = "Show where a budget stands: spent, held, left, burn and forecast.",
            headerHeading = "Example: pilot budget show research%n",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "NAME", description = "As 'pilot budget list' names it.") String name) {
        JsonNode budget = session.api().get(path(name));
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(budget)) {
            terminal.table(List.of("BUDGET", name), BudgetText.facts(budget, terminal, new Names(session.api())));
            if (Show.text(budget, "state").equals("exhausted")) {
                terminal.next("pilot budget request " + name + " --amount AMOUNT --for 24h --reason WHY");
            }
        }
        return 0;
    }

    @Command(
            name = "remove",
            description = "Remove a budget, so that it bounds nothing any more. Needs the role admin.",
            headerHeading = "Example: pilot budget remove research --confirm research%n",
            mixinStandardHelpOptions = true)
    int remove(
            @Parameters(paramLabel = "NAME", description = "As 'pilot budget list' names it.") String name,
            @Option(
                            names = "--confirm",
                            paramLabel = "NAME",
                            defaultValue = "",
                            description = "The name once more, since calls are bounded by it no longer.")
                    String confirmed) {
        if (!confirmed.equals(name)) {
            throw new Exit(
                    Exit.USAGE,
                    "From then on nothing of '" + name
                            + "' bounds what calls may cost; calls under way end as they would"
                            + " have, and what was spent stays in 'pilot usage'. Repeat the name: pilot budget remove "
                            + name + " --confirm " + name);
        }
        session.api().delete(path(name));
        session.terminal().line("removed " + name);
        return 0;
    }
}
