package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.Digest;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** What one hot table or Parquet file holds rows of: one signal of one tenant. */
record SeriesKey(String signal, String tenant) {
    private static final int LONGEST_NAME = 120;

    /** The tenant as a folder's name: what is not a lower-case letter, a digit, '-' or '_' is '~' and two hex digits. */
    String tenantFolder() {
        var name = new StringBuilder();
        for (byte b : tenant.getBytes(StandardCharsets.UTF_8)) {
            if ((b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '-' || b == '_') {
                name.append((char) b);
            } else {
                name.append('~').append(HexFormat.of().toHexDigits(b));
            }
        }
        // Two tildes are in no other name, so that a shortened one meets none.
        return name.length() <= LONGEST_NAME
                ? name.toString()
                : name.substring(0, 40) + "~~" + Digest.of(tenant).hex();
    }
}
