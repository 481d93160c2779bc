package dev.pilothouse.pay.pacing;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The cheaper models that calls of a budget go over to, the dearest first. Level 0 is the model that the call asked for;
 * level n is the rung n.
 *
 * @param rungs at most {@link #MOST_RUNGS}; none where a budget does not degrade
 */
public record Ladder(List<Rung> rungs) {
    /** Most rungs. */
    public static final int MOST_RUNGS = 8;

    /** Of a budget that does not degrade. */
    public static final Ladder NONE = new Ladder(List.of());

    private static final int LONGEST_ALIAS = 200;

    /**
     * A cheaper model.
     *
     * @param alias the model alias that takes the call
     * @param from at what forecast, in percent of the limit from 1 to 100: calls begin to come here when what is spent, with
     *     what the rest of the window would cost at this price, comes near it
     * @param price what a call costs here, in percent of what it costs with the model that it asked for, 0 to 99; round up
     */
    public record Rung(String alias, int from, int price) {}

    /**
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} with all {@link #problems}
     */
    public Ladder {
        rungs = List.copyOf(rungs);
        List<Problem> problems = problems(rungs);
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The ladder leads nowhere.", problems);
        }
    }

    /** What is wrong with rungs; their places begin with {@code ladder[0]}. */
    public static List<Problem> problems(List<Rung> rungs) {
        List<Problem> problems = new ArrayList<>();
        if (rungs.size() > MOST_RUNGS) {
            problems.add(new Problem("ladder", rungs.size() + " rungs are too many; use at most " + MOST_RUNGS + "."));
        }
        int from = 1;
        int price = 100;
        for (int i = 0; i < rungs.size(); i++) {
            Rung rung = rungs.get(i);
            String where = "ladder[" + i + "].";
            if (rung.alias.isBlank() || rung.alias.length() > LONGEST_ALIAS) {
                problems.add(new Problem(
                        where + "model",
                        "A model alias has 1 to " + LONGEST_ALIAS + " characters, not " + rung.alias.length() + "."));
            }
            if (rung.from < from || rung.from > 100) {
                problems.add(new Problem(
                        where + "from",
                        rung.from + " is no percentage that fits here; use " + from
                                + " to 100, never falling from rung to rung."));
            }
            if (rung.price < 0 || rung.price >= price) {
                problems.add(new Problem(
                        where + "price",
                        rung.price + " % of the preferred model's price is not below the rung before, which has "
                                + price + " %. List the dearest rung first."));
            }
            from = Math.max(from, Math.min(100, rung.from));
            price = Math.max(0, Math.min(price, rung.price));
        }
        return problems;
    }

    /** The alias of a level; empty for level 0, where the call keeps the model that it asked for. */
    public Optional<String> alias(int level) {
        return level == 0 ? Optional.empty() : Optional.of(rungs.get(level - 1).alias);
    }

    /** What a call costs at a level, in percent of level 0. */
    int price(int level) {
        return level == 0 ? 100 : rungs.get(level - 1).price;
    }
}
