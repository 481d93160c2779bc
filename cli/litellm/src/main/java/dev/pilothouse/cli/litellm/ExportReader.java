package dev.pilothouse.cli.litellm;

import dev.pilothouse.cli.terminal.Show;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Reads what {@code /key/list?return_full_object=true}, {@code /team/list} and {@code /user/list} of a proxy answer into a plan. A
 * team becomes a team, with its budget. A user's budget, which counts the keys of the user that are of no team, becomes that of a
 * project which those keys belong to. For one plan.
 */
final class ExportReader {
    private static final String ADMIN = "default_user_id";
    private static final String NOBODY = "litellm";
    private static final Map<String, String> LIMITS = Map.of(
            "tpm_limit", "Without its limit of tokens a minute.",
            "rpm_limit", "Without its limit of requests a minute.",
            "tpd_limit", "Without its limit of tokens a day.",
            "max_parallel_requests", "Without its limit of requests at a time.",
            "models", "Without its list of models: every key may ask for every alias.",
            "model_max_budget", "Without its budgets for single models.",
            "soft_budget", "Without its soft budget: thresholds tell somebody, pilot budget set NAME --threshold.",
            "allowed_routes", "Without its list of paths: a key's roles say what it may.",
            "aliases", "Without its own names of models: aliases are for everybody.",
            "budget_fallbacks", "Without its fallbacks at a budget's end: pilot budget set NAME --ladder.");
    private static final Set<String> ALL_MODELS = Set.of("all-proxy-models", "all-team-models");

    private final Plan plan;
    private final Instant now;
    private final Map<String, JsonNode> teams = new LinkedHashMap<>();
    private final Map<String, JsonNode> users = new LinkedHashMap<>();
    private final Map<String, JsonNode> keys = new LinkedHashMap<>();

    private ExportReader(Plan plan, Instant now) {
        this.plan = plan;
        this.now = now;
    }

    /** Adds to a plan what answers of a proxy say, by the names of their files. */
    static void read(Map<String, JsonNode> answers, Instant now, Plan plan) {
        var reader = new ExportReader(plan, now);
        answers.forEach(reader::collect);
        reader.teams.values().forEach(reader::team);
        reader.users.values().forEach(reader::user);
        reader.keys.values().forEach(reader::key);
    }

    private void collect(String file, JsonNode answer) {
        if (answer.isArray()) {
            answer.forEach(item -> one(file, item));
            return;
        }
        long page = answer.path("current_page").asLong(answer.path("page").asLong(1));
        if (answer.path("total_pages").asLong(1) > 1) {
            plan.note(
                    file,
                    "This is page " + page + " of " + Show.text(answer, "total_pages")
                            + "; give the others with --keys too, or ask for more on a page.");
        }
        boolean known = false;
        for (String list : List.of("keys", "teams", "users")) {
            known |= answer.path(list).isArray();
            answer.path(list).forEach(item -> one(file, item));
        }
        if (!known) {
            plan.note(file, "Left out: this is no answer of /key/list, /team/list or /user/list.");
        }
    }

    private void one(String file, JsonNode item) {
        if (item.isString()) {
            plan.note(
                    file,
                    "Left out: only the hash of a key is here. Ask for /key/list?return_full_object=true, which says what it may"
                            + " spend.");
        } else if (item.has("token") || item.has("key_name")) {
            String id = Show.text(item, "token");
            keys.putIfAbsent(id.isEmpty() ? Show.text(item, "key_name") : id, item);
        } else if (item.has("team_alias") || item.has("members_with_roles")) {
            teams.putIfAbsent(Show.text(item, "team_id"), item);
            item.path("keys").forEach(key -> one(file, key));
        } else if (item.has("user_id")) {
            users.putIfAbsent(Show.text(item, "user_id"), item);
        } else {
            plan.note(file, "Left out: an entry that is neither a key nor a team nor a user.");
        }
    }

    private void team(JsonNode team) {
        String name = teamName(team);
        if (team.path("blocked").asBoolean(false)) {
            plan.note("team " + name, "Left out: it is blocked.");
            return;
        }
        plan.units().add("team:" + name);
        money(team, "team " + name, Budgets.of(plan, "team " + name, budgetName("team", name), "team:" + name));
    }

    private void user(JsonNode user) {
        String name = userName(user);
        if (user.path("max_budget").isNumber()) {
            plan.units().add("project:" + name);
            money(user, "user " + name, Budgets.of(plan, "user " + name, budgetName("user", name), "project:" + name));
        }
    }

