package dev.pilothouse.run.llm;

import dev.pilothouse.pay.prices.UsageReader;
import java.util.Locale;

/** What can be asked of a model, and in whose language. */
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
    /** OpenAI's pictures of a text. */
    IMAGES("/images/generations", Family.OPENAI, Unit.IMAGES, UsageReader.OPENAI_IMAGES),
    /** OpenAI's pictures of pictures and a text, asked for by a form. */
    IMAGE_EDITS("/images/edits", Family.OPENAI, Unit.IMAGES, UsageReader.OPENAI_IMAGES),
    /** OpenAI's pictures of a picture, asked for by a form. */
    IMAGE_VARIATIONS("/images/variations", Family.OPENAI, Unit.IMAGES, UsageReader.OPENAI_IMAGES),
    /** OpenAI's speech of a text, which is answered as sound. */
    SPEECH("/audio/speech", Family.OPENAI, Unit.CHARACTERS, UsageReader.OPENAI_SPEECH),
    /** OpenAI's text of speech, asked for by a form. */
    TRANSCRIPTIONS("/audio/transcriptions", Family.OPENAI, Unit.SOUND, UsageReader.OPENAI_TRANSCRIPTIONS),
    /** OpenAI's English text of speech, asked for by a form. */
    TRANSLATIONS("/audio/translations", Family.OPENAI, Unit.SOUND, UsageReader.OPENAI_TRANSCRIPTIONS),
    /** The order of documents by a query, as Cohere, Jina and vLLM have it. */
    RERANK("/rerank", Family.OPENAI, Unit.SEARCHES, UsageReader.RERANK),
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

    /** What a call may be billed by. */
    public enum Unit {
        /** Tokens alone. */
        TOKENS,
        /** Pictures that are made, or tokens. */
        IMAGES,
        /** Characters that are spoken, or tokens. */
        CHARACTERS,
        /** Time of sound that is listened to, or tokens. */
        SOUND,
        /** Units of so many documents, or tokens. */
        SEARCHES
    }

    private final String path;
    private final Family family;
    private final boolean generates;
    private final Unit unit;
    private final UsageReader usage;

    Dialect(String path, Family family, boolean generates, UsageReader usage) {
        this(path, family, generates, Unit.TOKENS, usage);
    }

    Dialect(String path, Family family, Unit unit, UsageReader usage) {
        this(path, family, false, unit, usage);
    }

    Dialect(String path, Family family, boolean generates, Unit unit, UsageReader usage) {
        this.path = path;
        this.family = family;
        this.generates = generates;
        this.unit = unit;
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

    /** What it may be billed by. */
    public Unit unit() {
        return unit;
    }

    /** Whether it is asked for by a form (RFC 7578) and not by JSON. */
    public boolean isForm() {
        return switch (this) {
            case IMAGE_EDITS, IMAGE_VARIATIONS, TRANSCRIPTIONS, TRANSLATIONS -> true;
            case CHAT,
                    COMPLETIONS,
                    RESPONSES,
                    EMBEDDINGS,
                    MODERATIONS,
                    IMAGES,
                    SPEECH,
                    RERANK,
                    MESSAGES,
                    COUNT_TOKENS -> false;
        };
    }

    /** Whether the member {@code stream} asks for the answer as events. */
    boolean streams() {
        return generates || this == IMAGES || this == IMAGE_EDITS || this == TRANSCRIPTIONS;
    }

    /** Whether an answer may be plain text in place of JSON: a transcript, or subtitles. */
    public boolean answersText() {
        return unit == Unit.SOUND;
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
            case EMBEDDINGS,
                    MODERATIONS,
                    IMAGES,
                    IMAGE_EDITS,
                    IMAGE_VARIATIONS,
                    SPEECH,
                    TRANSCRIPTIONS,
                    TRANSLATIONS,
                    RERANK,
                    COUNT_TOKENS -> false;
        };
    }

    /** Whether usage in a stream comes only where it is asked for by {@code stream_options}. */
    public boolean usageOnDemand() {
        return this == CHAT || this == COMPLETIONS;
    }
}
