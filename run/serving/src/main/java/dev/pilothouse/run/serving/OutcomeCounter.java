package dev.pilothouse.run.serving;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of what became of requests, per variant and minute, until they are taken. Each event is in exactly one taking;
 * a request is counted before its error, and errors are taken before requests, so that sums of takings never show more
 * errors than requests. Thread-safe.
 */
final class OutcomeCounter {
    /** Cells of minutes this old can have no writer any more. */
    private static final long QUIET_MINUTES = 10;

    private record Key(Series series, long minute) {}

    private record Series(
            String tenant, String endpoint, String release, String version, boolean shadow, boolean control) {}

    private record Cell(
            long minute, LongAdder requests, LongAdder errors, LongAdder slow, LongAdder labelled, LongAdder wrong) {
        Cell(long minute) {
            this(minute, new LongAdder(), new LongAdder(), new LongAdder(), new LongAdder(), new LongAdder());
        }
    }

    private final InstantSource clock;
    private final Map<Key, Cell> cells = new ConcurrentHashMap<>();

    OutcomeCounter(InstantSource clock) {
        this.clock = clock;
    }

    /** Counts of one variant. */
    Variant variant(EndpointSpec endpoint, String version, boolean shadow, boolean control) {
        return new Variant(
                new Series(endpoint.tenant(), endpoint.name(), endpoint.release(), version, shadow, control));
    }

    private long minute() {
        return Math.floorDiv(clock.millis(), 60_000L);
    }

    /** Takes what was counted since the last taking. */
    List<OutcomeCount> take() {
        long now = minute();
        List<OutcomeCount> taken = new ArrayList<>();
        for (var entry : List.copyOf(cells.entrySet())) {
            Key key = entry.getKey();
            Cell cell = entry.getValue();
            long wrong = cell.wrong.sumThenReset();
            long labelled = cell.labelled.sumThenReset();
            long slow = cell.slow.sumThenReset();
            long errors = cell.errors.sumThenReset();
            long requests = cell.requests.sumThenReset();
            if (requests != 0 || errors != 0 || slow != 0 || labelled != 0 || wrong != 0) {
                Series of = key.series;
                taken.add(new OutcomeCount(
                        of.tenant,
                        of.endpoint,
                        of.release,
                        of.version,
                        of.shadow,
                        of.control,
                        key.minute,
                        requests,
                        errors,
                        slow,
                        labelled,
                        wrong));
            } else if (Math.abs(now - key.minute) > QUIET_MINUTES) {
                cells.remove(key, cell);
            }
        }
        return taken;
    }

    /** Where the events of one variant go. */
    final class Variant {
        private final Series series;
        private volatile Cell current = new Cell(Long.MIN_VALUE);

        private Variant(Series series) {
            this.series = series;
        }

        private Cell cell() {
            long minute = minute();
            Cell cell = current;
            if (cell.minute != minute) {
                cell = cells.computeIfAbsent(new Key(series, minute), key -> new Cell(key.minute));
                current = cell;
            }
            return cell;
        }

        void answered(boolean error, boolean slow) {
            Cell cell = cell();
            cell.requests.increment();
            if (error) {
                cell.errors.increment();
            }
            if (slow) {
                cell.slow.increment();
            }
        }

        void labelled(boolean right) {
            Cell cell = cell();
            cell.labelled.increment();
            if (!right) {
                cell.wrong.increment();
            }
        }
    }
}
