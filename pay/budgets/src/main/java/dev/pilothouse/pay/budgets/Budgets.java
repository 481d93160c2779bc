package dev.pilothouse.pay.budgets;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.segments.SegmentConfig;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Front door of the budgets: holds what a call can cost at most on all budgets of its scopes, and settles what it did cost.
 * Thread-safe. Where leases of this server cover a call, no I/O is done; else the answer comes once the database was asked.
 */
public final class Budgets implements AutoCloseable {
    /** Where the tables come from. */
    public static final Migrations MIGRATIONS = new Migrations("budgets");

    private static final Logger log = LoggerFactory.getLogger(Budgets.class);
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final long TELL_HELD_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long TICK_MILLIS = 50;
    private static final long ASK_AGAIN_MILLIS = 10;
    /** Each but the first means that other calls took what was drawn for this one. */
    private static final int MOST_DRAWS = 1_000;
    /** Each but the first means that a server had drawn ahead again since the one before. */
    private static final int MOST_RECALLS = 10;

    private static final byte[] NOTHING = {};
    private static final Comparator<Counted> WIDEST_FIRST =
            Comparator.comparing(each -> each.budget.scope().kind());

    private final Store store;
    private final Replica replica;
    private final InstantSource clock;
    private final SpendLog spend;
    private final TreasuryDesk desk;
    private final Book book = new Book(System::nanoTime, IDLE.toNanos());
    /** Keeps settlements and marks of reports in one order, in the book and in the log. */
    private final ReentrantLock order = new ReentrantLock();

