package dev.pilothouse.platform.notify;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How notifications can refuse, beside the common ways. */
public enum NotifyError implements ErrorCode {
    /** The address cannot be a webhook's, or must not be reached from here. */
    ADDRESS_REFUSED(422),
    /** The delivery is not dead, so there is nothing to send again. */
    NOT_DEAD(409);

    private final int status;

    NotifyError(int status) {
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
