package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.providers.ModelRoute.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Providers and aliases as JSON, as requests, answers and rows have them. Stateless. */
public final class Declarations {
    private static final List<String> PROVIDER = List.of(
            "name",
            "kind",
            "url",
            "secret",
            "region",
            "prices",
            "overheads",
            "maxOutputTokens",
            "firstByteSeconds",
            "deadlineSeconds",
            "probe",
            "health");
    private static final List<String> PROBE = List.of("path", "everySeconds", "timeoutSeconds");
    private static final List<String> OVERHEADS = List.of("call", "message", "tool", "preamble", "medium");
    private static final List<String> ROUTE =
            List.of("alias", "targets", "fallbacks", "residency", "prompt", "version", "cache");
    private static final List<String> PROMPT = List.of("name", "version", "text");
    private static final List<String> CACHE = List.of("mode", "ttl", "scope", "embedding", "threshold");
    private static final Pattern DECIMAL = Pattern.compile("[01](\\.\\d{1,6})?");
    private static final List<String> TARGET = List.of("provider", "model", "weight");

    private Declarations() {}

    /**
     * Reads a provider; what is not said has the default of its kind. Its health is told, not declared, and not looked at.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    public static Provider provider(String name, JsonNode json) {
        only(json, PROVIDER, "A provider");
        Provider.Kind kind = Provider.Kind.parse(text(json, "kind", ""));
        return new Provider(
                name,
                kind,
                Provider.url(text(json, "url", kind.usualUrl())),
                text(json, "secret", ""),
                text(json, "region", ""),
                text(json, "prices", kind == Provider.Kind.COMPATIBLE ? name : kind.label()),
                overheads(json.path("overheads"), Overheads.of(kind)),
                number(json, "maxOutputTokens", Provider.USUAL_OUTPUT),
                Duration.ofSeconds(number(json, "firstByteSeconds", (int) Provider.USUAL_FIRST_BYTE.toSeconds())),
                Duration.ofSeconds(number(json, "deadlineSeconds", (int) Provider.USUAL_DEADLINE.toSeconds())),
                probe(json.path("probe")));
    }

    private static Optional<Probe> probe(JsonNode json) {
        if (json.isMissingNode() || json.isNull()) {
            return Optional.empty();
        }
        only(json, PROBE, "'probe'");
        return Optional.of(new Probe(
                text(json, "path", ""),
                Duration.ofSeconds(number(json, "everySeconds", (int) Probe.USUAL_EVERY.toSeconds())),
                Duration.ofSeconds(number(json, "timeoutSeconds", (int) Probe.USUAL_TIMEOUT.toSeconds()))));
    }

    private static Overheads overheads(JsonNode json, Overheads usual) {
        if (json.isMissingNode()) {
            return usual;
        }
        only(json, OVERHEADS, "'overheads'");
        return new Overheads(
                number(json, "call", usual.call()),
                number(json, "message", usual.message()),
                number(json, "tool", usual.tool()),
                number(json, "preamble", usual.preamble()),
                number(json, "medium", usual.medium()));
    }

    /** Writes a provider. */
    public static ObjectNode json(Provider provider) {
        ObjectNode json = Json.object()
                .put("name", provider.name())
                .put("kind", provider.kind().label())
                .put("url", provider.url().toString())
                .put("secret", provider.secret())
                .put("region", provider.region())
                .put("prices", provider.prices());
        Overheads overheads = provider.overheads();
        json.putObject("overheads")
                .put("call", overheads.call())
                .put("message", overheads.message())
                .put("tool", overheads.tool())
                .put("preamble", overheads.preamble())
                .put("medium", overheads.medium());
        json.put("maxOutputTokens", provider.maxOutputTokens())
                .put("firstByteSeconds", provider.firstByte().toSeconds())
                .put("deadlineSeconds", provider.deadline().toSeconds());
        provider.probe()
                .ifPresent(probe -> json.putObject("probe")
                        .put("path", probe.path())
                        .put("everySeconds", probe.every().toSeconds())
                        .put("timeoutSeconds", probe.timeout().toSeconds()));
        return json;
    }

