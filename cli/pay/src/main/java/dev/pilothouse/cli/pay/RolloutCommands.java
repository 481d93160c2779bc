package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code pilot rollouts}: changes of who answers an alias, on their way through traffic. */
@Command(
        name = "rollouts",
        description = {
            "Start, watch and steer changes of who answers an alias, on their way through its calls.",
            "One also begins where 'pilot apply' finds a Route with 'rollout' that answers otherwise than before."
        },
        headerHeading = "Example: pilot rollouts start chat openai/gpt-5 --steps 5,25,100%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class RolloutCommands {
    private static final String ROLLOUTS = "/api/v1/rollouts";
    private static final long BETWEEN_LOOKS_MILLIS = 1_000;
    private static final List<String> STAYS = List.of("fallbacks", "residency", "prompt");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,6}(\\.\\d{1,6})?");

    @ParentCommand
    private Session session;

    /** Whose rollout is steered, and why. */
    @SuppressWarnings("NullAway.Init") // picocli fills parameters and options
    static final class Steered {
        @Parameters(paramLabel = "ALIAS", description = "What clients name as the model.")
        private String alias;

        @Option(names = "--reason", defaultValue = "", paramLabel = "TEXT", description = "Why, for the ledger.")
        private String reason;
    }

    @Command(
            name = "list",
            description = "List the newest rollout of each alias.",
            headerHeading = "Example: pilot rollouts list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = session.api().get(ROLLOUTS);
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        RolloutText.list(terminal, answer.path("items"));
        if (answer.path("items").isEmpty()) {
            terminal.talk("No alias was ever rolled out.");
            terminal.next("pilot rollouts start ALIAS PROVIDER/MODEL --steps 5,25,100");
        }
        return 0;
    }

    @Command(
            name = "show",
            description = "Show where the newest rollout of an alias stands, with the evidence.",
            headerHeading = "Example: pilot rollouts show chat -w%n",
            mixinStandardHelpOptions = true)
    int show(
            @Parameters(paramLabel = "ALIAS", description = "What clients name as the model.") String alias,
            @Option(
                            names = {"-w", "--watch"},
                            description = "Watch until it ends; exit code 1 unless the candidate answers then.")
                    boolean watch)
            throws InterruptedException {
        return watch ? watch(alias) : told(session.api().get(path(alias)));
    }

    @Command(
            name = "start",
            description = {
                "Give a candidate a share of an alias' calls that rises step by step, until it answers all or harm is shown.",
                "What is not said of the candidate is as the alias has it. Needs the role engineer."
            },
            headerHeading = "Example: pilot rollouts start chat openai/gpt-5 --steps 5,25,100%n",
            mixinStandardHelpOptions = true)
    int start(
            @Parameters(index = "0", paramLabel = "ALIAS", description = "What clients name as the model.")
                    String alias,
            @Parameters(
                            index = "1..*",
                            arity = "1..*",
                            paramLabel = "TARGET",
                            description =
                                    "Who is to answer, as PROVIDER/MODEL with :WEIGHT behind it where there are several.")
                    List<String> targets,
            @Option(
                            names = "--steps",
                            defaultValue = "",
                            paramLabel = "PERCENT,...",
                            description = "Shares of the calls, the last of them 100 (default: 5,10,25,50,100).")
                    String steps,
            @Option(
                            names = "--min-requests",
                            defaultValue = "0",
                            paramLabel = "N",
                            description = "The candidate's calls in each step at least.")
                    int minRequests,
            @Option(
                            names = "--dear-beyond",
                            defaultValue = "",
                            paramLabel = "TIMES",
                            description = "So many times the usual cost is dear; any where it may cost what it likes.")
                    String dearBeyond) {
        ObjectNode body = Declared.get(session.api().items("/api/v1/aliases"), "alias", alias, "alias")
                .retain(STAYS);
        TargetText.put(body, "targets", targets);
        ObjectNode rollout = body.putObject("rollout");
        if (!steps.isEmpty()) {
            ArrayNode shares = rollout.putArray("steps");
            for (String share : steps.split(",", -1)) {
                shares.add(share.strip());
            }
        }
        Declared.put(rollout, "min-requests", minRequests);
        if (NUMBER.matcher(dearBeyond).matches()) {
            rollout.put("dear-beyond", new BigDecimal(dearBeyond));
        } else {
            Declared.put(rollout, "dear-beyond", dearBeyond);
        }
        int code = told(session.api().put(path(alias), body));
        session.terminal().next("pilot rollouts show " + alias + " -w");
        return code;
    }

    @Command(
            name = "pause",
            description = "Keep a rollout where it is; harm still takes it back.",
            headerHeading = "Example: pilot rollouts pause chat --reason lunch%n",
            mixinStandardHelpOptions = true)
    int pause(@Mixin Steered steered) {
        return steer(steered, "pause");
    }

    @Command(
            name = "resume",
            description = "Let a paused rollout go on.",
            headerHeading = "Example: pilot rollouts resume chat%n",
            mixinStandardHelpOptions = true)
    int resume(@Mixin Steered steered) {
        return steer(steered, "resume");
    }

    @Command(
            name = "abort",
            description = "End a rollout; all calls go to who answered before.",
            headerHeading = "Example: pilot rollouts abort chat --reason 'wrong model'%n",
            mixinStandardHelpOptions = true)
    int abort(@Mixin Steered steered) {
        return steer(steered, "abort");
    }

    @Command(
            name = "promote",
            description = {
                "Let the candidate answer all calls without waiting for evidence.",
                "Needs the role approver, and a reason, which takes the evidence's place."
            },
            headerHeading = "Example: pilot rollouts promote chat --reason 'the old model is gone'%n",
            mixinStandardHelpOptions = true)
    int promote(@Mixin Steered steered) {
        if (steered.reason.isBlank()) {
            throw new Exit(Exit.USAGE, "Say why with --reason: it takes the place of evidence.");
        }
        return steer(steered, "promote");
    }

    private int steer(Steered steered, String action) {
        ObjectNode body = Json.object().put("action", action).put("reason", steered.reason);
        return told(session.api().post(path(steered.alias), body));
    }

    private static String path(String alias) {
        return ROLLOUTS + "/" + Api.encode(alias);
    }

    private int told(JsonNode rollout) {
        if (!session.terminal().printedJson(rollout)) {
            RolloutText.print(session.terminal(), rollout);
        }
        return 0;
    }

    /** Prints a line where the rollout moves, and what it waits for meanwhile, until it ends. */
    private int watch(String alias) throws InterruptedException {
        Api api = session.api();
        Terminal terminal = session.terminal();
        JsonNode rollout = api.get(path(alias));
        String stage = "";
        try (var _ = terminal
        .new ComeBack("\nstopped watching; the rollout goes on. Watch again: pilot rollouts show " + alias + " -w")) {
            while (true) {
                String state = RolloutText.state(rollout);
                String line = terminal.state(state) + "  " + Show.text(rollout, "sentence");
                String now = state + " " + Show.text(rollout, "step");
                if (!now.equals(stage) && !terminal.json()) {
                    terminal.progressDone();
                    terminal.line(line);
                } else {
                    terminal.progress(line);
                }
                stage = now;
                if (!RolloutText.isInMotion(rollout)) {
                    break;
                }
                Thread.sleep(BETWEEN_LOOKS_MILLIS);
                rollout = next(api, alias, rollout);
            }
        }
        terminal.progressDone();
        told(rollout);
        return Show.text(rollout, "phase").equals("promoted") ? 0 : Exit.NOT_SO;
    }

    /** Where it stands now, or stood when the server was last reached. */
    private JsonNode next(Api api, String alias, JsonNode before) {
        try {
            return api.get(path(alias));
        } catch (Exit e) {
            if (e.code() != Exit.UNREACHED) {
                throw e;
            }
            session.terminal().progress("the server does not answer; going on when it does");
            return before;
        }
    }
}
