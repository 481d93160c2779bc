package dev.pilothouse.pay.budgets;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** One record of a {@link SpendLog}: its kind in one byte, then its fields, big-endian. */
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
