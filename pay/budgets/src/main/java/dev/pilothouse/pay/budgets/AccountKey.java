package dev.pilothouse.pay.budgets;

/**
 * A budget in one of its windows.
 *
 * @param budget the budget's id
 * @param windowStart when the window began, in milliseconds of the epoch
 */
record AccountKey(String budget, long windowStart) implements Comparable<AccountKey> {
    @Override
    public int compareTo(AccountKey other) {
        int byBudget = budget.compareTo(other.budget);
        return byBudget != 0 ? byBudget : Long.compare(windowStart, other.windowStart);
    }
}
