package dev.pilothouse.cli.pay;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code pilot providers}: who runs language models, and how they are reached. */
@Command(
        name = "providers",
        description =
                "Declare who runs language models: OpenAI, Azure, Anthropic, or any address that speaks as they do.",
        headerHeading = "Example: pilot providers set openai --kind openai --secret openai-key%n",
        mixinStandardHelpOptions = true,
        subcommands = ProviderCommands.SetCommand.class)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
public final class ProviderCommands {
    private static final String PROVIDERS = "/api/v1/providers";

    @ParentCommand
    private Session session;

    @Command(
            name = "list",
            description = "List providers.",
            headerHeading = "Example: pilot providers list%n",
            mixinStandardHelpOptions = true)
    int list() {
        JsonNode answer = session.api().get(PROVIDERS);
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(answer)) {
            terminal.table(
                    List.of("NAME", "KIND", "ADDRESS", "SECRET", "PRICES", "HEALTH"),
                    answer.path("items")
                            .valueStream()
                            .map(item -> List.of(
                                    Show.text(item, "name"),
                                    Show.text(item, "kind"),
                                    Show.text(item, "url"),
                                    Show.text(item, "secret"),
                                    Show.text(item, "prices"),
                                    health(item)))
                            .toList());
            if (answer.path("items").isEmpty()) {
                terminal.talk("No provider yet, so no language model answers.");
                terminal.next("pilot secrets set openai-key, then pilot providers set openai --kind openai --secret"
                        + " openai-key");
            }
        }
        return 0;
    }

    @Command(
            name = "show",
            description = "Show how a provider is reached and what it is taken to add to a request.",
            headerHeading = "Example: pilot providers show openai%n",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "NAME", description = "As 'pilot providers list' names it.") String name) {
        ObjectNode provider = Declared.get(session.api().items(PROVIDERS), "name", name, "provider");
        Terminal terminal = session.terminal();
        if (terminal.printedJson(provider)) {
            return 0;
        }
        JsonNode adds = provider.path("overheads");
        String secret = Show.text(provider, "secret");
        terminal.table(
                List.of("PROVIDER", name),
                List.of(
                        List.of("speaks", Show.text(provider, "kind")),
                        List.of("at", Show.text(provider, "url")),
                        List.of("key", secret.isEmpty() ? "none" : "secret " + secret),
                        List.of("computes in", Show.text(provider, "region")),
                        List.of("priced as", Show.text(provider, "prices")),
                        List.of(
                                "adds at most",
                                tokens(adds, "call") + " tokens to a request, " + tokens(adds, "message")
                                        + " to a message, " + tokens(adds, "tool") + " to a tool, "
                                        + tokens(adds, "preamble") + " before tools, " + tokens(adds, "medium")
                                        + " to a picture or sound"),
                        List.of("output limit", Show.text(provider, "maxOutputTokens") + " tokens where none is said"),
                        List.of("first byte within", Show.text(provider, "firstByteSeconds") + " s"),
                        List.of("whole answer within", Show.text(provider, "deadlineSeconds") + " s"),
                        List.of("health", health(provider))));
        return 0;
    }

    @Command(
            name = "health",
            description = "Show what probes told this server lately, and which models rest after failures.",
            headerHeading = "Example: pilot providers health%n",
            mixinStandardHelpOptions = true)
    int health() {
        JsonNode answer = session.api().get("/api/v1/gateway/health");
        Terminal terminal = session.terminal();
        if (!terminal.printedJson(answer)) {
            HealthText.print(terminal, answer);
        }
        return 0;
    }

    /** What probes told of it; empty where it has none. */
    private static String health(JsonNode provider) {
        JsonNode health = provider.path("health");
        if (health.isMissingNode()) {
            return provider.path("probe").isMissingNode() ? "" : "not asked yet";
        }
        return health.path("up").asBoolean() ? "up" : "down: " + Show.text(health, "why");
    }

    private static String tokens(JsonNode overheads, String what) {
        return Show.count(overheads.path(what).asLong());
    }

    @Command(
            name = "remove",
            description = "Remove a provider that no alias asks.",
            headerHeading = "Example: pilot providers remove openai%n",
            mixinStandardHelpOptions = true)
    int remove(@Parameters(paramLabel = "NAME", description = "As 'pilot providers list' names it.") String name) {
        session.api().delete(PROVIDERS + "/" + Api.encode(name));
        session.terminal().line("removed " + name);
        return 0;
    }

    @Command(
            name = "set",
            description = {
                "Declare a provider, or change what is said of it; what is not said stays as it is. Needs the role engineer.",
                "Its key is a secret: pilot secrets set NAME."
            },
            headerHeading = "Example: pilot providers set local --kind compatible --url http://127.0.0.1:11434/v1%n",
            mixinStandardHelpOptions = true)
    static final class SetCommand implements Callable<Integer> {
        @ParentCommand
        private ProviderCommands parent;

        @Parameters(paramLabel = "NAME", description = "Lower-case letters, digits and dashes.")
        private String name;

        @Option(
                names = "--kind",
                paramLabel = "KIND",
                description =
                        "Whose protocol it speaks: openai, azure, anthropic, or compatible for OpenAI's spoken by somebody else.")
        private String kind = "";

        @Option(
                names = "--url",
                paramLabel = "URL",
                description = "Address with the version, such as http://127.0.0.1:8000/v1 (default: the kind's own).")
        private String url = "";

        @Option(names = "--secret", paramLabel = "NAME", description = "The secret that is its key (default: none).")
        private String secret = "";

        @Option(
                names = "--prices",
                paramLabel = "NAME",
                description = "Its name in the price table (default: the kind's, of compatible ones their own).")
        private String prices = "";

        @Option(
                names = "--region",
                paramLabel = "REGION",
                description = "Where it computes, such as eu (default: unknown).")
        private String region = "";

        @Option(
                names = "--adds",
                paramLabel = "WHAT=TOKENS",
                split = ",",
                description = "Tokens that its templates add at most, by call, message, tool, preamble and medium.")
        private Map<String, Integer> adds = new LinkedHashMap<>();

        @Option(
                names = "--max-output-tokens",
                paramLabel = "N",
                description = "Output limit where neither request nor price table says one (default: 16384).")
        private int maxOutputTokens;

        @Option(names = "--first-byte", paramLabel = "SECONDS", description = "Longest wait for it (default: 60).")
        private int firstByteSeconds;

        @Option(names = "--deadline", paramLabel = "SECONDS", description = "For a whole answer (default: 600).")
        private int deadlineSeconds;

        @Option(
                names = "--probe",
                paramLabel = "PATH",
                description =
                        "Ask whether it answers, by GET at this path of its address, such as /health; off for never.")
        private String probe = "";

        @Option(
                names = "--probe-every",
                paramLabel = "SECONDS",
                description = "Time between two probes, 5 to 3600 (default: 10).")
        private int probeSeconds;

        @Mixin
        private FromFile file;

        @Override
        public Integer call() throws IOException {
            Api api = parent.session.api();
            Optional<ObjectNode> now = file.instead(() -> Declared.find(api.items(PROVIDERS), "name", name));
            ObjectNode body = file.base(now);
            body.remove("name");
            Declared.put(body, "kind", kind);
            Declared.put(body, "url", url);
            Declared.put(body, "secret", secret);
            Declared.put(body, "prices", prices);
            Declared.put(body, "region", region);
            Declared.put(body, "maxOutputTokens", maxOutputTokens);
            Declared.put(body, "firstByteSeconds", firstByteSeconds);
            Declared.put(body, "deadlineSeconds", deadlineSeconds);
            if (!adds.isEmpty()) {
                ObjectNode overheads = body.withObjectProperty("overheads");
                adds.forEach(overheads::put);
            }
            probe(body);
            JsonNode answer = api.put(PROVIDERS + "/" + Api.encode(name), body);
            Terminal terminal = parent.session.terminal();
            if (!terminal.printedJson(answer)) {
                terminal.line("set " + name + ": " + Show.text(answer, "kind") + " at " + Show.text(answer, "url"));
                if (now.isEmpty()) {
                    terminal.next("pilot aliases set chat " + name + "/MODEL");
                }
            }
            return 0;
        }

        /** What is not typed stays, but for a probe that is off, of which nothing does. */
        private void probe(ObjectNode body) {
            if (probe.equals("off")) {
                body.remove("probe");
            } else if (!probe.isEmpty() || probeSeconds != 0) {
                ObjectNode json = body.withObjectProperty("probe");
                Declared.put(json, "path", probe);
                Declared.put(json, "everySeconds", probeSeconds);
            }
        }
    }
}
