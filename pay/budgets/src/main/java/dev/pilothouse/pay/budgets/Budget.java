package dev.pilothouse.pay.budgets;

import java.time.ZoneId;

/**
 * A limit on what a scope spends in a window.
 *
 * @param id unique in the installation
 * @param tenant whose it is
 * @param name what people call it
 * @param scope whose spend it counts
 * @param window over what time
 * @param zone by whose calendar
 * @param unit what it counts
 * @param limit at most so much in each window, at least 0
 */
public record Budget(
        String id, String tenant, String name, Scope scope, Window window, ZoneId zone, Unit unit, long limit) {
    public Budget {
        if (limit < 0) {
            throw new IllegalArgumentException("The limit of budget '" + name + "' is negative: " + limit);
        }
    }
}
