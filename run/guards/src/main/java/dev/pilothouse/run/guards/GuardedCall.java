package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.guards.Guard.Side;
import dev.pilothouse.trust.privacy.Finding;
import dev.pilothouse.trust.privacy.Redactor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One call that guards count for. It remembers what it replaced in the request, so that the same value has the same name in all of
 * it, and an answer can have it back. For one thread at a time.
 */
public final class GuardedCall {
    /** Of a call that no guard counts for; it never changes, so that all such calls share it. */
    public static final GuardedCall IDLE = new GuardedCall(List.of(), RateLimits.Rates.NONE, null, "", "", "");

    private static final Comparator<Finding> ORDER =
            Comparator.comparingInt(Finding::from).thenComparing(Finding::to, Comparator.reverseOrder());

    /** Labels of a stream that are remembered as clean, since each of its events has them again. */
    private static final int MOST_CLEAN = 256;

    private final List<Side> inputs;
    private final List<Side> outputs;
    private final OutsideGuards outside;
    private final RateLimits.Rates rates;
    private final boolean restores;
    private final boolean hides;
    private final Redactor redactor = new Redactor();
    private final Verdicts verdicts;
    private final Map<Place, Set<String>> clean = new EnumMap<>(Place.class);
    private long characters;

    /**
     * A call.
     *
     * @param webhooks asks guards that others run; null where none does
     */
    GuardedCall(
            List<Guard> guards,
            RateLimits.Rates rates,
            @Nullable WebhookClient webhooks,
            String requestId,
            String model,
            String agent) {
        this(guards, rates, webhooks, requestId, model, agent, true);
    }

    /**
     * As above.
     *
     * @param counts whether the meters are told
     */
    GuardedCall(
            List<Guard> guards,
            RateLimits.Rates rates,
            @Nullable WebhookClient webhooks,
            String requestId,
            String model,
            String agent,
            boolean counts) {
        this.verdicts = new Verdicts(counts);
        this.outside = new OutsideGuards(guards, webhooks, verdicts, requestId, model, agent);
        this.inputs =
                guards.stream().map(Guard::input).filter(side -> !side.isIdle()).toList();
        this.outputs = guards.stream()
                .map(Guard::output)
                .filter(side -> !side.isIdle())
                .toList();
        this.rates = rates;
        this.restores = inputs.stream().anyMatch(side -> side.checks().restore());
        this.hides = outputs.stream().anyMatch(side -> side.checks().hides());
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
        try {
            JsonTexts read = JsonTexts.ofRequest(body);
            var said = new ArrayList<String>(read.texts().size());
            for (Text text : read.texts()) {
                said.add(rewrite(inputs, text, false));
                if (text.place == Place.DEFINITION || (text.place == Place.CONTENT && !text.isInstruction())) {
                    judge(text.value);
                }
            }
            read.texts().reversed().stream()
                    .filter(text -> text.isConversation() && !text.isInstruction())
                    .findFirst()
                    .ifPresent(last -> topics(last.value));
            redactor.seal();
            return passed(read.replace(said, false), true);
        } catch (PilothouseException blocked) {
            verdicts.tell(true);
            throw blocked;
        }
    }

    /** What goes on from here; the meters are told once the guards that others run have answered, where one is asked. */
    private byte[] passed(byte[] body, boolean input) {
        if (!outside.any(input)) {
            verdicts.tell(input);
        }
        return body;
    }

