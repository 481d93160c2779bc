package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** Each tenant's key that wraps its data keys: made at first use, stored wrapped by the master key. Thread-safe. */
final class TenantKeys {
    private static final int KEY = 32;
    private static final int PATIENCE_SECONDS = 20;

    private final Store store;
    private final SqlLedgerStore sql;
    private final MasterKey master;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final ConcurrentHashMap<String, SecretKey> known = new ConcurrentHashMap<>();

    TenantKeys(Store store, SqlLedgerStore sql, MasterKey master, InstantSource clock) {
        this.store = store;
        this.sql = sql;
        this.master = master;
        this.clock = clock;
    }

    /** The tenant's key, made if need be in a transaction of its own. Not for use inside a unit. */
    SecretKey of(String tenant) {
        SecretKey key = known.get(tenant);
        if (key != null) {
            return key;
        }
        try {
            return store.write(tx -> within(tx, tenant))
                    .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw CommonError.UNAVAILABLE.because(
                    "The ledger's key of organisation '" + tenant + "' could not be read. Try again in a moment.", e);
        }
    }

    /** The tenant's key inside a transaction that can write. */
    SecretKey within(Tx tx, String tenant) {
        SecretKey cached = known.get(tenant);
        if (cached != null) {
            return cached;
        }
        if (sql.tenantKey(tx, tenant).isEmpty()) {
            byte[] fresh = new byte[KEY];
            random.nextBytes(fresh);
            sql.insertTenantKey(tx, tenant, master.wrap(fresh, purpose(tenant)), clock.millis());
        }
        SecretKey key = unwrap(tenant, sql.tenantKey(tx, tenant).orElseThrow());
        // kept only once it is durable: a rolled back key must not seal anything else
        tx.afterCommit(() -> known.put(tenant, key));
        return key;
    }

    /** The tenant's key where it has one, inside a transaction that reads. */
    Optional<SecretKey> find(Tx tx, String tenant) {
        SecretKey cached = known.get(tenant);
        if (cached != null) {
            return Optional.of(cached);
        }
        Optional<SecretKey> stored = sql.tenantKey(tx, tenant).map(wrapped -> unwrap(tenant, wrapped));
        stored.ifPresent(key -> known.put(tenant, key));
        return stored;
    }

    private SecretKey unwrap(String tenant, byte[] wrapped) {
        return new SecretKeySpec(master.unwrap(wrapped, purpose(tenant)), "AES");
    }

    private static String purpose(String tenant) {
        return "ledger key of organisation " + tenant;
    }
}
