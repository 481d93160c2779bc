package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.GuardPolicy.Limits;
import dev.pilothouse.run.guards.GuardPolicy.Per;
import dev.pilothouse.run.guards.GuardPolicy.Webhook;
import dev.pilothouse.trust.privacy.Kind;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Guards as JSON, as requests, answers and rows have them. Stateless. */
final class GuardDeclarations {
    private static final List<String> POLICY =
            List.of("name", "aliases", "keys", "agents", "input", "output", "limits", "webhook", "measured");
    private static final List<String> INPUT =
            List.of("secrets", "personalData", "restore", "injection", "deny", "topics");
    private static final List<String> OUTPUT =
            List.of("secrets", "personalData", "deny", "maxCharacters", "json", "schema", "require", "forbid");
    private static final List<String> RULE = List.of("action", "kinds");
    private static final List<String> INJECTION = List.of("action", "threshold");
    private static final List<String> LIMITS = List.of("requestsPerMinute", "tokensPerMinute", "per");
    private static final List<String> SCHEMA = List.of("action", "schema");
    private static final List<String> PATTERNS = List.of("action", "patterns");
    private static final List<String> WEBHOOK =
            List.of("url", "when", "timeoutMillis", "onFailure", "secret", "windowCharacters");
    private static final int USUAL_THRESHOLD = 60;

    private GuardDeclarations() {}

