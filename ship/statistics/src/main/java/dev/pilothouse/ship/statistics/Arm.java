package dev.pilothouse.ship.statistics;

/**
 * Cumulative counts of one version.
 *
 * @param trials requests, at least 0
 * @param events those of them with the outcome that is counted (failed, slow, wrong), from 0 to {@code trials}
 */
public record Arm(long trials, long events) {
    /** Nothing seen. */
    public static final Arm NONE = new Arm(0, 0);

    public Arm {
        if (events < 0 || events > trials) {
            throw new IllegalArgumentException("An arm cannot have " + events + " events in " + trials + " trials");
        }
    }

    /** Both together. */
    public Arm plus(Arm more) {
        return new Arm(Math.addExact(trials, more.trials), Math.addExact(events, more.events));
    }

    /** Share of trials with the event; 0 where there are no trials. */
    public double rate() {
        return trials == 0 ? 0 : (double) events / trials;
    }
}
