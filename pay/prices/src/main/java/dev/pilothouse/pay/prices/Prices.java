package dev.pilothouse.pay.prices;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Front door of prices. Thread-safe.
 *
 * <p>Each tenant has sources, in the order in which they were first imported. A file replaces what its source says; the first
 * source stands against later ones, so that adding one never changes a price in force, and overlays stand against all. The
 * table that comes of it is kept in memory and swapped whole when it changes; another replica's import is seen within about a
 * second.
 */
public final class Prices {
    /** The tables of prices. */
    public static final Migrations MIGRATIONS = new Migrations("prices");

    /** The largest price file, in bytes. */
    public static final int MAX_FILE_BYTES = 32 << 20;

    private static final long LOOK_EVERY_MILLIS = Duration.ofSeconds(1).toMillis();
    private static final int MOST_SOURCES = 100;
    private static final int ATTEMPTS = 5;

    private final Store store;
    private final Ledger ledger;
    private final InstantSource clock;
    private final SqlPrices sql = new SqlPrices();
    private final ConcurrentHashMap<String, Current> current = new ConcurrentHashMap<>();

    /** Prices in a store that was opened with {@link #MIGRATIONS}. */
    public Prices(Store store, Ledger ledger, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.clock = clock;
    }

    /**
     * What is to be imported.
     *
     * @param format how it is written
     * @param source its name on rows; empty for the format's name
     * @param path the file's path in its collection, for formats whose files do not name their model, which then leaves the
     *     source's other models as they are; empty for a whole collection
     * @param effectiveFrom the moment from which it counts: until then, what the source said before stays, and after it too
     *     for models that the file does not have. {@link Instant#EPOCH} replaces everything that the source said
     * @param date the day the file is of; today where empty
     * @param file its bytes
     */
    public record Import(
            PriceFormat format,
            String source,
            String path,
            Instant effectiveFrom,
            Optional<LocalDate> date,
            byte[] file) {
        public Import {
            source = source.isEmpty() ? format.label() : source;
        }
    }

    /**
     * What an import did.
     *
     * @param version the table that counts now
     * @param changed whether it differs from the one before
     * @param read rows that the file has
     * @param added rows that the table did not have for that moment
     * @param altered rows that the table has other prices in now
     * @param removed rows that the table no longer has
     * @param notes what the file says that was left out, and why
     */
    public record Imported(
            PriceVersion version,
            boolean changed,
            int read,
            int added,
            int altered,
            int removed,
            List<Problem> notes) {}

    private record Current(long number, PriceTable table, AtomicLong lookedAt) {}

    private record Sources(List<SqlPrices.StoredSource> stored, Optional<PriceVersion> newest) {}

