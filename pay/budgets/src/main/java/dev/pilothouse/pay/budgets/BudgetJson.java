package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Money;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.pay.pacing.Pace;
import dev.pilothouse.pay.pacing.Share;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Channel;
import dev.pilothouse.platform.notify.Notifications;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Budgets as JSON: of requests, answers, rows and entries of the ledger. Stateless but for its reader. */
final class BudgetJson {
    private BudgetJson() {}

    static String text(JsonNode node) {
        return Json.write(node);
    }

    static ArrayNode ladder(Ladder ladder) {
        ArrayNode rungs = Json.array();
        ladder.rungs()
                .forEach(rung -> rungs.addObject()
                        .put("model", rung.alias())
                        .put("from", rung.from())
                        .put("price", rung.price()));
        return rungs;
    }

    static Ladder ladder(String stored) {
        JsonNode rungs = Json.parse(stored);
        return new Ladder(IntStream.range(0, rungs.size())
                .mapToObj(rungs::get)
                .map(rung -> new Ladder.Rung(
                        rung.path("model").asString(),
                        rung.path("from").asInt(),
                        rung.path("price").asInt()))
                .toList());
    }

    static ArrayNode told(List<Channel> told) {
        ArrayNode channels = Json.array();
        for (Channel channel : told) {
            ObjectNode each = channels.addObject();
            switch (channel) {
                case Channel.Webhook webhook ->
                    each.put("webhook", webhook.url().toString());
                case Channel.Slack slack -> each.put("slack", slack.url().toString());
                case Channel.StoredSlack stored -> each.put("slackSecret", stored.name());
                case Channel.Email email -> {
                    ArrayNode to = each.putArray("email");
                    email.to().forEach(to::add);
                }
            }
        }
        return channels;
    }

    /** Who is told, for people: the address of Slack holds its key, so only the host is shown. */
    private static ArrayNode shown(List<Channel> told) {
        return told(told.stream().map(BudgetJson::shown).toList());
    }

    private static Channel shown(Channel channel) {
        return channel instanceof Channel.Slack slack
                ? new Channel.Slack(
                        URI.create(slack.url().getScheme() + "://" + slack.url().getHost()))
                : channel;
    }

    static List<Channel> told(String stored) {
        JsonNode channels = Json.parse(stored);
        return IntStream.range(0, channels.size())
                .mapToObj(i -> Reader.channel(channels.get(i)))
                .toList();
    }

    /** What the ledger keeps of a budget, amounts as text. */
    static ObjectNode facts(Budget budget) {
        ObjectNode facts = Json.object()
                .put("name", budget.name())
                .put("scope", budget.scope().label())
                .put("window", budget.window().label())
                .put("zone", budget.zone().getId())
                .put("unit", budget.unit().label())
                .put("limit", budget.unit().text(budget.limit()));
        ArrayNode thresholds = facts.putArray("thresholds");
        budget.thresholds().forEach(thresholds::add);
        facts.set("ladder", ladder(budget.ladder()));
        facts.set("notify", shown(budget.told()));
        return facts;
    }

    /** The answer about a budget, and about where its calls go where some go to a cheaper model. */
    static ObjectNode json(Standing standing, Optional<Pace> pace) {
        Budget budget = standing.budget();
        Unit unit = budget.unit();
        ObjectNode body = Json.object().put("id", budget.id()).setAll(facts(budget));
        amount(body, unit, "limit", budget.limit());
        amount(body, unit, "raised", standing.raised());
        amount(body, unit, "settled", standing.settled());
        amount(body, unit, "held", standing.held());
        amount(body, unit, "leased", standing.leased());
        amount(body, unit, "remaining", standing.remaining());
        amount(body, unit, "burnPerHour", standing.burnPerHour());
        amount(body, unit, "forecast", standing.forecast());
        pace.filter(Pace::degrades).ifPresent(now -> {
            ObjectNode degrading = body.putObject("degrading")
                    .put("keptPercent", (int) Share.of(now.kept(), 100, Pace.POSITIONS))
                    .put(
                            "model",
                            now.ladder().alias(now.level(Pace.POSITIONS - 1)).orElse(""));
            amount(degrading, unit, "undegraded", now.forecast());
        });
        boolean ends = !standing.until().equals(Instant.MAX);
        return body.put("percent", standing.percent())
                .put(
                        "windowStart",
                        ends ? standing.from().toString() : standing.since().toString())
                .put("windowEnd", ends ? standing.until().toString() : null)
                .put("state", standing.state().label());
    }

    /** An amount as exact text and, where it is money, as a whole number of nano-USD beside it. */
    static void amount(ObjectNode body, Unit unit, String name, long amount) {
        body.put(name, unit.text(amount));
        if (unit == Unit.NANO_USD) {
            body.put(name + "NanoUsd", amount);
        }
    }

