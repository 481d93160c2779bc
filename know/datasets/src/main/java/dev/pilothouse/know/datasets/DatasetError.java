package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** How datasets refuse. */
public enum DatasetError implements ErrorCode {
    /** The file cannot be read as the format it is in. */
    UNREADABLE_FILE,
    /** The rows break the dataset's expectations. */
    EXPECTATIONS_BROKEN;

    @Override
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public int status() {
        return 422;
    }
}
