package dev.pilothouse.trust.invitations;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How invitations can refuse, beside the common ways and those of access. */
public enum InvitationError implements ErrorCode {
    /** It was accepted, taken back, or has expired. */
    INVITATION_ENDED(410),
    /** As many invitations wait as may. */
    TOO_MANY_INVITATIONS(409);

    private final int status;

    InvitationError(int status) {
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
