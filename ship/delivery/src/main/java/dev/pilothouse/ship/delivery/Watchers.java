package dev.pilothouse.ship.delivery;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Those who want to hear that a service changed. Thread-safe. */
final class Watchers {
    private final Map<String, CopyOnWriteArrayList<Runnable>> watching = new ConcurrentHashMap<>();

    /** Calls back at each change until closed; callbacks must be short and must not throw. */
    AutoCloseable watch(String tenant, String service, Runnable callback) {
        String key = tenant + "/" + service;
        watching.compute(key, (_, list) -> {
            var all = list == null ? new CopyOnWriteArrayList<Runnable>() : list;
            all.add(callback);
            return all;
        });
        return () -> watching.computeIfPresent(key, (_, list) -> {
            list.remove(callback);
            return list.isEmpty() ? null : list;
        });
    }

    void changed(String tenant, String service) {
        watching.getOrDefault(tenant + "/" + service, new CopyOnWriteArrayList<>())
                .forEach(Runnable::run);
    }
}
