package dev.pilothouse.cli.litellm;

import java.math.BigDecimal;
import java.util.Optional;

/**
 * Budgets of one scope: what LiteLLM says of one key, team or user.
 *
 * @param where it stands in the file
 * @param name of the first; a further one has its window behind the name
 */
record Budgets(Plan plan, String where, String name, String scope) {
    static Budgets of(Plan plan, String where, String name, String scope) {
        return new Budgets(plan, where, name, scope);
    }

    /**
     * Adds one.
     *
     * @param amount dollars
     * @param duration after which LiteLLM begins anew, such as {@code 30d}; empty for never
     */
    void add(String amount, String duration) {
        Optional<BigDecimal> most = Words.number(amount).filter(number -> number.signum() >= 0);
        Optional<String> window = Words.window(duration);
        if (most.isEmpty()) {
            plan.note(where, "Left out: the budget '" + amount + "' is no amount.");
        } else if (window.isEmpty()) {
            plan.note(
                    where,
                    "Left out: no window is as long as '" + duration + "'. Choose one: pilot budget set " + name
                            + " --scope " + scope + " --limit " + Words.usd(most.get()) + " --window day|week|month.");
        } else {
            boolean first =
                    plan.budgets().stream().noneMatch(budget -> budget.name().equals(name));
            plan.budgets()
                    .add(new Plan.Budget(
                            first ? name : name + "-" + window.get(), scope, window.get(), Words.usd(most.get())));
        }
    }
}
