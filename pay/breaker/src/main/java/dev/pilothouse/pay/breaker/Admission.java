package dev.pilothouse.pay.breaker;

/** Whether an agent may make a call. */
public sealed interface Admission {
    /** It may. */
    record Allowed() implements Admission {}

    /** It may not, until a person resumes it. */
    record Paused(Latch latch) implements Admission {}
}
