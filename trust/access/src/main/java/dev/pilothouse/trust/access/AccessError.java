package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How access can refuse, beside the common ways. */
public enum AccessError implements ErrorCode {
    /** The caller gives away a role that it does not hold, or a key asks for more than its principal has. */
    ROLE_NOT_HELD(403),
    /** The kind of principal can never hold the role. */
    ROLE_NOT_FOR_KIND(422),
    /** Another principal or unit has the name. */
    NAME_TAKEN(409),
    /** Without this principal nobody could manage the organisation. */
    LAST_ADMIN(409),
    /** The principal is deactivated or removed. */
    INACTIVE(409),
    /** The key is revoked or expired. */
    KEY_ENDED(409),
    /** Keys may not live that long here. */
    LIFE_TOO_LONG(422);

    private final int status;

    AccessError(int status) {
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
