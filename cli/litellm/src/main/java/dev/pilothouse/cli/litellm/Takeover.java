package dev.pilothouse.cli.litellm;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Query;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Carries out a plan, a step for each thing that is to be there. What is there already stays: it is told where it differs, and
 * replaced only where that was asked for. For one plan.
 */
final class Takeover {
    /**
     * What became of one thing.
     *
     * @param what kind of thing, such as {@code alias}
     * @param state such as {@code made}; see the constants
     * @param detail what it is, or why not
     */
    record Step(String what, String name, String state, String detail) {}

    /** A key that was made, with its text, which is shown this once. */
    record Issued(String name, String owner, String id, String key) {}

    static final String FAILED = "failed";
    static final String MISSING = "missing";
    /** Fields of providers, aliases and budgets that LiteLLM knows nothing of. */
    private static final List<String> KEPT = List.of(
            "region",
            "overheads",
            "maxOutputTokens",
            "firstByteSeconds",
            "deadlineSeconds",
            "residency",
            "zone",
            "thresholds",
            "ladder",
            "notify");

    private static final String SAME = "there";
    private static final String MADE = "made";
    private static final String REPLACED = "replaced";
    private static final String DIFFERS = "differs";

    private final Api api;
    private final boolean dryRun;
    private final boolean replace;
    private final boolean issueKeys;
    private final List<Step> steps = new ArrayList<>();
    private final List<Issued> issued = new ArrayList<>();
    private final Map<String, String> unitIds = new HashMap<>();
    private final Map<String, String> keyIds = new HashMap<>();

    /**
     * A takeover.
     *
     * @param dryRun whether nothing is changed, and told what would be
     * @param replace whether what is there and differs is replaced
     * @param issueKeys whether keys are made
     */
    Takeover(Api api, boolean dryRun, boolean replace, boolean issueKeys) {
        this.api = api;
        this.dryRun = dryRun;
        this.replace = replace;
        this.issueKeys = issueKeys;
    }

    List<Step> steps() {
        return steps;
    }

    List<Issued> issued() {
        return issued;
    }

    /** Does all of it, or what can be done. */
    void carryOut(Plan plan, String source) {
        secrets(plan);
        declare("provider", "/api/v1/providers", "name", plan.providers());
        prices(plan, source);
        declare("alias", "/api/v1/aliases", "alias", plan.aliases());
        unpriced(plan);
        units(plan);
        keys(plan);
        budgets(plan);
    }

    private void secrets(Plan plan) {
        Set<String> there = plan.secrets().isEmpty() ? Set.of() : names("/api/v1/secrets", "name");
        plan.secrets()
                .forEach((name, secret) -> step("secret", name, "from " + secret.from(), () -> {
                    if (there.contains(name) && !replace) {
                        return SAME;
                    }
                    if (secret.value().isEmpty()) {
                        return there.contains(name) ? SAME : MISSING;
                    }
                    change(() -> api.put(
                            "/api/v1/secrets/" + Api.encode(name), Json.object().put("value", secret.value())));
                    return there.contains(name) ? REPLACED : MADE;
                }));
    }

    private Set<String> names(String path, String field) {
        var names = new LinkedHashSet<String>();
        api.items(path).forEach(item -> names.add(Show.text(item, field)));
        return names;
    }

    private void declare(String what, String path, String field, Map<String, ObjectNode> wanted) {
        var there = new HashMap<String, JsonNode>();
        if (!wanted.isEmpty()) {
            api.items(path).forEach(item -> there.put(Show.text(item, field), item));
        }
        wanted.forEach((name, body) -> step(what, name, detail(body), () -> put(path, name, there.get(name), body)));
    }

    private String put(String path, String name, @org.jspecify.annotations.Nullable JsonNode there, ObjectNode wanted) {
        if (there != null && covers(there, wanted)) {
            return SAME;
        }
        if (there != null && !replace) {
            return DIFFERS;
        }
        ObjectNode body = there == null ? wanted : kept(there).setAll(wanted);
        change(() -> api.put(path + "/" + Api.encode(name), body));
        return there == null ? MADE : REPLACED;
    }

