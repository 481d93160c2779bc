package dev.pilothouse.platform.notify;

import java.util.Optional;

/** Knows the addresses that are kept as secrets. Thread-safe. */
@FunctionalInterface
public interface StoredAddresses {
    /** The address as it is now; empty where there is none. */
    Optional<String> find(String tenant, String scope, String name);

    /** Keeps none. */
    static StoredAddresses none() {
        return (_, _, _) -> Optional.empty();
    }
}
