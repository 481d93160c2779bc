package dev.pilothouse.kernel;

import org.jspecify.annotations.Nullable;

/**
 * A way a capability can refuse. Each capability has one enum of these; nothing tells errors apart by their text.
 * {@link CommonError} holds those that mean the same everywhere.
 */
public interface ErrorCode {
    /** Stable name for programs, in kebab-case, such as {@code not-found}. */
    String code();

    /** HTTP status on our own API; foreign protocols map it to their own. */
    int status();

    /** Whether the same call can succeed later without being changed. */
    default boolean retryable() {
        return status() == 429 || status() == 503;
    }

    /** An exception of this code. The text says what happened, where, why and what to do, in whole sentences. */
    default PilothouseException because(String detail) {
        return new PilothouseException(this, detail, java.util.List.of(), null);
    }

    /** As {@link #because(String)}, keeping the cause for the log; clients never see it. */
    default PilothouseException because(String detail, @Nullable Throwable cause) {
        return new PilothouseException(this, detail, java.util.List.of(), cause);
    }
}