    /** What was declared beside what is wanted: a residency, a ladder; not where it stands, and no address that is shown in part. */
    private static ObjectNode kept(JsonNode there) {
        ObjectNode kept = ((ObjectNode) there).deepCopy().retain(KEPT);
        if (kept.path("notify").valueStream().anyMatch(channel -> channel.has("slack"))) {
            throw new Exit(
                    Exit.USAGE,
                    "It tells Slack at an address that the server does not show and that would be lost; set what differs with"
                            + " 'pilot budget set'.");
        }
        return kept;
    }

    private static String detail(ObjectNode body) {
        if (!body.has("targets")) {
            return Show.text(body, "kind")
                    + (body.has("url") ? " at " + Show.text(body, "url") : "")
                    + (body.has("secret") ? ", key from secret " + Show.text(body, "secret") : "");
        }
        var words = new ArrayList<String>();
        body.path("targets").forEach(target -> words.add(target(target) + ":" + Show.text(target, "weight")));
        body.path("fallbacks").forEach(target -> words.add("then " + target(target)));
        return String.join(" ", words);
    }

    private static String target(JsonNode target) {
        return Show.text(target, "provider") + "/" + Show.text(target, "model");
    }

    private void prices(Plan plan, String source) {
        if (plan.prices().isEmpty()) {
            return;
        }
        ObjectNode file = Json.object();
        file.set("prices", plan.prices());
        step("prices", source, plan.prices().size() + " that the file states", () -> {
            if (dryRun) {
                return MADE;
            }
            JsonNode answer = api.post(
                    "/api/v1/prices/imports?format=overlay&source=" + Api.encode(source),
                    "application/octet-stream",
                    BodyPublishers.ofByteArray(Json.bytes(file)));
            return answer.path("changed").asBoolean() ? MADE : SAME;
        });
    }

    /** Names models that would answer and have no price, whose calls budgets refuse. */
    private void unpriced(Plan plan) {
        var asked = new LinkedHashSet<String>();
        plan.prices().forEach(price -> asked.add(Show.text(price, "provider") + "/" + Show.text(price, "model")));
        for (ObjectNode alias : plan.aliases().values()) {
            for (JsonNode target : alias.path("targets")) {
                String model = Show.text(target, "model");
                String under = Optional.ofNullable(plan.providers().get(Show.text(target, "provider")))
                        .map(provider -> Show.text(provider, "prices"))
                        .orElse("");
                boolean first = asked.add(under + "/" + model);
                Query prices = new Query("/api/v1/prices")
                        .with("provider", under)
                        .with("model", model)
                        .with("limit", "1");
                if (first && api.get(prices.toString()).path("items").isEmpty()) {
                    plan.note(
                            under + "/" + model,
                            "Has no price yet, so that budgets refuse its calls: pilot prices import FILE --format litellm.");
                }
            }
        }
    }

    private void units(Plan plan) {
        if (plan.units().isEmpty()) {
            return;
        }
        for (JsonNode unit : api.items("/api/v1/units")) {
            unitIds.put(Show.text(unit, "scope"), Show.text(unit, "id"));
        }
        for (String unit : plan.units()) {
            int colon = unit.indexOf(':');
            String kind = unit.substring(0, colon);
            String name = unit.substring(colon + 1);
            step(kind, name, "", () -> {
                if (unitIds.containsKey(unit)) {
                    return SAME;
                }
                change(() -> unitIds.put(
                        unit,
                        Show.text(
                                api.post(
                                        "/api/v1/units",
                                        Json.object().put("kind", kind).put("name", name)),
                                "id")));
                return MADE;
            });
        }
    }

    private void keys(Plan plan) {
        if (plan.keys().isEmpty()) {
            return;
        }
        var owners = new HashMap<String, String>();
        api.items("/api/v1/principals").forEach(each -> owners.put(Show.text(each, "name"), Show.text(each, "id")));
        var there = new HashMap<List<String>, String>();
        for (JsonNode key : api.items("/api/v1/keys")) {
            if (Show.text(key, "revokedAt").isEmpty()) {
                there.put(List.of(Show.text(key, "principal"), Show.text(key, "name")), Show.text(key, "id"));
            }
        }
        for (Plan.Key key : plan.keys()) {
            step("key", key.name(), "of " + key.owner() + (key.unit().isEmpty() ? "" : ", " + key.unit()), () -> {
                Optional<String> id = Optional.ofNullable(owners.get(key.owner()))
                        .map(owner -> there.get(List.of(owner, key.name())));
                if (id.isPresent()) {
                    keyIds.put(key.name(), id.get());
                    return SAME;
                }
                if (!issueKeys) {
                    return MISSING;
                }
                change(() -> issue(key, owners.computeIfAbsent(key.owner(), this::owner)));
                return MADE;
            });
        }
    }