    /**
     * Looks at a whole answer, or at what a provider tells of its failure.
     *
     * @return what the client gets
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}, also where guards cannot read all of it
     */
    public byte[] answer(byte[] body) {
        if (!readsAnswers()) {
            return body;
        }
        characters = 0;
        try {
            JsonTexts read = JsonTexts.ofAnswer(body);
            if (!read.isWhole() && !outputs.isEmpty()) {
                throw verdicts.unreadable(outputs.getFirst());
            }
            var said = new ArrayList<String>(read.texts().size());
            var answers =
                    new Answers(outputs.stream().anyMatch(side -> !side.answer().isEmpty()));
            boolean silent = false;
            for (Text text : read.texts()) {
                count(text);
                String passed = rewrite(outputs, text, true);
                silent |= hides && !passed.equals(text.value);
                said.add(passed);
                answers.add(text, passed);
            }
            judge(answers);
            return passed(read.replace(said, silent || says(read.probabilities())), false);
        } catch (PilothouseException blocked) {
            tell();
            throw blocked;
        }
    }

    /** Whether log probabilities say what may not be said. */
    private boolean says(List<Probabilities> probabilities) {
        return hides
                && probabilities.stream()
                        .anyMatch(each -> outputs.stream()
                                .anyMatch(side -> side.find(each.says(), Place.CONTENT).stream()
                                                .anyMatch(finding -> side.action(finding) != Action.DETECT)
                                        || side.denies(
                                                each.says(), 0, each.says().length())));
    }

    private boolean readsAnswers() {
        return !outputs.isEmpty() || restores;
    }

    /**
     * Whether guards look at answers and cannot look at this one, since it is not one JSON object, such as the page of a proxy before a
     * provider: nobody may read it, then.
     */
    public boolean isUnreadable(byte[] body) {
        return (!outputs.isEmpty() || outside.any(false))
                && !JsonTexts.ofAnswer(body).isWhole();
    }

    /** What looks at the events of a stream; null where nothing needs to. */
    public @Nullable StreamGuard stream() {
        characters = 0;
        return readsAnswers() || outside.any(false) ? new StreamGuard(this, outputs, restores, hides, outside) : null;
    }

    /** Counts characters of an answer. */
    void count(Text text) {
        if (!text.isContent()) {
            return;
        }
        characters += text.value.length();
        for (Side side : outputs) {
            int most = side.checks().maxCharacters();
            if (most > 0 && characters > most) {
                throw verdicts.blocked(side, "too-long", "more than " + most + " characters");
            }
        }
    }

    private void judge(String text) {
        for (Side side : inputs) {
            long started = System.nanoTime();
            int score = side.injection(text);
            verdicts.spent(side, System.nanoTime() - started);
            if (score > 0 && score >= side.checks().threshold()) {
                if (side.checks().injection() == Action.BLOCK) {
                    throw verdicts.blocked(side, "injection", "injection (score " + score + ")");
                }
                verdicts.note(side, side.checks().injection(), "injection");
            }
        }
    }

    private void topics(String text) {
        for (Side side : inputs) {
            if (side.isOffTopic(text)) {
                throw verdicts.blocked(side, "off-topic", "none of the topics that are welcome");
            }
        }
    }

    /**
     * Holds whole answers against the rules for them.
     *
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}
     */
    void judge(Answers answers) {
        for (Side side : outputs) {
            for (AnswerCheck check : side.answer()) {
                long started = System.nanoTime();
                boolean holds = answers.all(check);
                verdicts.spent(side, System.nanoTime() - started);
                String kind = check.rule().kind().label();
                if (!holds && check.rule().action() == Action.BLOCK) {
                    throw verdicts.blocked(side, kind, "not being as its rule '" + kind + "' demands");
                }
                if (!holds) {
                    verdicts.note(side, check.rule().action(), kind);
                }
            }
        }
    }

    /** A whole text as it goes on. */
    String rewrite(List<Side> sides, Text text, boolean answer) {
        boolean again = answer && (text.place == Place.LABEL || text.place == Place.REFERENCE);
        Set<String> known = again ? clean.computeIfAbsent(text.place, _ -> new HashSet<>()) : Set.of();
        if (known.contains(text.value)) {
            return text.value;
        }
        List<List<Finding>> found = find(sides, text.value, text.place);
        String passed =
                rewrite(sides, found, text.value, 0, text.value.length(), text.place, text.isArguments(), answer);
        if (again && known.size() < MOST_CLEAN && found.stream().allMatch(List::isEmpty) && passed.equals(text.value)) {
            known.add(text.value);
        }
        return passed;
    }

