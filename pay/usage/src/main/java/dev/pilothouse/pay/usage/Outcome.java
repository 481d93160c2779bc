package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.List;
import java.util.Locale;

/** How a call ended. */
public enum Outcome {
    /** It was answered in full. */
    OK(0),
    /** The provider failed, or could not be reached. */
    ERROR(1),
    /** It was not sent: a budget, a limit or a guard refused it. */
    REFUSED(2),
    /** The client left before the answer was complete. */
    ABORTED(3),
    /** What it used is not known, so it is charged its ceiling: its end was lost in a crash, or nobody told its usage. */
    BOUNDED(4);

    private static final List<Outcome> ALL = List.of(values());

    private final int code;

    Outcome(int code) {
        this.code = code;
    }

    /** The name in requests, answers and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads a {@link #label()}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the nearest outcome
     */
    public static Outcome parse(String label) {
        return ALL.stream()
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because("There is no outcome '" + label + "'."
                        + Nearest.hint(label, ALL.stream().map(Outcome::label).toList())));
    }

    /** How logs name it, for ever. */
    int code() {
        return code;
    }

    /** Reads a {@link #code()}; one that a later version added is an {@link #ERROR}. */
    static Outcome of(int code) {
        for (Outcome each : ALL) {
            if (each.code == code) {
                return each;
            }
        }
        return ERROR;
    }
}
