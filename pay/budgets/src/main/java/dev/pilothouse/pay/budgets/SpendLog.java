package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentError;
import dev.pilothouse.platform.segments.SegmentLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

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
        Map<String, RunRest> runs = new LinkedHashMap<>();
        var current = new RunRest[1];
        Note.Start start = ended.start();
        if (!start.server().isEmpty()) {
            current[0] = new RunRest(reports.applyAsLong(start.server()), start.mark());
            runs.put(start.server(), current[0]);
        }
        try {
            var _ = log.replay(start.position(), (_, bytes) -> {
                SpendRecord record = SpendRecord.of(bytes);
                if (record instanceof SpendRecord.Run run) {
                    current[0] = runs.computeIfAbsent(run.server(), id -> new RunRest(reports.applyAsLong(id), 0));
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
    private static final class RunRest {
        private final long reported;
        private final Map<Long, SpendRecord.Begin> open = new TreeMap<>();
        private final Map<Account.Key, Long> charges = new HashMap<>();
        private boolean counting;
        private int lost;

        /**
         * @param reported the last report that the database took
         * @param mark the last mark before what is read
         */
        RunRest(long reported, long mark) {
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

    /**
     * What a log of spend knows of itself, in a file beside its segments.
     *
     * @param log the log's id, by which rows made of it are told apart from those of other logs
     * @param start from where on it matters; segments before are gone, or go
     * @param moved up to where its calls were taken over by who keeps them for longer
     * @param moving up to where they are being taken over, so that some of them may have been; else as {@code moved}
     */
    record Note(String log, Start start, Position moved, Position moving) {
        /** Its file, beside the segments. */
        static final String FILE = "spend.note";

        private static final String FORMAT = "1";
        private static final int FIELDS = 9;

        /**
         * A segment's beginning.
         *
         * @param segment its number
         * @param server whose run it begins in; empty for none
         * @param mark the last mark of that run before it; 0 for none
         */
        record Start(long segment, String server, long mark) {
            Position position() {
                return new Position(segment, 0);
            }
        }

        static Note read(Path folder) {
            Path file = file(folder);
            try {
                if (!Files.exists(file)) {
                    Files.createDirectories(folder);
                    var first =
                            new Note(UUID.randomUUID().toString(), new Start(0, "", 0), Position.START, Position.START);
                    first.write(folder);
                    return first;
                }
                String[] parts = Files.readString(file).strip().split(" ", FIELDS);
                if (parts.length >= FIELDS - 1 && parts[0].equals(FORMAT)) {
                    return new Note(
                            parts[1],
                            new Start(number(parts, 2), parts.length == FIELDS ? parts[8] : "", number(parts, 3)),
                            new Position(number(parts, 4), number(parts, 5)),
                            new Position(number(parts, 6), number(parts, 7)));
                }
            } catch (IOException e) {
                throw Disk.refusal(e, folder, "The note of the log of spend");
            } catch (IllegalArgumentException e) {
                throw unreadable(file, e);
            }
            throw unreadable(file, null);
        }

        private static RuntimeException unreadable(Path file, @Nullable Exception cause) {
            return SegmentError.CORRUPT.because(
                    "The file " + file + " cannot be read. Restore its whole folder from a backup.", cause);
        }

        private static long number(String[] parts, int place) {
            return Long.parseLong(parts[place]);
        }

        private static Path file(Path folder) {
            return folder.resolve(FILE);
        }

        /** What stands in its file. */
        byte[] bytes() {
            String text = String.join(
                    " ",
                    FORMAT,
                    log,
                    Long.toString(start.segment),
                    Long.toString(start.mark),
                    Long.toString(moved.segment()),
                    Long.toString(moved.offset()),
                    Long.toString(moving.segment()),
                    Long.toString(moving.offset()),
                    start.server);
            return (text + "\n").getBytes(StandardCharsets.UTF_8);
        }

        /** Puts it in place of the one before, whole, also over power loss. */
        void write(Path folder) {
            try {
                Disk.replace(file(folder), bytes());
            } catch (IOException e) {
                throw Disk.refusal(e, folder, "The note of the log of spend");
            }
        }
    }

    /** A record of the log: its kind in one byte, then its fields, big-endian. */
    sealed interface SpendRecord {
        /** What follows is of a run of a server, until the next of these. */
        record Run(String server) implements SpendRecord {}

        /**
         * A call is held.
         *
         * @param number unique in the run
         * @param ceiling what it may cost at most
         * @param parts what it holds of which accounts
         * @param opening what else is known before it is made
         */
        record Begin(long number, Amounts ceiling, List<Part> parts, byte[] opening) implements SpendRecord {}

        /** A part of an account. */
        record Part(Account.Key key, Unit unit, long amount) {}

        /** A call has ended. */
        record End(long number, Amounts cost, byte[] detail) implements SpendRecord {}

        /** A call has no end, since its server ended first. It costs its ceiling. */
        record Lost(long number) implements SpendRecord {}

        /** A report of the run to the database covers all ends before. */
        record Mark(long report) implements SpendRecord {}

        /** Names of kinds in the log. */
        private static byte kind(SpendRecord record) {
            return switch (record) {
                case Run _ -> 'R';
                case Begin _ -> 'B';
                case End _ -> 'E';
                case Lost _ -> 'L';
                case Mark _ -> 'M';
            };
        }

        /** How the log has it. */
        default ByteBuffer bytes() {
            return switch (this) {
                case Run run -> {
                    byte[] server = run.server.getBytes(StandardCharsets.UTF_8);
                    yield allocate(server.length).put(server).flip();
                }
                case Begin begin -> begin(begin);
                case End end ->
                    put(allocate(4 * Long.BYTES + end.detail.length).putLong(end.number), end.cost)
                            .put(end.detail)
                            .flip();
                case Lost lost -> allocate(Long.BYTES).putLong(lost.number).flip();
                case Mark mark -> allocate(Long.BYTES).putLong(mark.report).flip();
            };
        }

        private ByteBuffer allocate(int fields) {
            return ByteBuffer.allocate(1 + fields).put(kind(this));
        }

        private ByteBuffer begin(Begin begin) {
            int length = 4 * Long.BYTES + Character.BYTES + begin.opening.length;
            List<byte[]> budgets = new ArrayList<>(begin.parts.size());
            for (Part part : begin.parts) {
                byte[] budget = part.key.budget().getBytes(StandardCharsets.UTF_8);
                budgets.add(budget);
                length += Character.BYTES + budget.length + Long.BYTES + 1 + Long.BYTES;
            }
            ByteBuffer to =
                    put(allocate(length).putLong(begin.number), begin.ceiling).putChar((char) begin.parts.size());
            for (int i = 0; i < budgets.size(); i++) {
                Part part = begin.parts.get(i);
                to.putChar((char) budgets.get(i).length)
                        .put(budgets.get(i))
                        .putLong(part.key.windowStart())
                        .put(part.unit.code())
                        .putLong(part.amount);
            }
            return to.put(begin.opening).flip();
        }

        private static ByteBuffer put(ByteBuffer to, Amounts amounts) {
            return to.putLong(amounts.nanoUsd()).putLong(amounts.inputTokens()).putLong(amounts.outputTokens());
        }

        /** Reads {@link #bytes()}. */
        static SpendRecord of(ByteBuffer from) {
            byte kind = from.get();
            return switch (kind) {
                case 'R' -> new Run(new String(rest(from), StandardCharsets.UTF_8));
                case 'B' -> {
                    long number = from.getLong();
                    Amounts ceiling = amounts(from);
                    int count = from.getChar();
                    List<Part> parts = new ArrayList<>(count);
                    for (int i = 0; i < count; i++) {
                        byte[] budget = new byte[from.getChar()];
                        from.get(budget);
                        var key = new Account.Key(new String(budget, StandardCharsets.UTF_8), from.getLong());
                        parts.add(new Part(key, Unit.of(from.get()), from.getLong()));
                    }
                    yield new Begin(number, ceiling, parts, rest(from));
                }
                case 'E' -> new End(from.getLong(), amounts(from), rest(from));
                case 'L' -> new Lost(from.getLong());
                case 'M' -> new Mark(from.getLong());
                default ->
                    throw new IllegalStateException("A log of spend has a record of the unknown kind " + (char) kind);
            };
        }

        private static Amounts amounts(ByteBuffer from) {
            return new Amounts(from.getLong(), from.getLong(), from.getLong());
        }

        private static byte[] rest(ByteBuffer from) {
            byte[] rest = new byte[from.remaining()];
            from.get(rest);
            return rest;
        }
    }
}
