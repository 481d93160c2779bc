package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

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
    /**
     * A unit and those above it, the organisation left out, the widest first, as {@link dev.pilothouse.kernel.Caller#units} has
     * them.
     *
     * @param id the unit's; empty for none
     * @param units finds a unit by its id
     */
    static List<String> path(String id, Function<String, Optional<Unit>> units) {
        var way = new ArrayDeque<Unit>();
        Optional<Unit> next = id.isEmpty() ? Optional.empty() : units.apply(id);
        while (next.isPresent() && next.get().kind() != Kind.ORGANISATION) {
            way.addFirst(next.get());
            next = units.apply(next.get().parent());
        }
        var path = new ArrayList<String>(way.size());
        String names = "";
        for (Unit unit : way) {
            names = names.isEmpty() ? unit.name() : names + "/" + unit.name();
            path.add(unit.kind().label() + ":" + names);
        }
        return path;
    }

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
