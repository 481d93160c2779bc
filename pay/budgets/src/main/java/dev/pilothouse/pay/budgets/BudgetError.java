package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** Why budgets refuse. */
public enum BudgetError implements ErrorCode {
    /** A budget that was asked is no longer there. */
    NO_SUCH_BUDGET(404),
    /** More calls ask a budget at once than it can tell apart. */
    BUDGET_BUSY(503);

    private final int status;

    BudgetError(int status) {
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
