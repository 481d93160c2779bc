package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Names of datasets and of column types. */
final class Names {
    private static final Pattern DATASET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    private Names() {}

    /**
     * Checks the name of a dataset.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID
     */
    static String checked(String name) {
        if (!DATASET.matcher(name).matches()) {
            throw CommonError.INVALID.because(
                    "'" + name + "' cannot name a dataset; use 1 to 128 letters, digits, dots,"
                            + " dashes and underscores, a letter or digit first.");
        }
        return name;
    }

    static String of(Datasets.ColumnType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    static Datasets.ColumnType type(String label) {
        return Arrays.stream(Datasets.ColumnType.values())
                .filter(type -> of(type).equals(label))
                .findFirst()
                .orElseThrow(() -> {
                    List<String> labels = Arrays.stream(Datasets.ColumnType.values())
                            .map(Names::of)
                            .toList();
                    return CommonError.INVALID.because(
                            "There is no column type '" + label + "'." + Nearest.hint(label, labels));
                });
    }
}