    /**
     * Imports a price file: in one unit, the source's rows, the new version where the table changes, and a ledger entry.
     *
     * @throws PilothouseException FORBIDDEN without the role {@link Role#ADMIN}, since a price decides what a budget holds; INVALID where the file is not of its
     *     format or has no prices; CONFLICT where the source's name is taken by a source of the other kind; {@link
     *     PriceError#PRICES_CHANGED}
     */
    public Imported importFile(Caller by, Import file) {
        by.require(Role.ADMIN);
        LocalDate date = file.date()
                .orElseGet(() -> clock.instant().atZone(ZoneOffset.UTC).toLocalDate());
        PriceSheet sheet = file.format().read(file.file(), new PriceSheet.Origin(file.source(), date, file.path()));
        if (sheet.rows().isEmpty() && file.format() != PriceFormat.OVERLAY) {
            throw CommonError.invalid("The file states no price that can be counted.", brief(sheet.notes()));
        }
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<Imported> done = attempt(by, file, sheet);
            if (done.isPresent()) {
                return done.get();
            }
        }
        throw PriceError.PRICES_CHANGED.because("Others import prices at the same time. Import the file again.");
    }

    /** Computes the new table beside the store's writer, and writes it if no other import came between. */
    private Optional<Imported> attempt(Caller by, Import file, PriceSheet sheet) {
        String tenant = by.tenant();
        Sources before = store.read(tx -> sources(tx, tenant));
        SqlPrices.StoredSource changed = changed(file, sheet, before.stored());
        var all = new ArrayList<>(before.stored());
        all.removeIf(source -> source.source().equals(changed.source()));
        all.add(changed);
        PriceLayers layers = layers(all);
        var table = new PriceTable(layers.rows());
        PriceTable old = before.newest()
                .map(version -> version(tenant, version.digest().hex()))
                .orElse(PriceTable.EMPTY);
        Instant now = Instant.ofEpochMilli(clock.millis());
        Optional<PriceVersion> newest = before.newest();
        boolean same = newest.isPresent() && newest.get().digest().equals(table.digest());
        PriceVersion version = same
                ? newest.get()
                : new PriceVersion(
                        newest.map(PriceVersion::number).orElse(0L) + 1,
                        table.digest(),
                        file.source(),
                        file.format(),
                        Digest.of(file.file()),
                        table.rows().size(),
                        layers.conflicts().size(),
                        by.name(),
                        now);
        byte[] content = PriceJson.packed(table.rows());
        Imported result = imported(version, !same, sheet, old, table);
        return store.writeAndWait(tx -> {
            if (!isSame(sources(tx, tenant), before)) {
                return Optional.empty();
            }
            sql.put(tx, tenant, changed);
            if (!same) {
                sql.insert(tx, tenant, version, content);
            }
            ledger.append(tx, entry(by, file, result, layers.conflicts().size()));
            tx.afterCommit(() -> install(tenant, version.number(), table));
            return Optional.of(result);
        });
    }

    private static SqlPrices.StoredSource changed(Import file, PriceSheet sheet, List<SqlPrices.StoredSource> stored) {
        boolean overlay = file.format() == PriceFormat.OVERLAY;
        Optional<SqlPrices.StoredSource> before = stored.stream()
                .filter(source -> source.source().equals(file.source()))
                .findFirst();
        if (before.isPresent() && before.get().overlay() != overlay) {
            throw CommonError.CONFLICT.because("The source '" + file.source() + "' is "
                    + (overlay ? "no overlay" : "an overlay") + ". Give this file's source another name.");
        }
        if (before.isEmpty() && stored.size() >= MOST_SOURCES) {
            throw CommonError.CONFLICT.because("There are " + MOST_SOURCES + " sources of prices already.");
        }
        var rows = new ArrayList<PriceRow>();
        var replaced = new ArrayList<PriceRow>();
        var models = new HashSet<String>();
        sheet.rows().forEach(row -> models.add(row.provider() + ' ' + row.model()));
        for (PriceRow row :
                before.map(source -> PriceJson.unpacked(source.content())).orElse(List.of())) {
            boolean kept = !file.path().isEmpty() && !models.contains(row.provider() + ' ' + row.model());
            (kept ? rows : replaced).add(row);
        }
        rows.addAll(PriceLayers.replacedFrom(file.effectiveFrom(), replaced, sheet.rows()));
        long position = before.map(SqlPrices.StoredSource::position)
                .orElseGet(() -> stored.stream()
                                .mapToLong(SqlPrices.StoredSource::position)
                                .max()
                                .orElse(0)
                        + 1);
        return new SqlPrices.StoredSource(file.source(), overlay, position, PriceJson.packed(rows));
    }

    private static PriceLayers layers(List<SqlPrices.StoredSource> sources) {
        return PriceLayers.of(sources.stream()
                .sorted(SqlPrices.PRECEDENCE)
                .map(source -> PriceJson.unpacked(source.content()))
                .toList());
    }

    private static Imported imported(
            PriceVersion version, boolean changed, PriceSheet sheet, PriceTable old, PriceTable table) {
        var before = new HashMap<String, Rates>();
        old.rows().forEach(row -> before.put(key(row), row.rates()));
        int added = 0;
        int altered = 0;
        for (PriceRow row : table.rows()) {
            Rates rates = before.remove(key(row));
            added += rates == null ? 1 : 0;
            altered += rates == null || rates.equals(row.rates()) ? 0 : 1;
        }
        return new Imported(version, changed, sheet.rows().size(), added, altered, before.size(), sheet.notes());
    }

    private static String key(PriceRow row) {
        return row.provider() + ' ' + row.model() + ' ' + row.serviceTier() + ' ' + row.effectiveFrom();
    }

    private Sources sources(Tx tx, String tenant) {
        return new Sources(sql.sources(tx, tenant), sql.newest(tx, tenant));
    }

    private static boolean isSame(Sources now, Sources before) {
        if (!now.newest().equals(before.newest())
                || now.stored().size() != before.stored().size()) {
            return false;
        }
        for (int i = 0; i < now.stored().size(); i++) {
            SqlPrices.StoredSource one = now.stored().get(i);
            SqlPrices.StoredSource other = before.stored().get(i);
            if (!one.source().equals(other.source()) || !Arrays.equals(one.content(), other.content())) {
                return false;
            }
        }
        return true;
    }

    private static LedgerEntry entry(Caller by, Import file, Imported result, int conflicts) {
        return new LedgerEntry(
                by,
                "prices.imported",
                "prices/" + file.source(),
                Json.object()
                        .put("source", file.source())
                        .put("format", file.format().label())
                        .put("file", Digest.of(file.file()).toString())
                        .put("effectiveFrom", file.effectiveFrom().toString())
                        .put("version", result.version().digest().toString())
                        .put("changed", result.changed())
                        .put("read", result.read())
                        .put("added", result.added())
                        .put("altered", result.altered())
                        .put("removed", result.removed())
                        .put("leftOut", result.notes().size())
                        .put("conflicts", conflicts));
    }

    /**
     * The table that counts in a tenant now. From memory; only the first call for a tenant waits for the store. Whether
     * another replica has imported is looked up beside the call.
     */
    public PriceTable current(String tenant) {
        Current known = current.get(tenant);
        if (known == null) {
            Current loaded = store.read(tx -> load(tx, tenant));
            return install(tenant, loaded.number(), loaded.table());
        }
        long now = clock.millis();
        long looked = known.lookedAt().get();
        if (now - looked >= LOOK_EVERY_MILLIS && known.lookedAt().compareAndSet(looked, now)) {
            // A look that fails is made again in a second; what is known counts meanwhile.
            var _ = store.readAsync(tx ->
                            sql.newest(tx, tenant).map(PriceVersion::number).orElse(0L) > known.number()
                                    ? Optional.of(load(tx, tenant))
                                    : Optional.<Current>empty())
                    .thenAccept(newer -> newer.ifPresent(n -> install(tenant, n.number(), n.table())));
        }
        return known.table();
    }

    private Current load(Tx tx, String tenant) {
        return sql.newest(tx, tenant)
                .map(version -> new Current(
                        version.number(),
                        new PriceTable(PriceJson.unpacked(
                                sql.content(tx, tenant, version.digest().hex()).orElseThrow())),
                        new AtomicLong(clock.millis())))
                .orElseGet(() -> new Current(0, PriceTable.EMPTY, new AtomicLong(clock.millis())));
    }

    private PriceTable install(String tenant, long number, PriceTable table) {
        var fresh = new Current(number, table, new AtomicLong(clock.millis()));
        return current.merge(tenant, fresh, (held, next) -> held.number() >= next.number() ? held : next)
                .table();
    }

    /**
     * A table of the past or the present.
     *
     * @param version as usage records name it: at least the first twelve digits of its digest
     * @throws PilothouseException NOT_FOUND where the tenant never had it
     */
    public PriceTable version(String tenant, String version) {
        PriceTable now = current(tenant);
        if (now.version().equals(version) || now.digest().hex().equals(version)) {
            return now;
        }
        if (!version.matches("[0-9a-f]{12,64}")) {
            throw unknown(version);
        }
        return store.read(tx -> sql.content(tx, tenant, version))
                .map(content -> new PriceTable(PriceJson.unpacked(content)))
                .orElseThrow(() -> unknown(version));
    }

    /** Versions of the caller's tenant, the newest first. */
    public List<PriceVersion> versions(Caller by, long before, int limit) {
        by.require(Role.VIEWER);
        return store.read(tx -> sql.versions(tx, by.tenant(), before, limit));
    }

    /**
     * Puts the id of a removed principal in the place of its name.
     *
     * @param name the name it had
     */
    public static void forget(Tx tx, String tenant, String id, String name) {
        SqlPrices.forget(tx, tenant, id, name);
    }

    /** Rows of the caller's sources that disagree with those that count, by provider, model, service tier and date. */
    public List<PriceConflict> conflicts(Caller by) {
        by.require(Role.VIEWER);
        return layers(store.read(tx -> sql.sources(tx, by.tenant()))).conflicts();
    }

    private static PilothouseException unknown(String version) {
        return CommonError.NOT_FOUND.because(
                "There are no prices with the version '" + version + "'. See all: GET /api/v1/prices/versions.");
    }

    private static List<Problem> brief(List<Problem> notes) {
        return notes.subList(0, Math.min(notes.size(), 100));
    }
}
