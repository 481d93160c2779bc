package dev.pilothouse.run.fleet;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of the local runtime.
 *
 * @param folder where markers of running processes and log files are
 * @param grace time between SIGTERM and SIGKILL
 * @param linger how long a replaced replica still serves after its successor is ready, so that callers can turn to it
 * @param probeEvery pause between liveness probes; readiness is probed ten times as often
 * @param probeTimeout after which a probe counts as failed
 * @param probeFailures failed liveness probes in a row after which a process counts as hung
 * @param firstBackOff pause before the first restart; each further one doubles it
 * @param lastBackOff longest pause between restarts
 * @param stableAfter time in readiness after which earlier failures are forgotten
 * @param crashLoopAfter failures in a row from which the state is {@code crash-looping}
 * @param logFileBytes size at which a log file is rotated; one older file is kept
 */
public record FleetConfig(
        Path folder,
        Duration grace,
        Duration linger,
        Duration probeEvery,
        Duration probeTimeout,
        int probeFailures,
        Duration firstBackOff,
        Duration lastBackOff,
        Duration stableAfter,
        int crashLoopAfter,
        long logFileBytes) {

    /** Settings for daily use. */
    public static FleetConfig of(Path folder) {
        return new FleetConfig(
                folder,
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                3,
                Duration.ofMillis(500),
                Duration.ofMinutes(2),
                Duration.ofMinutes(1),
                5,
                10L << 20);
    }
}