    /**
     * Reads an alias. Its version is counted here and not by whoever declares it.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    public static ModelRoute route(String alias, JsonNode json) {
        only(json, ROUTE, "An alias");
        return new ModelRoute(
                alias,
                targets(json, "targets"),
                targets(json, "fallbacks"),
                texts(json, "residency"),
                prompt(json.path("prompt")),
                number(json, "version", 1),
                cache(json.path("cache")));
    }

    private static Optional<Prompt> prompt(JsonNode json) {
        if (json.isMissingNode() || json.isNull()) {
            return Optional.empty();
        }
        only(json, PROMPT, "'prompt'");
        JsonNode text = json.path("text");
        // Its line breaks at either end are a part of it.
        return Optional.of(new Prompt(
                text(json, "name", ""), text(json, "version", "1"), text.isString() ? text.stringValue() : ""));
    }

    private static CacheRule cache(JsonNode json) {
        if (json.isMissingNode() || json.isNull()) {
            return CacheRule.OFF;
        }
        only(json, CACHE, "'cache'");
        return new CacheRule(
                choice(json, "mode", CacheRule.Mode.values(), CacheRule.Mode::label),
                CacheRule.time(text(json, "ttl", CacheRule.text(CacheRule.OFF.ttl()))),
                json.has("scope")
                        ? choice(json, "scope", CacheRule.Scope.values(), CacheRule.Scope::label)
                        : CacheRule.Scope.TENANT,
                text(json, "embedding", ""),
                threshold(json.path("threshold")));
    }

    /** Written as a text, since the ledger takes no fractions, and read as a number, too. */
    private static double threshold(JsonNode json) {
        if (json.isMissingNode()) {
            return CacheRule.USUAL_THRESHOLD;
        }
        if (!json.isNumber() && !DECIMAL.matcher(json.asString("")).matches()) {
            throw CommonError.INVALID.because("'threshold' must be a number such as 0.97.");
        }
        return Double.parseDouble(json.asString());
    }

    private static <E> E choice(JsonNode json, String member, E[] choices, Function<E, String> label) {
        String said = text(json, member, "");
        List<String> labels = Arrays.stream(choices).map(label).toList();
        int place = labels.indexOf(said);
        if (place < 0) {
            throw CommonError.INVALID.because(
                    "'" + member + "' is one of " + String.join(", ", labels) + ", unlike '" + said + "'.");
        }
        return choices[place];
    }

    private static List<String> texts(JsonNode json, String member) {
        JsonNode list = json.path(member);
        if (!list.isMissingNode() && (!list.isArray() || !list.valueStream().allMatch(JsonNode::isString))) {
            throw CommonError.INVALID.because("'" + member + "' must be a list of texts.");
        }
        return list.valueStream().map(JsonNode::stringValue).toList();
    }

    private static List<Target> targets(JsonNode json, String member) {
        JsonNode list = json.path(member);
        if (!list.isArray() && !list.isMissingNode()) {
            throw CommonError.INVALID.because("'" + member + "' must be a list.");
        }
        var targets = new ArrayList<Target>();
        for (JsonNode target : list) {
            only(target, TARGET, "A target");
            targets.add(
                    new Target(text(target, "provider", ""), text(target, "model", ""), number(target, "weight", 1)));
        }
        return targets;
    }

    /** Writes an alias. */
    public static ObjectNode json(ModelRoute route) {
        ObjectNode json = Json.object().put("alias", route.alias());
        targets(route.targets(), json.putArray("targets"));
        targets(route.fallbacks(), json.putArray("fallbacks"));
        route.residency().forEach(json.putArray("residency")::add);
        route.prompt()
                .ifPresent(prompt -> json.putObject("prompt")
                        .put("name", prompt.name())
                        .put("version", prompt.version())
                        .put("text", prompt.text()));
        if (route.cache().isOn()) {
            cache(route.cache(), json.putObject("cache"));
        }
        return json.put("version", route.version());
    }

    private static void cache(CacheRule rule, ObjectNode to) {
        to.put("mode", rule.mode().label())
                .put("ttl", CacheRule.text(rule.ttl()))
                .put("scope", rule.scope().label());
        if (rule.mode() == CacheRule.Mode.SEMANTIC) {
            to.put("embedding", rule.embedding()).put("threshold", Double.toString(rule.threshold()));
        }
    }

    private static void targets(List<Target> targets, ArrayNode to) {
        targets.forEach(target -> to.addObject()
                .put("provider", target.provider())
                .put("model", target.model())
                .put("weight", target.weight()));
    }

    private static void only(JsonNode json, List<String> members, String what) {
        if (!json.isObject()) {
            throw CommonError.INVALID.because(what + " must be a JSON object.");
        }
        for (String name : json.propertyNames()) {
            if (!members.contains(name)) {
                throw CommonError.INVALID.because(
                        what + " has no member '" + name + "'." + Nearest.hint(name, members));
            }
        }
    }

    private static String text(JsonNode json, String member, String usual) {
        JsonNode value = json.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return usual;
        }
        if (!value.isString()) {
            throw CommonError.INVALID.because("'" + member + "' must be a string.");
        }
        return value.asString().strip();
    }

    private static int number(JsonNode json, String member, int usual) {
        JsonNode value = json.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return usual;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw CommonError.INVALID.because("'" + member + "' must be a whole number.");
        }
        return value.intValue();
    }
}
