package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code pilot aliases}: what clients ask for as models, and who answers them. */
@Command(
        name = "aliases",
        description = "Declare what clients ask for as models, and which providers' models answer.",
        headerHeading = "Example: pilot aliases set chat openai/gpt-5-mini:9 openai/gpt-5:1 --fallback local/llama%n",
        mixinStandardHelpOptions = true,
        subcommands = AliasCommands.SetCommand.class)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class AliasCommands {
    private static final String ALIASES = "/api/v1/aliases";

    @ParentCommand
    private Session session;

    @Command(
            name = "list",
            description = "List aliases with their targets, as 'pilot aliases set' takes them.",
            headerHeading = "Example: pilot aliases list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = session.api().get(ALIASES);
        Terminal terminal = session.terminal();
        if (terminal.printedJson(answer)) {
            return 0;
        }
        var rows = new ArrayList<List<String>>();
        for (JsonNode alias : answer.path("items")) {
            rows.add(List.of(
                    Show.text(alias, "alias"),
                    TargetText.words(alias.path("targets"), true),
                    TargetText.words(alias.path("fallbacks"), false)));
        }
        terminal.table(List.of("ALIAS", "TARGETS", "FALLBACKS"), rows);
        if (rows.isEmpty()) {
            terminal.talk("No alias yet, so clients find no model.");
            terminal.next("pilot aliases set chat PROVIDER/MODEL");
        }
        return 0;
    }

    @Command(
            name = "show",
            description = "Show who answers an alias, with shares of its requests.",
            headerHeading = "Example: pilot aliases show chat%n",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "ALIAS", description = "What clients name as the model.") String name) {
        ObjectNode alias = Declared.get(session.api().items(ALIASES), "alias", name, "alias");
        Terminal terminal = session.terminal();
        if (terminal.printedJson(alias)) {
            return 0;
        }
        long all = 0;
        for (JsonNode target : alias.path("targets")) {
            all += target.path("weight").asLong();
        }
        var rows = new ArrayList<List<String>>();
        for (JsonNode target : alias.path("targets")) {
            long weight = target.path("weight").asLong();
            rows.add(row(target, Long.toString(weight), share(weight, all)));
        }
        int place = 1;
        for (JsonNode target : alias.path("fallbacks")) {
            rows.add(row(target, "", "fallback " + place++));
        }
        terminal.table(List.of("PROVIDER", "MODEL", "WEIGHT", "ASKED"), rows);
        String residency = Show.text(alias, "residency");
        if (!residency.isEmpty()) {
            terminal.line("only providers in " + residency);
        }
        JsonNode cache = alias.path("cache");
        if (cache.isObject()) {
            terminal.line("answers are kept for " + Show.text(cache, "ttl") + " (" + Show.text(cache, "mode") + ", per "
                    + Show.text(cache, "scope") + ")");
        }
        return 0;
    }

    private static List<String> row(JsonNode target, String weight, String asked) {
        return List.of(Show.text(target, "provider"), Show.text(target, "model"), weight, asked);
    }

    /** In whole percent, and below that, in words. */
    private static String share(long weight, long all) {
        long percent = weight * 100 / all;
        return weight > 0 && percent == 0 ? "below 1 %" : percent + " %";
    }

    @Command(
            name = "remove",
            description = "Remove an alias; requests that it answers go on.",
            headerHeading = "Example: pilot aliases remove chat%n",
            mixinStandardHelpOptions = true)
    int remove(@Parameters(paramLabel = "ALIAS", description = "As 'pilot aliases list' names it.") String name) {
        session.api().delete(ALIASES + "/" + Api.encode(name));
        session.terminal().line("removed " + name);
        return 0;
    }

    @Command(
            name = "set",
            description = {
                "Declare who answers an alias: targets take the place of targets and fallbacks before, residency and cache stay"
                        + " unless they are said. Needs the role engineer.",
                "A target is PROVIDER/MODEL, with :WEIGHT behind it for its share of the requests."
            },
            headerHeading =
                    "Example: pilot aliases set chat openai/gpt-5-mini:9 openai/gpt-5:1 --fallback local/llama%n",
            mixinStandardHelpOptions = true)
    static final class SetCommand implements Callable<Integer> {
        @ParentCommand
        private AliasCommands parent;

        @Parameters(index = "0", paramLabel = "ALIAS", description = "What clients name as the model.")
        private String name;

        @Parameters(index = "1..*", paramLabel = "TARGET", description = "Who answers, one of them for each request.")
        private List<String> targets = new ArrayList<>();

        @Option(
                names = "--fallback",
                paramLabel = "TARGET",
                description = "Who answers where the chosen target fails; repeatable, asked in this order.")
        private List<String> fallbacks = new ArrayList<>();

        @Option(
                names = "--residency",
                paramLabel = "REGION",
                split = ",",
                description = "Regions of providers that its requests may go to, in fallback too; '' for all.")
        private List<String> residency = new ArrayList<>();

        @Option(
                names = "--cache",
                paramLabel = "MODE",
                description = "Keep answers: exact for the same request, semantic for the same question in other words"
                        + " too, off for neither.")
        private String cache = "";

        @Option(
                names = "--cache-ttl",
                paramLabel = "TIME",
                description = "How long answers are kept, such as 10m; 1h at first.")
        private String ttl = "";

        @Option(
                names = "--cache-scope",
                paramLabel = "SCOPE",
                description = "Who shares answers: tenant for all, key for nobody with another key.")
        private String scope = "";

        @Option(
                names = "--cache-embedding",
                paramLabel = "ALIAS",
                description = "Who embeds texts for a semantic cache.")
        private String embedding = "";

        @Mixin
        private FromFile file;

        @Override
        public Integer call() throws IOException {
            Api api = parent.session.api();
            Optional<ObjectNode> now = file.instead(() -> Declared.find(api.items(ALIASES), "alias", name));
            if (targets.isEmpty() && !file.isNamed() && now.isEmpty()) {
                throw new Exit(
                        Exit.USAGE,
                        "Say who answers '" + name + "': pilot aliases set " + name
                                + " PROVIDER/MODEL, or take it from a file with -f.");
            }
            ObjectNode body = file.base(now);
            body.remove("alias");
            if (!targets.isEmpty()) {
                TargetText.put(body, "targets", targets);
            }
            if (!targets.isEmpty() || !fallbacks.isEmpty()) {
                TargetText.put(body, "fallbacks", fallbacks);
            }
            if (!residency.isEmpty()) {
                ArrayNode regions = body.putArray("residency");
                residency.stream().filter(region -> !region.isEmpty()).forEach(regions::add);
            }
            cache(body);
            JsonNode answer = api.put(ALIASES + "/" + Api.encode(name), body);
            Terminal terminal = parent.session.terminal();
            if (!terminal.printedJson(answer)) {
                String fallback = TargetText.words(answer.path("fallbacks"), false);
                terminal.line("set " + name + ": " + TargetText.words(answer.path("targets"), true)
                        + (fallback.isEmpty() ? "" : ", then " + fallback));
            }
            return 0;
        }

        /** What is not typed stays, but for the mode off, of which nothing does. */
        private void cache(ObjectNode body) {
            if (cache.equals("off")) {
                body.remove("cache");
            } else if (!(cache + ttl + scope + embedding).isEmpty()) {
                ObjectNode rule = body.path("cache") instanceof ObjectNode known ? known : body.putObject("cache");
                if (cache.equals("exact")) {
                    rule.remove(List.of("embedding", "threshold"));
                }
                Declared.put(rule, "mode", cache);
                Declared.put(rule, "ttl", ttl);
                Declared.put(rule, "scope", scope);
                Declared.put(rule, "embedding", embedding);
            }
        }
    }
}
