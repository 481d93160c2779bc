package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.json.Json;
import java.util.Arrays;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;

/** Formats of price files. */
public enum PriceFormat {
    /** LiteLLM's {@code model_prices_and_context_window.json}. */
    LITELLM {
        @Override
        PriceSheet read(byte[] file, PriceSheet.Origin origin) {
            return new LiteLlmPrices(origin).read(json(file));
        }
    },
    /** The {@code data.json} of genai-prices. */
    GENAI_PRICES {
        @Override
        PriceSheet read(byte[] file, PriceSheet.Origin origin) {
            return new GenaiPrices(origin).read(json(file));
        }
    },
    /** TOML of models.dev: one file with its path, or a ZIP archive of the repository. */
    MODELS_DEV {
        @Override
        PriceSheet read(byte[] file, PriceSheet.Origin origin) {
            return new ModelsDevPrices(origin).read(file);
        }
    },
    /** Our own YAML of prices that a contract sets; it stands against all other sources. */
    OVERLAY {
        @Override
        PriceSheet read(byte[] file, PriceSheet.Origin origin) {
            return new OverlayPrices(origin).read(file);
        }
    };

    /**
     * Reads a file.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID where it is not of this format
     */
    abstract PriceSheet read(byte[] file, PriceSheet.Origin origin);

    /** The name in requests and commands, such as {@code genai-prices} or {@code models.dev}. */
    public String label() {
        return this == MODELS_DEV
                ? "models.dev"
                : name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Reads a {@link #label()}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID that names the nearest format
     */
    public static PriceFormat parse(String label) {
        for (PriceFormat format : values()) {
            if (format.label().equals(label)) {
                return format;
            }
        }
        throw CommonError.INVALID.because("There is no format '" + label + "' of price files."
                + Nearest.hint(
                        label, Arrays.stream(values()).map(PriceFormat::label).toList()));
    }

    private static JsonNode json(byte[] file) {
        try {
            return Json.MAPPER
                    .reader()
                    .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .readTree(file);
        } catch (JacksonException e) {
            throw CommonError.INVALID.because("The price file is not valid JSON" + Json.fault(e), e);
        }
    }
}