    private String owner(String name) {
        ObjectNode body = Json.object().put("kind", "service").put("name", name);
        body.putArray("roles").add("invoker");
        return Show.text(api.post("/api/v1/principals", body), "id");
    }

    private void issue(Plan.Key key, String owner) {
        ObjectNode body = Json.object().put("name", key.name()).put("principal", owner);
        body.putArray("roles").add("invoker");
        if (!key.expiresIn().isEmpty()) {
            body.put("expiresIn", key.expiresIn());
        }
        if (!key.unit().isEmpty()) {
            body.put("unit", unitIds.getOrDefault(key.unit(), ""));
        }
        JsonNode made = api.post("/api/v1/keys", body);
        keyIds.put(key.name(), Show.text(made, "id"));
        issued.add(new Issued(key.name(), key.owner(), Show.text(made, "id"), Show.text(made, "key")));
    }

    private void budgets(Plan plan) {
        if (plan.budgets().isEmpty()) {
            return;
        }
        var there = new HashMap<String, JsonNode>();
        api.items("/api/v1/budgets").forEach(item -> there.put(Show.text(item, "name"), item));
        for (Plan.Budget budget : plan.budgets()) {
            String detail = budget.limit() + " USD, " + budget.window() + ", for " + budget.scope();
            step("budget", budget.name(), detail, () -> {
                Optional<String> scope = scope(budget.scope());
                if (scope.isEmpty()) {
                    return dryRun && issueKeys ? MADE : MISSING;
                }
                ObjectNode wanted = Json.object()
                        .put("scope", scope.get())
                        .put("window", budget.window())
                        .put("limit", budget.limit());
                return put("/api/v1/budgets", budget.name(), there.get(budget.name()), wanted);
            });
        }
    }

    /** Of a key with its id; empty where it has none yet. */
    private Optional<String> scope(String planned) {
        return planned.startsWith("key:")
                ? Optional.ofNullable(keyIds.get(planned.substring("key:".length())))
                        .map(id -> "key:" + id)
                : Optional.of(planned);
    }

    /** Whether what is there says all that is wanted; it may say more. */
    private static boolean covers(JsonNode there, JsonNode wanted) {
        if (wanted.isObject()) {
            return wanted.properties().stream().allMatch(each -> covers(there.path(each.getKey()), each.getValue()));
        }
        if (wanted.isArray()) {
            if (there.size() != wanted.size()) {
                return false;
            }
            for (int i = 0; i < wanted.size(); i++) {
                if (!covers(there.path(i), wanted.path(i))) {
                    return false;
                }
            }
            return true;
        }
        return there.equals(wanted);
    }

    private void change(Runnable change) {
        if (!dryRun) {
            change.run();
        }
    }

    private void step(String what, String name, String detail, Supplier<String> doing) {
        try {
            String state = doing.get();
            steps.add(new Step(what, name, state, hint(what, name, state, detail)));
        } catch (Exit e) {
            if (e.code() == Exit.UNREACHED) {
                throw e;
            }
            steps.add(new Step(what, name, FAILED, String.valueOf(e.getMessage())));
        } catch (PilothouseException e) {
            steps.add(new Step(what, name, FAILED, e.detail()));
        }
    }

    private static String hint(String what, String name, String state, String detail) {
        if (state.equals(MISSING)) {
            return switch (what) {
                case "secret" -> detail + ", which is not set here: pilot secrets set " + name;
                case "key" -> detail + "; only a hash of the old one is known, so a new one is made with --issue-keys";
                default -> detail + ", which is there once keys are made: --issue-keys";
            };
        }
        return state.equals(DIFFERS) ? "left as it is; with --replace: " + detail : detail;
    }
}
