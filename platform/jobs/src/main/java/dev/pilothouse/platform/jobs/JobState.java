package dev.pilothouse.platform.jobs;

import java.util.Locale;

/** Where a job stands. */
public enum JobState {
    /** Waits for its time, for a free runner, or for its next attempt. */
    PENDING,
    /** A runner holds it. */
    RUNNING,
    /** Its handler returned. */
    DONE,
    /** It failed as often as it may, or a newer job with the same key took its place. */
    FAILED,
    /** Taken back before it ran. */
    CANCELLED;

    /** The name in the database and in answers: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    static JobState of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
