package dev.pilothouse.run.splits;

import dev.pilothouse.run.providers.ModelRoute;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One call's side of a split, told what becomes of the call. For one call, on its event loop. */
public final class Side {
    private final ModelRoute route;
    private final @Nullable LiveSplit split;
    private final boolean candidate;
    private boolean asked;
    private boolean failed;
    private boolean counted;

    Side(ModelRoute route, @Nullable LiveSplit split, boolean candidate) {
        this.route = route;
        this.split = split;
        this.candidate = candidate;
    }

    /** Of a call of an alias that is not split. */
    public static Side whole(ModelRoute route) {
        return new Side(route, null, false);
    }

    /** Who answers on this side. */
    public ModelRoute route() {
        return route;
    }

    /** Whether it is the candidate's. */
    public boolean isCandidate() {
        return candidate;
    }

    /** A target was asked, and failed or refused; another one may answer yet, but the call counts as failed. */
    public void failed() {
        asked = true;
        failed = true;
    }

    /**
     * The call was answered.
     *
     * @param whole whether its client got a whole answer, which no guard withheld
     * @param waited until what its client waits for was there
     * @param costNanoUsd what it cost, all attempts together
     */
    public void answered(boolean whole, Wait wait, Duration waited, long costNanoUsd) {
        if (split != null && !counted) {
            counted = true;
            split.answered(candidate, failed || !whole, wait, waited, costNanoUsd);
        }
    }

    /** The client left, so that nobody knows how it would have ended. */
    public void left() {
        counted = true;
    }

    /** The call ended without an answer; where no target was asked, that says nothing of any side. */
    public void unanswered() {
        if (split != null && !counted && asked) {
            counted = true;
            split.unanswered(candidate);
        }
    }
}
