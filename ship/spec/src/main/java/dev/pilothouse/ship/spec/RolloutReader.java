package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Reads how something new meets traffic: a release of a service, or a change of who answers an alias. Stateless. */
final class RolloutReader {
    private static final double USUAL_TIMES = 2;
    private static final double MOST_TIMES = 1_000;

    private RolloutReader() {}

    /** Of a service. */
    static ServiceSpec.Rollout service(Fields rollout, List<Problem> problems) {
        Fields shadow = rollout.mapping("shadow");
        int shadowRequests = shadow.integer("requests", 0, 1, 100_000_000);
        shadow.done();
        OptionalDouble wrongBeyond = wrongBeyond(rollout);
        boolean mayChange = rollout.oneOf("signature", "same", List.of("same", "may-change"))
                .equals("may-change");
        Duration keepPrevious =
                rollout.duration("keep-previous", Duration.ofMinutes(10), Duration.ZERO, Duration.ofDays(30));
        ServiceSpec.Rollout read = rollout(rollout, problems, shadowRequests, wrongBeyond, mayChange, keepPrevious);
        rollout.done();
        return read;
    }

    /** Of an alias. */
    static RoutePlan route(Fields rollout, List<Problem> problems) {
        ServiceSpec.Rollout read = rollout(rollout, problems, 0, OptionalDouble.empty(), false, Duration.ZERO);
        ServiceSpec.Bounds cost = bounds(rollout.mapping("cost"), 0.02, 0.05);
        boolean any = rollout.text("dear-beyond").filter("any"::equals).isPresent();
        OptionalDouble times = any ? OptionalDouble.empty() : rollout.number("dear-beyond");
        if (times.orElse(USUAL_TIMES) <= 1 || times.orElse(USUAL_TIMES) > MOST_TIMES) {
            rollout.problem("dear-beyond", "Use how many times the median cost is dear, above 1, or 'any'.");
        }
        rollout.done();
        return new RoutePlan(read, any ? Optional.empty() : Optional.of(cost), times.orElse(USUAL_TIMES));
    }

    private static ServiceSpec.Rollout rollout(
            Fields rollout,
            List<Problem> problems,
            int shadowRequests,
            OptionalDouble wrongBeyond,
            boolean signatureMayChange,
            Duration keepPrevious) {
        return new ServiceSpec.Rollout(
                shadowRequests,
                steps(rollout, problems),
                rollout.integer("min-requests", 200, 1, 100_000_000),
                rollout.duration("max-wait", Duration.ofHours(1), Duration.ofSeconds(1), Duration.ofDays(365)),
                rollout.share("alpha", 0.03, 1e-9, 0.5),
                rollout.share("beta", 0.05, 1e-9, 0.5),
                rollout.text("slow-after").filter("auto"::equals).isPresent()
                        ? ServiceSpec.Rollout.AUTO
                        : rollout.duration(
                                "slow-after", ServiceSpec.Rollout.AUTO, Duration.ofNanos(1_000), Duration.ofHours(1)),
                bounds(rollout.mapping("errors"), 0.002, 0.01),
                bounds(rollout.mapping("slow"), 0.01, 0.02),
                bounds(rollout.mapping("accuracy"), 0.01, 0.02),
                wrongBeyond,
                rollout.oneOf("labels", "optional", List.of("optional", "required"))
                        .equals("required"),
                signatureMayChange,
                keepPrevious);
    }

    private static OptionalDouble wrongBeyond(Fields rollout) {
        if (rollout.text("wrong-beyond").filter("auto"::equals).isPresent()) {
            return OptionalDouble.empty();
        }
        OptionalDouble limit = rollout.number("wrong-beyond");
        if (limit.orElse(0) < 0) {
            rollout.problem("wrong-beyond", "This is a distance, so it cannot be negative.");
        }
        return limit;
    }

    private static ServiceSpec.Bounds bounds(Fields fields, double tolerance, double margin) {
        double tolerated = fields.share("tolerance", tolerance, 0, 0.9);
        double ruledOut = fields.share("margin", Math.max(margin, tolerated), 1e-6, 0.9);
        if (ruledOut < tolerated) {
            fields.problem(
                    "margin",
                    "The margin " + Fields.plain(ruledOut) + " is below the tolerance " + Fields.plain(tolerated)
                            + "; what is tolerated could then never pass.");
            ruledOut = tolerated;
        }
        fields.done();
        return new ServiceSpec.Bounds(tolerated, ruledOut);
    }

    private static List<Integer> steps(Fields rollout, List<Problem> problems) {
        List<Integer> standard = List.of(5, 10, 25, 50, 100);
        List<Integer> steps = rollout.list("steps", (node, path) -> step(node, path, problems))
                .orElse(standard);
        for (int i = 1; i < steps.size(); i++) {
            if (steps.get(i) <= steps.get(i - 1)) {
                rollout.problem(
                        "steps", "Steps must rise, but " + steps.get(i) + " % follows " + steps.get(i - 1) + " %.");
            }
        }
        if (steps.size() > 20) {
            rollout.problem("steps", "More than 20 steps; use fewer.");
        }
        if (steps.isEmpty() || steps.getLast() != 100) {
            rollout.problem("steps", "The last step must be 100, all traffic.");
        }
        return steps;
    }

    private static Optional<Integer> step(Yaml.Node node, String path, List<Problem> problems) {
        String text = node instanceof Yaml.Node.Scalar scalar
                ? scalar.text().replace("%", "").strip()
                : "";
        try {
            int percent = Integer.parseInt(text);
            if (percent > 100) {
                problems.add(node.at().problem(path, percent + " % is more than all traffic; use at most 100"));
                return Optional.of(100);
            }
            if (percent >= 1) {
                return Optional.of(percent);
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        problems.add(node.at().problem(path, "A step is a whole percentage of the traffic from 1 to 100."));
        return Optional.of(100);
    }
}
