package dev.pilothouse.trust.policy;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How policy can refuse, beside the common ways. */
public enum PolicyError implements ErrorCode {
    /** The one who asked cannot be the one who decides. */
    OWN_REQUEST(403),
    /** Only persons decide. */
    NOT_A_PERSON(403);

    private final int status;

    PolicyError(int status) {
        this.status = status;
    }

    @Override
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public int status() {
        return status;
    }
}
