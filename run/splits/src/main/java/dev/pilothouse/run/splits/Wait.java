package dev.pilothouse.run.splits;

/** What a client waits for, which is measured apart: the two have no more in common than their alias. */
public enum Wait {
    /** A whole answer. */
    ANSWER,
    /** A stream's first bytes. */
    FIRST_BYTES
}
