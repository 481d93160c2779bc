package dev.pilothouse.simulators.llm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The running invoice: a line for each call that was begun, and totals by model. Lines are columns of primitives, about 40
 * bytes each and what the caller named them by, so that a million fit into 100 MB. Thread-safe and free of locks; a total is
 * exact once no call is open, and while some are it is a sum of the lines that are closed.
 */
public final class Invoice {
    /** Sums over the lines of one model; {@code open} are in {@code calls} but in nothing else. */
    public record Totals(
            long calls,
            long open,
            long ended,
            long aborted,
            long broken,
            long failed,
            long input,
            long cacheRead,
            long cacheWrite,
            long cacheWrite1h,
            long output,
            long reasoning,
            long nanoUsd) {}

    private static final int SHEET = 1 << 14;
    private static final int LONGEST_CORRELATION = 200;
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(byte[].class);
    private static final Line.State[] STATES = Line.State.values();

    private final String name;
    private final int maxLines;
    private final AtomicLong begun = new AtomicLong();
    private final AtomicReferenceArray<@Nullable Sheet> sheets;
    private final Map<String, Sums> sums = new ConcurrentHashMap<>();

    /**
     * An empty one.
     *
     * @param name in front of its calls' request ids, so that those of two invoices differ
     * @param maxLines later calls are in the totals only
     */
    Invoice(String name, int maxLines) {
        this.name = name;
        this.maxLines = maxLines;
        this.sheets = new AtomicReferenceArray<>(Math.ceilDiv(maxLines, SHEET));
    }

    /** Opens a line and gives its id. */
    long begin(SimulatedModel model, String correlation) {
        long id = begun.getAndIncrement();
        Sums of = sums.computeIfAbsent(model.name(), Sums::new);
        of.calls.increment();
        if (id < maxLines) {
            Sheet sheet = sheet((int) (id / SHEET));
            int row = (int) (id % SHEET);
            sheet.models[row] = of;
            if (!correlation.isEmpty()) {
                String kept = correlation.substring(0, Math.min(correlation.length(), LONGEST_CORRELATION));
                sheet.correlations[row] = kept.getBytes(StandardCharsets.UTF_8);
            }
            STATE.setRelease(sheet.states, row, Line.State.OPEN.code);
        }
        return id;
    }

    /** Closes a line; once for each. */
    void end(long id, SimulatedModel model, Usage usage, Line.State state) {
        long nanoUsd = state == Line.State.FAILED ? 0 : model.prices().of(usage);
        if (id < maxLines) {
            Sheet sheet = sheet((int) (id / SHEET));
            int row = (int) (id % SHEET);
            sheet.input[row] = usage.input();
            sheet.cacheRead[row] = usage.cacheRead();
            sheet.cacheWrite[row] = usage.cacheWrite();
            sheet.cacheWrite1h[row] = usage.cacheWrite1h();
            sheet.output[row] = usage.output();
            sheet.reasoning[row] = usage.reasoning();
            sheet.pieces[row] = usage.pieces();
            sheet.nanoUsd[row] = nanoUsd;
            STATE.setRelease(sheet.states, row, state.code);
        }
        sums.computeIfAbsent(model.name(), Sums::new).add(usage, nanoUsd, state);
    }

    private Sheet sheet(int index) {
        Sheet sheet = sheets.get(index);
        if (sheet == null) {
            var made = new Sheet();
            sheet = sheets.compareAndExchange(index, null, made);
            if (sheet == null) {
                sheet = made;
            }
        }
        return sheet;
    }

    /** Calls that were begun. */
    public long calls() {
        return begun.get();
    }

    /** Calls that are in the totals but have no line. */
    public long withoutLine() {
        return Math.max(0, begun.get() - maxLines);
    }

    /** By model, sorted by name. */
    public Map<String, Totals> totals() {
        var totals = new TreeMap<String, Totals>();
        sums.forEach((model, of) -> totals.put(model, of.totals()));
        return totals;
    }

    /** Of all models, in nano-USD. */
    public long nanoUsd() {
        return totals().values().stream().mapToLong(Totals::nanoUsd).sum();
    }

    /** The lines from an id on, at most so many; ends before a line that is just being opened. */
    public List<Line> lines(long from, int limit) {
        long end = Math.min(Math.min(begun.get(), maxLines), Math.max(0, from) + limit);
        var lines = new ArrayList<Line>();
        for (long id = Math.max(0, from); id < end; id++) {
            Sheet sheet = sheets.get((int) (id / SHEET));
            int row = (int) (id % SHEET);
            byte state = sheet == null ? 0 : (byte) STATE.getAcquire(sheet.states, row);
            Sums model = sheet == null ? null : sheet.models[row];
            if (sheet == null || model == null || state == 0) {
                break;
            }
            lines.add(line(id, sheet, row, model.model, STATES[state - 1]));
        }
        return lines;
    }

