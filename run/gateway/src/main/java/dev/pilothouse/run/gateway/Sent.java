package dev.pilothouse.run.gateway;

import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.llm.Edits;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.Provider;
import dev.pilothouse.run.translation.Answers;
import dev.pilothouse.run.translation.Translated;
import dev.pilothouse.run.translation.Translator;
import java.time.Instant;

/**
 * A request as a target is asked: as it came where both speak the same protocol, and else translated.
 *
 * @param asked what is read of the body, in the target's language, by which it is held, sent and charged
 * @param body without the edits that a target's name and the budgets make
 * @param newNames whether the target is OpenAI's own, and knows {@code max_completion_tokens}
 * @param answers the way back into the client's language
 */
record Sent(Asked asked, byte[] body, boolean newNames, Answers answers) {
    /**
     * For a provider.
     *
     * @throws dev.pilothouse.kernel.PilothouseException where it cannot be translated: {@link GatewayError#WRONG_LANGUAGE}, or INVALID
     *     that names the member
     */
    static Sent of(Asked asked, byte[] body, Provider provider, Target target, Instant now) {
        boolean newNames = provider.kind().isOpenAiItself();
        if (provider.kind().family() == asked.dialect().family()) {
            return new Sent(asked, body, newNames, Answers.UNCHANGED);
        }
        if (!Translator.knows(asked.dialect())) {
            throw GatewayError.WRONG_LANGUAGE.because("The model '" + asked.model() + "' is answered by '" + target
                    + "', whose protocol has nothing like " + asked.dialect().path()
                    + ". Use a model whose provider speaks your client's protocol.");
        }
        Translated translated = Translator.translate(asked, body, newNames, now.getEpochSecond());
        return new Sent(
                Asked.read(translated.dialect(), translated.body()), translated.body(), newNames, translated.answers());
    }

    /**
     * The body for the target.
     *
     * @param limit output tokens of each choice that are held
     * @param budgeted whether a budget counts them
     */
    byte[] body(Target target, long limit, boolean budgeted) {
        Dialect dialect = asked.dialect();
        // A client of OpenAI need not limit its answer, and Anthropic demands it.
        boolean demanded = dialect == Dialect.MESSAGES && asked.limit() < 0 && isTranslated();
        boolean limited = dialect.generates() && (budgeted || demanded);
        return Edits.of(body, asked, newNames, target.model(), limited ? limit : -1);
    }

    /** Whether the target speaks another protocol than the client. */
    boolean isTranslated() {
        return !answers.equals(Answers.UNCHANGED);
    }
}
