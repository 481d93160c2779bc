package dev.pilothouse.pay.pacing;

import java.util.List;

/**
 * Where the calls of a budget go for the moment. Asking it does no I/O and takes some nanoseconds. Where a call's ceiling does
 * not fit at its level, the levels below it are to be tried before it is refused.
 *
 * @param ladder the levels
 * @param cuts for each level but the last, the positions below which calls stay at or above it, in millionths, rising
 * @param forecast what will be spent by the window's end if every call keeps the model it asks for, in the budget's unit
 */
public record Pace(Ladder ladder, List<Integer> cuts, long forecast) {
    /** Positions are from 0 to below this. */
    public static final int POSITIONS = 1_000_000;

    public Pace {
        cuts = List.copyOf(cuts);
    }

    /** Whether any call goes to a cheaper model. */
    public boolean degrades() {
        return !cuts.isEmpty() && cuts.getFirst() < POSITIONS;
    }

    /** The share of calls that keep the model they ask for, in millionths. */
    public int kept() {
        return cuts.isEmpty() ? POSITIONS : cuts.getFirst();
    }

    /**
     * The level of a call, 0 for the model that it asks for.
     *
     * @param position of the call, 0 to below {@link #POSITIONS}, evenly distributed over calls. Calls that share one, such as
     *     those of a session, stay on a model for as long as the pace allows
     */
    public int level(int position) {
        int level = 0;
        while (level < cuts.size() && position >= cuts.get(level)) {
            level++;
        }
        return level;
    }

    /**
     * The position of a key, such as a session's or a request's id: FNV-1a over its characters (Fowler, Noll and Vo), with the
     * last mixing step of MurmurHash3 (Appleby), without which similar keys would lie close together.
     */
    public static int position(String key) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < key.length(); i++) {
            hash = (hash ^ key.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return (int) Long.remainderUnsigned(hash ^ (hash >>> 33), POSITIONS);
    }
}
