package dev.pilothouse.simulators.llm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One call as it will be answered: what was drawn for it, and its names. Used by one event loop. */
final class Call {
    private static final int UNENDING = 1 << 30;
    private static final String OPEN = "{\\\"text\\\":\\\"";
    private static final String CLOSE = "\\\"}";

    private final Ask ask;
    private final SimulatedModel model;
    private final Behaviour behaviour;
    private final String key;
    private final long line;
    private final long created;
    private final Usage prompt;
    private final int length;
    private final int reasoning;
    private final boolean truncated;
    private final List<String> tools;
    private int sequence;

    /**
     * Draws.
     *
     * @param key tells it from other calls
     * @param line its number
     * @param created in seconds since 1970
     */
    Call(Ask ask, SimulatedModel model, Behaviour behaviour, String key, long line, long created) {
        this.ask = ask;
        this.model = model;
        this.behaviour = behaviour;
        this.key = key;
        this.line = line;
        this.created = created;
        this.prompt = Usage.of(model.tokens().count(ask), ask.pieces(), behaviour.output());
        boolean unending = behaviour.trouble().fault() == Behaviour.Fault.ENDLESS
                && ask.protocol().generates();
        int hidden = ask.protocol().generates() ? behaviour.output().reasoning().at(chance(1)) : 0;
        int wanted = ask.protocol().generates()
                ? hidden + behaviour.output().tokens().at(chance(2))
                : 0;
        boolean limited = ask.maxTokens() >= 0 && wanted > ask.maxTokens();
        this.truncated = limited && !unending;
        this.length = unending ? UNENDING : limited ? ask.maxTokens() : wanted;
        this.reasoning = Math.min(hidden, length);
        int calls = unending ? 0 : Math.min(behaviour.output().toolCalls(), length - reasoning);
        this.tools = ask.toolNames().subList(0, Math.min(calls, ask.tools()));
    }

    /** A number in [0, 1) that only the seed, the call's number and the purpose decide (SplitMix64). */
    double chance(long purpose) {
        long z = behaviour.seed() + (line * 1_000_003 + purpose + 1) * 0x9e3779b97f4a7c15L;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return ((z ^ z >>> 31) >>> 11) * 0x1.0p-53;
    }

    Ask ask() {
        return ask;
    }

    SimulatedModel model() {
        return model;
    }

    Behaviour behaviour() {
        return behaviour;
    }

    String key() {
        return key;
    }

    long line() {
        return line;
    }

    long created() {
        return created;
    }

    /** Whether it is billed by the piece, and so tells no tokens. */
    boolean byPieces() {
        return model.prices().perPiece() > 0;
    }

    int choices() {
        return ask.choices();
    }

    /** Tokens of each choice; in one step, one is generated of each. */
    int steps() {
        return length;
    }

    /** The first steps, which show nothing. */
    int reasoning() {
        return reasoning;
    }

    int shown() {
        return length - reasoning;
    }

    boolean truncated() {
        return truncated;
    }

    /** The tools that are called, by name; where empty, the answer is text. */
    List<String> tools() {
        return tools;
    }

    /** What is used after so many steps. */
    Usage usage(int steps) {
        int choices = choices();
        long output = Math.min((long) steps * choices, Integer.MAX_VALUE / 2);
        long hidden = Math.min((long) Math.min(steps, reasoning) * choices, output);
        return prompt.generating((int) output, (int) hidden);
    }

    Usage usage() {
        return usage(length);
    }

    /** The number of the next event in the stream. */
    int nextSequence() {
        return sequence++;
    }

    /** The part of the answer that a shown token belongs to: the number of the tool's call, or 0. */
    int part(int token) {
        int part = 0;
        while (part + 1 < tools.size() && token >= start(part + 1)) {
            part++;
        }
        return part;
    }

    boolean opens(int token) {
        return token == start(part(token));
    }

    boolean closes(int token) {
        return token + 1 == start(part(token) + 1);
    }

    private int start(int part) {
        return (int) ((long) part * shown() / Math.max(1, tools.size()));
    }

    private boolean wrapped() {
        return ask.json() || !tools.isEmpty();
    }

    private boolean leftOpen(int part) {
        return truncated && part == Math.max(1, tools.size()) - 1;
    }

    /** A shown token as the inside of a JSON string. */
    void token(int token, JsonText out) {
        int part = part(token);
        if (wrapped() && opens(token)) {
            out.raw(OPEN);
        }
        byte[] word = Words.token(token - start(part));
        out.raw(word, 0, word.length);
        if (wrapped() && closes(token) && !leftOpen(part)) {
            out.raw(CLOSE);
        }
    }

    /** All tokens of a part as the inside of a JSON string. */
    void text(int part, JsonText out) {
        int count = start(part + 1) - start(part);
        if (!wrapped() || count == 0) {
            Words.write(out, count);
            return;
        }
        out.raw(OPEN);
        Words.write(out, count);
        if (!leftOpen(part)) {
            out.raw(CLOSE);
        }
    }

    /** All tokens of a part as the JSON object they make up; an empty one where they were cut short. */
    void object(int part, JsonText out) {
        int count = start(part + 1) - start(part);
        if (count == 0 || leftOpen(part)) {
            out.raw("{}");
            return;
        }
        out.raw("{\"text\":\"");
        Words.write(out, count);
        out.raw("\"}");
    }

    /** The language that the models speak: sixteen words in turn, each one token with the blank before it. */
    static final class Words {
        private static final String[] WORDS = {
            "harbour", "light", "over", "calm", "water", "the", "pilot", "brings", "each", "ship", "safely", "through",
            "narrow", "straits", "by", "night"
        };
        private static final int PREBUILT = 4096;
        private static final byte[][] FIRST = new byte[WORDS.length][];
        private static final byte[][] LATER = new byte[WORDS.length][];
        private static final byte[] TEXT;
        private static final int[] ENDS = new int[PREBUILT + 1];

        static {
            for (int i = 0; i < WORDS.length; i++) {
                FIRST[i] = WORDS[i].getBytes(StandardCharsets.US_ASCII);
                LATER[i] = (" " + WORDS[i]).getBytes(StandardCharsets.US_ASCII);
            }
            var text = new ByteArrayOutputStream();
            for (int i = 0; i < PREBUILT; i++) {
                text.writeBytes(token(i));
                ENDS[i + 1] = text.size();
            }
            TEXT = text.toByteArray();
        }

        private Words() {}

        /** One token of a text. */
        static byte[] token(int index) {
            return index == 0 ? FIRST[0] : LATER[index % WORDS.length];
        }

        /** A text of so many tokens. */
        static void write(JsonText out, int count) {
            int done = Math.min(count, PREBUILT);
            out.raw(TEXT, 0, ENDS[done]);
            for (int i = done; i < count; i++) {
                byte[] token = token(i);
                out.raw(token, 0, token.length);
            }
        }
    }
}
