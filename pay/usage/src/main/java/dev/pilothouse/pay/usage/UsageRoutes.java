package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Money;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Usage over HTTP. Each query takes {@code from} and {@code to} (ISO 8601; the last 24 hours where left out) and a value for any
 * {@link Dimension} by its label, such as {@code agent=crawler}. Amounts are decimal texts of US dollars, exact to the nano-USD.
 */
public final class UsageRoutes {
    private static final Duration USUAL = Duration.ofHours(24);
    private static final int LONGEST_BODY = 64 << 10;

    private final Usages usages;
    private final InstantSource clock;
    private final Told told;

    /** Who else hears of outcomes that somebody tells. */
    @FunctionalInterface
    public interface Told {
        /** Called once the outcome is kept. */
        void outcome(String tenant, String requestId, boolean success);
    }

    /** Routes over usage. */
    public UsageRoutes(Usages usages, Told told, InstantSource clock) {
        this.usages = usages;
        this.told = told;
        this.clock = clock;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .maxBody(LONGEST_BODY)
                .on("GET", "/api/v1/usage", Access.role(Role.VIEWER), "listUsage", this::rows)
                .on("GET", "/api/v1/usage/summary", Access.role(Role.VIEWER), "summarizeUsage", this::summary)
                .on("GET", "/api/v1/usage/course", Access.role(Role.VIEWER), "courseOfUsage", this::course)
                .on("GET", "/api/v1/usage.csv", Access.role(Role.VIEWER), "exportUsage", this::csv)
                .on("POST", "/api/v1/outcomes", Access.role(Role.INVOKER), "tellOutcome", this::outcome);
    }

    private Reply rows(Call call) {
        int limit = call.intQuery("limit", 100, 1, 1_000);
        Optional<UsageCursor> after = call.query("cursor").map(UsageCursor::parse);
        List<UsageRecord> rows = usages.rows(call.caller().tenant(), filter(call), after, limit);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        rows.forEach(row -> put(items.addObject(), row));
        body.put(
                "next",
                rows.size() < limit ? null : UsageCursor.after(rows.getLast()).toString());
        return Reply.json(body).with("cache-control", "no-store");
    }

    private static void put(ObjectNode item, UsageRecord row) {
        Who who = row.opening().who();
        Asked asked = row.opening().asked();
        UsageEnd end = row.end();
        item.put(
                        "at",
                        Instant.EPOCH
                                .plus(asked.startedMicros(), ChronoUnit.MICROS)
                                .toString())
                .put("requestId", asked.requestId())
                .put("attempt", row.opening().attempt())
                .put("operation", asked.operation())
                .put("key", who.key())
                .put("principal", who.principal())
                .put("agent", who.agent())
                .put("session", who.session())
                .put("project", who.project())
                .put("user", who.user());
        who.tags().forEach(item.putArray("tags")::add);
        item.put("alias", asked.alias())
                .put("provider", end.target().provider())
                .put("model", end.target().model())
                .put("streamed", asked.streamed())
                .put("degraded", end.target().degraded())
                .put("cached", end.cached())
                .put("outcome", end.outcome().label())
                .put("status", end.status())
                .put("error", end.error().isEmpty() ? null : end.error());
        ObjectNode tokens = item.putObject("tokens");
        for (TokenClass each : TokenClass.values()) {
            if (end.usage().tokens(each) > 0) {
                tokens.put(each.label(), end.usage().tokens(each));
            }
        }
        item.put("searches", end.usage().searches())
                .put("images", end.usage().images())
                .put("characters", end.usage().characters())
                .put("audioMillis", end.usage().audioMillis())
                .put("costUsd", Money.usd(row.costNanoUsd()))
                .put("ceilingUsd", Money.usd(row.ceilingNanoUsd()))
                .put("savedUsd", Money.usd(end.savedNanoUsd()))
                .put(
                        "priceVersion",
                        end.target().priceVersion().isEmpty()
                                ? null
                                : end.target().priceVersion());
        row.budgets().forEach(item.putArray("budgets")::add);
        item.put("latencyMicros", end.latencyMicros());
        if (end.ttftMicros() < 0) {
            item.putNull("ttftMicros");
        } else {
            item.put("ttftMicros", end.ttftMicros());
        }
        var guards = item.putArray("guards");
        for (String found : end.guards()) {
            String[] told = found.split(" ", 4);
            guards.addObject()
                    .put("guard", told[0])
                    .put("kind", told[1])
                    .put("action", told[2])
                    .put("count", Long.parseLong(told[3]));
        }
    }

    private Reply summary(Call call) {
        UsageFilter filter = filter(call);
        List<Dimension> by = new ArrayList<>();
        for (String label : call.query("by").orElse("").split(",", -1)) {
            if (!label.isBlank()) {
                by.add(Dimension.parse(label.strip()));
            }
        }
        int limit = call.intQuery("limit", 100, 1, 1_000);
        UsageOrder order = call.query("order").map(UsageOrder::parse).orElse(UsageOrder.COST);
        String tenant = call.caller().tenant();
        ObjectNode body =
                Json.object().put("from", instant(filter.fromMicros())).put("to", instant(filter.toMicros()));
        put(
                body.putObject("total"),
                usages.sums(tenant, filter, List.of(), UsageOrder.COST, 1).getFirst());
        ArrayNode items = body.putArray("items");
        if (!by.isEmpty()) {
            for (UsageSums sums : usages.sums(tenant, filter, by, order, limit)) {
                ObjectNode item = items.addObject();
                for (int i = 0; i < by.size(); i++) {
                    item.put(by.get(i).label(), sums.group().get(i));
                }
                put(item, sums);
            }
        }
        return Reply.json(body).with("cache-control", "no-store");
    }

