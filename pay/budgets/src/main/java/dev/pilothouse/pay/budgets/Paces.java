package dev.pilothouse.pay.budgets;

import dev.pilothouse.pay.pacing.BurnForecast;
import dev.pilothouse.pay.pacing.Pace;
import dev.pilothouse.pay.pacing.Share;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is left of budgets, and which cheaper model a call goes to so that they last: reads each second where they stand, and
 * keeps a {@link Pace} for each that has a ladder. Thread-safe; asking and telling do no I/O and wait for nobody.
 *
 * <p>What all servers' calls would have cost with the models that they asked for is what was settled by all, times what this
 * server's calls would have cost over what they did.
 */
public final class Paces implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Paces.class);

    private final Declarations declarations;
    private final Map<String, Course> courses = new ConcurrentHashMap<>();
    private final Map<String, Rest> rests = new ConcurrentHashMap<>();
    private final ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("budget-paces").factory());

    /**
     * Where a call goes.
     *
     * @param budget whose forecast asks for it
     * @param level the ladder's level, at least 1
     * @param alias the model alias
     */
    public record Step(Budget budget, int level, String alias) {}

    /**
     * What was left of a budget when it was last looked at.
     *
     * @param remaining then, by all servers
     * @param spent since then, by this one
     */
    private record Rest(long remaining, LongAdder spent) {}

    /** One budget in one window. Its longs belong to the looking thread. */
    private static final class Course {
        private final Instant from;
        private final LongAdder asked = new LongAdder();
        private final LongAdder cost = new LongAdder();
        private final LongAccumulator largest = new LongAccumulator(Math::max, 0);
        private BurnForecast forecast;
        private volatile Pace pace;
        private long settled;
        private long demand;
        private long lastAsked = 1;
        private long lastCost = 1;

        Course(Standing standing) {
            boolean ends = !standing.until().equals(Instant.MAX);
            this.from = standing.from();
            this.forecast = BurnForecast.begin(
                    from.toEpochMilli(), ends ? standing.until().toEpochMilli() : Long.MAX_VALUE, standing.limit());
            this.settled = standing.settled();
            this.demand = standing.settled();
            this.pace = next(standing);
        }

        void look(Standing standing) {
            long hereAsked = asked.sumThenReset();
            long hereCost = cost.sumThenReset();
            long more = Math.max(0, standing.settled() - settled);
            settled = standing.settled();
            if (hereCost > 0) {
                lastAsked = hereAsked;
                lastCost = hereCost;
            }
            // Where calls cost nothing, what this server saw is all that is known.
            long wanted = hereCost == 0 && hereAsked > 0 ? hereAsked : Share.of(more, lastAsked, lastCost);
            demand = Math.min(Long.MAX_VALUE - demand, wanted) + demand;
            pace = next(standing);
        }

        private Pace next(Standing standing) {
            forecast = forecast.observe(standing.at().toEpochMilli(), demand);
            return forecast.pace(
                    standing.budget().ladder(),
                    standing.limit(),
                    standing.settled() + standing.leased(),
                    largest.get());
        }
    }

    /** Paces of declared budgets; {@link #start} begins to look where they stand. */
    public Paces(Declarations declarations) {
        this.declarations = declarations;
    }

    /** Begins to look, once before it returns. */
    public void start() {
        lookOrWarn();
        var _ = looking.scheduleWithFixedDelay(this::lookOrWarn, 1, 1, TimeUnit.SECONDS);
    }

    private void lookOrWarn() {
        try {
            look();
        } catch (RuntimeException e) {
            log.warn("Where budgets stand could not be read; their paces stay as they were", e);
        }
    }

    /** Looks once; for one thread at a time. */
    void look() {
        Set<String> there = new HashSet<>();
        Set<String> declared = new HashSet<>();
        for (Standing standing : declarations.all()) {
            Budget budget = standing.budget();
            declared.add(budget.id());
            rests.put(budget.id(), new Rest(standing.remaining(), new LongAdder()));
            if (budget.ladder().rungs().isEmpty()) {
                continue;
            }
            there.add(budget.id());
            Course course = courses.get(budget.id());
            if (course == null || !course.from.equals(standing.from())) {
                courses.put(budget.id(), new Course(standing));
            } else {
                course.look(standing);
            }
        }
        courses.keySet().retainAll(there);
        rests.keySet().retainAll(declared);
    }

    /**
     * The cheapest model that a budget asks for; empty where all let the call keep its own. A budget that was declared less than
     * a second ago has no say yet.
     *
     * @param counting the budgets that count the call
     * @param key calls with the same one, such as a session's, go together
     */
    public Optional<Step> step(List<Budget> counting, String key) {
        if (courses.isEmpty()) {
            return Optional.empty();
        }
        int position = Pace.position(key);
        Step cheapest = null;
        int price = 100;
        for (Budget budget : counting) {
            Course course = courses.get(budget.id());
            if (course == null) {
                continue;
            }
            Pace pace = course.pace;
            int level = pace.level(position);
            if (level > 0 && pace.ladder().rungs().get(level - 1).price() < price) {
                price = pace.ladder().rungs().get(level - 1).price();
                cheapest = new Step(budget, level, pace.ladder().alias(level).orElseThrow());
            }
        }
        return Optional.ofNullable(cheapest);
    }

    /** What a budget is forecast to have spent at its window's end if no call were degraded; empty where it has no ladder. */
    public Optional<Pace> pace(Budget budget) {
        return Optional.ofNullable(courses.get(budget.id())).map(course -> course.pace);
    }

    /**
     * What further calls may spend of a budget, in its unit and at least 0: as all servers had it at most a second ago, less what
     * calls of this one cost since; empty for a budget that was declared since then.
     */
    public OptionalLong remaining(Budget budget) {
        Rest rest = rests.get(budget.id());
        return rest == null ? OptionalLong.empty() : OptionalLong.of(Math.max(0, rest.remaining - rest.spent.sum()));
    }

    /**
     * Tells of a call that ended.
     *
     * @param counting the budgets that count it
     * @param asked what it would have cost with the model that it asked for
     * @param cost what it did cost
     * @param ceiling what it would have held at most with the model that it asked for
     */
    public void served(List<Budget> counting, Amounts asked, Amounts cost, Amounts ceiling) {
        for (Budget budget : counting) {
            Rest rest = rests.get(budget.id());
            if (rest != null) {
                rest.spent.add(cost.of(budget.unit()));
            }
            Course course = courses.get(budget.id());
            if (course != null) {
                course.asked.add(asked.of(budget.unit()));
                course.cost.add(cost.of(budget.unit()));
                course.largest.accumulate(ceiling.of(budget.unit()));
            }
        }
    }

    /** Looks no more. */
    @Override
    public void close() {
        looking.shutdownNow();
    }
}