    /** Reads what somebody declares, and reports all that is wrong with it together. For one request. */
    static final class Reader {
        private static final List<String> FIELDS =
                List.of("scope", "window", "zone", "unit", "limit", "limitNanoUsd", "thresholds", "ladder", "notify");
        private static final List<String> RUNG = List.of("model", "from", "price");
        private static final List<String> CHANNELS = List.of("webhook", "slack", "slackSecret", "email");
        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");
        private static final int MOST_THRESHOLDS = 10;
        private static final int MOST_CHANNELS = 10;

        private final ObjectNode body;
        private final List<Problem> problems = new ArrayList<>();

        private Reader(ObjectNode body) {
            this.body = body;
        }

        /**
         * A budget as wished, without an id.
         *
         * @throws PilothouseException INVALID with all problems
         */
        static Budget read(String tenant, String name, ObjectNode body) {
            return new Reader(body).budget(tenant, name);
        }

        private Budget budget(String tenant, String name) {
            unknown("", body, FIELDS);
            if (!NAME.matcher(name).matches()) {
                problem(
                        "name",
                        "'" + name
                                + "' is no name of a budget. Use up to 100 letters, digits, dots, dashes and underscores.");
            }
            Scope scope = text("scope")
                    .map(text -> tried("scope", () -> Scope.parse(text)))
                    .orElseGet(() -> missing("scope", "say whose spend it counts, such as \"team:research\"."));
            Window window = named("window", Window.MONTH, Window.values(), Window::label);
            Unit unit = named("unit", Unit.NANO_USD, Unit.values(), Unit::label);
            ZoneId zone = text("zone").map(this::zone).orElse(ZoneOffset.UTC);
            long limit = limit(unit);
            List<Integer> thresholds = thresholds();
            List<Ladder.Rung> rungs = rungs();
            problems.addAll(Ladder.problems(rungs));
            List<Channel> told = told();
            if (!problems.isEmpty() || scope == null) {
                throw CommonError.invalid("The budget cannot be declared so.", problems);
            }
            return new Budget("", tenant, name, scope, window, zone, unit, limit, thresholds, new Ladder(rungs), told);
        }

        private long limit(Unit unit) {
            Optional<Long> limit = text("limit").map(text -> amount("limit", unit, text));
            JsonNode nano = body.path("limitNanoUsd");
            if (nano.isMissingNode() || nano.isNull()) {
                if (limit.isEmpty()) {
                    problem("limit", "Say how much may be spent in each window, such as \"1500.00\".");
                }
                return limit.orElse(0L);
            }
            if (unit != Unit.NANO_USD) {
                problem("limitNanoUsd", "A budget of " + unit.label() + " has no limit in money; use 'limit'.");
                return 0;
            }
            // A whole number, or one in quotes for clients whose numbers are floating-point. Beyond a long it is out of
            // bounds.
            String digits = nano.isString() ? nano.stringValue() : nano.toString();
            long exact = amount("limitNanoUsd", Unit.TOKENS, digits);
            if (limit.isPresent() && limit.get() != exact) {
                problem(
                        "limitNanoUsd",
                        "It says " + Money.usd(exact) + " USD and 'limit' " + Money.usd(limit.get())
                                + " USD. Leave one of them out.");
            }
            return exact;
        }

        private long amount(String field, Unit unit, String text) {
            Long amount = tried(field, () -> unit.parse(text));
            return amount == null ? 0 : amount;
        }

        private List<Integer> thresholds() {
            JsonNode list = body.path("thresholds");
            if (list.isMissingNode() || list.isNull()) {
                return Budget.THRESHOLDS;
            }
            var percents = new TreeSet<Integer>();
            for (JsonNode each : elements("thresholds", list, MOST_THRESHOLDS)) {
                if (!each.isInt() || each.intValue() < 1 || each.intValue() > 100) {
                    problem(
                            "thresholds",
                            brief(each.toString()) + " is no percentage; use whole numbers from 1 to 100.");
                } else {
                    percents.add(each.intValue());
                }
            }
            return List.copyOf(percents);
        }

        private List<Ladder.Rung> rungs() {
            List<Ladder.Rung> rungs = new ArrayList<>();
            for (JsonNode each : elements("ladder", body.path("ladder"), Ladder.MOST_RUNGS)) {
                String where = "ladder[" + rungs.size() + "].";
                unknown(where, each, RUNG);
                rungs.add(new Ladder.Rung(
                        each.path("model").asString(""),
                        percent(where + "from", each.path("from"), 100),
                        percent(where + "price", each.path("price"), -1)));
            }
            return rungs;
        }

        /** A whole number; what is none becomes one that the ladder refuses. */
        private int percent(String where, JsonNode value, int otherwise) {
            if (!value.isMissingNode() && !value.isInt()) {
                problem(where, brief(value.toString()) + " is no whole number of percent.");
            }
            return value.isInt() ? value.intValue() : otherwise;
        }