    private Reply course(Call call) {
        UsageFilter filter = filter(call);
        int parts = call.intQuery("parts", 120, 1, Usages.MOST_PARTS);
        long width = filter.partMicros(parts);
        Map<Integer, UsageSums> course = usages.course(call.caller().tenant(), filter, parts);
        ObjectNode body = Json.object()
                .put("from", instant(filter.fromMicros()))
                .put("to", instant(filter.toMicros()))
                .put("partMicros", width);
        ArrayNode items = body.putArray("items");
        course.forEach((part, sums) ->
                put(items.addObject().put("at", instant(filter.fromMicros() + part * width)), sums));
        return Reply.json(body).with("cache-control", "no-store");
    }

    private static void put(ObjectNode item, UsageSums sums) {
        item.put("calls", sums.calls())
                .put("ok", sums.ok())
                .put("errors", sums.errors())
                .put("refused", sums.refused())
                .put("aborted", sums.aborted())
                .put("bounded", sums.bounded())
                .put("degraded", sums.degraded())
                .put("cached", sums.cached())
                .put("unpriced", sums.unpriced())
                .put("inputTokens", sums.inputTokens())
                .put("outputTokens", sums.outputTokens())
                .put("costUsd", Money.usd(sums.costNanoUsd()))
                .put("savedUsd", Money.usd(sums.savedNanoUsd()))
                .put("outcomes", sums.told())
                .put("successes", sums.successes())
                .put("valueUsd", Money.usd(sums.valueNanoUsd()))
                .put("marginUsd", Money.usd(sums.marginNanoUsd()));
        OptionalLong each = sums.costPerSuccessNanoUsd();
        item.put("costPerSuccessUsd", each.isPresent() ? Money.usd(each.getAsLong()) : null);
        if (sums.p95Micros() > 0) {
            item.putObject("latencyMicros").put("p50", sums.p50Micros()).put("p95", sums.p95Micros());
        }
    }

    private Reply csv(Call call) {
        return Reply.stream(
                        "text/csv; charset=utf-8; header=present",
                        usages.csv(call.caller().tenant(), filter(call)))
                .with("content-disposition", "attachment; filename=\"usage.csv\"")
                .with("cache-control", "no-store");
    }

    private Reply outcome(Call call) {
        ObjectNode body = call.json();
        JsonNode success = body.path("success");
        if (!body.path("requestId").isString() || !success.isBoolean()) {
            throw CommonError.INVALID.because("An outcome needs the request's id and whether it was a success, such as"
                    + " {\"requestId\": \"0199…\", \"success\": true, \"valueUsd\": \"0.25\"}.");
        }
        JsonNode value = body.path("valueUsd");
        if (!value.isMissingNode() && !value.isNull() && !value.isString()) {
            throw CommonError.INVALID.because(
                    "'valueUsd' is a decimal in a text, such as \"0.25\", so that it is exact.");
        }
        usages.tell(
                call.caller(),
                body.path("requestId").asString(),
                success.booleanValue(),
                value.isString() ? OptionalLong.of(Money.parseNanoUsd(value.asString())) : OptionalLong.empty());
        told.outcome(call.caller().tenant(), body.path("requestId").asString(), success.booleanValue());
        return Reply.empty();
    }

    private UsageFilter filter(Call call) {
        Instant now = clock.instant();
        // Rows of this moment are meant too, so that the end is after it.
        Instant to = time(call, "to").orElse(now.plusMillis(1));
        Instant from = time(call, "from").orElse(to.minus(USUAL));
        Map<Dimension, String> values = new EnumMap<>(Dimension.class);
        for (Dimension each : Dimension.all()) {
            call.query(each.label()).ifPresent(value -> values.put(each, value));
        }
        String outcome = values.get(Dimension.OUTCOME);
        if (outcome != null) {
            values.put(Dimension.OUTCOME, Outcome.parse(outcome).label());
        }
        return new UsageFilter(micros(from), micros(to), values);
    }

    private static Optional<Instant> time(Call call, String name) {
        return call.query(name).map(text -> {
            try {
                Instant time = Instant.parse(text);
                if (time.isBefore(Instant.EPOCH) || time.isAfter(Instant.parse("9999-12-31T00:00:00Z"))) {
                    throw new DateTimeParseException("out of range", text, 0);
                }
                return time;
            } catch (DateTimeParseException e) {
                throw CommonError.INVALID.because(
                        "Query parameter '" + name + "' is a moment such as 2026-11-27T13:00:00Z, from 1970 to 9999.",
                        e);
            }
        });
    }

    private static long micros(Instant time) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, time);
    }

    private static String instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
    }
}
