package dev.pilothouse.run.splits;

import dev.pilothouse.run.providers.ModelRoute;
import java.time.Duration;

/**
 * How an alias is split for the moment. Immutable.
 *
 * @param tenant whose alias it is
 * @param id of what tries the candidate; the salt of the split
 * @param stable version of the alias that answers the rest; where another one answers by now, nothing is split
 * @param candidate who answers the candidate's part, under the same alias and in the same regions
 * @param perMille the candidate's part, 0 to 1000
 * @param slowAfter calls that take longer are slow; {@link #AUTO} for what {@link Splits#slowAfter} says
 * @param dearBeyond calls that cost more than so many times the stable median are dear; 0 where none is
 */
public record Split(
        String tenant,
        String id,
        int stable,
        ModelRoute candidate,
        int perMille,
        Duration slowAfter,
        double dearBeyond) {
    /** Stands for what follows from the stable side's own calls. */
    public static final Duration AUTO = Duration.ZERO;

    /** The alias that is split. */
    public String alias() {
        return candidate.alias();
    }
}
