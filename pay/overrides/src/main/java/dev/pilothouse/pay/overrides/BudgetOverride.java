package dev.pilothouse.pay.overrides;

import dev.pilothouse.pay.budgets.Unit;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * A request to raise a budget's limit for a while, and what became of it.
 *
 * @param tenant whose it is
 * @param id its id
 * @param budget the budget's id
 * @param budgetName what people call the budget
 * @param unit what the budget counts
 * @param amount by how much, more than 0, in that unit
 * @param reason why, in words for the approver
 * @param requestedBy principal that asked; never the one that approves
 * @param requestedAt when
 * @param expiresAt when the limit falls back at the latest; of an active one, its window's end where that is earlier
 * @param approval id of the approval that decides
 * @param state where it stands
 * @param windowStart when the window began whose limit is raised; empty where none was
 * @param outcome why it ended, in words; empty before
 */
public record BudgetOverride(
        String tenant,
        String id,
        String budget,
        String budgetName,
        Unit unit,
        long amount,
        String reason,
        String requestedBy,
        Instant requestedAt,
        Instant expiresAt,
        String approval,
        State state,
        Optional<Instant> windowStart,
        String outcome) {

    /** Where an override stands. */
    public enum State {
        /** Nobody has decided. */
        WAITING,
        /** Approved; the limit is raised. */
        ACTIVE,
        /** Its time has passed, after it was active or undecided. */
        EXPIRED,
        /** A person said no, or it could not be granted any more. */
        REFUSED;

        /** The name in answers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The same after it ended. */
    BudgetOverride ended(State how, String why) {
        return new BudgetOverride(
                tenant,
                id,
                budget,
                budgetName,
                unit,
                amount,
                reason,
                requestedBy,
                requestedAt,
                expiresAt,
                approval,
                how,
                windowStart,
                why);
    }

    /** The same while it raises the limit of a window. */
    BudgetOverride active(Instant from, Instant until) {
        return new BudgetOverride(
                tenant,
                id,
                budget,
                budgetName,
                unit,
                amount,
                reason,
                requestedBy,
                requestedAt,
                until,
                approval,
                State.ACTIVE,
                Optional.of(from),
                "");
    }
}
