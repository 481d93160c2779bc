package dev.pilothouse.pay.budgets;

import java.time.Instant;

/** What this server has of one account. Guarded by the lock of its {@link Book}. */
final class Account {
    /**
     * A budget in one of its windows.
     *
     * @param budget the budget's id
     * @param windowStart when the window began, in milliseconds of the epoch
     */
    record Key(String budget, long windowStart) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byBudget = budget.compareTo(other.budget);
            return byBudget != 0 ? byBudget : Long.compare(windowStart, other.windowStart);
        }
    }

    /** A budget that a call asks, in its window of now. */
    record Asked(Budget budget, Book.Wanted wanted, Instant from, Instant until) {
        static Asked of(Budget budget, Instant now) {
            Instant from = budget.window().start(now, budget.zone());
            return new Asked(
                    budget,
                    new Book.Wanted(new Key(budget.id(), from.toEpochMilli()), budget.unit()),
                    from,
                    budget.window().end(now, budget.zone()));
        }

        boolean isAt(Instant now) {
            return !now.isBefore(from) && now.isBefore(until);
        }

        Key key() {
            return wanted.key();
        }
    }

    final Key key;
    final Unit unit;
    /** What the database has leased to this server and it has neither reported as spent nor given back. */
    long leased;
    /** Whether nothing new is held of it, because more is spent and leased than its limit; see {@link Book#close}. */
    boolean closed;
    /** Calls under way, and what they hold. */
    int open;

    long held;
    /** What ended calls cost and no finished report has told. */
    long spent;
    /** Nanoseconds at which it was last held from. */
    long lastHeld;
    /** What calls cost a second, lately. */
    long burnPerSecond;

    private long burnt;
    private long burnSince;

    Account(Key key, Unit unit, long now) {
        this.key = key;
        this.unit = unit;
        this.lastHeld = now;
        this.burnSince = now;
    }

    /** What a further call can hold; negative where a call cost more than its ceiling. */
    long available() {
        return closed ? Math.min(0, free()) : free();
    }

    /** What can be given back; negative where a call cost more than its ceiling. */
    long free() {
        return leased - held - spent;
    }

    /** Takes note of what a call holds, from which the need of the next second is foreseen. */
    void burn(long amount, long now) {
        lastHeld = now;
        burnt += amount;
        long passed = now - burnSince;
        if (passed >= 1_000_000_000L) {
            burnPerSecond = (long) ((double) burnt / passed * 1e9);
            burnt = 0;
            burnSince = now;
        }
    }
}
