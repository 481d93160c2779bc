package dev.pilothouse.pay.pacing;

import java.math.BigInteger;

/** Parts of amounts, exact but for the last rounding, without floating point. */
public final class Share {
    private Share() {}

    /**
     * {@code amount · part / whole}, rounded down; the greatest long where it is beyond that.
     *
     * @param amount at least 0
     * @param part at least 0
     * @param whole more than 0
     */
    public static long of(long amount, long part, long whole) {
        if (Math.multiplyHigh(amount, part) == 0 && amount * part >= 0) {
            return amount * part / whole;
        }
        BigInteger exact =
                BigInteger.valueOf(amount).multiply(BigInteger.valueOf(part)).divide(BigInteger.valueOf(whole));
        return exact.bitLength() < Long.SIZE ? exact.longValue() : Long.MAX_VALUE;
    }
}
