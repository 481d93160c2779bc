package dev.pilothouse.simulators.llm;

import java.math.BigInteger;
import java.util.Map;

/**
 * A model that can be asked for. Immutable.
 *
 * @param name what a request's {@code model} says, without {@code ;}
 * @param controls its own, over the server's; see {@link Behaviour}
 */
public record SimulatedModel(String name, Prices prices, TokenTable tokens, Map<String, String> controls) {
    /** Copies. */
    public SimulatedModel {
        controls = Map.copyOf(controls);
    }

    /** The same where a call of it is a line of a batch, which costs half. */
    SimulatedModel inBatch() {
        return new SimulatedModel(name, prices.halved(), tokens, controls);
    }

    /**
     * What a model costs, each rate in nano-USD per million tokens and at most {@link #MAX_RATE}. Immutable.
     *
     * @param reasoning of the reasoning part of the output, in place of {@code output}
     * @param perCall nano-USD for each call that was not refused
     * @param perPiece nano-USD for each picture, spoken character, millisecond of sound or search, as the call is of
     */
    public record Prices(
            long input,
            long cacheRead,
            long cacheWrite,
            long cacheWrite1h,
            long output,
            long reasoning,
            long perCall,
            long perPiece) {
        /** A thousand dollars for a million tokens. */
        public static final long MAX_RATE = 1_000_000_000_000L;

        private static final long UNIT = 1_000_000;
        /** Counts below this, times six rates, fit into 63 bits. */
        private static final int SMALL = 1 << 20;

        /** From dollars for a million tokens of input and output, in cents; a cache read costs a tenth of the input. */
        static Prices ofCents(long input, long output) {
            long in = input * 10_000_000;
            long out = output * 10_000_000;
            return new Prices(in, in / 10, in * 5 / 4, in * 2, out, out, 0, 0);
        }

        /** Of what is billed by the piece, in nano-USD. */
        static Prices ofPieces(long perPiece) {
            return new Prices(0, 0, 0, 0, 0, 0, 0, perPiece);
        }

        /** Half of each, rounded up. */
        Prices halved() {
            return new Prices(
                    half(input),
                    half(cacheRead),
                    half(cacheWrite),
                    half(cacheWrite1h),
                    half(output),
                    half(reasoning),
                    half(perCall),
                    half(perPiece));
        }

        private static long half(long rate) {
            return Math.ceilDiv(rate, 2);
        }

        /** Nano-USD, rounded up once. */
        public long of(Usage usage) {
            long pieces = Math.multiplyExact(usage.pieces(), perPiece);
            int shown = usage.output() - usage.reasoning();
            int any = usage.input() | usage.cacheRead() | usage.cacheWrite() | usage.cacheWrite1h() | usage.output();
            if (any < SMALL) {
                long sum = usage.input() * input
                        + usage.cacheRead() * cacheRead
                        + usage.cacheWrite() * cacheWrite
                        + usage.cacheWrite1h() * cacheWrite1h
                        + shown * output
                        + usage.reasoning() * reasoning;
                return perCall + pieces + Math.ceilDiv(sum, UNIT);
            }
            BigInteger sum = times(usage.input(), input)
                    .add(times(usage.cacheRead(), cacheRead))
                    .add(times(usage.cacheWrite(), cacheWrite))
                    .add(times(usage.cacheWrite1h(), cacheWrite1h))
                    .add(times(shown, output))
                    .add(times(usage.reasoning(), reasoning));
            BigInteger unit = BigInteger.valueOf(UNIT);
            return perCall
                    + pieces
                    + sum.add(unit.subtract(BigInteger.ONE)).divide(unit).longValueExact();
        }

        private static BigInteger times(int tokens, long rate) {
            return BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(rate));
        }
    }

    /**
     * The rule by which a model counts its input:
     *
     * <pre>
     * tokens = ceil(text bytes / bytesPerToken) + ids + perCall + messages * perMessage
     *          + (tools &gt; 0 ? toolPreamble + tools * perTool : 0) + images * perImage
     * </pre>
     *
     * Text bytes are the UTF-8 bytes of every string in messages, system, prompt, input and instructions, without roles, types,
     * ids and the data of images, sound and files; in tools and response formats the names of members count too. Ids are numbers
     * given in place of text. With one byte per token it is the dearest that a byte-level tokenizer can be, and the overheads then
     * are exactly what a ceiling must add. Immutable.
     *
     * @param bytesPerToken at least 1
     * @param perCall tokens of the chat template, once
     * @param perMessage tokens around each message
     * @param perTool tokens around each tool's definition
     * @param toolPreamble tokens of the instructions that come with tools, once
     * @param perImage tokens of an image, sound or file
     */
    public record TokenTable(
            int bytesPerToken, int perCall, int perMessage, int perTool, int toolPreamble, int perImage) {
        /** As a model with the template of ChatML counts. */
        public static final TokenTable CHAT = new TokenTable(4, 3, 4, 12, 0, 765);
        /** As a model counts that explains tools to itself. */
        public static final TokenTable MESSAGES = new TokenTable(4, 0, 4, 30, 346, 1600);
        /** Text only. */
        public static final TokenTable TEXT = new TokenTable(4, 0, 0, 0, 0, 0);

        int count(Ask ask) {
            long tokens = Math.ceilDiv(ask.textBytes(), (long) bytesPerToken)
                    + ask.ids()
                    + perCall
                    + (long) ask.messages() * perMessage
                    + (long) ask.images() * perImage;
            if (ask.tools() > 0) {
                tokens += toolPreamble + (long) ask.tools() * perTool;
            }
            return (int) Math.min(tokens, Integer.MAX_VALUE / 2);
        }
    }
}
