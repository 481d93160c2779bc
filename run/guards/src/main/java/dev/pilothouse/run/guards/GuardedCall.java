package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.guards.Guard.Side;
import dev.pilothouse.run.guards.JsonTexts.Text;
import dev.pilothouse.trust.privacy.Finding;
import dev.pilothouse.trust.privacy.Redactor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One call that guards count for. It remembers what it replaced in the request, so that the same value has the same name in all of
 * it, and an answer can have it back. For one thread at a time.
 */
public final class GuardedCall {
    /** Of a call that no guard counts for; it never changes, so that all such calls share it. */
    public static final GuardedCall IDLE = new GuardedCall(List.of(), List.of(), InstantSource.system());

    private static final Comparator<Finding> ORDER =
            Comparator.comparingInt(Finding::from).thenComparing(Finding::to, Comparator.reverseOrder());

    private final List<Side> inputs;
    private final List<Side> outputs;
    private final List<RateLimits.Rate> rates;
    private final InstantSource clock;
    private final boolean restores;
    private final Redactor redactor = new Redactor();
    private final Map<String, Verdict> verdicts = new LinkedHashMap<>();
    private long characters;

    /** What a guard came to. */
    private static final class Verdict {
        @Nullable
        Action worst;

        final TreeSet<String> found = new TreeSet<>();
        long nanos;
    }

    GuardedCall(List<Guard> guards, List<RateLimits.Rate> rates, InstantSource clock) {
        this.inputs =
                guards.stream().map(Guard::input).filter(side -> !side.isIdle()).toList();
        this.outputs = guards.stream()
                .map(Guard::output)
                .filter(side -> !side.isIdle())
                .toList();
        this.rates = rates;
        this.clock = clock;
        this.restores = inputs.stream().anyMatch(side -> side.checks().restore());
    }

    /**
     * Looks at a request.
     *
     * @param body valid JSON
     * @return what goes upstream: the same bytes, or others where something was replaced
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}, which tells the kind that was found and where no value
     */
    public byte[] request(byte[] body) {
        if (inputs.isEmpty()) {
            return body;
        }
        byte[] passed = rewritten(body, inputs, true);
        redactor.seal();
        return passed;
    }

    /**
     * Looks at a whole answer.
     *
     * @return what the client gets
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}
     */
    public byte[] answer(byte[] body) {
        return readsAnswers() ? rewritten(body, outputs, false) : body;
    }

    private boolean readsAnswers() {
        return !outputs.isEmpty() || restores;
    }

    /** What looks at the events of a stream; null where nothing needs to. */
    public @Nullable StreamGuard stream() {
        return readsAnswers() ? new StreamGuard(this, outputs, restores) : null;
    }

    private byte[] rewritten(byte[] body, List<Side> sides, boolean request) {
        List<Text> texts = JsonTexts.in(body);
        var said = new ArrayList<String>(texts.size());
        for (Text text : texts) {
            count(text.value.length(), sides);
            said.add(rewrite(sides, text.value, 0, text.value.length(), text.isArguments(), !request));
            if (request && !text.isInstruction()) {
                judge(sides, text.value);
            }
        }
        if (request) {
            texts.reversed().stream()
                    .filter(text -> !text.isInstruction())
                    .findFirst()
                    .ifPresent(last -> topics(sides, last.value));
        }
        return JsonTexts.replace(body, texts, said);
    }

    /** Counts characters of an answer. */
    void count(int more, List<Side> sides) {
        characters += more;
        for (Side side : sides) {
            int most = side.checks().maxCharacters();
            if (most > 0 && characters > most) {
                throw blocked(side, "more than " + most + " characters");
            }
        }
    }

    private void judge(List<Side> sides, String text) {
        for (Side side : sides) {
            long started = System.nanoTime();
            int score = side.injection(text);
            spent(side, started);
            if (score > 0 && score >= side.checks().threshold()) {
                note(side, side.checks().injection(), "injection");
                if (side.checks().injection() == Action.BLOCK) {
                    throw blocked(side, "injection (score " + score + ")");
                }
            }
        }
    }

    private void topics(List<Side> sides, String text) {
        for (Side side : sides) {
            if (side.isOffTopic(text)) {
                throw blocked(side, "none of the topics that are welcome");
            }
        }
    }