    private Line line(long id, Sheet sheet, int row, String model, Line.State state) {
        byte[] correlation = sheet.correlations[row];
        // A line that is closed while it is read must not show a part of its amounts.
        boolean open = state == Line.State.OPEN;
        var usage = open
                ? Usage.NONE
                : new Usage(
                        sheet.input[row],
                        sheet.cacheRead[row],
                        sheet.cacheWrite[row],
                        sheet.cacheWrite1h[row],
                        sheet.output[row],
                        sheet.reasoning[row],
                        sheet.pieces[row]);
        return new Line(
                id,
                "req_" + key(id),
                correlation == null ? "" : new String(correlation, StandardCharsets.UTF_8),
                model,
                usage,
                open ? 0 : sheet.nanoUsd[row],
                state);
    }

    /** What tells a call from others in its answer; {@code req_} in front makes it the request's id. */
    String key(long id) {
        return name + id;
    }

    /** Columns of so many lines as are allocated at once. */
    private static final class Sheet {
        final @Nullable Sums[] models = new Sums[SHEET];
        final byte[] @Nullable [] correlations = new byte[SHEET][];
        final int[] input = new int[SHEET];
        final int[] cacheRead = new int[SHEET];
        final int[] cacheWrite = new int[SHEET];
        final int[] cacheWrite1h = new int[SHEET];
        final int[] output = new int[SHEET];
        final int[] reasoning = new int[SHEET];
        final int[] pieces = new int[SHEET];
        final long[] nanoUsd = new long[SHEET];
        final byte[] states = new byte[SHEET];
    }

    private static final class Sums {
        final String model;
        final LongAdder calls = new LongAdder();
        final LongAdder[] states = adders(STATES.length + 1);
        final LongAdder[] tokens = adders(6);
        final LongAdder nanoUsd = new LongAdder();

        Sums(String model) {
            this.model = model;
        }

        private static LongAdder[] adders(int count) {
            var adders = new LongAdder[count];
            Arrays.setAll(adders, _ -> new LongAdder());
            return adders;
        }

        void add(Usage usage, long nano, Line.State state) {
            tokens[0].add(usage.input());
            tokens[1].add(usage.cacheRead());
            tokens[2].add(usage.cacheWrite());
            tokens[3].add(usage.cacheWrite1h());
            tokens[4].add(usage.output());
            tokens[5].add(usage.reasoning());
            nanoUsd.add(nano);
            states[state.code].increment();
        }

        Totals totals() {
            long ended = states[Line.State.ENDED.code].sum();
            long aborted = states[Line.State.ABORTED.code].sum();
            long broken = states[Line.State.BROKEN.code].sum();
            long failed = states[Line.State.FAILED.code].sum();
            long all = calls.sum();
            return new Totals(
                    all,
                    all - ended - aborted - broken - failed,
                    ended,
                    aborted,
                    broken,
                    failed,
                    tokens[0].sum(),
                    tokens[1].sum(),
                    tokens[2].sum(),
                    tokens[3].sum(),
                    tokens[4].sum(),
                    tokens[5].sum(),
                    nanoUsd.sum());
        }
    }

    /**
     * One call that was begun. Immutable.
     *
     * @param id from 0, in the order of beginning, without gaps
     * @param requestId what the answer's {@code x-request-id} said
     * @param correlation what the caller named it, or empty
     * @param usage what is billed; output as far as it was generated
     * @param nanoUsd 0 while the call is open
     */
    public record Line(
            long id, String requestId, String correlation, String model, Usage usage, long nanoUsd, Line.State state) {
        /** How far a call came. */
        public enum State {
            /** It is being answered. */
            OPEN(1),
            /** All was generated and sent. */
            ENDED(2),
            /** The client left before the end. */
            ABORTED(3),
            /** The simulator broke the answer off, as it was told to: cut, or ended with an error. */
            BROKEN(4),
            /** It was refused with a status, as told, and costs nothing. */
            FAILED(5);

            /** As it stands in a line, from 1, since 0 is a line that is not there yet. */
            private final byte code;

            State(int code) {
                this.code = (byte) code;
            }
        }
    }
}
