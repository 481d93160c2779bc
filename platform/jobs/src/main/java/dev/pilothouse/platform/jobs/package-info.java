/**
 * Work that outlives the process: enqueued in the transaction that asks for it, run by any replica, tried again until it
 * succeeds or has failed too often; and schedules ({@link dev.pilothouse.platform.jobs.CronExpression}) that enqueue it.
 *
 * <p>{@link dev.pilothouse.platform.jobs.Jobs} is the front door. Invariants: a job exists exactly if its transaction
 * committed; one runner at a time holds it, by a lease with an epoch, and one whose runner died is taken over; a runner
 * that lost its lease cannot write ({@link dev.pilothouse.platform.jobs.JobRun#check}); a job may run more than once, so
 * handlers are idempotent or finish in their own transaction ({@link dev.pilothouse.platform.jobs.JobRun#done}).
 */
@NullMarked
package dev.pilothouse.platform.jobs;

import org.jspecify.annotations.NullMarked;