    /**
     * A part of a text as it goes on.
     *
     * @param from where the part begins; what stands before it is there to judge it by
     * @param to behind its end, where no finding may go on
     * @param arguments whether it is JSON inside of JSON
     * @param answer whether values that were replaced in the request are put back
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}
     */
    String rewrite(List<Side> sides, String text, int from, int to, boolean arguments, boolean answer) {
        var redactions = new ArrayList<Finding>();
        for (Side side : sides) {
            long started = System.nanoTime();
            for (Finding finding : side.find(text)) {
                if (finding.from() >= from && finding.from() < to) {
                    Action action = side.action(finding);
                    note(side, action, finding.kind().label());
                    switch (action) {
                        case DETECT -> {}
                        case REDACT -> redactions.add(finding);
                        case BLOCK -> throw blocked(side, finding.kind().label());
                    }
                }
            }
            if (side.denies(text, from, to)) {
                throw blocked(side, "a phrase that is denied");
            }
            spent(side, started);
        }
        redactions.sort(ORDER);
        var out = new StringBuilder(to - from);
        int done = from;
        for (Finding finding : redactions) {
            if (finding.from() >= done) {
                out.append(restored(text.substring(done, finding.from()), arguments, answer))
                        .append(restored(redactor.name(text, finding), arguments, answer));
                done = finding.to();
            }
        }
        return out.append(restored(text.substring(done, to), arguments, answer)).toString();
    }

    private String restored(String text, boolean arguments, boolean answer) {
        return answer && restores ? redactor.restore(text, arguments ? JsonTexts::escaped : value -> value) : text;
    }

    private void note(Side side, Action action, String what) {
        Verdict verdict = verdicts.computeIfAbsent(side.name(), _ -> new Verdict());
        verdict.worst = verdict.worst == null || action.compareTo(verdict.worst) > 0 ? action : verdict.worst;
        verdict.found.add(what);
    }

    private void spent(Side side, long started) {
        verdicts.computeIfAbsent(side.name(), _ -> new Verdict()).nanos += System.nanoTime() - started;
    }

    private PilothouseException blocked(Side side, String what) {
        note(side, Action.BLOCK, what);
        boolean request = inputs.contains(side);
        return GuardError.GUARD_BLOCKED.because("The guard '" + side.name() + "' blocks this "
                + (request ? "request" : "answer") + " for " + what + "."
                + (request
                        ? " Nothing was sent or charged; the same request is blocked again."
                        : " The model was asked, and what it wrote is charged."));
    }

    /**
     * What the guards came to so far: a list of their names, each with its verdict, the kinds it found and what it took in
     * microseconds (RFC 9651, section 3.1); empty where none looked.
     */
    String verdicts() {
        var told = new ArrayList<String>();
        verdicts.forEach((name, verdict) -> told.add(name + ";verdict="
                + (verdict.worst == null ? "pass" : verdict.worst.label())
                + (verdict.found.isEmpty() ? "" : ";found=\"" + String.join(" ", verdict.found) + "\"")
                + ";us=" + verdict.nanos / 1_000));
        return String.join(", ", told);
    }

    /**
     * Charges tokens against the limits.
     *
     * @param tokens in and out together
     */
    public void charge(long tokens) {
        rates.forEach(rate -> rate.charge(tokens));
    }

    /**
     * What an answer tells of its guards: their {@link #verdicts}, and what is left of the limits, as the clients of a protocol read
     * it; of several limits the one with the least left.
     *
     * @param anthropic whether as Anthropic tells it, or else as OpenAI does
     */
    public Map<String, String> headers(boolean anthropic) {
        var headers = new LinkedHashMap<String, String>();
        if (!verdicts.isEmpty()) {
            headers.put("x-pilothouse-guards", verdicts());
        }
        for (boolean requests : new boolean[] {true, false}) {
            rates.stream()
                    .filter(rate -> rate.isOfRequests() == requests)
                    .min(Comparator.comparingLong(RateLimits.Rate::remaining))
                    .ifPresent(rate -> {
                        String of = requests ? "requests" : "tokens";
                        String prefix = anthropic ? "anthropic-ratelimit-" + of + "-" : "x-ratelimit-";
                        String suffix = anthropic ? "" : "-" + of;
                        headers.put(prefix + "limit" + suffix, Long.toString(rate.limit()));
                        headers.put(prefix + "remaining" + suffix, Long.toString(rate.remaining()));
                        headers.put(
                                prefix + "reset" + suffix,
                                anthropic ? instant(rate.untilFull()) : wait(rate.untilFull()));
                    });
        }
        return headers;
    }

    private String instant(Duration until) {
        Instant at = clock.instant().plus(until);
        return at.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1).toString();
    }

    private static String wait(Duration until) {
        return until.toMinutes() > 0
                ? until.toMinutes() + "m" + until.toSecondsPart() + "s"
                : String.format(Locale.ROOT, "%d.%03ds", until.toSecondsPart(), until.toMillisPart());
    }
}
