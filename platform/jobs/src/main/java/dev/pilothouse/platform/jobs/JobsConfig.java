package dev.pilothouse.platform.jobs;

import java.time.Duration;

/**
 * How jobs are run.
 *
 * @param concurrency how many run at the same time in this process, 1 or more
 * @param lease how long a runner holds a job without a sign of life; it gives one each third of it
 * @param poll how long a job of another process, or one whose time has come, waits to be seen at most
 * @param grace how long {@link Jobs#close} waits for running handlers
 * @param keepDone how long finished jobs can be looked up
 */
public record JobsConfig(int concurrency, Duration lease, Duration poll, Duration grace, Duration keepDone) {
    /** 16 at a time, leases of 30 s, a look each second, 10 s of grace, kept for 7 days. */
    public static final JobsConfig STANDARD = new JobsConfig(
            16, Duration.ofSeconds(30), Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofDays(7));
}
