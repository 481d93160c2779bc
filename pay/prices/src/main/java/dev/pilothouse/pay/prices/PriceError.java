package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How prices can refuse, beside the common ways. */
public enum PriceError implements ErrorCode {
    /** Something was counted that no price is stated for. */
    UNPRICED(422),
    /** Others imported prices at the same time, again and again. */
    PRICES_CHANGED(409);

    private final int status;

    PriceError(int status) {
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