    /**
     * Reads a guard.
     *
     * @param url reads the address of a webhook, or refuses it
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    static GuardPolicy policy(String name, JsonNode json, Function<String, URI> url) {
        only(json, POLICY, "A guard");
        return new GuardPolicy(
                name,
                names(json, "aliases"),
                names(json, "keys"),
                names(json, "agents"),
                checks(json.path("input"), INPUT, "'input'"),
                checks(json.path("output"), OUTPUT, "'output'"),
                limits(json.path("limits")),
                webhook(json.path("webhook"), url));
    }

    private static @Nullable Webhook webhook(JsonNode json, Function<String, URI> url) {
        if (json.isMissingNode()) {
            return null;
        }
        only(json, WEBHOOK, "'webhook'");
        String when = json.path("when").asString("request");
        String failure = json.path("onFailure").asString("closed");
        if (!failure.equals("open") && !failure.equals("closed")) {
            throw CommonError.INVALID.because("'onFailure' is 'open' or 'closed', not '" + failure + "'.");
        }
        boolean both = when.equals("both");
        return new Webhook(
                url.apply(json.path("url").asString("")),
                both || when.equals("request"),
                both || when.equals("answer"),
                Duration.ofMillis(number(json, "timeoutMillis", (int) Webhook.USUAL_TIMEOUT.toMillis())),
                failure.equals("open"),
                json.path("secret").asString(""),
                number(json, "windowCharacters", 0));
    }

    private static void write(Webhook webhook, ObjectNode json) {
        json.put("url", webhook.url().toString())
                .put("when", !webhook.answers() ? "request" : webhook.requests() ? "both" : "answer")
                .put("timeoutMillis", webhook.timeout().toMillis())
                .put("onFailure", webhook.open() ? "open" : "closed");
        if (!webhook.secret().isEmpty()) {
            json.put("secret", webhook.secret());
        }
        put(json, "windowCharacters", webhook.window());
    }

    private static Checks checks(JsonNode json, List<String> members, String what) {
        if (json.isMissingNode()) {
            return Checks.NONE;
        }
        only(json, members, what);
        Map<Kind, Action> kinds = new EnumMap<>(Kind.class);
        rule(json.path("secrets"), "secrets", Kind.secrets(), kinds);
        rule(json.path("personalData"), "personalData", Kind.personalData(), kinds);
        JsonNode injection = json.path("injection");
        if (!injection.isMissingNode()) {
            only(injection, INJECTION, "'injection'");
        }
        return new Checks(
                kinds,
                flag(json, "restore"),
                action(injection, "action", Action.DETECT),
                injection.isMissingNode() ? 0 : Math.max(1, number(injection, "threshold", USUAL_THRESHOLD)),
                texts(json, "deny"),
                texts(json, "topics"),
                number(json, "maxCharacters", 0),
                answer(json));
    }

    private static List<AnswerRule> answer(JsonNode json) {
        var rules = new ArrayList<AnswerRule>();
        if (!json.path("json").isMissingNode()) {
            rules.add(new AnswerRule(AnswerRule.Kind.JSON, action(json, "json", Action.BLOCK), ""));
        }
        JsonNode schema = json.path("schema");
        if (!schema.isMissingNode()) {
            only(schema, SCHEMA, "'schema'");
            rules.add(new AnswerRule(
                    AnswerRule.Kind.SCHEMA, action(schema, "action", Action.BLOCK), Json.write(schema.path("schema"))));
        }
        for (AnswerRule.Kind kind : List.of(AnswerRule.Kind.REQUIRE, AnswerRule.Kind.FORBID)) {
            JsonNode patterns = json.path(kind.label());
            if (!patterns.isMissingNode()) {
                only(patterns, PATTERNS, "'" + kind.label() + "'");
                Action action = action(patterns, "action", Action.BLOCK);
                texts(patterns, "patterns").forEach(pattern -> rules.add(new AnswerRule(kind, action, pattern)));
            }
        }
        return rules;
    }

    private static void write(List<AnswerRule> rules, ObjectNode json) {
        for (AnswerRule rule : rules) {
            String action = rule.action().label();
            switch (rule.kind()) {
                case JSON -> json.put("json", action);
                case SCHEMA -> json.putObject("schema").put("action", action).set("schema", Json.parse(rule.text()));
                case REQUIRE, FORBID -> {
                    ObjectNode told =
                            json.withObjectProperty(rule.kind().label()).put("action", action);
                    told.withArrayProperty("patterns").add(rule.text());
                }
            }
        }
    }

    /** Kinds and what is done about them: {@code "redact"}, or an object that names the kinds, too. */
    private static void rule(JsonNode json, String member, Set<Kind> all, Map<Kind, Action> to) {
        if (json.isMissingNode() || json.isNull()) {
            return;
        }
        if (json.isString()) {
            Action action = action(json.asString(), member);
            all.forEach(kind -> to.put(kind, action));
            return;
        }
        only(json, RULE, "'" + member + "'");
        Action action = action(json, "action", Action.REDACT);
        List<String> labels = all.stream().map(Kind::label).toList();
        List<String> chosen = texts(json, "kinds");
        for (String label : chosen.isEmpty() ? labels : chosen) {
            Kind kind = Kind.parse(label)
                    .filter(all::contains)
                    .orElseThrow(() -> CommonError.INVALID.because("'" + member + "' knows no kind '" + label + "'."
                            + Nearest.hint(label, labels) + " It knows " + String.join(", ", labels) + "."));
            to.put(kind, action);
        }
    }

