package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.access.RequestFields;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Prices over HTTP. Amounts are decimal strings of nano-USD. */
public final class PriceRoutes {
    /** Notes of an import that an answer lists; their number is told in full. */
    private static final int MOST_NOTES = 5000;

    private final Prices prices;

    /** Routes of prices. */
    public PriceRoutes(Prices prices) {
        this.prices = prices;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/prices", Access.role(Role.VIEWER), "listPrices", this::list)
                .on("GET", "/api/v1/prices/versions", Access.role(Role.VIEWER), "listPriceVersions", this::versions)
                .on("GET", "/api/v1/prices/conflicts", Access.role(Role.VIEWER), "listPriceConflicts", this::conflicts);
        table.api()
                .maxBody(Prices.MAX_FILE_BYTES)
                .on("POST", "/api/v1/prices/imports", Access.role(Role.ADMIN), "importPrices", this::load);
    }

    private Reply load(Call call) {
        Prices.Imported done = prices.importFile(
                call.caller(),
                new Prices.Import(
                        PriceFormat.parse(call.query("format")
                                .orElseThrow(
                                        () -> CommonError.INVALID.because("Say by the query's 'format' how the file is"
                                                + " written: litellm, genai-prices, models.dev or overlay."))),
                        call.query("source").orElse(""),
                        call.query("path").orElse(""),
                        call.query("effective-from")
                                .map(text -> OverlayPrices.from(StringNode.valueOf(text)))
                                .orElse(Instant.EPOCH),
                        call.query("date").map(PriceRoutes::day),
                        call.body()));
        ObjectNode body = Json.object().put("changed", done.changed());
        body.set("version", json(done.version()));
        body.put("read", done.read())
                .put("added", done.added())
                .put("altered", done.altered())
                .put("removed", done.removed())
                .put("leftOut", done.notes().size());
        ArrayNode notes = body.putArray("notes");
        for (Problem note :
                done.notes().subList(0, Math.min(MOST_NOTES, done.notes().size()))) {
            notes.addObject().put("where", note.where()).put("what", note.what());
        }
        return Reply.json(done.changed() ? 201 : 200, body);
    }

    /** Pages name the version they are of, so that an import between two of them changes neither. */
    private Reply list(Call call) {
        Optional<Place> place =
                call.query("cursor").filter(text -> !text.isEmpty()).map(Place::parse);
        Optional<String> version = place.map(Place::version).or(() -> call.query("version"));
        String tenant = call.caller().tenant();
        PriceTable table = version.isPresent() ? prices.version(tenant, version.get()) : prices.current(tenant);
        Optional<Instant> at = call.query("at").map(text -> OverlayPrices.from(StringNode.valueOf(text)));
        Predicate<PriceRow> wanted = row -> is(call.query("provider"), row.provider())
                && isModel(call.query("model"), row.model())
                && is(call.query("service-tier").map(PriceRow::serviceTier), row.serviceTier())
                && at.map(when -> table.find(row.provider(), row.model(), row.serviceTier(), when)
                                .filter(row::equals)
                                .isPresent())
                        .orElse(true);
        ObjectNode body = page(
                table.rows().stream().filter(wanted).toList(),
                place.map(Place::offset).orElse(0),
                RequestFields.limit(call),
                table.version(),
                PriceJson::json);
        return Reply.json(body.put("version", table.version()));
    }

    private Reply versions(Call call) {
        int limit = RequestFields.limit(call);
        long before = call.query("cursor")
                .filter(text -> !text.isEmpty())
                .map(PriceRoutes::number)
                .orElse(Long.MAX_VALUE);
        return RequestFields.page(
                prices.versions(call.caller(), before, limit),
                limit,
                PriceRoutes::json,
                version -> Long.toString(version.number()));
    }

    /** Of the current table alone: what earlier files said against it is not kept. */
    private Reply conflicts(Call call) {
        String version = prices.current(call.caller().tenant()).version();
        Optional<Place> place =
                call.query("cursor").filter(text -> !text.isEmpty()).map(Place::parse);
        if (place.isPresent() && !place.get().version().equals(version)) {
            throw PriceError.PRICES_CHANGED.because(
                    "Prices were imported since the page before. Begin with the first.");
        }
        ObjectNode body = page(
                prices.conflicts(call.caller()),
                place.map(Place::offset).orElse(0),
                RequestFields.limit(call),
                version,
                conflict -> {
                    ObjectNode both = Json.object();
                    both.set("counts", PriceJson.json(conflict.counts()));
                    both.set("disagrees", PriceJson.json(conflict.disagrees()));
                    return both;
                });
        return Reply.json(body.put("version", version));
    }

    private static <T> ObjectNode page(
            List<T> all, int offset, int limit, String version, Function<T, ObjectNode> json) {
        int from = Math.min(offset, all.size());
        int to = Math.min(from + limit, all.size());
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        all.subList(from, to).forEach(item -> items.add(json.apply(item)));
        return body.put("next", to < all.size() ? new Place(version, to).text() : null);
    }

    /**
     * Where the next page begins.
     *
     * @param version the table that is listed
     * @param offset rows before it
     */
    private record Place(String version, int offset) {
        static Place parse(String cursor) {
            if (!cursor.matches("[0-9a-f]{12}-\\d{1,8}")) {
                throw CommonError.INVALID.because("The cursor is none. Use the 'next' of the page before.");
            }
            return new Place(cursor.substring(0, 12), Integer.parseInt(cursor.substring(13)));
        }

        String text() {
            return version + "-" + offset;
        }
    }

    /** A name, or the beginning of names with a star behind it. */
    private static boolean isModel(Optional<String> wanted, String model) {
        return wanted.isEmpty()
                || (wanted.get().endsWith("*")
                        ? model.startsWith(
                                wanted.get().substring(0, wanted.get().length() - 1))
                        : model.equals(wanted.get()));
    }

    private static boolean is(Optional<String> wanted, String value) {
        return wanted.isEmpty() || wanted.get().equals(value);
    }

    private static long number(String cursor) {
        if (!cursor.matches("\\d{1,18}")) {
            throw CommonError.INVALID.because("The cursor is none. Use the 'next' of the page before.");
        }
        return Long.parseLong(cursor);
    }

    private static LocalDate day(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeParseException e) {
            throw CommonError.INVALID.because("'" + text + "' is no day such as 2026-02-01.", e);
        }
    }

    private static ObjectNode json(PriceVersion version) {
        return Json.object()
                .put("number", version.number())
                .put("version", version.digest().brief())
                .put("digest", version.digest().toString())
                .put("source", version.source())
                .put("format", version.format().label())
                .put("file", version.file().toString())
                .put("rows", version.rows())
                .put("conflicts", version.conflicts())
                .put("importedBy", version.importedBy())
                .put("importedAt", version.importedAt().toString());
    }
}
