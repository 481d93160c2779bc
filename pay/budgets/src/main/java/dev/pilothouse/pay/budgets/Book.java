package dev.pilothouse.pay.budgets;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * This server's leases and what calls hold and spend of them. Holds are all or nothing. Thread-safe; each method takes a lock
 * for about a microsecond, so event loops may call it.
 */
final class Book {
    /** An account and what it counts. */
    record Wanted(Account.Key key, Unit unit) {}

    /** What an account lacks for a call. */
    record Shortage(Account.Key key, long missing) {}

    /** Either a hold, or what is missing for it. */
    record Try(@Nullable Hold hold, List<Shortage> shortages) {}

    /**
     * What a report says of an account.
     *
     * @param spent what ended calls cost, at least 0
     * @param returned what this server gives back, at least 0
     * @param answers the recall that this answers, or 0
     */
    record Line(Account.Key key, long spent, long returned, long answers) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Account.Key, Account> accounts = new HashMap<>();
    private final LongSupplier nanoTime;
    private final long idleNanos;
    private long holds;
    private long aboveCeiling;

    /**
     * @param nanoTime monotonic time
     * @param idleNanos after how long an unused lease is given back unasked
     */
    Book(LongSupplier nanoTime, long idleNanos) {
        this.nanoTime = nanoTime;
        this.idleNanos = idleNanos;
    }

    /** Holds the ceiling of a call on all accounts with its most output, or tells what is missing for that. */
    Try hold(Collection<Wanted> wanted, Ceiling ceiling) {
        return hold(wanted, ceiling, ceiling.mostOutput());
    }

    /** As {@link #hold}, but with as much output as the leases buy, down to the least, and tells what is missing for that. */
    Try holdWhatFits(Collection<Wanted> wanted, Ceiling ceiling) {
        lock.lock();
        try {
            long low = ceiling.leastOutput();
            long high = ceiling.mostOutput();
            if (!fits(wanted, ceiling.at().apply(low))) {
                return hold(wanted, ceiling, low);
            }
            while (low < high) {
                long middle = low + (high - low + 1) / 2;
                if (fits(wanted, ceiling.at().apply(middle))) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            return hold(wanted, ceiling, low);
        } finally {
            lock.unlock();
        }
    }

    private boolean fits(Collection<Wanted> wanted, Amounts amounts) {
        for (Wanted each : wanted) {
            Account account = accounts.get(each.key);
            if ((account == null ? 0 : account.available()) < amounts.of(each.unit)) {
                return false;
            }
        }
        return true;
    }

    private Try hold(Collection<Wanted> wanted, Ceiling ceiling, long output) {
        Amounts amounts = ceiling.at().apply(output);
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            List<Shortage> shortages = new ArrayList<>(0);
            for (Wanted each : wanted) {
                long missing = amounts.of(each.unit) - account(each, now).available();
                if (missing > 0) {
                    shortages.add(new Shortage(each.key, missing));
                }
            }
            if (!shortages.isEmpty()) {
                return new Try(null, shortages);
            }
            List<Hold.Part> parts = new ArrayList<>(wanted.size());
            for (Wanted each : wanted) {
                Account account = account(each, now);
                long amount = amounts.of(each.unit);
                account.open++;
                account.held += amount;
                account.burn(amount, now);
                parts.add(new Hold.Part(account, each.unit, amount));
            }
            return new Try(new Hold(++holds, parts, output, amounts), List.of());
        } finally {
            lock.unlock();
        }
    }

    private Account account(Wanted wanted, long now) {
        Account account = accounts.get(wanted.key);
        if (account == null) {
            account = new Account(wanted.key, wanted.unit, now);
            accounts.put(wanted.key, account);
        }
        return account;
    }

