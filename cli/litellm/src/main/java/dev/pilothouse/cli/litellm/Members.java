package dev.pilothouse.cli.litellm;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** The members of a mapping, of which those that nobody takes are named at the end. For one reader. */
final class Members {
    private static final String UNKNOWN = "Left out: this means nothing to this program.";

    private final Map<String, Yaml> members;
    private final Set<String> taken = new HashSet<>();

    Members(Yaml mapping) {
        members = mapping.members();
    }

    /** A member that is a mapping. */
    Optional<Yaml> mapping(String name) {
        return take(name, Yaml::isMapping);
    }

    /** The items of a member that is a list; none where there is none. */
    List<Yaml> list(String name) {
        return take(name, Yaml::isList).map(Yaml::items).orElse(List.of());
    }

    /** The text of a member that is a scalar. */
    Optional<String> text(String name) {
        return take(name, value -> value.text().isPresent()).flatMap(Yaml::text);
    }

    /** A member that is of the kind that was expected, which counts as taken; one of another kind is named at the end. */
    private Optional<Yaml> take(String name, Predicate<Yaml> kind) {
        Optional<Yaml> member = Optional.ofNullable(members.get(name)).filter(kind);
        member.ifPresent(_ -> taken.add(name));
        return member;
    }

    /** Names what was not taken, with the reason where one is known. */
    void leave(Plan plan, Map<String, String> reasons) {
        members.forEach((name, value) -> {
            if (!taken.contains(name) && !value.isEmpty()) {
                plan.note(value.place(), reasons.getOrDefault(name, UNKNOWN));
            }
        });
    }
}
