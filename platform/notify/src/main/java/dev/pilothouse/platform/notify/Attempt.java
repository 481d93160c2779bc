package dev.pilothouse.platform.notify;

/** How an attempt at a delivery ended. */
sealed interface Attempt {
    /** The receiver took it; {@code how} says so in a sentence. */
    record Taken(String how) implements Attempt {}

    /** It may work later. */
    record Failed(String why) implements Attempt {}

    /** It will not work. */
    record Refused(String why) implements Attempt {}
}
