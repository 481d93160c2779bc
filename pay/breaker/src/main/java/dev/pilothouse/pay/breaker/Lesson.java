package dev.pilothouse.pay.breaker;

import java.nio.ByteBuffer;

/**
 * What one hour of an agent is to teach its baseline, while the hour lasts. It is stored each second in which it changes, so
 * that a crash loses no more of it. For one thread.
 */
final class Lesson {
    private final long hour;
    private long seconds;
    private long nanoUsd;
    private long calls;
    private long settledNanoUsd;
    private long ceilingNanoUsd;
    private boolean suspicious;
    private final double[] squares = new double[Windows.LEVELS];
    private final double[] masses = new double[Windows.LEVELS];

    /** The lesson of an hour, counted from 1970-01-01T00:00 in local time. */
    Lesson(long hour) {
        this.hour = hour;
    }

    long hour() {
        return hour;
    }

    /** How much of the hour was watched. */
    long seconds() {
        return seconds;
    }

    long nanoUsd() {
        return nanoUsd;
    }

    long calls() {
        return calls;
    }

    /** What those of the calls cost whose ceiling was told. */
    long settledNanoUsd() {
        return settledNanoUsd;
    }

    /** Sum of the ceilings of these. */
    long ceilingNanoUsd() {
        return ceilingNanoUsd;
    }

    /** Sums of squared deviations from what was predicted, by level of {@link Windows}. */
    double[] squares() {
        return squares;
    }

    /** Sums of what was predicted. */
    double[] masses() {
        return masses;
    }

    /** Whether it teaches nothing, because the agent was paused or near it. */
    boolean isSuspicious() {
        return suspicious;
    }

    void suspect() {
        suspicious = true;
    }

    void watch(long more) {
        seconds += more;
    }

    void add(Burn burn) {
        nanoUsd = Windows.plus(nanoUsd, burn.nanoUsd());
        calls += burn.calls();
        settledNanoUsd = Windows.plus(settledNanoUsd, burn.settledNanoUsd());
        ceilingNanoUsd = Windows.plus(ceilingNanoUsd, burn.ceilingNanoUsd());
    }

    /** Takes in stretches of time that ended: the first with a spend, the others empty. */
    void compare(int level, double predicted, double spent, long stretches) {
        squares[level] += (spent - predicted) * (spent - predicted) + (stretches - 1) * predicted * predicted;
        masses[level] += stretches * predicted;
    }

    byte[] bytes() {
        var bytes = ByteBuffer.allocate(Long.BYTES * 6 + 1 + 2 * Double.BYTES * Windows.LEVELS)
                .putLong(hour)
                .putLong(seconds)
                .putLong(nanoUsd)
                .putLong(calls)
                .putLong(settledNanoUsd)
                .putLong(ceilingNanoUsd)
                .put((byte) (suspicious ? 1 : 0));
        for (int level = 0; level < Windows.LEVELS; level++) {
            bytes.putDouble(squares[level]).putDouble(masses[level]);
        }
        return bytes.array();
    }

    /** What {@link #bytes} wrote. */
    static Lesson parse(byte[] stored) {
        ByteBuffer bytes = ByteBuffer.wrap(stored);
        var lesson = new Lesson(bytes.getLong());
        lesson.seconds = bytes.getLong();
        lesson.nanoUsd = bytes.getLong();
        lesson.calls = bytes.getLong();
        lesson.settledNanoUsd = bytes.getLong();
        lesson.ceilingNanoUsd = bytes.getLong();
        lesson.suspicious = bytes.get() != 0;
        for (int level = 0; level < Windows.LEVELS; level++) {
            lesson.squares[level] = bytes.getDouble();
            lesson.masses[level] = bytes.getDouble();
        }
        return lesson;
    }
}
