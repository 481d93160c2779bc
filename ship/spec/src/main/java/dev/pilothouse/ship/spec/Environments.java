package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads {@code environments}: what each changes is laid over what the file says for all. Mappings are merged key by key,
 * everything else takes the place of what was there; gates are the exception, an environment adds its own.
 */
final class Environments {
    private static final String KEY = "environments";
    private static final int MOST = 10;
    private static final List<String> KEYS =
            List.of("name", "model", "container", "data", "gates", "rollout", "serving", "notify");

    private Environments() {}

    /**
     * A service's document as it reads in one environment.
     *
     * @param document the merged document, without the environment's gates
     * @param gates the gates that the environment adds; empty where it adds none
     * @param gatesPath where these stand in the file
     * @param environment the environment; empty where the file declares none
     */
    record View(Yaml.Node document, Optional<Yaml.Node> gates, String gatesPath, Optional<Environment> environment) {}

    static List<View> of(Yaml.Node document, List<Problem> problems) {
        Yaml.Member member = document instanceof Yaml.Node.Mapping mapping
                ? mapping.members().get(KEY)
                : null;
        if (!(document instanceof Yaml.Node.Mapping top) || member == null) {
            return List.of(new View(document, Optional.empty(), "", Optional.empty()));
        }
        var shared = new LinkedHashMap<>(top.members());
        shared.remove(KEY);
        Yaml.Node declared = member.value();
        var below = new Yaml.Node.Mapping(top.at(), shared);
        if (!(declared instanceof Yaml.Node.Sequence list) || list.items().isEmpty()) {
            problems.add(declared.at()
                    .problem(
                            KEY,
                            "This must be a list of environments, the first a release passes first, such as"
                                    + " [staging, production]."));
            return List.of(new View(below, Optional.empty(), "", Optional.empty()));
        }
        if (list.items().size() > MOST) {
            problems.add(declared.at().problem(KEY, "More than " + MOST + " environments; use fewer."));
        }
        var views = new ArrayList<View>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < list.items().size(); i++) {
            views.add(view(below, list.items().get(i), i, i == list.items().size() - 1, names, problems));
        }
        return views;
    }

    private static View view(
            Yaml.Node.Mapping below,
            Yaml.Node item,
            int place,
            boolean last,
            Set<String> names,
            List<Problem> problems) {
        String path = KEY + "[" + place + "]";
        Yaml.Node.Mapping changes = mapping(item);
        Fields fields = Fields.of(changes, path, problems);
        fields.required("name", "staging");
        String name = fields.matching("name", "", SpecReader.NAME, SpecReader.NAME_RULE);
        if (!name.isEmpty() && !names.add(name)) {
            fields.problem("name", "The environment '" + name + "' stands in this list twice.");
        }
        Map<String, Yaml.Member> own = new LinkedHashMap<>();
        changes.members().forEach((key, member) -> {
            if (!KEYS.contains(key)) {
                problems.add(member.key()
                        .problem(
                                path + "." + key,
                                "An environment has no key '" + key + "'." + Nearest.hint(key, KEYS)));
            } else if (!key.equals("name") && !key.equals("gates")) {
                own.put(key, member.within(path));
            }
        });
        Yaml.Node.Mapping shared = last ? below : withoutAlias(below);
        return new View(
                over(shared, new Yaml.Node.Mapping(changes.at().within(path), own)),
                Optional.ofNullable(changes.members().get("gates")).map(Yaml.Member::value),
                path + ".gates",
                Optional.of(new Environment(name, place, last)));
    }

    /** An environment may be just its name. */
    private static Yaml.Node.Mapping mapping(Yaml.Node item) {
        return switch (item) {
            case Yaml.Node.Mapping mapping -> mapping;
            case Yaml.Node.Scalar scalar ->
                new Yaml.Node.Mapping(item.at(), Map.of("name", new Yaml.Member(item.at(), scalar)));
            case Yaml.Node.Sequence sequence -> new Yaml.Node.Mapping(sequence.at(), Map.of());
        };
    }

    /** The alias that the file names follows the last environment; each other has one of its own. */
    private static Yaml.Node.Mapping withoutAlias(Yaml.Node.Mapping node) {
        var members = new LinkedHashMap<String, Yaml.Member>();
        node.members().forEach((key, member) -> {
            if (Set.of("model", "container", "files").contains(key)
                    && member.value() instanceof Yaml.Node.Mapping mapping) {
                members.put(key, new Yaml.Member(member.key(), withoutAlias(mapping)));
            } else if (!key.equals("alias")) {
                members.put(key, member);
            }
        });
        return new Yaml.Node.Mapping(node.at(), members);
    }

    private static Yaml.Node.Mapping over(Yaml.Node.Mapping below, Yaml.Node.Mapping above) {
        var members = new LinkedHashMap<>(below.members());
        // A model is named in one of two ways, and the environment's way counts.
        if (above.members().containsKey("ref")) {
            members.remove("name");
        } else if (above.members().containsKey("name")) {
            members.remove("ref");
        }
        above.members().forEach((key, member) -> {
            Yaml.Member old = members.get(key);
            if (old != null
                    && old.value() instanceof Yaml.Node.Mapping lower
                    && member.value() instanceof Yaml.Node.Mapping upper) {
                members.put(key, new Yaml.Member(member.key(), over(lower, upper)));
            } else {
                members.put(key, member);
            }
        });
        return new Yaml.Node.Mapping(below.at(), members);
    }
}
