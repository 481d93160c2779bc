package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.pay.prices.PriceRow;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Somebody who runs models, and how it is reached. Immutable.
 *
 * @param name unique in the organisation: lower-case letters, digits and dashes, 1 to 63
 * @param kind whose protocol it speaks
 * @param url address with the version of the protocol, such as {@code https://api.openai.com/v1}; Azure's is {@code
 *     https://NAME.openai.azure.com/openai/v1} or the older {@code
 *     https://NAME.openai.azure.com/openai/deployments?api-version=DATE}
 * @param secret name of the secret that is its key; empty where it wants none
 * @param region where it computes, as the organisation calls it, such as {@code eu}; empty where nobody has said
 * @param prices under which name the price table knows it
 * @param overheads what its tokenizers may add to a request
 * @param maxOutputTokens the output limit of a request that sets none, where the price table does not say what the model can do
 * @param firstByte longest wait for the first byte of a stream
 * @param deadline longest time for a whole answer
 * @param probe how it is asked whether it answers; empty where only its clients' calls tell
 */
public record Provider(
        String name,
        Kind kind,
        URI url,
        String secret,
        String region,
        String prices,
        Overheads overheads,
        int maxOutputTokens,
        Duration firstByte,
        Duration deadline,
        Optional<Probe> probe) {
    /** Whose protocol. */
    public enum Kind {
        /** OpenAI itself. */
        OPENAI,
        /** OpenAI's models at Azure. */
        AZURE,
        /** Anthropic itself, or who speaks its protocol. */
        ANTHROPIC,
        /** Who speaks OpenAI's protocol: vLLM, Ollama, llama.cpp, Gemini's compatible endpoint. */
        COMPATIBLE;

        /** The name in requests and answers. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * Reads a {@link #label()}.
         *
         * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} that names the nearest
         */
        public static Kind parse(String label) {
            return Arrays.stream(values())
                    .filter(kind -> kind.label().equals(label))
                    .findFirst()
                    .orElseThrow(() -> CommonError.INVALID.because(
                            "There is no kind of provider '" + label + "'." + Nearest.hint(label, labels())));
        }

        private static List<String> labels() {
            return Arrays.stream(values()).map(Kind::label).toList();
        }

        /** The address of whose protocol it is; empty where everybody has another one. */
        public String usualUrl() {
            return switch (this) {
                case OPENAI -> "https://api.openai.com/v1";
                case ANTHROPIC -> "https://api.anthropic.com/v1";
                case AZURE, COMPATIBLE -> "";
            };
        }

        /** Whether it is OpenAI's own protocol, with its newest members. */
        public boolean isOpenAiItself() {
            return this == OPENAI || this == AZURE;
        }

        /** The protocol's family. */
        public Dialect.Family family() {
            return this == ANTHROPIC ? Dialect.Family.ANTHROPIC : Dialect.Family.OPENAI;
        }
    }

    /** Output limit of a request that sets none, where nothing else is declared. */
    public static final int USUAL_OUTPUT = 16_384;

    /** Longest wait for the first byte of a stream, where nothing else is declared. */
    public static final Duration USUAL_FIRST_BYTE = Duration.ofMinutes(1);

    /** Longest time for a whole answer, where nothing else is declared. */
    public static final Duration USUAL_DEADLINE = Duration.ofMinutes(10);

    /** What names look like. */
    public static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    private static final Pattern AZURE_VERSION = Pattern.compile("api-version=[a-z0-9-]{1,40}");
    static final Pattern REGION = Pattern.compile("[a-z0-9-]{0,63}");
    static final Duration LONGEST = Duration.ofHours(1);

    public Provider {
        if (!NAME.matcher(name).matches()) {
            throw CommonError.INVALID.because(
                    "A provider's name has 1 to 63 lower-case letters, digits and dashes, unlike '" + name + "'.");
        }
        if (!("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                || url.getHost() == null
                || (url.getRawQuery() != null && !(kind == Kind.AZURE && isVersion(url.getRawQuery())))
                || url.getRawFragment() != null
                || url.getRawUserInfo() != null) {
            throw CommonError.INVALID.because(
                    "A provider's 'url' is an http or https address without user, query and fragment,"
                            + " such as https://api.openai.com/v1, unlike '" + url
                            + "'. Only an address of Azure may end in '?api-version=' and a version.");
        }
        if (maxOutputTokens < 1 || maxOutputTokens > Asked.MOST_TOKENS) {
            throw CommonError.INVALID.because("'maxOutputTokens' must be from 1 to " + Asked.MOST_TOKENS + ".");
        }
        if (!REGION.matcher(region).matches()) {
            throw CommonError.INVALID.because(
                    "A provider's 'region' has up to 63 lower-case letters, digits and dashes, such as eu, unlike '"
                            + region + "'.");
        }
        if (prices.isEmpty()) {
            throw CommonError.INVALID.because("'prices' must name the provider in the price table, such as openai.");
        }
        for (Duration time : List.of(firstByte, deadline)) {
            if (time.isNegative() || time.isZero() || time.compareTo(LONGEST) > 0) {
                throw CommonError.INVALID.because("'firstByteSeconds' and 'deadlineSeconds' must be from 1 to 3600.");
            }
        }
    }

    private static boolean isVersion(String query) {
        return AZURE_VERSION.matcher(query).matches();
    }

    /**
     * Tokens that an answer has at most where the request does not limit it.
     *
     * @param row the model's price, where it has one, which may say what the model gives out
     */
    public long mostOutput(Optional<PriceRow> row) {
        long known = row.map(PriceRow::maxOutputTokens).orElse(0L);
        return known > 0 ? Math.min(known, Asked.MOST_TOKENS) : maxOutputTokens;
    }

    /** Whether the model's name stands in the path, as Azure's dated versions have it. */
    public boolean namesModelInPath() {
        return kind == Kind.AZURE && url.getPath().endsWith("/deployments");
    }

    /**
     * Reads an address.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is none
     */
    public static URI url(String text) {
        try {
            return new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
        } catch (URISyntaxException e) {
            throw CommonError.INVALID.because("'" + text + "' is no address.", e);
        }
    }
}