    private final ScheduledExecutorService ticking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("budgets").factory());
    private final AtomicBoolean ticksSoon = new AtomicBoolean();
    private volatile Map<String, Map<Scope, List<Counted>>> byTenant = Map.of();
    /** These belong to the ticking thread. */
    private long reports;

    private int bounded;
    private List<Book.Line> unreported = List.of();
    private CompletableFuture<?> marked = CompletableFuture.completedFuture("");
    private Map<Account.Key, Long> toldHeld = Map.of();
    private long toldHeldAt = System.nanoTime() - TELL_HELD_NANOS;

    /**
     * Opens the budgets of a store with {@link #MIGRATIONS}, and first settles what earlier runs of this server left behind:
     * what they spent and had not reported is charged, and calls that have no end at their ceiling.
     *
     * @param replica this server among those of the store
     * @param folder where this server logs what it holds and settles; no other server's
     */
    public Budgets(Store store, Replica replica, Path folder, InstantSource clock) {
        this(store, replica, folder, SegmentConfig.STANDARD, clock);
    }

    Budgets(Store store, Replica replica, Path folder, SegmentConfig config, InstantSource clock) {
        this.store = store;
        this.replica = replica;
        this.clock = clock;
        this.spend = new SpendLog(folder, config, clock);
        this.desk = new TreasuryDesk(store, replica, this::tickSoon);
        settleRests();
        spend.run(replica.id()).join();
        load();
        var _ = ticking.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        var _ = ticking.scheduleWithFixedDelay(this::load, 1, 1, TimeUnit.SECONDS);
    }

    /** In one unit for all earlier runs, of which there is one for each start since calls last filled a segment of the log. */
    private void settleRests() {
        List<SpendLog.Rest> rests = spend.rests(server -> store.read(tx -> SqlTreasury.reports(tx, server)));
        bounded = store.writeAndWait(tx -> {
            SqlTreasury.alone(tx);
            return rests.stream()
                    .filter(rest -> SqlTreasury.end(tx, rest.server(), rest.charges()))
                    .mapToInt(SpendLog.Rest::bounded)
                    .sum();
        });
        if (bounded > 0) {
            log.warn(
                    "{} calls were under way when this server ended; what they cost is not known, so that each was"
                            + " charged its ceiling",
                    bounded);
        }
    }

    /** Calls that were under way when this server last ended, each of which was charged its ceiling. */
    public int bounded() {
        return bounded;
    }

    /** The calls that have ended, for who keeps them for longer than this server's log does; for one thread. */
    public EndedCalls endedCalls() {
        return spend.ended();
    }

    /**
     * Declares a budget, or changes all of one but what it counts, without a word to the ledger; people go through
     * {@link Declarations}. Other servers know it within a second.
     */
    public void put(Budget budget) {
        store.writeAndWait(tx -> {
            SqlBudgets.put(tx, budget, clock.instant());
            return budget;
        });
        load();
    }

    /** Reads again what is declared; one at a time, so that none overwrites what a later one has read. */
    synchronized void load() {
        try {
            know(store.read(SqlBudgets::all));
        } catch (RuntimeException e) {
            log.warn("Budgets could not be read again; those known before go on to apply", e);
        }
    }

    private void know(List<Budget> declared) {
        Map<String, Map<Scope, List<Counted>>> all = new HashMap<>();
        for (Budget budget : declared) {
            all.computeIfAbsent(budget.tenant(), _ -> new HashMap<>())
                    .computeIfAbsent(budget.scope(), _ -> new ArrayList<>(1))
                    .add(new Counted(budget));
        }
        byTenant = all;
    }

    /** The budgets that count what a call of these scopes spends, the widest first. */
    public List<Budget> of(String tenant, Set<Scope> scopes) {
        List<Counted> counted = counted(tenant, scopes);
        List<Budget> found = new ArrayList<>(counted.size());
        counted.forEach(each -> found.add(each.budget));
        return found;
    }

    private List<Counted> counted(String tenant, Set<Scope> scopes) {
        Map<Scope, List<Counted>> byScope = byTenant.getOrDefault(tenant, Map.of());
        if (byScope.isEmpty()) {
            return List.of();
        }
        List<Counted> found = new ArrayList<>(scopes.size());
        for (Scope scope : scopes) {
            found.addAll(byScope.getOrDefault(scope, List.of()));
        }
        found.sort(WIDEST_FIRST);
        return found;
    }

    /** As {@link #hold(String, Set, Ceiling, byte[])}, with nothing to keep of the call. */
    public CompletableFuture<Answer> hold(String tenant, Set<Scope> scopes, Ceiling ceiling) {
        return hold(tenant, scopes, ceiling, NOTHING);
    }

    /**
     * Asks for a call. Where no budget applies it is held at once, on nothing.
     *
     * @param opening what else the log is to keep of the call before it is made: all that is known where its end is lost
     * @return completes exceptionally where the database cannot be asked; on a store's thread, or at once
     */
    public CompletableFuture<Answer> hold(String tenant, Set<Scope> scopes, Ceiling ceiling, byte[] opening) {
        Instant now = clock.instant();
        List<Counted> counted = counted(tenant, scopes);
        List<Account.Asked> asked = new ArrayList<>(counted.size());
        counted.forEach(each -> asked.add(each.at(now)));
        var request = new Request(asked, ceiling, opening);
        request.attempt();
        if (request.answer.isDone() && !request.answer.isCompletedExceptionally()) {
            return request.answer;
        }
        // A budget may be removed while it is asked; then the others decide.
        return request.answer.exceptionallyCompose(failure ->
                failure instanceof PilothouseException refusal && refusal.code() == BudgetError.NO_SUCH_BUDGET
                        ? store.readAsync(SqlBudgets::all).thenCompose(declared -> {
                            know(declared);
                            return hold(tenant, scopes, ceiling, opening);
                        })
                        : CompletableFuture.failedFuture(failure));
    }

    /**
     * Ends a hold with what the call cost; {@link Amounts#NONE} where it was not made. A call that cost more than its ceiling is
     * charged in full.
     *
     * @param detail what else the log is to keep of the call
     * @return completes once this is in the log, after which the client may see its call as ended; with false where the hold was
     *     settled before, which changes nothing
     */
    public CompletableFuture<Boolean> settle(Hold hold, Amounts cost, byte[] detail) {
        order.lock();
        try {
            return book.settle(hold, cost)
                    ? spend.end(hold, cost, detail).thenApply(_ -> true)
                    : CompletableFuture.completedFuture(false);
        } finally {
            order.unlock();
        }
    }

    /** Calls of this server that cost more than their ceiling, which should be none. */
    public long aboveCeiling() {
        return book.aboveCeiling();
    }

    /** A budget as it is declared now, and its window, which many calls in turn ask for. */
    private static final class Counted {
        private final Budget budget;
        private volatile Account.@Nullable Asked lately;

        Counted(Budget budget) {
            this.budget = budget;
        }

        Account.Asked at(Instant now) {
            Account.Asked asked = lately;
            if (asked == null || !asked.isAt(now)) {
                asked = Account.Asked.of(budget, now);
                lately = asked;
            }
            return asked;
        }
    }

    /** A call on its way to a hold; its steps follow one another, on whatever thread. */
    private final class Request {
        private final List<Account.Asked> asked;
        private final List<Book.Wanted> wanted;
        private final Ceiling ceiling;
        private final byte[] opening;
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();
        private int recalls;
        private List<SqlTreasury.Recall> recalled = List.of();
        private boolean whatFits;
        private int draws;

        Request(List<Account.Asked> asked, Ceiling ceiling, byte[] opening) {
            this.asked = asked;
            this.wanted = asked.stream().map(Account.Asked::wanted).toList();
            this.ceiling = ceiling;
            this.opening = opening;
        }

        void attempt() {
            Book.Try outcome = whatFits ? book.holdWhatFits(wanted, ceiling) : book.hold(wanted, ceiling);
            Hold hold = outcome.hold();
            if (hold != null) {
                begin(hold);
            } else if (draws == MOST_DRAWS) {
                answer.completeExceptionally(BudgetError.BUDGET_BUSY.because(
                        "So many calls ask this budget at once that none was left for this one. Try again."));
            } else {
                draw(outcome.shortages());
            }
        }

        private void begin(Hold hold) {
            var _ = spend.begin(hold, opening).whenComplete((_, failure) -> {
                if (failure == null) {
                    answer.complete(new Answer.Held(hold));
                } else {
                    // The call is not made, so it costs nothing, whatever became of the record.
                    book.settle(hold, Amounts.NONE);
                    answer.completeExceptionally(failure);
                }
            });
        }

        private void draw(List<Book.Shortage> shortages) {
            draws++;
            List<SqlTreasury.Draw> wishes = shortages.stream().map(this::draw).toList();
            then(desk.draw(wishes), drawn -> {
                if (drawn.gone().isPresent()) {
                    answer.completeExceptionally(SqlTreasury.gone(drawn.gone().get()));
                } else if (!drawn.grants().isEmpty()) {
                    drawn.grants().forEach(grant -> book.leased(grant.key(), unit(grant.key()), grant.amount()));
                    attempt();
                } else if (recalls == 0) {
                    recall(shortages);
                } else {
                    then(desk.isAwaited(recalled), ahead -> goOn(shortages, ahead));
                }
            });
        }

        /** Every living server gives back what it does not hold, this one too: what it is just giving back is nobody's. */
        private void recall(List<Book.Shortage> shortages) {
            recalls++;
            then(desk.recall(shortages.stream().map(Book.Shortage::key).toList()), this::await);
        }

        private void goOn(List<Book.Shortage> shortages, boolean ahead) {
            if (ahead && recalls < MOST_RECALLS) {
                recall(shortages);
            } else if (!whatFits && ceiling.leastOutput() < ceiling.mostOutput()) {
                whatFits = true;
                attempt();
            } else {
                refuse(shortages);
            }
        }

        /** Goes on with what a step came to, or ends with its failure. */
        private <T> void then(CompletableFuture<T> step, Consumer<T> next) {
            var _ = step.thenAccept(next).exceptionally(failure -> {
                answer.completeExceptionally(
                        failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure);
                return null;
            });
        }

        /** Besides what is missing, what calls here will hold in the next second, or what this one could use beyond the least. */
        private SqlTreasury.Draw draw(Book.Shortage shortage) {
            Account.Key key = shortage.key();
            long missing = shortage.missing();
            if (!whatFits) {
                return new SqlTreasury.Draw(key, missing, missing, book.burnPerSecond(key));
            }
            long more = cost(ceiling.mostOutput(), key) - cost(ceiling.leastOutput(), key);
            return new SqlTreasury.Draw(key, missing, missing + more, 0);
        }

        private long cost(long output, Account.Key key) {
            return ceiling.at().apply(output).of(unit(key));
        }

        private Unit unit(Account.Key key) {
            return find(key).budget().unit();
        }

        private Account.Asked find(Account.Key key) {
            return asked.stream()
                    .filter(each -> each.key().equals(key))
                    .findFirst()
                    .orElseThrow();
        }

        private void await(List<SqlTreasury.Recall> asked) {
            recalled = asked;
            then(desk.isAwaited(asked), awaited -> {
                if (awaited) {
                    var _ = ticking.schedule(() -> await(asked), ASK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
                } else {
                    attempt();
                }
            });
        }

        private void refuse(List<Book.Shortage> shortages) {
            then(
                    store.readAsync(tx -> shortages.stream()
                            .flatMap(shortage -> SqlTreasury.find(tx, shortage.key())
                                    .filter(row -> row.free() < shortage.missing())
                                    .map(row -> refused(shortage.key(), row))
                                    .stream())
                            .findFirst()),
                    // Something may have come back in between.
                    refused -> refused.ifPresentOrElse(answer::complete, this::attempt));
        }

        private Answer.Refused refused(Account.Key key, SqlTreasury.Row row) {
            if (row.free() < 0) {
                book.close(key);
            }
            Account.Asked by = find(key);
            long needed = cost(ceiling.leastOutput(), key);
            return new Answer.Refused(by.budget(), needed, Math.max(0, row.limit() - row.settled()), by.until());
        }
    }

    private void tickSoon() {
        if (ticksSoon.compareAndSet(false, true)) {
            ticking.execute(() -> {
                ticksSoon.set(false);
                tick();
            });
        }
    }

    /** Reports what was spent and gives back what is recalled or idle. */
    private void tick() {
        try {
            if (marked.isCompletedExceptionally()) {
                // The log was full and has no such mark, so that this report is never sent.
                book.withdrawn(unreported);
                unreported = List.of();
                marked = CompletableFuture.completedFuture("");
            }
            if (unreported.isEmpty() && book.hasLeases()) {
                Map<Account.Key, Long> recalled = new HashMap<>();
                List<Account.Key> overdrawn = store.read(tx -> {
                    SqlTreasury.recalls(tx, replica.id())
                            .forEach(recall -> recalled.put(recall.key(), recall.number()));
                    return SqlTreasury.overdrawn(tx, replica.id());
                });
                // Whatever becomes free of these is given back for as long as they are overdrawn.
                book.close(overdrawn);
                overdrawn.forEach(key -> recalled.putIfAbsent(key, 0L));
                begin(recalled);
            }
            if (!unreported.isEmpty()) {
                // The same lines under the same number until it is known that they were taken.
                marked.join();
                store.writeAndWait(tx -> {
                    SqlTreasury.alone(tx);
                    SqlTreasury.report(tx, replica.id(), reports, unreported);
                    return reports;
                });
                spend.taken(reports);
                book.reported(unreported);
                unreported = List.of();
            }
            tellHeld();
        } catch (RuntimeException e) {
            log.warn("Spend could not be reported to the database; the next try is in {} ms", TICK_MILLIS, e);
        }
    }

    /** Says what calls here hold, for people to see. */
    private void tellHeld() {
        Map<Account.Key, Long> held = book.held();
        if (held.equals(toldHeld) || System.nanoTime() - toldHeldAt < TELL_HELD_NANOS) {
            return;
        }
        Map<Account.Key, Long> changed = new HashMap<>(held);
        toldHeld.keySet().forEach(key -> changed.putIfAbsent(key, 0L));
        store.writeAndWait(tx -> {
            SqlTreasury.alone(tx);
            SqlTreasury.held(tx, replica.id(), changed);
            return changed;
        });
        toldHeld = held;
        toldHeldAt = System.nanoTime();
    }

    private void begin(Map<Account.Key, Long> recalled) {
        order.lock();
        try {
            unreported = book.report(recalled);
            if (!unreported.isEmpty()) {
                reports++;
                marked = spend.mark(reports);
            }
        } finally {
            order.unlock();
        }
    }

    /** Reports all that is settled; calls under way stay reserved until this server is opened again. */
    @Override
    public void close() {
        ticking.shutdown();
        try {
            if (!ticking.awaitTermination(5, TimeUnit.SECONDS)) {
                ticking.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tick();
        spend.close();
    }

    /** Stops as a crash would, for tests: nothing more is reported. */
    void crash() {
        ticking.shutdownNow();
        spend.close();
    }
}
