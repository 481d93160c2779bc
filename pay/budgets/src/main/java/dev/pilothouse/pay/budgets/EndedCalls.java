package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.pay.budgets.SpendLog.SpendRecord;
import dev.pilothouse.platform.segments.LogCopy;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SealedSegment;
import dev.pilothouse.platform.segments.SegmentLog;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The calls of this server that have ended, read from its log of spend for who keeps them for longer: each exactly once, also
 * over crashes. The log keeps what was not yet read, what is under way, what the database has not taken, and what is not yet
 * {@link #release released}; the rest is deleted. For one thread, but for {@link #hold}.
 *
 * <p>How to read: take a batch with {@link #next}, store its calls, then say {@link #moved}. After a crash in between, the same
 * batch comes again with the same calls at the same places, and says that it is {@link Batch#repeated}.
 */
public final class EndedCalls {
    /**
     * A call that has ended.
     *
     * @param at where the log tells its end: different for each call of a log
     * @param budgets ids of the budgets that it was charged to
     * @param ceiling what it might have cost at most
     * @param cost what it cost; the ceiling where it is lost
     * @param lost whether its server ended before it did, so that nobody knows what it cost
     * @param opening what was given to {@link Budgets#hold}
     * @param detail what was given to {@link Budgets#settle}; empty where it is lost
     */
    public record Call(
            Position at,
            List<String> budgets,
            Amounts ceiling,
            Amounts cost,
            boolean lost,
            byte[] opening,
            byte[] detail) {
        public Call {
            budgets = List.copyOf(budgets);
        }
    }

    /**
     * Some calls, in order.
     *
     * @param calls what has ended since the batch before; may be none
     * @param repeated whether an earlier process, or an earlier attempt of this one, may have stored some of them
     * @param from where it begins
     * @param to where it ends
     */
    public record Batch(List<Call> calls, boolean repeated, Position from, Position to) {
        public Batch {
            calls = List.copyOf(calls);
        }
    }

    /**
     * A part of the log that will never change, all calls of which were moved.
     *
     * @param segment its number in the log
     * @param digest SHA-256 of its bytes
     * @param calls calls that ended in it
     * @param nanoUsd what they cost together
     * @param lost those of them whose end was lost, at their ceiling
     */
    public record Part(long segment, Digest digest, long calls, long nanoUsd, long lost) {}

    private record Open(SpendRecord.Begin begin, Position at) {}

    /** Ends that a report covers: its number, and where the earliest begin of their calls is. */
    private record Covered(long mark, Position first) {}

    private record Sums(long calls, long nanoUsd, long lost) {
        static final Sums NONE = new Sums(0, 0, 0);
    }

    private final Path folder;
    private final SegmentLog log;
    private volatile SpendLog.Note note;
    private volatile long taken;
    /** Copies that are being made, during which nothing is deleted. Guarded by this. */
    private int copies;

    private Position position;
    private boolean caughtUp;
    private @Nullable Batch current;
    private String server;
    private long mark;
    private final Map<Long, Open> open = new HashMap<>();
    /** Where the earliest begin is of the calls whose ends no mark covers yet. */
    private @Nullable Position unmarked;

    private final Deque<Covered> untaken = new ArrayDeque<>();
    private final TreeMap<Long, SpendLog.Note.Start> starts = new TreeMap<>();
    private final TreeMap<Long, Sums> sums = new TreeMap<>();
    private long released;

    EndedCalls(Path folder, SegmentLog log) {
        this.folder = folder;
        this.log = log;
        this.note = SpendLog.Note.read(folder);
        this.position = note.start().position();
        this.server = note.start().server();
        this.mark = note.start().mark();
    }

    /** From where on the log is to be read. */
    SpendLog.Note.Start start() {
        return note.start();
    }

    /** Tells that the database has taken a report of the present run. On any thread. */
    void taken(long report) {
        taken = report;
    }

    /** The log's id: that of its folder, for ever. */
    public String log() {
        return note.log();
    }

    /**
     * The next calls; the same again until they are {@link #moved}. Only of what survives power loss, so that no place is ever
     * that of two calls.
     *
     * @param most at most so many, at least 1; a repeated batch is as large as it was
     * @throws dev.pilothouse.kernel.PilothouseException where the log is damaged, or its disk is
     */
    public Batch next(int most) {
        if (current != null) {
            Batch again = new Batch(current.calls, true, current.from, current.to);
            current = again;
            return again;
        }
        catchUp();
        boolean repeated = note.moving().compareTo(note.moved()) > 0;
        Position to = repeated ? note.moving() : log.sync().join();
        List<Call> calls = new ArrayList<>();
        Position from = position;
        position = read(to, calls, repeated ? Integer.MAX_VALUE : most);
        var batch = new Batch(calls, repeated, from, position);
        if (!calls.isEmpty() && !repeated) {
            write(new SpendLog.Note(note.log(), note.start(), note.moved(), position));
        }
        current = batch;
        return batch;
    }

    /** Reads once more what was moved before, to know which calls are under way and what each part sums up to. */
    private void catchUp() {
        if (!caughtUp) {
            position = read(note.moved(), new ArrayList<>(), Integer.MAX_VALUE);
            caughtUp = true;
        }
    }

    private Position read(Position to, List<Call> calls, int most) {
        if (to.compareTo(position) <= 0) {
            return position;
        }
        try {
            return log.replay(position, to, (at, bytes) -> {
                starts.computeIfAbsent(at.segment(), segment -> new SpendLog.Note.Start(segment, server, mark));
                take(at, SpendRecord.of(bytes), calls);
                return calls.size() < most;
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void take(Position at, SpendRecord record, List<Call> calls) {
        switch (record) {
            case SpendRecord.Run run -> {
                // A run begins once all that the runs before it left is settled.
                server = run.server();
                mark = 0;
                open.clear();
                untaken.clear();
                unmarked = null;
            }
            case SpendRecord.Begin begin -> open.put(begin.number(), new Open(begin, at));
            case SpendRecord.End end -> end(at, end.number(), end.cost(), end.detail(), calls);
            case SpendRecord.Lost lost -> end(at, lost.number(), null, new byte[0], calls);
            case SpendRecord.Mark told -> {
                mark = told.report();
                if (unmarked != null) {
                    untaken.add(new Covered(mark, unmarked));
                    unmarked = null;
                }
            }
        }
    }

    private void end(Position at, long number, @Nullable Amounts known, byte[] detail, List<Call> calls) {
        Open opened = open.remove(number);
        if (opened == null) {
            return;
        }
        SpendRecord.Begin begin = opened.begin;
        Amounts cost = known == null ? begin.ceiling() : known;
        boolean lost = known == null;
        sums.merge(
                at.segment(),
                new Sums(1, cost.nanoUsd(), lost ? 1 : 0),
                (a, b) -> new Sums(a.calls + b.calls, Math.addExact(a.nanoUsd, b.nanoUsd), a.lost + b.lost));
        boolean charges = begin.parts().stream().anyMatch(part -> cost.of(part.unit()) != 0);
        if (charges && (unmarked == null || opened.at.compareTo(unmarked) < 0)) {
            unmarked = opened.at;
        }
        List<String> budgets =
                begin.parts().stream().map(part -> part.key().budget()).toList();
        calls.add(new Call(at, budgets, begin.ceiling(), cost, lost, begin.opening(), detail));
    }

    /** Says that the calls of the batch are stored, so that they survive power loss. */
    public void moved(Batch batch) {
        Batch expected = current;
        if (expected == null || !expected.to.equals(batch.to)) {
            throw new IllegalArgumentException("This is not the batch under way: it ends at " + batch.to);
        }
        current = null;
        synchronized (this) {
            SpendLog.Note.Start start = copies > 0 ? note.start() : startAfterTrimming(batch.to);
            boolean trims = start.segment() > note.start().segment();
            if (!batch.calls.isEmpty() || batch.repeated || trims) {
                write(new SpendLog.Note(note.log(), start, batch.to, batch.to));
            }
            if (trims) {
                delete(start.segment());
            }
        }
    }

    /**
     * Begins a copy of the log of spend, beside which the database, and then what its calls were moved to, are copied. A server that
     * opens all three goes on as this one would after a crash: what the database does not know yet is charged once, and a call that was
     * moved by then is told apart from one that was not, as in a {@link Batch#repeated} batch. On any thread.
     */
    public synchronized LogCopy hold() {
        copies++;
        return new Copy(note);
    }

    private final class Copy implements LogCopy {
        private final SpendLog.Note held;
        private boolean closed;

        Copy(SpendLog.Note held) {
            this.held = held;
        }

        @Override
        public List<File> files() {
            Position end = log.sync().join();
            var files = new ArrayList<>(log.files(held.start().segment(), end));
            // All behind what was moved before may have been moved meanwhile.
            byte[] text = new SpendLog.Note(held.log(), held.start(), held.moved(), end).bytes();
            files.add(new File(SpendLog.Note.FILE, text.length, () -> new ByteArrayInputStream(text)));
            return List.copyOf(files);
        }

        @Override
        public void close() {
            synchronized (EndedCalls.this) {
                copies -= closed ? 0 : 1;
                closed = true;
            }
        }
    }

    private SpendLog.Note.Start startAfterTrimming(Position moved) {
        while (!untaken.isEmpty() && untaken.peek().mark <= taken) {
            untaken.remove();
        }
        long keep = Math.min(moved.segment(), released + 1);
        for (Open each : open.values()) {
            keep = Math.min(keep, each.at.segment());
        }
        for (Covered each : untaken) {
            keep = Math.min(keep, each.first.segment());
        }
        if (unmarked != null) {
            keep = Math.min(keep, unmarked.segment());
        }
        if (keep <= note.start().segment()) {
            return note.start();
        }
        SpendLog.Note.Start known = starts.get(keep);
        return known == null ? new SpendLog.Note.Start(keep, server, mark) : known;
    }

    private void delete(long before) {
        try {
            long _ = log.delete(before);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        starts.headMap(before).clear();
        sums.headMap(before).clear();
    }

    private void write(SpendLog.Note next) {
        next.write(folder);
        note = next;
    }

    /** Ends the part of the log under way, so that it can be {@link #parts told of}; nothing where it is empty. */
    public void endPart() {
        log.roll().join();
    }

    /** Parts all calls of which were moved, the oldest first, until they are released; after a restart again. */
    public List<Part> parts() {
        catchUp();
        Position moved = current == null ? position : current.from;
        List<Part> parts = new ArrayList<>();
        for (SealedSegment each : log.sealed()) {
            boolean whole = each.number() < moved.segment() && each.number() > released;
            if (whole && each.number() >= note.start().segment()) {
                Sums sum = sums.getOrDefault(each.number(), Sums.NONE);
                parts.add(new Part(each.number(), each.digest(), sum.calls, sum.nanoUsd, sum.lost));
            }
        }
        return parts;
    }

    /** Lets a part be deleted, and those before it, once nothing else needs them. */
    public void release(Part part) {
        released = Math.max(released, part.segment());
    }
}
