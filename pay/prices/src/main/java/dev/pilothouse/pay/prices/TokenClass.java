package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Kinds of tokens that can have a price of their own. Each token of a call is of exactly one. */
public enum TokenClass {
    /** Text that goes in and is neither read from nor written to a cache. */
    INPUT(0, null),
    /** What comes from the provider's prompt cache. */
    CACHE_READ(1, INPUT),
    /** What is put into the prompt cache for 5 minutes, or for the time that the provider has for all. */
    CACHE_WRITE_5M(2, INPUT),
    /** What is put into the prompt cache for an hour; {@link ClassRates} says what it costs where no source does. */
    CACHE_WRITE_1H(3, CACHE_WRITE_5M),
    /** Text that comes out, refused predictions of it included. */
    OUTPUT(4, null),
    /** What the model thinks before it answers. */
    REASONING(5, OUTPUT),
    /** Sound that goes in. */
    AUDIO_INPUT(6, INPUT),
    /** Sound that comes out. */
    AUDIO_OUTPUT(7, OUTPUT),
    /** Pictures that go in. */
    IMAGE_INPUT(8, INPUT),
    /** Pictures that come out, where they are billed by the token. */
    IMAGE_OUTPUT(9, OUTPUT);

    /** The classes on the way in, which the context length counts. */
    public static final List<TokenClass> INPUT_SIDE =
            List.of(INPUT, CACHE_READ, CACHE_WRITE_5M, CACHE_WRITE_1H, AUDIO_INPUT, IMAGE_INPUT);

    /** The classes on the way out. */
    public static final List<TokenClass> OUTPUT_SIDE = List.of(OUTPUT, REASONING, AUDIO_OUTPUT, IMAGE_OUTPUT);

    private static final List<TokenClass> ALL = List.of(values());

    private final int slot;
    private final @Nullable TokenClass fallback;

    TokenClass(int slot, @Nullable TokenClass fallback) {
        this.slot = slot;
        this.fallback = fallback;
    }

    /** The class whose price counts where this one has none of its own; {@link #INPUT} and {@link #OUTPUT} have none. */
    public Optional<TokenClass> fallback() {
        return Optional.ofNullable(fallback);
    }

    /** The name in requests, answers and files, such as {@code cache-write-5m}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Reads a {@link #label()}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the nearest class
     */
    public static TokenClass parse(String label) {
        return ALL.stream()
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because("There is no class of tokens '" + label + "'."
                        + Nearest.hint(
                                label,
                                Arrays.stream(values()).map(TokenClass::label).toList())));
    }

    /** Its place in arrays of rates and counts. */
    int slot() {
        return slot;
    }

    /** All classes, without the copy that {@link #values()} makes. */
    static List<TokenClass> all() {
        return ALL;
    }
}
