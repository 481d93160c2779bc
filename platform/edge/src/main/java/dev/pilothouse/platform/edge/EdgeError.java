package dev.pilothouse.platform.edge;

import dev.pilothouse.kernel.ErrorCode;
import java.util.Locale;

/** Refusals that only the edge makes; the others are {@link dev.pilothouse.kernel.CommonError}s. */
enum EdgeError implements ErrorCode {
    REQUEST_TIMEOUT(408),
    URI_TOO_LONG(414),
    EXPECTATION_FAILED(417),
    HEADERS_TOO_LARGE(431),
    SHUTTING_DOWN(503);

    private final int status;

    EdgeError(int status) {
        this.status = status;
    }

    @Override
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public int status() {
        return status;
    }
}
