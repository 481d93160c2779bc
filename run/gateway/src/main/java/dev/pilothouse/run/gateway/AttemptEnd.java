package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.HttpStatus;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.usage.Outcome;

/**
 * How an attempt ended.
 *
 * @param cost what is charged
 * @param status what the client sees
 * @param error code of the error, or empty
 * @param usage what the provider counted
 */
record AttemptEnd(Amounts cost, Outcome outcome, int status, String error, Usage usage) {
    /** Of an attempt that no model was asked in. */
    static AttemptEnd unsent(Outcome outcome, int status, String error) {
        return new AttemptEnd(Amounts.NONE, outcome, status, error, Usage.NONE);
    }

    /** Of an attempt that was refused, or met a fault of our own, before any model was asked. */
    static AttemptEnd unsent(RuntimeException why) {
        return why instanceof PilothouseException refusal
                ? unsent(
                        Outcome.REFUSED, refusal.code().status(), refusal.code().code())
                : unsent(Outcome.ERROR, CommonError.INTERNAL.status(), CommonError.INTERNAL.code());
    }

    /** Of what providers answer for nothing. */
    static AttemptEnd free() {
        return new AttemptEnd(Amounts.NONE, Outcome.OK, HttpStatus.OK.code(), "", Usage.NONE);
    }
}
