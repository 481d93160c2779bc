package dev.pilothouse.platform.jobs;

/** Does the work of one kind of job. Called on virtual threads, several at a time. */
@FunctionalInterface
public interface JobHandler {
    /**
     * Runs a job. It may have run before, in part or whole. When it throws, it is tried again by the kind's {@link
     * RetryPolicy}.
     */
    void run(JobRun run) throws Exception;
}