    /** What each side finds in a text. */
    List<List<Finding>> find(List<Side> sides, String text, Place place) {
        var found = new ArrayList<List<Finding>>(sides.size());
        for (Side side : sides) {
            long started = System.nanoTime();
            found.add(side.find(text, place));
            verdicts.spent(side, System.nanoTime() - started);
        }
        return found;
    }

    /**
     * A part of a text as it goes on.
     *
     * @param found what each side found in all of the text
     * @param from where the part begins; what stands before it is there to judge it by
     * @param to behind its end, where no finding may go on
     * @param arguments whether it is JSON inside of JSON
     * @param answer whether values that were replaced in the request are put back
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}
     */
    String rewrite(
            List<Side> sides,
            List<List<Finding>> found,
            String text,
            int from,
            int to,
            Place place,
            boolean arguments,
            boolean answer) {
        var redactions = new ArrayList<Finding>();
        for (int i = 0; i < sides.size(); i++) {
            Side side = sides.get(i);
            for (Finding finding : found.get(i)) {
                if (finding.from() >= from && finding.from() < to) {
                    Action action = side.action(finding);
                    String kind = finding.kind().label();
                    if (action == Action.BLOCK) {
                        throw verdicts.blocked(side, kind, kind);
                    }
                    verdicts.note(side, action, kind);
                    if (action == Action.REDACT) {
                        redactions.add(finding);
                    }
                }
            }
            if (place == Place.CONTENT || place == Place.DEFINITION) {
                long started = System.nanoTime();
                boolean denied = side.denies(text, from, to);
                verdicts.spent(side, System.nanoTime() - started);
                if (denied) {
                    throw verdicts.blocked(side, "denied", "a phrase that is denied");
                }
            }
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

    /** What the guards found so far, for records: never the values themselves. */
    public List<Verdicts.Found> found() {
        return verdicts.found();
    }

    /** As {@link #headers}' verdicts, with how often each kind was found, for the end of a stream; empty where none looked. */
    public ObjectNode verdicts() {
        return verdicts.json();
    }

    /** Tells the meters what became of the answer. */
    void tell() {
        verdicts.tell(false);
    }

    /**
     * Asks the guards that others run about a request that {@link #request} let pass. Nothing here waits.
     *
     * @return what goes upstream; done already where none is asked, else completed by another thread; fails with {@link
     *     GuardError#GUARD_BLOCKED} or {@link GuardError#GUARD_UNAVAILABLE}
     */
    public CompletableFuture<byte[]> askOfRequest(byte[] body) {
        return told(outside.pass(body, true), true);
    }

    /** As {@link #askOfRequest}, about an answer that {@link #answer} let pass. */
    public CompletableFuture<byte[]> askOfAnswer(byte[] body) {
        return told(outside.pass(body, false), false);
    }

    private <T> CompletableFuture<T> told(CompletableFuture<T> asked, boolean input) {
        return outside.any(input) ? asked.whenComplete((_, _) -> verdicts.tell(input)) : asked;
    }

    /**
     * Charges tokens against the limits.
     *
     * @param tokens in and out together
     */
    public void charge(long tokens) {
        rates.charge(tokens);
    }

    /**
     * What an answer tells of its guards: what they came to so far, and what is left of the limits, as the clients of a protocol read
     * it; of several limits the one with the least left.
     *
     * @param anthropic whether as Anthropic tells it, or else as OpenAI does
     */
    public Map<String, String> headers(boolean anthropic) {
        var headers = new LinkedHashMap<String, String>();
        if (!verdicts.isEmpty()) {
            headers.put("x-pilothouse-guards", verdicts.header());
        }
        rates.addTo(headers, anthropic);
        return headers;
    }
}