    private static Limits limits(JsonNode json) {
        if (json.isMissingNode()) {
            return Limits.NONE;
        }
        only(json, LIMITS, "'limits'");
        String per = json.path("per").asString("key");
        return new Limits(
                number(json, "requestsPerMinute", 0),
                number(json, "tokensPerMinute", 0),
                Arrays.stream(Per.values())
                        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(per))
                        .findFirst()
                        .orElseThrow(() ->
                                CommonError.INVALID.because("'per' is 'key', 'agent' or 'alias', not '" + per + "'.")));
    }

    static ObjectNode json(GuardPolicy policy) {
        ObjectNode json = Json.object().put("name", policy.name());
        list(json, "aliases", new TreeSet<>(policy.aliases()));
        list(json, "keys", new TreeSet<>(policy.keys()));
        list(json, "agents", new TreeSet<>(policy.agents()));
        if (!policy.input().isEmpty()) {
            write(policy.input(), json.putObject("input"));
        }
        if (!policy.output().isEmpty()) {
            write(policy.output(), json.putObject("output"));
        }
        Limits limits = policy.limits();
        if (!limits.equals(Limits.NONE)) {
            ObjectNode told = json.putObject("limits");
            put(told, "requestsPerMinute", limits.requests());
            put(told, "tokensPerMinute", limits.tokens());
            told.put("per", limits.per().name().toLowerCase(Locale.ROOT));
        }
        if (policy.webhook() != null) {
            write(policy.webhook(), json.putObject("webhook"));
        }
        return json;
    }

    private static void write(Checks checks, ObjectNode json) {
        write(checks.kinds(), Kind.secrets(), "secrets", json);
        write(checks.kinds(), Kind.personalData(), "personalData", json);
        if (checks.restore()) {
            json.put("restore", true);
        }
        if (checks.threshold() > 0) {
            json.putObject("injection")
                    .put("action", checks.injection().label())
                    .put("threshold", checks.threshold());
        }
        list(json, "deny", checks.deny());
        list(json, "topics", checks.topics());
        put(json, "maxCharacters", checks.maxCharacters());
        write(checks.answer(), json);
    }

    /** What a guard did on one way. */
    static ObjectNode json(GuardMeter.Measured measured) {
        return Json.object()
                .put("checked", measured.checked())
                .put("flagged", measured.flagged())
                .put("redacted", measured.redacted())
                .put("blocked", measured.blocked())
                .put("p50Micros", measured.p50())
                .put("p99Micros", measured.p99());
    }

    /** All kinds of a rule have the same action. */
    private static void write(Map<Kind, Action> kinds, Set<Kind> of, String member, ObjectNode json) {
        List<Kind> named = of.stream().filter(kinds::containsKey).toList();
        if (!named.isEmpty()) {
            Action action = kinds.getOrDefault(named.getFirst(), Action.DETECT);
            ObjectNode rule = json.putObject(member).put("action", action.label());
            list(rule, "kinds", named.stream().map(Kind::label).toList());
        }
    }

    private static void put(ObjectNode json, String member, long value) {
        if (value > 0) {
            json.put(member, value);
        }
    }

    private static void list(ObjectNode json, String member, Collection<String> values) {
        if (!values.isEmpty()) {
            values.forEach(json.withArray(member)::add);
        }
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

    private static Set<String> names(JsonNode json, String member) {
        return new TreeSet<>(texts(json, member));
    }

    private static List<String> texts(JsonNode json, String member) {
        JsonNode list = json.path(member);
        if (list.isMissingNode() || list.isNull()) {
            return List.of();
        }
        var texts = new ArrayList<String>();
        for (JsonNode text : list) {
            texts.add(text.isString() ? text.asString().strip() : "");
        }
        if (!list.isArray() || texts.contains("")) {
            throw CommonError.INVALID.because("'" + member + "' must be a list of strings that are not empty.");
        }
        return texts;
    }

    private static Action action(JsonNode json, String member, Action usual) {
        JsonNode value = json.path(member);
        return value.isMissingNode() ? usual : action(value.asString(""), member);
    }

    private static Action action(String label, String member) {
        return Arrays.stream(Action.values())
                .filter(action -> action.label().equals(label))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because(
                        "'" + member + "' is 'detect', 'redact' or 'block', not '" + label + "'."));
    }

    private static boolean flag(JsonNode json, String member) {
        JsonNode value = json.path(member);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw CommonError.INVALID.because("'" + member + "' must be true or false.");
        }
        return value.asBoolean(false);
    }

    private static int number(JsonNode json, String member, int usual) {
        JsonNode value = json.path(member);
        if (value.isMissingNode() || value.isNull()) {
            return usual;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
            throw CommonError.INVALID.because("'" + member + "' must be a whole number from 1 on.");
        }
        return value.intValue();
    }
}
