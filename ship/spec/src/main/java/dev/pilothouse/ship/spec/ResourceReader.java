package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.pay.budgets.Declarations;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.providers.CacheRule;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.Overheads;
import dev.pilothouse.run.providers.Probe;
import dev.pilothouse.run.providers.Prompt;
import dev.pilothouse.run.providers.Provider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the documents of a file that are no services: providers, routes and budgets. For one document. */
final class ResourceReader {
    private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9_-]{1,100}");
    /** Words with which keys of providers begin; whoever writes one here has mistaken the key for its secret's name. */
    private static final Pattern KEY = Pattern.compile("(sk|pk|xai|gsk|AIza|hf)[-_]?[A-Za-z0-9_-]{16,}");

    private static final Duration LONGEST = Duration.ofHours(1);

    private final Fields top;
    private final String place;
    private final List<Problem> problems;

    private ResourceReader(Yaml.Node document, List<Problem> problems) {
        this.top = Fields.of(document, "", problems);
        this.place = document.at().file() + ":" + document.at().line() + ":"
                + document.at().column();
        this.problems = problems;
    }

    /** A document of a {@link Resource#KINDS kind}; empty where something is wrong with it, which is then among the problems. */
    static Optional<Resource> read(String kind, Yaml.Node document, List<Problem> problems) {
        var reader = new ResourceReader(document, problems);
        int before = problems.size();
        SpecReader.version(reader.top);
        reader.top.has("kind");
        Fields metadata = reader.top.mapping("metadata");
        metadata.required("name", kind.equals("Route") ? "chat" : "openai");
        String name =
                switch (kind) {
                    case "Provider" ->
                        metadata.matching(
                                "name", "", Provider.NAME, "use 1 to 63 lower-case letters, digits and dashes");
                    case "Route" ->
                        metadata.matching("name", "", ModelRoute.ALIAS, "use 1 to 128 letters, digits and . _ : / -");
                    default -> metadata.text("name").orElse("");
                };
        metadata.done();
        Supplier<Resource> resource =
                switch (kind) {
                    case "Provider" -> reader.provider(name);
                    case "Route" -> reader.route(name);
                    default -> reader.budget(name);
                };
        reader.top.done();
        if (problems.size() > before) {
            return Optional.empty();
        }
        return reader.checked(resource);
    }

    /** What the value's own rules say, where the keys say nothing wrong. */
    private Optional<Resource> checked(Supplier<Resource> resource) {
        try {
            return Optional.of(resource.get());
        } catch (PilothouseException e) {
            if (e.problems().isEmpty()) {
                top.problemHere(e.detail());
            }
            e.problems().forEach(problem -> top.problem(problem.where(), problem.what()));
            return Optional.empty();
        }
    }

    private Supplier<Resource> provider(String name) {
        top.required("protocol", "openai");
        Optional<Provider.Kind> known =
                top.parsed("protocol", Optional.empty(), text -> Optional.of(Provider.Kind.parse(text)));
        Provider.Kind kind = known.orElse(Provider.Kind.COMPATIBLE);
        Optional<String> url = top.text("url");
        if (known.isPresent() && url.isEmpty() && kind.usualUrl().isEmpty()) {
            top.problem("url", "This protocol has no usual address; give it, such as 'url: http://127.0.0.1:8000/v1'.");
        }
        String secret = top.text("secret").orElse("");
        if (!secret.isEmpty()) {
            secret(top, "secret", secret);
        }
        Overheads usual = Overheads.of(kind);
        Fields adds = top.mapping("overheads");
        var overheads = new Overheads(
                adds.integer("call", usual.call(), 0, Overheads.MOST),
                adds.integer("message", usual.message(), 0, Overheads.MOST),
                adds.integer("tool", usual.tool(), 0, Overheads.MOST),
                adds.integer("preamble", usual.preamble(), 0, Overheads.MOST),
                adds.integer("medium", usual.medium(), 0, Overheads.MOST));
        adds.done();
        String region = top.text("region").orElse("");
        String prices = top.text("prices").orElse(kind == Provider.Kind.COMPATIBLE ? name : kind.label());
        int most = top.integer("max-output-tokens", Provider.USUAL_OUTPUT, 1, Asked.MOST_TOKENS);
        Duration firstByte = seconds("first-byte", Provider.USUAL_FIRST_BYTE);
        Duration deadline = seconds("deadline", Provider.USUAL_DEADLINE);
        Optional<Probe> probe = probe();
        return () -> new Resource.OfProvider(
                new Provider(
                        name,
                        kind,
                        Provider.url(url.orElse(kind.usualUrl())),
                        secret,
                        region,
                        prices,
                        overheads,
                        most,
                        firstByte,
                        deadline,
                        probe),
                place);
    }

    private Optional<Probe> probe() {
        if (!top.has("probe")) {
            return Optional.empty();
        }
        Fields fields = top.mapping("probe");
        String path = fields.required("path", "/health");
        Duration every = seconds(fields, "every", Probe.USUAL_EVERY, Probe.OFTEN, Probe.SELDOM);
        Duration timeout =
                seconds(fields, "timeout", Probe.USUAL_TIMEOUT, Duration.ofSeconds(1), Probe.LONGEST_TIMEOUT);
        fields.done();
        return tried(fields, () -> new Probe(path, every, timeout));
    }

    private Duration seconds(String key, Duration usual) {
        return seconds(top, key, usual, Duration.ofSeconds(1), LONGEST);
    }

    private static Duration seconds(Fields fields, String key, Duration usual, Duration least, Duration most) {
        Duration read = fields.duration(key, usual, least, most);
        if (read.toMillis() % 1_000 != 0) {
            fields.problem(key, "Use whole seconds.");
        }
        return read;
    }

    /** Names a secret; what looks like a key itself is refused, and never repeated. */
    private static void secret(Fields fields, String key, String name) {
        if (KEY.matcher(name).matches()) {
            fields.problem(
                    key,
                    "This looks like a key itself. Store it with 'pilot secrets set NAME', write that name here, and take"
                            + " the key for known to whoever can read this file.");
        } else if (!SECRET.matcher(name).matches()) {
            fields.problem(key, "The name of a secret has 1 to 100 letters, digits, dashes and underscores.");
        }
    }

    private Supplier<Resource> route(String alias) {
        List<Target> targets = targets("targets");
        if (!top.has("targets")) {
            top.problemHere("Say who answers: 'targets: [{provider: openai, model: gpt-5-mini}]'.");
        }
        List<Target> fallbacks = targets("fallbacks");
        List<String> residency = top.texts("residency", "region");
        Optional<Prompt> prompt = prompt();
        Optional<RoutePlan> plan = top.has("rollout")
                ? Optional.of(RolloutReader.route(top.mapping("rollout"), problems))
                : Optional.empty();
        return () -> new Resource.OfRoute(
                new ModelRoute(alias, targets, fallbacks, residency, prompt, 1, CacheRule.OFF), plan, place);
    }

    private List<Target> targets(String key) {
        return top.list(key, (node, path) -> {
                    Fields fields = top.of(node, path);
                    String provider = fields.required("provider", "openai");
                    String model = fields.required("model", "gpt-5-mini");
                    int weight = fields.integer("weight", 1, 0, Target.MOST_WEIGHT);
                    fields.done();
                    return tried(fields, () -> new Target(provider, model, weight));
                })
                .orElse(List.of());
    }

    private Optional<Prompt> prompt() {
        if (!top.has("prompt")) {
            return Optional.empty();
        }
        Fields fields = top.mapping("prompt");
        String name = fields.required("name", "polite");
        String version = fields.text("version").orElse("1");
        String text = fields.required("text", "Answer in one sentence.");
        fields.done();
        return tried(fields, () -> new Prompt(name, version, text));
    }

    private static <T> Optional<T> tried(Fields fields, Supplier<T> value) {
        try {
            return Optional.of(value.get());
        } catch (PilothouseException e) {
            fields.problemHere(e.detail());
            return Optional.empty();
        }
    }

    private Supplier<Resource> budget(String name) {
        ObjectNode body = Json.object().put("scope", top.required("scope", "team:research"));
        for (String key : List.of("window", "zone", "unit")) {
            top.text(key).ifPresent(value -> body.put(key, value));
        }
        body.put("limit", top.required("limit", "1500.00"));
        if (top.has("thresholds")) {
            ArrayNode thresholds = body.putArray("thresholds");
            numbers("thresholds").forEach(thresholds::add);
        }
        if (top.has("ladder")) {
            ArrayNode ladder = body.putArray("ladder");
            top.list("ladder", (node, path) -> rung(top.of(node, path)))
                    .orElse(List.of())
                    .forEach(ladder::add);
        }
        if (top.has("notify")) {
            ArrayNode notify = body.putArray("notify");
            top.list("notify", (node, path) -> channel(top.of(node, path)))
                    .orElse(List.of())
                    .forEach(notify::add);
        }
        return () -> {
            Declarations.read("", name, body);
            return new Resource.OfBudget(name, body, place);
        };
    }

    private List<Integer> numbers(String key) {
        var numbers = new ArrayList<Integer>();
        for (String text : top.texts(key, "percentage")) {
            if (text.matches("\\d{1,3}")) {
                numbers.add(Integer.parseInt(text));
            } else {
                top.problem(key, "'" + text + "' is no whole percentage from 1 to 100.");
            }
        }
        return numbers;
    }

    private static Optional<ObjectNode> rung(Fields fields) {
        ObjectNode rung = Json.object()
                .put("model", fields.required("model", "chat-small"))
                .put("from", fields.integer("from", 100, 1, 100))
                .put("price", fields.integer("price", -1, 0, 99));
        if (!fields.has("price")) {
            fields.problemHere("Say what a call costs there, in percent of the model asked for: 'price: 10'.");
        }
        fields.done();
        return Optional.of(rung);
    }

    /** As the API has it, but for addresses of Slack, which are keys and have no place in a file. */
    private static Optional<ObjectNode> channel(Fields fields) {
        ObjectNode channel = Json.object();
        fields.text("webhook").ifPresent(url -> channel.put("webhook", url));
        fields.text("slack-secret").ifPresent(name -> {
            secret(fields, "slack-secret", name);
            channel.put("slackSecret", name);
        });
        List<String> to = fields.isList("email")
                ? fields.texts("email", "address")
                : fields.text("email").stream().toList();
        if (!to.isEmpty()) {
            ArrayNode email = channel.putArray("email");
            to.forEach(email::add);
        }
        fields.done();
        if (channel.size() != 1) {
            fields.problemHere("A target has one of the keys webhook, slack-secret, email.");
        }
        return Optional.of(channel);
    }
}