    private void key(JsonNode key) {
        String name = unique(keyName(key));
        String where = "key " + name;
        Optional<String> life = life(Show.text(key, "expires"));
        if (key.path("blocked").asBoolean(false) || life.isEmpty()) {
            plan.note(where, "Left out: it is " + (life.isEmpty() ? "expired." : "blocked."));
            return;
        }
        JsonNode user = users.get(Show.text(key, "user_id"));
        String id = Show.text(key, "user_id");
        String owner = user != null ? userName(user) : id.isEmpty() || id.equals(ADMIN) ? NOBODY : unitName(id);
        plan.keys().add(new Plan.Key(name, owner, unit(key, owner), life.get()));
        money(key, where, Budgets.of(plan, where, budgetName("key", name), "key:" + name));
    }

    /** The team that a key is of, or the project that stands for its user's own budget. */
    private String unit(JsonNode key, String owner) {
        String id = Show.text(key, "team_id");
        if (id.isEmpty()) {
            String project = "project:" + owner;
            return plan.units().contains(project) ? project : "";
        }
        JsonNode team = teams.get(id);
        String unit = "team:" + (team == null ? unitName(id) : teamName(team));
        if (!plan.units().contains(unit)) {
            plan.units().add(unit);
        }
        return unit;
    }

    /** What it may spend, what it has spent, and which other limits it had. */
    private void money(JsonNode of, String where, Budgets budgets) {
        JsonNode linked = of.path("litellm_budget_table");
        JsonNode stated = of.path("max_budget").isNumber() ? of : linked;
        if (stated.path("max_budget").isNumber()) {
            budgets.add(Show.text(stated, "max_budget"), Show.text(stated, "budget_duration"));
            Words.number(Show.text(of, "spend"))
                    .filter(spend -> spend.signum() > 0)
                    .ifPresent(spend -> spent(where, spend, Show.text(stated, "max_budget")));
        }
        for (JsonNode window : of.path("budget_limits")) {
            budgets.add(Show.text(window, "max_budget"), Show.text(window, "budget_duration"));
        }
        LIMITS.forEach((field, what) -> {
            JsonNode value = of.path(field);
            boolean limits = value.isNumber()
                    || (value.isContainer()
                            && !value.isEmpty()
                            && !ALL_MODELS.contains(value.path(0).asString("")));
            if (limits) {
                plan.note(where, what);
            }
        });
    }

    private void spent(String where, BigDecimal spend, String most) {
        plan.note(
                where,
                "Has spent " + Words.usd(spend) + " of "
                        + Words.number(most).map(Words::usd).orElse(most)
                        + " USD in its present window there; here it begins at 0.");
    }

    /** How long it still lives; empty where it does no longer. */
    private Optional<String> life(String expires) {
        if (expires.isEmpty()) {
            return Optional.of("never");
        }
        try {
            Instant end = expires.matches(".*(Z|[+-]\\d\\d:?\\d\\d)$")
                    ? OffsetDateTime.parse(expires).toInstant()
                    : LocalDateTime.parse(expires).toInstant(ZoneOffset.UTC);
            long hours = Duration.between(now, end).toHours();
            return hours < 1 ? Optional.empty() : Optional.of(hours + "h");
        } catch (DateTimeException _) {
            plan.note("keys", "'" + expires + "' is no time; the key gets the life that the server gives keys.");
            return Optional.of("");
        }
    }

    private static String keyName(JsonNode key) {
        String alias = Show.text(key, "key_alias");
        String shown = Show.text(key, "key_name");
        return !alias.isEmpty() ? alias : !shown.isEmpty() ? shown : Show.brief(Show.text(key, "token"));
    }

    private String unique(String name) {
        Set<String> taken = new HashSet<>();
        plan.keys().forEach(key -> taken.add(key.name()));
        String free = name;
        for (int number = 2; taken.contains(free); number++) {
            free = name + "-" + number;
        }
        return free;
    }

    private static String teamName(JsonNode team) {
        String alias = Show.text(team, "team_alias");
        return unitName(alias.isEmpty() ? Show.text(team, "team_id") : alias);
    }

    private static String userName(JsonNode user) {
        for (String field : List.of("user_alias", "user_email")) {
            if (!Show.text(user, field).isEmpty()) {
                return unitName(Show.text(user, field));
            }
        }
        return unitName(Show.text(user, "user_id"));
    }

    /** Names of units hold no slash, which stands between them. */
    private static String unitName(String name) {
        return name.strip().replace('/', '-');
    }

    private static String budgetName(String kind, String name) {
        return kind + "-" + name.replaceAll("[^A-Za-z0-9._-]+", "-");
    }
}
