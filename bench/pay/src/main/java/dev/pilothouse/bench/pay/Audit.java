package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.kernel.Money;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Holds what clients saw, what the servers keep and what the provider bills against one another. Amounts are nano-USD. For one
 * thread.
 */
final class Audit {
    private static final String BOUNDED = "bounded";
    /** Of calls that held nothing and were not made. */
    private static final String REFUSED = "refused";

    /** What a server keeps of an attempt; times in microseconds of the epoch. */
    private record Row(String attempt, long cost, long ceiling, boolean bounded, long from, long to) {}

    private final Map<String, Row> rows = new TreeMap<>();
    private final Map<String, Long> billed = new HashMap<>();
    private final Map<String, List<Row>> attempts = new HashMap<>();
    private final Map<String, Long> limits;
    private final List<MixedCall.Seen> seen;
    private long twice;

    /**
     * @param limits of the budgets, by their scopes
     */
    Audit(Map<String, Long> limits, List<MixedCall.Seen> seen) {
        this.limits = limits;
        this.seen = seen;
    }

    /** Reads the records of one server. */
    void read(Api api) throws IOException, InterruptedException {
        var csv = new BufferedReader(new InputStreamReader(
                new ByteArrayInputStream(
                        api.send("GET", "/api/v1/usage.csv", new byte[0]).body()),
                StandardCharsets.UTF_8));
        List<String> names = cells(csv.readLine());
        for (String line = csv.readLine(); line != null; line = csv.readLine()) {
            List<String> cells = cells(line);
            String outcome = cells.get(names.indexOf("outcome"));
            if (outcome.equals(REFUSED)) {
                continue;
            }
            String request = cells.get(names.indexOf("request_id"));
            String attempt = request + "-" + cells.get(names.indexOf("attempt"));
            long from = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(cells.get(names.indexOf("at"))));
            var row = new Row(
                    attempt,
                    Money.parseNanoUsd(cells.get(names.indexOf("cost_usd"))),
                    Money.parseNanoUsd(cells.get(names.indexOf("ceiling_usd"))),
                    outcome.equals(BOUNDED),
                    from,
                    from + Long.parseLong(cells.get(names.indexOf("latency_us"))));
            if (rows.put(attempt, row) != null) {
                twice++;
            } else {
                attempts.computeIfAbsent(request, _ -> new ArrayList<>(1)).add(row);
            }
        }
    }

    /** No text of this load has a comma in it. */
    private static List<String> cells(String line) {
        return Arrays.stream(line.split(",", -1))
                .map(cell -> cell.replace("\"", ""))
                .toList();
    }

    /** Reads a line of the provider's invoice. */
    void bill(JsonNode line) {
        billed.merge(
                line.path("correlation").stringValue(), line.path("nano_usd").longValue(), Math::addExact);
    }

    private List<Row> rowsOf(MixedCall.Seen call) {
        return attempts.getOrDefault(call.call().id(), List.of());
    }

    /** Attempts that the provider was asked for and no server keeps. */
    long withoutRecord() {
        return billed.keySet().stream()
                .filter(attempt -> !rows.containsKey(attempt))
                .count();
    }

    /** Records that stand more than once. */
    long twice() {
        return twice;
    }

    /** By how much the provider's bill exceeds limits, all budgets together. */
    long overspend() {
        Map<String, Long> spent = new HashMap<>();
        for (MixedCall.Seen call : seen) {
            for (Row row : rowsOf(call)) {
                long amount = billed.getOrDefault(row.attempt, 0L);
                call.call().scopes().forEach(scope -> spent.merge(scope, amount, Math::addExact));
            }
        }
        return limits.entrySet().stream()
                .mapToLong(limit -> Math.max(0, spent.getOrDefault(limit.getKey(), 0L) - limit.getValue()))
                .sum();
    }

    /** What records and invoice differ by, call by call, where the end is known; what is billed without a record counts whole. */
    long difference() {
        long difference = 0;
        for (var row : rows.entrySet()) {
            if (!row.getValue().bounded) {
                difference += Math.abs(row.getValue().cost - billed.getOrDefault(row.getKey(), 0L));
            }
        }
        for (var line : billed.entrySet()) {
            difference += rows.containsKey(line.getKey()) ? 0 : line.getValue();
        }
        return difference;
    }

    /** What answers told and their records differ by, answer by answer. */
    long differenceTold() {
        return seen.stream()
                .filter(call -> call.fate() == MixedCall.Fate.ENDED)
                .mapToLong(call -> Math.abs(
                        call.told() - rowsOf(call).stream().mapToLong(Row::cost).sum()))
                .sum();
    }

    /** What all records cost. */
    long recorded() {
        return rows.values().stream().mapToLong(Row::cost).sum();
    }

    /** Calls whose end nobody knows. */
    long bounded() {
        return rows.values().stream().filter(Row::bounded).count();
    }

    /** What they were charged beyond their invoice. */
    long excess() {
        return rows.entrySet().stream()
                .filter(row -> row.getValue().bounded)
                .mapToLong(row -> row.getValue().cost - billed.getOrDefault(row.getKey(), 0L))
                .sum();
    }

    /** Those charged below their invoice or above their ceiling. */
    long outOfBounds() {
        return rows.entrySet().stream()
                .filter(row -> row.getValue().bounded)
                .filter(row -> row.getValue().cost > row.getValue().ceiling
                        || row.getValue().cost < billed.getOrDefault(row.getKey(), 0L))
                .count();
    }

    /**
     * Refused calls that all their budgets could have covered, whatever the other calls came to at that moment.
     *
     * @param outages when a server was away, whose leases count as spent until it is back; refusals of that time are left out
     * @param settling microseconds after an outage until what it left is settled and can be leased again
     */
    long falseRefusals(List<Replicas.Outage> outages, long settling) {
        Map<String, List<Row>> byScope = new HashMap<>();
        for (MixedCall.Seen call : seen) {
            for (String scope : call.call().scopes()) {
                byScope.computeIfAbsent(scope, _ -> new ArrayList<>()).addAll(rowsOf(call));
            }
        }
        return seen.stream()
                .filter(call -> call.fate() == MixedCall.Fate.REFUSED)
                .filter(call -> outages.stream()
                        .noneMatch(away -> call.to() >= away.from() && call.from() <= away.to() + settling))
                .filter(call -> limits.entrySet().stream()
                        .filter(limit -> call.call().scopes().contains(limit.getKey()))
                        .allMatch(limit ->
                                limit.getValue() - mostUsed(byScope.getOrDefault(limit.getKey(), List.of()), call)
                                        >= call.call().most()))
                .count();
    }

    /** What settled calls and the ceilings of live ones can have come to while a call was refused. */
    private static long mostUsed(List<Row> rows, MixedCall.Seen refused) {
        long used = 0;
        for (Row row : rows) {
            if (row.from <= refused.to()) {
                used += row.to < refused.from() && !row.bounded ? row.cost : Math.max(row.cost, row.ceiling);
            }
        }
        return used;
    }
}
