package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Which groups of a sum come first. */
public enum UsageOrder {
    /** The dearest. */
    COST,
    /** Those of most calls. */
    CALLS,
    /** Those of most tokens, in and out. */
    TOKENS;

    /**
     * Reads the lower-case name.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the nearest
     */
    public static UsageOrder parse(String label) {
        List<UsageOrder> all = Arrays.asList(values());
        return all.stream()
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because("Usage cannot be ordered by '" + label + "'."
                        + Nearest.hint(
                                label, all.stream().map(UsageOrder::label).toList())));
    }

    private String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
