package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.serving.Latencies;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * What counts as slow where a service leaves it open: twice the median of what the version in production took lately, over
 * all processes that serve it. It follows the machines' load, so that a busy hour does not make every answer slow and a
 * quiet one does not hide a version that takes twice as long. It is stored with the counts and read back from the store, so
 * that every process has the same, a new one included. Used by one thread.
 */
public final class SlowLimits {
    /** What another process measured that long before the last is out of date: it serves no more, or not this version. */
    private static final Duration RECENT = Duration.ofMinutes(2);

    private static final Duration KEPT = Duration.ofDays(2);

    private final Store store;
    private final InstantSource clock;
    private final Server server;
    private final String recorder;

    /** A model server, as far as this is concerned. */
    public interface Server {
        /** How long stable versions took lately in this process. */
        List<Latencies.Stable> stableLatencies();

        /** Sets what counts as slow, while that is the stable version. */
        void slowAfter(String tenant, String endpoint, String stable, Duration limit);
    }

    /**
     * @param clock the same for all replicas
     * @param recorder unique id of this run of this process
     */
    public SlowLimits(Store store, InstantSource clock, Server server, String recorder) {
        this.store = store;
        this.clock = clock;
        this.server = server;
        this.recorder = recorder;
    }

    /** Stores what was measured here and reads what follows from all, in the transaction of the counts. */
    List<Latencies.Stable> exchange(Tx tx) {
        long now = clock.millis();
        server.stableLatencies().forEach(measured -> SqlLatencies.put(tx, measured, recorder, now));
        return SqlLatencies.recent(tx, RECENT);
    }

    /** Forgets what processes measured that are long gone. */
    void prune(Tx tx) {
        SqlLatencies.prune(tx, clock.millis() - KEPT.toMillis());
    }

    /** Reads what others measured, where there is nothing to store. */
    void read() {
        set(store.read(tx -> SqlLatencies.recent(tx, RECENT)));
    }

    void set(List<Latencies.Stable> all) {
        all.forEach(known -> server.slowAfter(
                known.tenant(),
                known.endpoint(),
                known.version(),
                known.median().multipliedBy(2)));
    }
}
