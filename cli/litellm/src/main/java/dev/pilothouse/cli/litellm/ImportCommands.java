package dev.pilothouse.cli.litellm;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code pilot import}: takes over what runs on something else. */
@Command(
        name = "import",
        description = "Take over what runs on another gateway of language models.",
        headerHeading = "Example: pilot import litellm config.yaml --dry-run%n",
        mixinStandardHelpOptions = true,
        subcommands = ImportCommands.LiteLlmCommand.class)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class ImportCommands {
    @ParentCommand
    private Session session;

    @Command(
            name = "litellm",
            description = {
                "Take over the configuration of a LiteLLM proxy, and what its keys, teams and users may spend. Needs the role"
                        + " admin.",
                "What is there already stays as it is, so that it can be run again. What cannot be taken over is named with the"
                        + " reason."
            },
            headerHeading = "Example: pilot import litellm config.yaml --keys keys.json --keys teams.json --dry-run%n",
            mixinStandardHelpOptions = true)
    static final class LiteLlmCommand implements Callable<Integer> {
        @ParentCommand
        private ImportCommands parent;

        @Parameters(paramLabel = "FILE", description = "The config.yaml of the proxy.")
        private Path file;

        @Option(
                names = "--keys",
                paramLabel = "FILE",
                description =
                        "What /key/list?return_full_object=true, /team/list or /user/list answered, as JSON; repeatable.")
        private List<Path> exports = new ArrayList<>();

        @Option(
                names = "--issue-keys",
                description =
                        "Make new keys in the place of the old ones, of which only hashes are known; they are shown once.")
        private boolean issueKeys;

        @Option(names = "--replace", description = "Replace what is there already and differs.")
        private boolean replace;

        @Option(names = "--dry-run", description = "Change nothing; tell what would be done.")
        private boolean dryRun;

        @Override
        public Integer call() throws IOException {
            Api api = parent.session.api();
            var answers = new LinkedHashMap<String, JsonNode>();
            for (Path export : exports) {
                answers.put(export.toString(), json(export));
            }
            Yaml config = Yaml.read(file.getFileName().toString(), Files.readString(file));
            var plan = new Plan();
            String organisation = Show.text(api.get("/api/v1/whoami"), "tenant");
            ConfigReader.read(config, parent.session.environment(), organisation, plan);
            ExportReader.read(answers, Instant.now(), plan);
            var takeover = new Takeover(api, dryRun, replace, issueKeys);
            try {
                takeover.carryOut(plan, Words.slug(file.getFileName().toString().replaceFirst("\\.ya?ml$", "")));
            } finally {
                tell(plan, takeover);
            }
            long failed = count(takeover, Takeover.FAILED);
            if (failed > 0) {
                throw new Exit(
                        Exit.NOT_SO,
                        failed + " of " + takeover.steps().size()
                                + " steps failed, as told above; the others are done. Mend"
                                + " what they name, and run it again: what is there stays.");
            }
            return 0;
        }

        private static JsonNode json(Path export) throws IOException {
            try {
                return Json.parse(Files.readAllBytes(export));
            } catch (PilothouseException e) {
                throw new Exit(Exit.USAGE, export + ": " + e.detail());
            }
        }

        private static long count(Takeover takeover, String state) {
            return takeover.steps().stream()
                    .filter(step -> step.state().equals(state))
                    .count();
        }

        private void tell(Plan plan, Takeover takeover) {
            Terminal terminal = parent.session.terminal();
            if (terminal.printedJson(answer(plan, takeover))) {
                return;
            }
            terminal.table(
                    List.of("WHAT", "NAME", dryRun ? "WOULD BE" : "IS", "AS"),
                    takeover.steps().stream()
                            .map(step -> List.of(step.what(), step.name(), step.state(), oneLine(step.detail())))
                            .toList());
            if (!plan.notes().isEmpty()) {
                terminal.line("\nnot taken over, or not as it was:");
                var kinds = new LinkedHashMap<String, List<String>>();
                for (Problem note : plan.notes()) {
                    kinds.computeIfAbsent(note.what(), _ -> new ArrayList<>()).add(note.where());
                }
                kinds.forEach((what, places) -> terminal.line("  " + String.join("\n  ", places) + "\n    " + what));
            }
            if (!takeover.issued().isEmpty()) {
                terminal.line("\nnew keys, which are not shown again:");
                terminal.table(
                        List.of("NAME", "OF", "ID", "KEY"),
                        takeover.issued().stream()
                                .map(key -> List.of(key.name(), key.owner(), key.id(), key.key()))
                                .toList());
            }
            terminal.talk(takeover.steps().size() + " steps, " + plan.notes().size() + " notes"
                    + (dryRun ? "; nothing was changed" : ""));
            terminal.next(
                    dryRun
                            ? "the same without --dry-run"
                            : count(takeover, Takeover.MISSING) > 0
                                    ? "set what is missing, and run it again"
                                    : "pilot aliases list");
        }

        private static String oneLine(String detail) {
            return String.join(" ", detail.lines().map(String::strip).toList());
        }

        private ObjectNode answer(Plan plan, Takeover takeover) {
            ObjectNode answer = Json.object().put("dryRun", dryRun);
            ArrayNode steps = answer.putArray("steps");
            takeover.steps()
                    .forEach(step -> steps.addObject()
                            .put("what", step.what())
                            .put("name", step.name())
                            .put("state", step.state())
                            .put("detail", step.detail()));
            ArrayNode notes = answer.putArray("notes");
            plan.notes()
                    .forEach(
                            note -> notes.addObject().put("where", note.where()).put("what", note.what()));
            ArrayNode keys = answer.putArray("keys");
            takeover.issued()
                    .forEach(key -> keys.addObject()
                            .put("name", key.name())
                            .put("owner", key.owner())
                            .put("id", key.id())
                            .put("key", key.key()));
            return answer;
        }
    }
}
