package dev.pilothouse.cli.litellm;

import dev.pilothouse.cli.litellm.DeploymentReader.Target;
import dev.pilothouse.platform.json.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the configuration of a proxy into a plan. For one file. */
final class ConfigReader {
    private static final Pattern ALIAS = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._:/-]{0,126}[A-Za-z0-9])?");
    private static final int HEAVIEST = 10_000;
    private static final int MOST_TARGETS = 20;

    private final Plan plan;
    private final Map<String, List<Target>> targets = new LinkedHashMap<>();
    private final Map<String, String> otherNames = new LinkedHashMap<>();
    private final Map<String, Set<String>> fallbacks = new LinkedHashMap<>();
    private final Set<String> usualFallbacks = new LinkedHashSet<>();

    private ConfigReader(Plan plan) {
        this.plan = plan;
    }

    /**
     * Adds to a plan what a file says.
     *
     * @param variables of this program's environment, for what the file takes from there
     * @param organisation the caller's, whose budget a budget of the whole proxy is
     */
    static void read(Yaml file, Map<String, String> variables, String organisation, Plan plan) {
        new ConfigReader(plan).read(new Members(file), variables, organisation);
    }

    private void read(Members top, Map<String, String> variables, String organisation) {
        var environment = new Environment(
                variables,
                top.mapping("environment_variables").map(Yaml::members).orElse(Map.of()));
        targets.putAll(new DeploymentReader(plan, environment).read(top.list("model_list")));
        for (String part : List.of("router_settings", "litellm_settings")) {
            top.mapping(part).ifPresent(value -> settings(new Members(value), organisation, value));
        }
        top.mapping("general_settings").ifPresent(value -> new Members(value).leave(plan, Reasons.GENERAL));
        top.leave(plan, Reasons.TOP);
        targets.forEach(this::alias);
    }

    private void settings(Members members, String organisation, Yaml at) {
        members.list("fallbacks").forEach(this::fallback);
        members.list("default_fallbacks").forEach(item -> name(item, usualFallbacks));
        members.mapping("model_group_alias").ifPresent(this::otherNames);
        members.mapping("model_alias_map").ifPresent(this::otherNames);
        Optional<String> most = members.text("max_budget");
        String duration = members.text("budget_duration").orElse("");
        most.ifPresent(amount -> Budgets.of(plan, at.place(), "litellm-all", "organisation:" + organisation)
                .add(amount, duration));
        members.leave(plan, Reasons.SETTINGS);
    }

    private void fallback(Yaml entry) {
        if (!entry.isMapping()) {
            plan.note(entry.place(), "Left out: an entry is the name of a model with the list of its fallbacks.");
        }
        entry.members()
                .forEach((model, list) -> list.items()
                        .forEach(item -> name(item, fallbacks.computeIfAbsent(model, _ -> new LinkedHashSet<>()))));
    }

    private void name(Yaml item, Set<String> to) {
        item.text()
                .ifPresentOrElse(
                        to::add,
                        () -> plan.note(item.place(), "Left out: a fallback is the name of a model of this file."));
    }

    private void otherNames(Yaml names) {
        names.members().forEach((name, value) -> {
            String model = value.text()
                    .or(() -> Optional.ofNullable(value.members().get("model")).flatMap(Yaml::text))
                    .orElse("");
            List<Target> theirs = targets.get(model);
            if (theirs == null) {
                plan.note(value.place(), "Left out: '" + model + "' is not taken over, so nothing is its other name.");
            } else {
                targets.putIfAbsent(name, theirs);
                otherNames.put(name, model);
            }
        });
    }

    private void alias(String name, List<Target> group) {
        if (!ALIAS.matcher(name).matches() || name.contains("..")) {
            plan.note(
                    name,
                    "Left out: an alias has 1 to 128 letters, digits and . _ : / - and begins and ends with a letter or digit.");
            return;
        }
        ObjectNode alias = Json.object();
        ArrayNode list = alias.putArray("targets");
        List<Integer> weights = weights(group.stream().map(Target::weight).toList());
        for (int i = 0; i < group.size(); i++) {
            json(list, group.get(i)).put("weight", weights.get(i));
        }
        ArrayNode after = alias.putArray("fallbacks");
        String model = otherNames.getOrDefault(name, name);
        Set<String> others = fallbacks.getOrDefault(name, fallbacks.getOrDefault(model, usualFallbacks));
        for (String other : others) {
            if (other.equals(name) || other.equals(model)) {
                continue;
            }
            List<Target> theirs = targets.get(other);
            if (theirs == null) {
                plan.note(name, "Without the fallback '" + other + "', which is not taken over.");
            } else {
                theirs.stream()
                        .sorted(Comparator.comparing(Target::weight).reversed())
                        .forEach(target -> json(after, target));
            }
        }
        if (list.size() + after.size() > MOST_TARGETS) {
            plan.note(
                    name, "Left out: an alias has at most " + MOST_TARGETS + " targets, fallbacks counted with them.");
        } else if (weights.stream().noneMatch(weight -> weight > 0)) {
            plan.note(name, "Left out: all of its deployments weigh 0.");
        } else {
            plan.aliases().put(name, alias);
        }
    }

    private static ObjectNode json(ArrayNode to, Target target) {
        return to.addObject().put("provider", target.provider()).put("model", target.model());
    }

    /** The smallest whole numbers in the same proportions; where those are too large, the nearest ones that are not. */
    static List<Integer> weights(List<BigDecimal> said) {
        int scale = said.stream()
                .mapToInt(weight -> Math.max(0, weight.stripTrailingZeros().scale()))
                .max()
                .orElse(0);
        List<BigInteger> whole = said.stream()
                .map(weight -> weight.movePointRight(scale).toBigIntegerExact())
                .toList();
        BigInteger common = whole.stream().reduce(BigInteger.ZERO, BigInteger::gcd);
        BigInteger largest = whole.stream().reduce(BigInteger.ZERO, BigInteger::max);
        if (common.signum() == 0) {
            return whole.stream().map(_ -> 0).toList();
        }
        if (largest.divide(common).bitLength() < 14 && largest.divide(common).intValue() <= HEAVIEST) {
            return whole.stream().map(each -> each.divide(common).intValue()).toList();
        }
        return whole.stream()
                .map(each -> new BigDecimal(each.multiply(BigInteger.valueOf(HEAVIEST)))
                        .divide(new BigDecimal(largest), 0, RoundingMode.HALF_UP)
                        .intValue())
                .toList();
    }
}
