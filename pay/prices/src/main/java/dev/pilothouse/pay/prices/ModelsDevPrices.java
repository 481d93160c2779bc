package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * Reads models.dev: a TOML file for each model, {@code providers/<provider>/models/<model>.toml}, whose {@code [cost]} is in
 * USD for a million tokens. One file needs its path, since it names neither; an archive of the repository has them. For one
 * import.
 *
 * <p>{@code [[cost.tiers]]} and the older {@code [cost.context_over_200k]} are tiers; a mode under {@code experimental.modes}
 * with a cost and the service tier it is asked for with is a service tier. A file without cost stays unpriced.
 */
final class ModelsDevPrices {
    private static final Pattern PATH = Pattern.compile("(?:.*/)?providers/([^/]+)/models/(.+)\\.toml");
    private static final int MOST_FILES = 50_000;
    private static final int LARGEST_FILE = 256 << 10;
    /** Bytes that an archive may unpack to; the repository has some tens of millions, pictures included. */
    private static final long MOST_BYTES = 512L << 20;

    private static final ObjectReader TOML =
            TomlMapper.builder().build().reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final Map<String, TokenClass> CLASSES = Map.of(
            "input", TokenClass.INPUT,
            "output", TokenClass.OUTPUT,
            "reasoning", TokenClass.REASONING,
            "cache_read", TokenClass.CACHE_READ,
            "cache_write", TokenClass.CACHE_WRITE_5M,
            "input_audio", TokenClass.AUDIO_INPUT,
            "output_audio", TokenClass.AUDIO_OUTPUT);

    private final PriceSheet.Origin origin;
    private final List<PriceRow> rows = new ArrayList<>();
    private final List<Problem> notes = new ArrayList<>();

    ModelsDevPrices(PriceSheet.Origin origin) {
        this.origin = origin;
    }

    PriceSheet read(byte[] file) {
        if (file.length > 3 && file[0] == 'P' && file[1] == 'K' && file[2] == 3 && file[3] == 4) {
            readArchive(file);
        } else {
            Matcher path = PATH.matcher(origin.path());
            if (!path.matches()) {
                throw CommonError.INVALID.because("A file of models.dev does not name its model. Give its path, such as"
                        + " providers/openai/models/gpt-4o.toml, or an archive of the repository.");
            }
            rows.addAll(model(path.group(1), path.group(2), file));
        }
        return PriceSheet.of(rows, notes);
    }

    private void readArchive(byte[] archive) {
        try (var zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            int files = 0;
            long bytes = 0;
            byte[] skipped = new byte[1 << 16];
            for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (++files > MOST_FILES) {
                    throw CommonError.TOO_LARGE.because("The archive has more than " + MOST_FILES + " files.");
                }
                Matcher path = PATH.matcher(entry.getName());
                if (path.matches()) {
                    byte[] file = zip.readNBytes(LARGEST_FILE + 1);
                    bytes += file.length;
                    readEntry(entry.getName(), path, file);
                }
                for (int n = 0; n >= 0; n = zip.read(skipped)) {
                    bytes += n;
                    if (bytes > MOST_BYTES) {
                        throw CommonError.TOO_LARGE.because(
                                "The archive unpacks to more than " + MOST_BYTES + " bytes.");
                    }
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw CommonError.INVALID.because("The archive is damaged or no ZIP archive.", e);
        }
    }

    private void readEntry(String name, Matcher path, byte[] file) {
        try {
            if (file.length > LARGEST_FILE) {
                throw CommonError.TOO_LARGE.because("It has more than " + LARGEST_FILE + " bytes.");
            }
            rows.addAll(model(path.group(1), path.group(2), file));
        } catch (PilothouseException e) {
            notes.add(new Problem(name, "Left out: " + e.detail()));
        }
    }

    private List<PriceRow> model(String provider, String model, byte[] file) {
        JsonNode toml = parse(file);
        String where = provider + "/" + model;
        var found = new ArrayList<PriceRow>();
        RatesDraft standard = draft(where + ".cost", toml.path("cost"));
        add(found, provider, model, PriceRow.STANDARD, standard, toml);
        toml.path("experimental").path("modes").properties().forEach(mode -> {
            JsonNode tier = mode.getValue().path("provider").path("body").path("service_tier");
            if (tier.isString() && mode.getValue().path("cost").isObject()) {
                RatesDraft draft =
                        draft(where + "." + mode.getKey(), mode.getValue().path("cost"));
                add(found, provider, model, PriceRow.serviceTier(tier.stringValue()), draft, toml);
            }
        });
        return found;
    }

    private void add(
            List<PriceRow> found, String provider, String model, String serviceTier, RatesDraft draft, JsonNode toml) {
        if (!draft.isEmpty()) {
            JsonNode limit = toml.path("limit");
            found.add(new PriceRow(
                    provider,
                    model,
                    serviceTier,
                    Instant.EPOCH,
                    origin.source(),
                    origin.date(),
                    draft.rates(),
                    PriceNumbers.tokens(limit.has("input") ? limit.path("input") : limit.path("context")),
                    PriceNumbers.tokens(limit.path("output"))));
        }
    }

    private RatesDraft draft(String where, JsonNode cost) {
        var draft = new RatesDraft();
        put(draft, where, 0, cost);
        put(draft, where, 200_000, cost.path("context_over_200k"));
        for (JsonNode tier : cost.path("tiers")) {
            JsonNode kind = tier.path("tier").path("type");
            long above = PriceNumbers.tokens(tier.path("tier").path("size"));
            if (above == 0 || (kind.isString() && !kind.stringValue().equals("context"))) {
                throw CommonError.INVALID.because("It has a tier by something else than context.");
            }
            put(draft, where, above, tier);
        }
        return draft;
    }

    private void put(RatesDraft draft, String where, long above, JsonNode stated) {
        stated.properties().forEach(price -> {
            TokenClass tokenClass = CLASSES.get(price.getKey());
            if (tokenClass != null) {
                draft.put(
                        above,
                        tokenClass,
                        PriceNumbers.nearest(price.getValue(), PriceNumbers.PER_MILLION, where, notes));
            } else if (price.getValue().isNumber()) {
                notes.add(new Problem(where + "." + price.getKey(), "Left out: this kind of price is not counted."));
            }
        });
    }

    private static JsonNode parse(byte[] file) {
        try {
            return TOML.readTree(file);
        } catch (JacksonException e) {
            throw CommonError.INVALID.because("The file is not valid TOML: " + e.getOriginalMessage(), e);
        }
    }
}