        private List<Channel> told() {
            List<Channel> told = new ArrayList<>();
            int i = 0;
            for (JsonNode each : elements("notify", body.path("notify"), MOST_CHANNELS)) {
                String where = "notify[" + i++ + "].";
                unknown(where, each, CHANNELS);
                Channel channel = tried(where.substring(0, where.length() - 1), () -> channel(each));
                if (channel != null) {
                    told.add(channel);
                }
            }
            return told;
        }

        /**
         * Who is told.
         *
         * @throws PilothouseException where it is nobody
         */
        static Channel channel(JsonNode each) {
            if (each.size() == 1 && each.path("webhook").isString()) {
                return new Channel.Webhook(
                        Notifications.parse(each.path("webhook").stringValue()));
            }
            if (each.size() == 1 && each.path("slack").isString()) {
                URI url = Notifications.parse(each.path("slack").stringValue());
                if (url.getPath() == null || url.getPath().length() < 2) {
                    throw CommonError.INVALID.because(
                            "An address of Slack has a path, which is its key and which answers leave"
                                    + " out. Give the whole address again, or keep it as a secret and name that: {\"slackSecret\":"
                                    + " \"NAME\"}.");
                }
                return new Channel.Slack(url);
            }
            if (each.size() == 1 && each.path("slackSecret").isString()) {
                String secret = each.path("slackSecret").stringValue();
                if (secret.matches("[A-Za-z0-9_-]{1,100}")) {
                    return new Channel.StoredSlack("", secret);
                }
            }
            if (each.size() == 1
                    && each.path("email").isArray()
                    && !each.path("email").isEmpty()) {
                List<String> to = new ArrayList<>();
                each.path("email").forEach(address -> to.add(address.asString("")));
                for (String address : to) {
                    if (!Notifications.isMailAddress(address)) {
                        throw CommonError.INVALID.because("'" + brief(address) + "' is no e-mail address.");
                    }
                }
                return new Channel.Email(to);
            }
            throw CommonError.INVALID.because("Say one of {\"webhook\": \"https://…\"}, {\"slack\": \"https://…\"},"
                    + " {\"slackSecret\": \"NAME\"} and {\"email\": [\"ann@example.com\"]}.");
        }

        private List<JsonNode> elements(String field, JsonNode list, int most) {
            if (list.isMissingNode() || list.isNull()) {
                return List.of();
            }
            if (!list.isArray() || list.size() > most) {
                problem(field, "It must be a list of at most " + most + ".");
                return List.of();
            }
            List<JsonNode> elements = new ArrayList<>();
            list.forEach(elements::add);
            return elements;
        }

        private <T> T named(String field, T otherwise, T[] values, Function<T, String> label) {
            Optional<String> text = text(field);
            if (text.isEmpty()) {
                return otherwise;
            }
            for (T value : values) {
                if (label.apply(value).equals(text.get())) {
                    return value;
                }
            }
            problem(
                    field,
                    "There is no " + field + " '" + brief(text.get()) + "'."
                            + Nearest.hint(
                                    text.get(), Arrays.stream(values).map(label).toList()));
            return otherwise;
        }

        private ZoneId zone(String text) {
            try {
                return ZoneId.of(text);
            } catch (DateTimeException _) {
                problem(
                        "zone",
                        "There is no time zone '" + brief(text) + "'. Use a name such as Europe/Berlin, or UTC."
                                + Nearest.of(text, ZoneId.getAvailableZoneIds())
                                        .map(nearest -> " Did you mean '" + nearest + "'?")
                                        .orElse(""));
                return ZoneOffset.UTC;
            }
        }

        private Optional<String> text(String field) {
            JsonNode value = body.path(field);
            if (value.isMissingNode() || value.isNull()) {
                return Optional.empty();
            }
            if (!value.isString()) {
                problem(field, "It must be a text, in quotes, not " + brief(value.toString()) + ".");
                return Optional.empty();
            }
            return Optional.of(value.stringValue());
        }

        private void unknown(String where, JsonNode object, List<String> known) {
            if (!(object instanceof ObjectNode)) {
                problem(where, "It must be an object.");
                return;
            }
            object.propertyNames().stream()
                    .filter(name -> !known.contains(name))
                    .forEach(name -> problem(where + name, "There is no such field." + Nearest.hint(name, known)));
        }

        private <T extends @Nullable Object> @Nullable T tried(String field, Supplier<T> reading) {
            try {
                return reading.get();
            } catch (PilothouseException e) {
                problem(field, e.detail());
                return null;
            }
        }

        private @Nullable Scope missing(String field, String what) {
            if (problems.stream().noneMatch(problem -> problem.where().equals(field))) {
                problem(field, "It is missing: " + what);
            }
            return null;
        }

        private void problem(String where, String what) {
            problems.add(new Problem(where, what));
        }

        private static String brief(String text) {
            return text.length() <= 40 ? text : text.substring(0, 40) + "…";
        }
    }
}
