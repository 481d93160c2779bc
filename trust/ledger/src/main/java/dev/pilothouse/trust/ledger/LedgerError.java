package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How the ledger can refuse. */
public enum LedgerError implements ErrorCode {
    /** The master key is not the one that wrapped the stored keys. */
    WRONG_MASTER_KEY(500),
    /** What is stored contradicts the signed head. */
    LEDGER_BROKEN(500),
    /** The entry is too long for a leaf (65,535 bytes), or its payload has no canonical form. */
    ENTRY_INVALID(422),
    /** The entry is not part of the signed tree yet; its proof follows within a moment. */
    NOT_YET_NUMBERED(503),
    /** Erasures themselves cannot be erased. */
    NOT_ERASABLE(409);

    private final int status;

    LedgerError(int status) {
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
