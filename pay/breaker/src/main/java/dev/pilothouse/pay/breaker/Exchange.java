package dev.pilothouse.pay.breaker;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What servers tell one another through the database: spend, and pauses. For one thread at a time, under the breaker's lock. */
final class Exchange {
    /** Who pauses an agent by itself, in histories. */
    static final String PART = "breaker";
    /** A row that said nothing new for so long is taken back. */
    static final long IDLE_SECONDS = 600;

    /** Of an agent, up to which those that are gone are remembered. */
    private static final int MOST_ROWS = 16;

    private final Store store;
    private final Replica replica;
    private final Gauges gauges;
    private final Pauses pauses;
    private final Set<Gauge> spending = new HashSet<>();

    /** What calls under way are expected to cost, and the dearest of them. */
    record InFlight(long nanoUsd, long dearestNanoUsd) {}

    /** What the database knows. */
    private record Known(List<SpendRow> rows, List<Latch> latches, List<SqlBreakerStore.Accepted> accepted) {}

    private record Name(String tenant, String agent) {}

    Exchange(Store store, Replica replica, Gauges gauges, Pauses pauses) {
        this.store = store;
        this.replica = replica;
        this.gauges = gauges;
        this.pauses = pauses;
    }

    /** Takes the pauses that hold, and what others told so far as spent before. */
    void begin(Instant now) {
        apply(read(now), 0, true);
        spending.clear();
    }

    /** Takes what calls cost here since the last time into the models, and lets all models go on to now. */
    void take(long second, long local) {
        spending.clear();
        for (Gauge gauge : gauges.all()) {
            gauge.hourEnded |= gauge.model.advance(second, local);
            Burn burn = gauge.take();
            if (burn.calls() > 0) {
                gauge.told = new Burn(
                        Windows.plus(gauge.told.nanoUsd(), burn.nanoUsd()),
                        gauge.told.calls() + burn.calls(),
                        burn.dearestNanoUsd(),
                        0,
                        0);
                burned(gauge, burn, second);
            }
            if (inFlight(gauge).nanoUsd > 0) {
                gauge.activeAt = second;
                spending.add(gauge);
            }
        }
    }

    private void burned(Gauge gauge, Burn burn, long second) {
        gauge.model.add(burn);
        gauge.taught = true;
        gauge.activeAt = second;
        spending.add(gauge);
    }

    /** Agents that spent since the last time, or have calls under way. */
    Set<Gauge> spending() {
        return spending;
    }

    static InFlight inFlight(Gauge gauge) {
        InFlight own = gauge.inFlight();
        long sum = own.nanoUsd;
        long dearest = own.dearestNanoUsd;
        for (SpendRow row : gauge.others.values()) {
            sum = Windows.plus(sum, row.inFlight());
            dearest = Math.max(dearest, row.dearestInFlight());
        }
        return new InFlight(sum, dearest);
    }

    /** Tells what is new here, and hears what is new elsewhere. */
    void exchange(Instant now, long second) {
        tell(second);
        apply(read(now), second, false);
    }

    private Known read(Instant now) {
        return store.read(tx -> new Known(
                SqlBreakerStore.told(tx, replica.id()), SqlBreakerStore.open(tx), SqlBreakerStore.accepted(tx, now)));
    }

