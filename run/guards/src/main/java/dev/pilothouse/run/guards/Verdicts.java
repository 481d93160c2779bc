package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.Guard.Side;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What the guards came to in one call. For one thread at a time. */
public final class Verdicts {
    /**
     * What a guard found, and never the value itself.
     *
     * @param guard its name
     * @param kind what it found, such as {@code email} or {@code injection}
     * @param action what it did about it: {@code detect}, {@code redact} or {@code block}
     * @param count how often, in the request and its answer together
     */
    public record Found(String guard, String kind, String action, long count) {}

    /** Of one guard on one way. */
    private static final class Verdict {
        final Map<String, Integer> counts = new TreeMap<>();
        final Map<String, Action> actions = new TreeMap<>();
        long nanos;
        boolean told;

        @Nullable
        Action worst() {
            return actions.values().stream().max(Action::compareTo).orElse(null);
        }
    }

    private final Map<Side, Verdict> bySide = new LinkedHashMap<>();
    private final boolean counts;

    /**
     * @param counts whether the meters are told
     */
    Verdicts(boolean counts) {
        this.counts = counts;
    }

    /** Something was found. */
    void note(Side side, Action action, String kind) {
        Verdict verdict = of(side);
        verdict.counts.merge(kind, 1, Integer::sum);
        verdict.actions.merge(kind, action, (a, b) -> a.compareTo(b) > 0 ? a : b);
    }

    /** A guard looked for so long. */
    void spent(Side side, long nanos) {
        of(side).nanos += nanos;
    }

    /** A guard blocks a request or an answer, for a reason that does not say what it found. */
    PilothouseException blocked(Side side, String kind, String why) {
        note(side, Action.BLOCK, kind);
        return GuardError.GUARD_BLOCKED.because("The guard '" + side.name() + "' blocks this "
                + (side.isInput() ? "request" : "answer") + " for " + why + "."
                + (side.isInput()
                        ? " Nothing was sent or charged; the same request is blocked again."
                        : " The model was asked, and what it wrote is charged."));
    }

    /** As {@link #blocked}, of an answer in which something may stand that nobody looked at. */
    PilothouseException unreadable(Side side) {
        return blocked(side, "unreadable", "not being one JSON object");
    }

    private Verdict of(Side side) {
        return bySide.computeIfAbsent(side, _ -> new Verdict());
    }

    boolean isEmpty() {
        return bySide.isEmpty();
    }

    /** Tells the meters of all guards on one way, once for each call. */
    void tell(boolean input) {
        bySide.forEach((side, verdict) -> {
            if (counts && side.isInput() == input && !verdict.told) {
                verdict.told = true;
                side.meter().count(verdict.worst(), verdict.nanos);
            }
        });
    }

    /** What was found so far, in the order in which the guards looked. */
    public List<Found> found() {
        var found = new LinkedHashMap<List<String>, Found>();
        bySide.forEach((side, verdict) -> verdict.counts.forEach((kind, count) -> {
            String action = verdict.actions.getOrDefault(kind, Action.DETECT).label();
            found.merge(
                    List.of(side.name(), kind, action),
                    new Found(side.name(), kind, action, count),
                    (a, b) -> new Found(a.guard, a.kind, a.action, a.count + b.count));
        }));
        return List.copyOf(found.values());
    }

    /** Of a guard, both ways together. */
    private static final class Whole {
        @Nullable
        Action worst;

        final TreeMap<String, Integer> counts = new TreeMap<>();
        long nanos;
    }

    private Map<String, Whole> whole() {
        var byGuard = new LinkedHashMap<String, Whole>();
        bySide.forEach((side, verdict) -> {
            Whole whole = byGuard.computeIfAbsent(side.name(), _ -> new Whole());
            Action worst = verdict.worst();
            if (whole.worst == null || (worst != null && worst.compareTo(whole.worst) > 0)) {
                whole.worst = worst;
            }
            verdict.counts.forEach((kind, count) -> whole.counts.merge(kind, count, Integer::sum));
            whole.nanos += verdict.nanos;
        });
        return byGuard;
    }

    /**
     * What an answer's header tells: a list of the guards' names, each with its verdict, the kinds it found and what it took in
     * microseconds (RFC 9651, section 3.1); empty where none looked.
     */
    String header() {
        var told = new ArrayList<String>();
        whole().forEach((name, whole) -> told.add(name + ";verdict=" + label(whole.worst)
                + (whole.counts.isEmpty() ? "" : ";found=\"" + String.join(" ", whole.counts.keySet()) + "\"")
                + ";us=" + whole.nanos / 1_000));
        return String.join(", ", told);
    }

    /** The same as JSON, with how often each kind was found, by the guards' names. */
    ObjectNode json() {
        ObjectNode json = Json.object();
        whole().forEach((name, whole) -> {
            ObjectNode told = json.putObject(name).put("verdict", label(whole.worst));
            if (!whole.counts.isEmpty()) {
                ObjectNode found = told.putObject("found");
                whole.counts.forEach(found::put);
            }
            told.put("micros", whole.nanos / 1_000);
        });
        return json;
    }

    private static String label(@Nullable Action worst) {
        return worst == null ? "pass" : worst.label();
    }
}
