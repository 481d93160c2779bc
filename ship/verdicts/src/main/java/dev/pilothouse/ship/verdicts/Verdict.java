package dev.pilothouse.ship.verdicts;

import dev.pilothouse.ship.spec.SpecTree;
import dev.pilothouse.ship.statistics.Comparison;
import dev.pilothouse.ship.statistics.Figures;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What follows from the evidence at one look, for whatever is rolled out. */
public sealed interface Verdict {
    /** Harm is shown: traffic goes back at once. */
    record Harmful(String why) implements Verdict {}

    /** Nothing follows yet. */
    record Open() implements Verdict {}

    /** It waited for longer than is declared; a person has to look at it. */
    record Overdue(String why) implements Verdict {}

    /** Nothing keeps it in this step. */
    record Passed() implements Verdict {}

    /**
     * Judges a trial.
     *
     * @param paused whether it stays where it is until somebody resumes it; harm still ends it
     * @param since when the step began
     */
    static Verdict of(Evidence evidence, Trial trial, boolean paused, Instant since, Instant now) {
        Optional<Comparison> harm = evidence.harm();
        if (harm.isPresent()) {
            String where = trial.step() == Count.SHADOW_STEP
                    ? "in shadow"
                    : "at " + trial.rollout().steps().get(trial.step()) + " %";
            return new Harmful("Rolled back " + where + " after " + Figures.count(evidence.requests()) + " requests: "
                    + harm.get().sentence() + ".");
        }
        if (paused) {
            return new Open();
        }
        Optional<String> waits = evidence.waitsFor(trial);
        if (waits.isEmpty()) {
            return new Passed();
        }
        Duration limit = trial.rollout().maxWait();
        return now.isBefore(since.plus(limit))
                ? new Open()
                : new Overdue("Paused after waiting " + SpecTree.text(limit) + ". " + waits.get());
    }
}
