package dev.pilothouse.pay.breaker;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * All agents that this server tells apart, at most so many of a tenant and in all; others of a tenant count together. Thread-safe.
 */
final class Gauges {
    /** Name of all agents of a tenant beyond those that are told apart. */
    static final String REST = "*";

    static final int LONGEST_NAME = 200;

    private final int perTenant;
    private final int inAll;
    private final BiFunction<String, String, Gauge> made;
    private final Map<String, Map<String, Gauge>> byTenant = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();

    Gauges(BreakerConfig config, BiFunction<String, String, Gauge> made) {
        this.perTenant = config.agentsPerTenant();
        this.inAll = config.agents();
        this.made = made;
    }

    /** The agent, or the rest of its tenant; null where neither was seen. */
    @Nullable
    Gauge find(String tenant, String agent) {
        Map<String, Gauge> all = byTenant.get(tenant);
        if (all == null) {
            return null;
        }
        Gauge own = all.get(agent);
        return own == null && isFull(all, agent) ? all.get(REST) : own;
    }

    /** The agent that is told apart; null where it is not. */
    @Nullable
    Gauge own(String tenant, String agent) {
        Map<String, Gauge> all = byTenant.get(tenant);
        return all == null ? null : all.get(agent);
    }

    /** The agent, told apart from now on if there is room, else the rest of its tenant. */
    Gauge of(String tenant, String agent) {
        Map<String, Gauge> all = byTenant.computeIfAbsent(tenant, _ -> new ConcurrentHashMap<>());
        Gauge own = all.get(agent);
        return own != null ? own : make(all, tenant, isFull(all, agent) ? REST : agent);
    }

    /** The agent, told apart whether there is room or not, because it is paused. */
    Gauge paused(String tenant, String agent) {
        return make(byTenant.computeIfAbsent(tenant, _ -> new ConcurrentHashMap<>()), tenant, agent);
    }

    private boolean isFull(Map<String, Gauge> all, String agent) {
        return all.size() >= perTenant || count.get() >= inAll || agent.length() > LONGEST_NAME || agent.isBlank();
    }

    private Gauge make(Map<String, Gauge> all, String tenant, String agent) {
        return all.computeIfAbsent(agent, _ -> {
            count.incrementAndGet();
            return made.apply(tenant, agent);
        });
    }

    List<Gauge> all() {
        return byTenant.values().stream()
                .flatMap(each -> each.values().stream())
                .toList();
    }

    Collection<Gauge> of(String tenant) {
        return byTenant.getOrDefault(tenant, Map.of()).values();
    }

    /** Where there is no room for more, forgets those that made no call since a second, and that nothing is to be known of. */
    void makeRoom(long before) {
        for (Map<String, Gauge> all : byTenant.values()) {
            if (all.size() >= perTenant || count.get() >= inAll) {
                all.values().stream()
                        .filter(gauge -> gauge.latch() == null && gauge.isIdle() && gauge.activeAt < before)
                        .filter(gauge -> gauge.published == null && !gauge.taught && !gauge.agent.equals(REST))
                        .sorted(Comparator.comparingLong(gauge -> gauge.activeAt))
                        .forEach(gauge -> {
                            if (all.remove(gauge.agent, gauge)) {
                                count.decrementAndGet();
                            }
                        });
            }
        }
    }
}
