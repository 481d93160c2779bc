package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.Digest;
import java.time.Instant;

/**
 * A price table as it is listed.
 *
 * @param number 1 for the tenant's first; rising by one
 * @param digest of what the table says; its first twelve digits are the version that usage records carry
 * @param source the source whose import made it
 * @param format the format of what was imported
 * @param file digest of the imported file
 * @param rows how many rows the table has
 * @param conflicts how many rows disagree with those that count
 * @param importedBy name of who imported it
 * @param importedAt when
 */
public record PriceVersion(
        long number,
        Digest digest,
        String source,
        PriceFormat format,
        Digest file,
        int rows,
        int conflicts,
        String importedBy,
        Instant importedAt) {}
