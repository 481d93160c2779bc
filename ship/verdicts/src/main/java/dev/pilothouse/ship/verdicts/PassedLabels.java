package dev.pilothouse.ship.verdicts;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.store.Dialect;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Labels that came to one replica for an answer that another gave. They are kept in the store for a minute, where each replica
 * looks for its own; a label that nobody knows by then is forgotten. Passing is thread-safe; taking is for one thread.
 */
public final class PassedLabels {
    private static final Logger LOG = LoggerFactory.getLogger(PassedLabels.class);
    private static final Duration KEPT = Duration.ofMinutes(1);
    /** Labels on their way at any time; a client that sends more for requests that nobody knows is told so at once. */
    static final int MOST = 20_000;

    private final Store store;
    private final InstantSource clock;
    private final Ids ids;
    /** Those that are not this process's. */
    private final Set<String> seen = new HashSet<>();

    /**
     * A label of an answer.
     *
     * @param tenant owner
     * @param service the service that answered
     * @param requestId the answer's
     * @param output name of the output it is of, empty for the first
     * @param value the true value
     */
    public record Label(String tenant, String service, String requestId, String output, String value) {}

    /** A model server, as far as this is concerned. */
    @FunctionalInterface
    public interface Answers {
        /** Joins a label to its answer; false where this process did not give it. */
        boolean join(Label label);
    }

    /**
     * Passes labels on by that store.
     *
     * @param clock the same for all replicas
     */
    public PassedLabels(Store store, InstantSource clock, Ids ids) {
        this.store = store;
        this.clock = clock;
        this.ids = ids;
    }

    /**
     * Passes labels on to whoever gave the answers.
     *
     * @return how many of them: none where no other replica can be, and fewer than all where too many are on their way
     */
    public int pass(List<Label> labels) {
        if (labels.isEmpty() || store.dialect() == Dialect.SQLITE) {
            return 0;
        }
        long now = clock.millis();
        return store.writeAndWait(tx -> {
            int fitting = Math.min(labels.size(), Math.max(0, MOST - SqlLabels.count(tx)));
            labels.subList(0, fitting).forEach(label -> SqlLabels.add(tx, ids.next(), label, now));
            return fitting;
        });
    }

    /** Joins those labels whose answers this process gave, and forgets those that nobody knew. */
    public void take(Answers answers) {
        if (store.dialect() == Dialect.SQLITE) {
            return;
        }
        long oldest = clock.millis() - KEPT.toMillis();
        var done = new ArrayList<SqlLabels.Row>();
        var all = new HashSet<String>();
        for (SqlLabels.Row row : store.read(tx -> SqlLabels.all(tx, MOST))) {
            all.add(row.id());
            boolean over = row.at() < oldest;
            if (over || (seen.add(row.id()) && joins(answers, row.label()))) {
                done.add(row);
            }
        }
        seen.retainAll(all);
        if (!done.isEmpty()) {
            store.writeAndWait(tx -> remove(tx, done));
        }
    }

    private static int remove(Tx tx, List<SqlLabels.Row> rows) {
        rows.forEach(row -> SqlLabels.remove(tx, row));
        return rows.size();
    }

    private static boolean joins(Answers answers, Label label) {
        try {
            return answers.join(label);
        } catch (PilothouseException e) {
            // Its client was told that it is on its way, and is no longer there to hear more.
            LOG.info("A label of request {} was not taken: {}", label.requestId(), e.detail());
            return true;
        }
    }
}
