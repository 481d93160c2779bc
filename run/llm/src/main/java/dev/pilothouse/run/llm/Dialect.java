package dev.pilothouse.run.llm;

import dev.pilothouse.pay.prices.UsageReader;
import java.util.Locale;

/** What can be asked of a language model, and in whose language. */
public enum Dialect {
    /** OpenAI's chat completions. */
    CHAT("/chat/completions", Family.OPENAI, true, UsageReader.OPENAI_CHAT),
    /** OpenAI's older text completions. */
    COMPLETIONS("/completions", Family.OPENAI, true, UsageReader.OPENAI_CHAT),
    /** OpenAI's responses, with typed events. */
    RESPONSES("/responses", Family.OPENAI, true, UsageReader.OPENAI_RESPONSES),
    /** OpenAI's embeddings. */
    EMBEDDINGS("/embeddings", Family.OPENAI, false, UsageReader.OPENAI_EMBEDDINGS),
    /** OpenAI's moderations, whose answers tell no usage. */
    MODERATIONS("/moderations", Family.OPENAI, false, UsageReader.OPENAI_EMBEDDINGS),
    /** Anthropic's messages. */
    MESSAGES("/messages", Family.ANTHROPIC, true, UsageReader.ANTHROPIC),
    /** Anthropic's count of tokens, which is free. */
    COUNT_TOKENS("/messages/count_tokens", Family.ANTHROPIC, false, UsageReader.ANTHROPIC);

    /** Whose language, and with it the shape of errors. */
    public enum Family {
        /** OpenAI's. */
        OPENAI,
        /** Anthropic's. */
        ANTHROPIC
    }

    private final String path;
    private final Family family;
    private final boolean generates;
    private final UsageReader usage;

    Dialect(String path, Family family, boolean generates, UsageReader usage) {
        this.path = path;
        this.family = family;
        this.generates = generates;
        this.usage = usage;
    }

    /** Its path below a provider's address, which ends in the version, such as {@code https://…/v1}. */
    public String path() {
        return path;
    }

    /** The name in usage records. */
    public String operation() {
        return family.name().toLowerCase(Locale.ROOT) + "." + name().toLowerCase(Locale.ROOT);
    }

    /** Whose it is. */
    public Family family() {
        return family;
    }

    /** Whether the answer is generated, so that its length can be limited and it can be streamed. */
    public boolean generates() {
        return generates;
    }

    /** What its answers mean by usage. */
    public UsageReader usage() {
        return usage;
    }

    /** Whether what is answered costs nothing at any provider, so that it tells no usage either. */
    public boolean free() {
        return this == COUNT_TOKENS || this == MODERATIONS;
    }

    /** Whether a member of that name limits the output. */
    public boolean limits(String member) {
        return switch (this) {
            case CHAT -> member.equals("max_tokens") || member.equals("max_completion_tokens");
            case RESPONSES -> member.equals("max_output_tokens");
            case COMPLETIONS, MESSAGES -> member.equals("max_tokens");
            case EMBEDDINGS, MODERATIONS, COUNT_TOKENS -> false;
        };
    }

    /** Whether usage in a stream comes only where it is asked for by {@code stream_options}. */
    public boolean usageOnDemand() {
        return this == CHAT || this == COMPLETIONS;
    }
}
