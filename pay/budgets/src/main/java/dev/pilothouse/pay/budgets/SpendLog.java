package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToLongFunction;

/**
 * What this server holds and settles, as records in a log, so that no cost is lost with the process. The log tells for each
 * report to the database which settlements it covers: those before its mark. After a crash, those behind the mark of the last
 * report that the database took are charged, and calls without an end at their ceiling. Thread-safe; who settles and marks keeps
 * the order of both (see {@link Budgets}).
 *
 * <p>A record survives kill -9 once it is acknowledged, and power loss some 50 ms later. A mark survives both before its report
 * is sent, and with it all before it, so that the database never counts on an end that the log may still lose.
 */
final class SpendLog implements AutoCloseable {
    private final SegmentLog log;
    private final EndedCalls ended;
    /** Ends that the log refused, such as on a full disk; no report may cover them before it has them. */
    private final Queue<SpendRecord> owed = new ConcurrentLinkedQueue<>();

    /**
     * What a run of the server left behind.
     *
     * @param server its id
     * @param charges what it spent of each account and the database does not know
     * @param bounded calls that have no end and are charged at their ceiling
     */
    record Rest(String server, List<SqlTreasury.Charge> charges, int bounded) {}

    SpendLog(Path folder, SegmentConfig config, InstantSource clock) {
        this.log = SegmentLog.open(folder, config, clock);
        try {
            this.ended = new EndedCalls(folder, log);
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /** Begins the records of a run. */
    CompletableFuture<?> run(String server) {
        return append(new SpendRecord.Run(server));
    }

    /**
     * Records a hold; the call may be made once this is done.
     *
     * @param opening what else is to be kept of it
     */
    CompletableFuture<?> begin(Hold hold, byte[] opening) {
        List<SpendRecord.Part> parts = new ArrayList<>(hold.parts().size());
        for (Hold.Part part : hold.parts()) {
            parts.add(new SpendRecord.Part(part.account().key, part.unit(), part.amount()));
        }
        return append(new SpendRecord.Begin(hold.number(), hold.ceiling(), parts, opening));
    }

    /**
     * Records the end of a call.
     *
     * @param detail what else is to be kept of it
     */
    CompletableFuture<?> end(Hold hold, Amounts cost, byte[] detail) {
        return end(new SpendRecord.End(hold.number(), cost, detail));
    }

    private CompletableFuture<?> end(SpendRecord record) {
        return append(record).whenComplete((_, failure) -> {
            if (failure != null) {
                owed.add(record);
            }
        });
    }

    /**
     * Marks that report of the run as covering all ends before it; done once that survives power loss. Fails where the log lacks
     * one of those ends; then the report must not be sent, and the next mark has the log take that end first.
     */
    CompletableFuture<?> mark(long report) {
        for (int i = owed.size(); i > 0; i--) {
            SpendRecord record = owed.poll();
            if (record != null) {
                var _ = end(record);
            }
        }
        // Appends are done in their order, so that by then it is known which ends were refused.
        return append(new SpendRecord.Mark(report))
                .thenCompose(
                        _ -> owed.isEmpty()
                                ? log.sync()
                                : CompletableFuture.failedFuture(
                                        CommonError.OUT_OF_SPACE.because(
                                                "The log of spend could not keep the end of a call, so that its cost is reported later.")));
    }

    /** Tells that the database has taken a report of this run, so that the ends it covers are needed no more. */
    void taken(long report) {
        ended.taken(report);
    }

    /** Up to where the log is known to survive power loss. */
    Position synced() {
        return log.synced();
    }

    private CompletableFuture<?> append(SpendRecord record) {
        return log.append(record.bytes());
    }

    /** The calls that have ended, for who keeps them for longer than this log. */
    EndedCalls ended() {
        return ended;
    }

    /**
     * What earlier runs left behind. A call without an end is first recorded as lost, so that whoever reads the log charges it
     * as it is charged here.
     *
     * @param reports the last report of a run that the database took; 0 for none
     */
    List<Rest> rests(ToLongFunction<String> reports) {
        Map<String, Run> runs = new LinkedHashMap<>();
        var current = new Run[1];
        SpendNote.Start start = ended.start();
        if (!start.server().isEmpty()) {
            current[0] = new Run(reports.applyAsLong(start.server()), start.mark());
            runs.put(start.server(), current[0]);
        }
        try {
            var _ = log.replay(start.position(), (_, bytes) -> {
                SpendRecord record = SpendRecord.of(bytes);
                if (record instanceof SpendRecord.Run run) {
                    current[0] = runs.computeIfAbsent(run.server(), id -> new Run(reports.applyAsLong(id), 0));
                } else if (current[0] != null) {
                    current[0].take(record);
                }
                return true;
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<CompletableFuture<?>> written = new ArrayList<>();
        runs.values()
                .forEach(run -> run.open.keySet().forEach(number -> written.add(append(new SpendRecord.Lost(number)))));
        written.forEach(CompletableFuture::join);
        return runs.entrySet().stream()
                .map(each -> each.getValue().rest(each.getKey()))
                .toList();
    }

    @Override
    public void close() {
        log.close();
    }

    /** A run while its records are read. */
    private static final class Run {
        private final long reported;
        private final Map<Long, SpendRecord.Begin> open = new TreeMap<>();
        private final Map<AccountKey, Long> charges = new HashMap<>();
        private boolean counting;
        private int lost;

        /**
         * @param reported the last report that the database took
         * @param mark the last mark before what is read
         */
        Run(long reported, long mark) {
            this.reported = reported;
            this.counting = reported <= mark;
        }

        void take(SpendRecord record) {
            switch (record) {
                case SpendRecord.Begin begin -> open.put(begin.number(), begin);
                case SpendRecord.End end -> {
                    SpendRecord.Begin begin = open.remove(end.number());
                    if (begin != null && counting) {
                        charge(begin, end.cost());
                    }
                }
                case SpendRecord.Lost lostCall -> {
                    SpendRecord.Begin begin = open.remove(lostCall.number());
                    if (begin != null) {
                        charge(begin, begin.ceiling());
                        lost++;
                    }
                }
                case SpendRecord.Mark mark -> counting |= mark.report() == reported;
                case SpendRecord.Run run -> throw new IllegalArgumentException("A run in a run: " + run.server());
            }
        }

        private void charge(SpendRecord.Begin begin, Amounts cost) {
            begin.parts().forEach(part -> charges.merge(part.key(), cost.of(part.unit()), Long::sum));
        }

        /** Ends what is open as lost. */
        Rest rest(String server) {
            List.copyOf(open.keySet()).forEach(number -> take(new SpendRecord.Lost(number)));
            return new Rest(
                    server,
                    charges.entrySet().stream()
                            .map(each -> new SqlTreasury.Charge(each.getKey(), each.getValue()))
                            .toList(),
                    lost);
        }
    }
}