    /**
     * Ends a hold: what the call cost is spent, the rest is free again. A call that cost more than its ceiling is charged in
     * full and counted.
     *
     * @return false where it was settled before
     */
    boolean settle(Hold hold, Amounts cost) {
        lock.lock();
        try {
            if (!hold.close()) {
                return false;
            }
            boolean above = false;
            for (Hold.Part part : hold.parts()) {
                long amount = cost.of(part.unit());
                part.account().open--;
                part.account().held -= part.amount();
                part.account().spent += amount;
                above |= amount > part.amount();
            }
            if (above) {
                aboveCeiling++;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Calls that cost more than their ceiling. */
    long aboveCeiling() {
        lock.lock();
        try {
            return aboveCeiling;
        } finally {
            lock.unlock();
        }
    }

    /** Adds to a lease, after the database did, which it does only where all that is leased is within the limit. */
    void leased(Account.Key key, Unit unit, long amount) {
        lock.lock();
        try {
            Account account = account(new Wanted(key, unit), nanoTime.getAsLong());
            account.leased += amount;
            account.closed = false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets nothing new be held of these accounts and of no others, though something be free: their limit was lowered below what
     * is spent and leased. A grant opens an account again.
     */
    void close(Collection<Account.Key> overdrawn) {
        lock.lock();
        try {
            accounts.values().forEach(account -> account.closed = overdrawn.contains(account.key));
        } finally {
            lock.unlock();
        }
    }

    /** Closes one account more. */
    void close(Account.Key overdrawn) {
        lock.lock();
        try {
            Account account = accounts.get(overdrawn);
            if (account != null) {
                account.closed = true;
            }
        } finally {
            lock.unlock();
        }
    }

    /** What calls under way hold, by account; none that hold nothing. */
    Map<Account.Key, Long> held() {
        lock.lock();
        try {
            Map<Account.Key, Long> held = new HashMap<>();
            for (Account account : accounts.values()) {
                if (account.held != 0) {
                    held.put(account.key, account.held);
                }
            }
            return held;
        } finally {
            lock.unlock();
        }
    }

    /** What calls on an account held a second, lately. */
    long burnPerSecond(Account.Key key) {
        lock.lock();
        try {
            Account account = accounts.get(key);
            return account == null ? 0 : account.burnPerSecond;
        } finally {
            lock.unlock();
        }
    }

    /** Whether anything is leased here, so that others may want it back. */
    boolean hasLeases() {
        lock.lock();
        try {
            return accounts.values().stream().anyMatch(account -> account.leased != 0);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Begins a report: what was spent since the last, and what is given back of accounts that are recalled (by the number of
     * the recall) or idle. Empty where there is nothing to tell. End it with {@link #reported} before the next.
     */
    List<Line> report(Map<Account.Key, Long> recalled) {
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            List<Line> lines = new ArrayList<>();
            for (Account account : accounts.values()) {
                boolean gives = recalled.containsKey(account.key) || now - account.lastHeld >= idleNanos;
                long returned = gives ? Math.max(0, account.free()) : 0;
                account.leased -= returned;
                long answers = recalled.getOrDefault(account.key, 0L);
                if (account.spent != 0 || returned != 0 || answers != 0) {
                    lines.add(new Line(account.key, account.spent, returned, answers));
                }
            }
            return lines;
        } finally {
            lock.unlock();
        }
    }

    /** Takes back a report that is never sent: what was spent is told by the next, and what was to be given back is kept. */
    void withdrawn(List<Line> lines) {
        lock.lock();
        try {
            for (Line line : lines) {
                Account account = accounts.get(line.key);
                if (account != null) {
                    account.leased += line.returned;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends a report that the database has taken. */
    void reported(List<Line> lines) {
        lock.lock();
        try {
            for (Line line : lines) {
                Account account = accounts.get(line.key);
                if (account != null) {
                    account.leased -= line.spent;
                    account.spent -= line.spent;
                    if (account.leased == 0
                            && account.open == 0
                            && account.spent == 0
                            && nanoTime.getAsLong() - account.lastHeld >= idleNanos) {
                        accounts.remove(line.key);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
