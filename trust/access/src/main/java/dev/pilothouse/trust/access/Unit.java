package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;

/**
 * A node of an organisation's tree.
 *
 * @param tenant organisation
 * @param id its id; the organisation's own is the tenant
 * @param parent id of the unit above; empty for the organisation
 * @param kind what it is
 * @param name unique among its siblings
 * @param createdAt when it was made
 */
public record Unit(String tenant, String id, String parent, Kind kind, String name, Instant createdAt) {
    /** Sorts of units, from the top; a unit stands below one of an earlier sort. */
    public enum Kind {
        ORGANISATION,
        DEPARTMENT,
        TEAM,
        PROJECT;

        /** The name in requests and answers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Kind parse(String label) {
            return Arrays.stream(values())
                    .filter(kind -> kind.label().equals(label))
                    .findFirst()
                    .orElseThrow(() -> CommonError.INVALID.because("There is no kind of unit '" + label + "'."
                            + Nearest.hint(
                                    label,
                                    Arrays.stream(values()).map(Kind::label).toList())));
        }
    }
}
