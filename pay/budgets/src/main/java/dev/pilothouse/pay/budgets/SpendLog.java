package dev.pilothouse.pay.budgets;

import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.segments.SegmentLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.ToLongFunction;

/**
 * What this server holds and settles, as records in a log, so that no cost is lost with the process. The log tells for each
 * report to the database which settlements it covers: those before its mark. After a crash, those behind the mark of the last
 * report that the database took are charged, and calls without an end at their ceiling. Thread-safe; who settles and marks keeps
 * the order of both (see {@link Budgets}).
 */
final class SpendLog implements AutoCloseable {
    private static final byte RUN = 'R';
    private static final byte BEGIN = 'B';
    private static final byte END = 'E';
    private static final byte MARK = 'M';

    private final SegmentLog log;

    /**
     * What a run of the server left behind.
     *
     * @param server its id
     * @param charges what it spent of each account and the database does not know
     * @param bounded calls that have no end and are charged at their ceiling
     */
    record Rest(String server, List<SqlTreasury.Charge> charges, int bounded) {}

    SpendLog(Path folder, InstantSource clock) {
        this.log = SegmentLog.open(folder, SegmentConfig.STANDARD, clock);
    }

    /** Begins the records of a run. */
    CompletableFuture<?> run(String server) {
        byte[] id = server.getBytes(StandardCharsets.UTF_8);
        return log.append(ByteBuffer.allocate(1 + id.length).put(RUN).put(id).flip());
    }

    /**
     * Records a hold; the call may be made once this is done.
     *
     * @param opening what else is to be kept of it
     */
    CompletableFuture<?> begin(Hold hold, byte[] opening) {
        int length = 1 + 8 + 2 + opening.length;
        List<byte[]> budgets = new ArrayList<>(hold.parts().size());
        for (Hold.Part part : hold.parts()) {
            byte[] budget = part.account().key.budget().getBytes(StandardCharsets.UTF_8);
            budgets.add(budget);
            length += 2 + budget.length + 8 + 1 + 8;
        }
        ByteBuffer record = ByteBuffer.allocate(length)
                .put(BEGIN)
                .putLong(hold.number())
                .putChar((char) hold.parts().size());
        for (int i = 0; i < budgets.size(); i++) {
            Hold.Part part = hold.parts().get(i);
            record.putChar((char) budgets.get(i).length)
                    .put(budgets.get(i))
                    .putLong(part.account().key.windowStart())
                    .put(part.unit().code())
                    .putLong(part.amount());
        }
        return log.append(record.put(opening).flip());
    }

    /**
     * Records the end of a call.
     *
     * @param detail what else is to be kept of it
     */
    CompletableFuture<?> end(Hold hold, Amounts cost, byte[] detail) {
        return log.append(ByteBuffer.allocate(1 + 4 * 8 + detail.length)
                .put(END)
                .putLong(hold.number())
                .putLong(cost.nanoUsd())
                .putLong(cost.inputTokens())
                .putLong(cost.outputTokens())
                .put(detail)
                .flip());
    }

    /** Marks that report of the run as covering all ends before it. */
    CompletableFuture<?> mark(long report) {
        return log.append(ByteBuffer.allocate(1 + 8).put(MARK).putLong(report).flip());
    }

    /**
     * What earlier runs left behind.
     *
     * @param reports the last report of a run that the database took; 0 for none
     */
    List<Rest> rests(ToLongFunction<String> reports) {
        Map<String, Run> runs = new LinkedHashMap<>();
        var current = new Run[1];
        try {
            var _ = log.replay(Position.START, (_, record) -> {
                byte kind = record.get();
                if (kind == RUN) {
                    String server = StandardCharsets.UTF_8.decode(record).toString();
                    current[0] = runs.computeIfAbsent(server, id -> new Run(id, reports.applyAsLong(id)));
                } else if (current[0] != null) {
                    current[0].take(kind, record);
                }
                return true;
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return runs.values().stream().map(Run::rest).toList();
    }

    @Override
    public void close() {
        log.close();
    }

    /** A run while its records are read. */
    private static final class Run {
        private record Part(AccountKey key, Unit unit, long amount) {}

        private final String server;
        private final long reported;
        private final Map<Long, List<Part>> open = new HashMap<>();
        private final Map<AccountKey, Long> charges = new HashMap<>();
        private boolean counting;

        Run(String server, long reported) {
            this.server = server;
            this.reported = reported;
            this.counting = reported == 0;
        }

        void take(byte kind, ByteBuffer record) {
            switch (kind) {
                case BEGIN -> {
                    long number = record.getLong();
                    int count = record.getChar();
                    List<Part> parts = new ArrayList<>(count);
                    for (int i = 0; i < count; i++) {
                        byte[] budget = new byte[record.getChar()];
                        record.get(budget);
                        var key = new AccountKey(new String(budget, StandardCharsets.UTF_8), record.getLong());
                        parts.add(new Part(key, Unit.of(record.get()), record.getLong()));
                    }
                    open.put(number, parts);
                }
                case END -> {
                    List<Part> parts = open.remove(record.getLong());
                    if (parts != null && counting) {
                        var cost = new Amounts(record.getLong(), record.getLong(), record.getLong());
                        parts.forEach(part -> charges.merge(part.key, cost.of(part.unit), Long::sum));
                    }
                }
                case MARK -> counting |= record.getLong() == reported;
                default -> throw new IllegalStateException("A log of spend has a record of the unknown kind " + kind);
            }
        }

        Rest rest() {
            Map<AccountKey, Long> all = new HashMap<>(charges);
            open.values().forEach(parts -> parts.forEach(part -> all.merge(part.key, part.amount, Long::sum)));
            return new Rest(
                    server,
                    all.entrySet().stream()
                            .map(each -> new SqlTreasury.Charge(each.getKey(), each.getValue()))
                            .toList(),
                    open.size());
        }
    }
}