    private void tell(long second) {
        Map<Gauge, SpendRow> news = new HashMap<>();
        List<Gauge> idle = new ArrayList<>();
        for (Gauge gauge : gauges.all()) {
            InFlight own = gauge.inFlight();
            var row = new SpendRow(
                    replica.id(),
                    gauge.tenant,
                    gauge.agent,
                    gauge.told.nanoUsd(),
                    gauge.told.calls(),
                    gauge.told.dearestNanoUsd(),
                    own.nanoUsd,
                    own.dearestNanoUsd);
            boolean told = row.equals(gauge.published);
            if (!told && (gauge.published != null || row.calls() > 0 || row.inFlight() > 0)) {
                news.put(gauge, row);
            } else if (told && second - gauge.activeAt > IDLE_SECONDS) {
                idle.add(gauge);
            }
        }
        if (news.isEmpty() && idle.isEmpty()) {
            return;
        }
        store.writeAndWait(tx -> {
            SqlBreakerStore.tell(tx, List.copyOf(news.values()));
            idle.forEach(gauge -> SqlBreakerStore.untell(tx, replica.id(), gauge.tenant, gauge.agent));
            return news.size();
        });
        news.forEach((gauge, row) -> gauge.published = row);
        for (Gauge gauge : idle) {
            gauge.published = null;
            gauge.told = Burn.NONE;
        }
    }

    private void apply(Known known, long second, boolean first) {
        Map<Gauge, Map<String, SpendRow>> rows = new HashMap<>();
        for (SpendRow row : known.rows) {
            Gauge gauge = gauges.of(row.tenant(), row.agent());
            String key = row.server() + '\n' + row.agent();
            SpendRow before = gauge.others.get(key);
            Burn more = row.since(before == null ? SpendRow.empty(row.server(), row.tenant(), row.agent()) : before);
            if (!first && more.calls() > 0) {
                burned(gauge, more, second);
            }
            if (row.inFlight() > 0) {
                spending.add(gauge);
            }
            rows.computeIfAbsent(gauge, _ -> new HashMap<>()).put(key, row);
        }
        Map<Name, Long> accepted = new HashMap<>();
        known.accepted.forEach(each -> accepted.put(new Name(each.tenant(), each.agent()), each.nanoUsdPerMinute()));
        Map<Name, Latch> latches = new HashMap<>();
        for (Latch latch : known.latches) {
            gauges.paused(latch.tenant(), latch.agent());
            latches.put(new Name(latch.tenant(), latch.agent()), latch);
        }
        for (Gauge gauge : gauges.all()) {
            var name = new Name(gauge.tenant, gauge.agent);
            gauge.others = withGone(rows.getOrDefault(gauge, Map.of()), gauge.others);
            gauge.model.accept(accepted.getOrDefault(name, 0L));
            apply(gauge, latches.get(name));
        }
    }

    /** What is told now, and what was told in rows that are gone, so that one which comes back is not counted again. */
    private static Map<String, SpendRow> withGone(Map<String, SpendRow> now, Map<String, SpendRow> before) {
        Map<String, SpendRow> all = new HashMap<>(now);
        for (Map.Entry<String, SpendRow> each : before.entrySet()) {
            if (all.size() < MOST_ROWS) {
                all.putIfAbsent(each.getKey(), each.getValue().landed());
            }
        }
        return all;
    }

    private void apply(Gauge gauge, @Nullable Latch holding) {
        Latch here = gauge.latch();
        if (holding == null) {
            if (here != null && here.number() != Latch.UNWRITTEN) {
                resumed(gauge);
            }
        } else if (here == null || here.number() != holding.number()) {
            gauge.latch(holding);
            gauge.model.pause();
            List<SettledCall> trace = gauge.trace();
            if (!trace.isEmpty()) {
                pauses.trace(holding, trace);
            }
        }
    }

    /** Lets an agent go on. */
    void resumed(Gauge gauge) {
        gauge.latch(null);
        gauge.model.resume();
    }

    /** Writes the pauses that only this server knows of. */
    void write() {
        for (Gauge gauge : gauges.all()) {
            Latch latch = gauge.latch();
            if (latch != null && latch.number() == Latch.UNWRITTEN) {
                gauge.latch(pauses.begin(Caller.system(gauge.tenant, PART), latch, gauge.trace()));
            }
        }
    }

    /** Takes back all that this server told. */
    void end() {
        store.writeAndWait(tx -> {
            SqlBreakerStore.untell(tx, replica.id());
            return replica.id();
        });
    }
}
