package dev.pilothouse.run.cache;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.cache.SqlClearings.Clearing;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops kept answers on all servers of an installation: on the one that is asked at once, on the others within about a second, as each
 * looks in the store for wishes above the last one that it followed. A server that starts keeps nothing yet, so that it follows from the
 * newest on. Thread-safe.
 */
public final class Clearings implements AutoCloseable {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("cache");

    /** Aliases of an organisation that have a row of their own; beyond it, who wishes one dropped has all dropped. */
    static final int MOST_ALIASES = 1_000;

    private static final Logger log = LoggerFactory.getLogger(Clearings.class);
    private static final long LOOK_SECONDS = 1;

    private final Store store;
    private final Ledger ledger;
    private final ResponseCache cache;
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("cache").factory());
    /** Guarded by this. */
    private long followed;

    /** Clearings of a server's cache over a store that was opened with {@link #MIGRATIONS}. Close it before the store. */
    public Clearings(Store store, Ledger ledger, ResponseCache cache) {
        this.store = store;
        this.ledger = ledger;
        this.cache = cache;
        this.followed = store.read(SqlClearings::newest);
        var _ = looking.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Drops what an organisation keeps. An answer that was asked for before is not kept after it, either.
     *
     * @param alias only answers of this one; empty for all
     * @return how many this server dropped
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role {@link Role#ENGINEER}; INVALID where the alias is
     *     none
     */
    public synchronized int clear(Caller by, Optional<String> alias) {
        by.require(Role.ENGINEER);
        if (alias.isPresent() && !ModelRoute.ALIAS.matcher(alias.get()).matches()) {
            throw CommonError.INVALID.because(
                    "'" + alias.get() + "' is no alias. 'pilot aliases list' lists those there are.");
        }
        store.writeAndWait(tx -> {
            Optional<String> meant = alias.filter(_ -> SqlClearings.aliases(tx, by.tenant()) < MOST_ALIASES);
            SqlClearings.add(tx, by.tenant(), meant);
            return ledger.append(
                    tx,
                    new LedgerEntry(by, "cache.cleared", "cache", Json.object().put("alias", meant.orElse(""))));
        });
        return follow(by.tenant());
    }

    private void look() {
        try {
            var _ = follow("");
        } catch (RuntimeException e) {
            log.warn("Whether kept answers are to be dropped could not be read; the next try is in a second", e);
        }
    }

    /** Follows what is wished; how many answers of a tenant were dropped. */
    private synchronized int follow(String tenant) {
        int dropped = 0;
        for (Clearing each : store.read(tx -> SqlClearings.above(tx, followed))) {
            int some = cache.drop(each.tenant(), each.alias());
            dropped += each.tenant().equals(tenant) ? some : 0;
            followed = each.epoch();
        }
        return dropped;
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
