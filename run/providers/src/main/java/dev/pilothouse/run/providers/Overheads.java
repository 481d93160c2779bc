package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.run.llm.Asked;
import java.util.OptionalLong;

/**
 * Tokens that a provider's template may add to a request's own text, each an upper bound; with the bytes of the text they bound
 * what a request can cost on the way in. Immutable.
 *
 * @param call once
 * @param message around each message
 * @param tool around each tool
 * @param preamble once where there are tools
 * @param medium of each picture, sound or file
 */
public record Overheads(int call, int message, int tool, int preamble, int medium) {
    /** The largest value of each. */
    public static final int MOST = 10_000_000;

    public Overheads {
        for (int value : new int[] {call, message, tool, preamble, medium}) {
            if (value < 0 || value > MOST) {
                throw CommonError.INVALID.because("An overhead is from 0 to " + MOST + " tokens, not " + value + ".");
            }
        }
    }

    /**
     * What is known of a kind of provider: OpenAI documents 3 tokens for the start of the answer, and 3 or 4 around a message; its
     * dearest picture, of gpt-4o-mini in high detail, is 2,833 + 8 * 5,667 tokens. Anthropic documents up to 346 to 530 for the
     * preamble of tools by model and choice, and pictures of up to 1,600, of newer models 4,784. Rounded up generously, since a
     * bound that is too low is an overspent budget. Who is merely compatible may run any tokenizer and template: its bounds are
     * those of OpenAI, and should be declared where they are known.
     */
    public static Overheads of(Provider.Kind kind) {
        return switch (kind) {
            case OPENAI, AZURE, COMPATIBLE -> new Overheads(16, 8, 64, 256, 50_000);
            case ANTHROPIC -> new Overheads(32, 8, 64, 1_024, 5_000);
        };
    }

    /**
     * Tokens that a request can have on the way in; empty where nobody can say, because the provider itself may read more.
     *
     * @param mostInput what the model takes in at most, 0 for unknown
     */
    public OptionalLong inputBound(Asked asked, long mostInput) {
        if (asked.isBoundless()) {
            return mostInput > 0 ? OptionalLong.of(mostInput) : OptionalLong.empty();
        }
        long bound = asked.textBytes()
                + call
                + (long) asked.messages() * message
                + (asked.tools() > 0 ? preamble + (long) asked.tools() * tool : 0)
                + (long) asked.media() * medium;
        return OptionalLong.of(bound);
    }
}
