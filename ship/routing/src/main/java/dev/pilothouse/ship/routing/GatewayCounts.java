package dev.pilothouse.ship.routing;

import dev.pilothouse.run.serving.Latencies;
import dev.pilothouse.run.serving.OutcomeCount;
import dev.pilothouse.run.splits.SideCount;
import dev.pilothouse.run.splits.Splits;
import dev.pilothouse.run.splits.StableWait;
import dev.pilothouse.run.splits.Wait;
import dev.pilothouse.ship.verdicts.SlowLimits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * The gateway's splits as verdicts see a model server: an alias stands there as {@code alias/NAME}, and its streams, whose first
 * bytes are measured apart, as {@code stream/NAME}. No service has such a name. Thread-safe.
 */
final class GatewayCounts implements SlowLimits.Server {
    private static final String ALIAS = "alias/";
    private static final String STREAM = "stream/";

    private final Splits splits;
    private final InstantSource clock;

    GatewayCounts(Splits splits, InstantSource clock) {
        this.splits = splits;
        this.clock = clock;
    }

    /** Takes what was counted since it was last asked. */
    List<OutcomeCount> take() {
        long minute = Math.floorDiv(clock.millis(), 60_000L);
        return splits.takeCounts().stream().map(side -> count(side, minute)).toList();
    }

    private static OutcomeCount count(SideCount side, long minute) {
        return new OutcomeCount(
                side.tenant(),
                ALIAS + side.alias(),
                side.split(),
                side.candidate() ? RouteRollout.CANDIDATE : RouteRollout.STABLE,
                false,
                false,
                minute,
                side.calls(),
                side.errors(),
                side.slow(),
                side.labelled(),
                side.wrong(),
                side.dear());
    }

    @Override
    public List<Latencies.Stable> stableLatencies() {
        return splits.stableWaits().stream().map(GatewayCounts::stable).toList();
    }

    private static Latencies.Stable stable(StableWait measured) {
        return new Latencies.Stable(
                measured.tenant(),
                prefix(measured.kind()) + measured.alias(),
                Integer.toString(measured.version()),
                measured.median(),
                measured.answers());
    }

    private static String prefix(Wait wait) {
        return switch (wait) {
            case ANSWER -> ALIAS;
            case FIRST_BYTES -> STREAM;
        };
    }

    @Override
    public void slowAfter(String tenant, String endpoint, String stable, Duration limit) {
        for (Wait wait : Wait.values()) {
            if (endpoint.startsWith(prefix(wait))) {
                splits.slowAfter(
                        tenant, endpoint.substring(prefix(wait).length()), wait, Integer.parseInt(stable), limit);
            }
        }
    }

    /** The name under which outcomes of an alias' calls are passed on to other servers. */
    static String passedAs() {
        return ALIAS;
    }
}
