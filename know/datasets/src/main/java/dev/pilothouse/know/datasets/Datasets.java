package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.json.CanonicalJson;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Front door of datasets for other modules. Thread-safe; calls block. */
public final class Datasets implements AutoCloseable {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("dataset");

    private static final Duration ADD_WITHIN = Duration.ofMinutes(5);

    /** Types a column can have. */
    public enum ColumnType {
        TEXT,
        LONG,
        DOUBLE,
        BOOLEAN,
        TIMESTAMP
    }

    /** A column of a version's schema. */
    public record Column(String name, ColumnType type) {}

    /**
     * An immutable version.
     *
     * @param tenant owner
     * @param name dataset name
     * @param version number, from 1
     * @param digest digest of its manifest: content, format and whether there is a header
     * @param files blobs by file name
     * @param schema columns, in order
     * @param rows number of rows
     * @param createdBy principal
     * @param createdAt when
     */
    public record Version(
            String tenant,
            String name,
            int version,
            Digest digest,
            Map<String, Digest> files,
            List<Column> schema,
            long rows,
            String createdBy,
            Instant createdAt) {
        public Version {
            files = Map.copyOf(files);
            schema = List.copyOf(schema);
        }
    }

    /**
     * Rows of a version, column by column.
     *
     * @param columns columns, in order
     * @param values values by column name: String (texts, stripped of padding, and times), Long, Double, Boolean or null
     *     where missing; all lists have the same length
     */
    public record Batch(List<Column> columns, Map<String, List<@Nullable Object>> values) {}

    /**
     * What checking a version against expectations found.
     *
     * @param passed whether nothing was broken
     * @param checked number of expectations checked
     * @param broken each broken expectation in words, with the number of rows and up to five of them
     */
    public record Validation(boolean passed, int checked, List<String> broken) {}

    /** What adding a file came to. */
    sealed interface Addition {
        /** A version, new or, for the same bytes, the one there was; and how many expectations it met. */
        record Added(SqlDatasets.Row row, boolean created, int checked) implements Addition {}

        /** No version. */
        record Refused(DatasetError error, String detail, List<Problem> problems) implements Addition {}
    }

    /** What reading a file found; {@code rows} are kept only where it is good. */
    private record Examined(
            List<Column> schema,
            long rows,
            List<ColumnProfile> profile,
            @Nullable Expectations inferred,
            int checked) {}

    private final Store store;
    private final Blobs blobs;
    private final Ledger ledger;
    private final InstantSource clock;
    private final DuckFiles files;

    /**
     * Opens datasets; close it before the store and the blobs.
     *
     * @param folder for working files, which can be made again; other than the blobs' own
     * @throws IOException where the folder cannot be made
     */
    public Datasets(Store store, Blobs blobs, Ledger ledger, Path folder, InstantSource clock) throws IOException {
        this.store = store;
        this.blobs = blobs;
        this.ledger = ledger;
        this.clock = clock;
        this.files = new DuckFiles(blobs, folder, clock);
    }

    /**
     * What a reference means now: {@code name} (newest version), {@code name@3}, or {@code name@sha256:…} with the
     * digest of a version or of its file's bytes.
     *
     * @throws PilothouseException NOT_FOUND that names the nearest dataset
     */
    public Version resolve(String tenant, String reference) {
        return row(tenant, reference).version();
    }

    SqlDatasets.Row row(String tenant, String reference) {
        int at = reference.indexOf('@');
        String name = at < 0 ? reference : reference.substring(0, at);
        String which = at < 0 ? "" : reference.substring(at + 1);
        return store.read(tx -> {
            Optional<SqlDatasets.Row> found;
            if (which.isEmpty() || which.equals("latest")) {
                found = SqlDatasets.newest(tx, tenant, name);
            } else if (which.startsWith("sha256:")) {
                found = SqlDatasets.find(tx, tenant, name, Digest.parse(which));
            } else if (which.matches("[0-9]{1,9}")) {
                found = SqlDatasets.find(tx, tenant, name, Integer.parseInt(which));
            } else {
                throw CommonError.INVALID.because("'" + reference + "' names no version; write " + name + ", " + name
                        + "@3 or " + name + "@sha256:…");
            }
            return found.orElseThrow(() -> {
                List<String> names = SqlDatasets.names(tx, tenant);
                return CommonError.NOT_FOUND.because(
                        names.contains(name)
                                ? "Dataset '" + name + "' has no version '" + which + "'; its newest is "
                                        + (SqlDatasets.next(tx, tenant, name) - 1) + "."
                                : "There is no dataset '" + name + "'." + Nearest.hint(name, names));
            });
        });
    }

    /** One version. */
    public Optional<Version> find(String tenant, String name, int version) {
        return store.read(tx -> SqlDatasets.find(tx, tenant, name, version)).map(SqlDatasets.Row::version);
    }

    /** Reads rows from an offset on, at most {@code limit}; the order is the files' own. */
    public Batch read(Version version, long offset, int limit, Duration within) {
        return files.with(own(version), within, table -> table.read(offset, limit));
    }

    /** Checks a version against its dataset's expectations as they are now. */
    public Validation validate(Version version, Duration within) {
        Expectations expectations =
                expectations(version.tenant(), version.name()).orElse(null);
        if (expectations == null) {
            return new Validation(true, 0, List.of());
        }
        List<String> broken = files.with(own(version), within, table -> DuckChecks.run(table, expectations)).stream()
                .map(one -> "column " + one.column() + ": " + one.what())
                .toList();
        return new Validation(broken.isEmpty(), expectations.count(), broken);
    }

    private SqlDatasets.Row own(Version version) {
        return row(version.tenant(), version.name() + "@" + version.version());
    }

    /** Digests of all blobs that versions refer to, for the collection of those that nothing does. */
    public Stream<Digest> referencedBlobs() {
        return store.read(SqlDatasets::contents).stream();
    }

    /** Stores the bytes of a file, which is no version yet. */
    Blobs.Stored keep(InputStream in) throws IOException {
        return blobs.put(in);
    }

    /**
     * Makes a version of a stored file, unless it is one already or has to be refused.
     *
     * @param dry whether only to look: nothing is then kept or recorded
     */
    Addition add(Caller by, String name, String file, boolean header, Blobs.Stored stored, boolean dry)
            throws IOException {
        Names.checked(name);
        byte[] head;
        try (InputStream in = blobs.open(stored.digest(), 0, 4_096)) {
            head = in.readAllBytes();
        }
        var source = new DuckIntake.Source(file, stored.digest(), DuckIntake.Format.of(file, head), header);
        Digest manifest = Digest.of(CanonicalJson.bytes(Json.object()
                .put("content", source.content().toString())
                .put("format", source.format().label())
                .put("header", header)));
        Optional<SqlDatasets.Row> existing = store.read(tx -> SqlDatasets.find(tx, by.tenant(), name, manifest));
        if (existing.isPresent()) {
            return new Addition.Added(
                    existing.get(),
                    false,
                    expectations(by.tenant(), name).map(Expectations::count).orElse(0));
        }
        Optional<Expectations> expectations = expectations(by.tenant(), name);
        var faults = new Faults(file);
        Examined examined;
        try {
            examined = files.examine(source, manifest, types(expectations), faults, ADD_WITHIN, table -> {
                if (expectations.isPresent()) {
                    DuckChecks.run(table, expectations.get())
                            .forEach(broken -> faults.add(0, broken.column(), broken.what()));
                    if (!faults.isEmpty()) {
                        return new Examined(table.schema(), table.rows(), List.of(), null, 0);
                    }
                }
                List<ColumnProfile> profile = table.profile();
                return new Examined(
                        table.schema(),
                        table.rows(),
                        profile,
                        expectations.isPresent() ? null : Expectations.inferred(profile),
                        expectations.map(Expectations::count).orElse(0));
            });
        } catch (Faults.Unreadable e) {
            return refuse(by, name, source, DatasetError.UNREADABLE_FILE, file + " cannot be read.", faults, dry);
        }
        if (!faults.isEmpty()) {
            String detail =
                    file + " breaks the expectations of dataset '" + name + "', so no version was made. Mend the rows,"
                            + " or declare other expectations if the data are right.";
            return refuse(by, name, source, DatasetError.EXPECTATIONS_BROKEN, detail, faults, dry);
        }
        return record(by, name, source, stored.size(), manifest, examined, dry);
    }

    private static Map<String, ColumnType> types(Optional<Expectations> expectations) {
        Map<String, ColumnType> types = new HashMap<>();
        expectations.ifPresent(all -> all.columns().forEach((name, column) -> types.put(name, column.type())));
        return types;
    }

    private Addition refuse(
            Caller by,
            String name,
            DuckIntake.Source source,
            DatasetError error,
            String detail,
            Faults faults,
            boolean dry) {
        if (!dry) {
            ObjectNode payload = Json.object()
                    .put("file", source.name())
                    .put("content", source.content().toString())
                    .put("reason", error.code());
            var problems = payload.putArray("problems");
            faults.problems().forEach(problem -> problems.add(problem.toString()));
            var entry = ledger.seal(new LedgerEntry(by, "dataset.refused", "dataset/" + name, payload));
            store.writeAndWait(tx -> ledger.append(tx, entry));
        }
        return new Addition.Refused(error, detail, faults.problems());
    }

    private Addition record(
            Caller by,
            String name,
            DuckIntake.Source source,
            long bytes,
            Digest manifest,
            Examined examined,
            boolean dry) {
        var profile = Json.array();
        examined.profile().forEach(column -> profile.add(column.json()));
        Instant now = clock.instant();
        if (dry) {
            return new Addition.Added(
                    new SqlDatasets.Row(version(by, name, 0, source, manifest, examined, now), source, bytes, profile),
                    false,
                    examined.checked());
        }
        return store.writeAndWait(tx -> {
            Optional<SqlDatasets.Row> raced = SqlDatasets.find(tx, by.tenant(), name, manifest);
            if (raced.isPresent()) {
                return new Addition.Added(raced.get(), false, examined.checked());
            }
            int number = SqlDatasets.next(tx, by.tenant(), name);
            var row = new SqlDatasets.Row(
                    version(by, name, number, source, manifest, examined, now), source, bytes, profile);
            SqlDatasets.insert(tx, row);
            if (examined.inferred() != null) {
                SqlDatasets.infer(tx, by.tenant(), name, examined.inferred(), by.principal(), now.toEpochMilli());
            }
            ledger.append(
                    tx,
                    new LedgerEntry(
                            by,
                            "dataset-version.created",
                            "dataset/" + name + "/" + number,
                            Json.object()
                                    .put("digest", manifest.toString())
                                    .put("content", source.content().toString())
                                    .put("file", source.name())
                                    .put("rows", Long.toString(examined.rows()))
                                    .put("expectationsChecked", examined.checked())));
            return new Addition.Added(row, true, examined.checked());
        });
    }

    private static Version version(
            Caller by,
            String name,
            int number,
            DuckIntake.Source source,
            Digest manifest,
            Examined examined,
            Instant now) {
        return new Version(
                by.tenant(),
                name,
                number,
                manifest,
                Map.of(source.name(), source.content()),
                examined.schema(),
                examined.rows(),
                by.principal(),
                now);
    }

    /** The newest version of each dataset. */
    List<SqlDatasets.Row> list(String tenant) {
        return store.read(tx -> SqlDatasets.newest(tx, tenant));
    }

    /**
     * All versions of a dataset, the newest first.
     *
     * @throws PilothouseException NOT_FOUND that names the nearest dataset
     */
    public List<Version> history(String tenant, String name) {
        return versions(tenant, name).stream().map(SqlDatasets.Row::version).toList();
    }

    /** All versions of a dataset, the newest first; at least one. */
    List<SqlDatasets.Row> versions(String tenant, String name) {
        row(tenant, name);
        return store.read(tx -> SqlDatasets.versions(tx, tenant, name));
    }

    /** The bytes of a version's file. */
    InputStream content(SqlDatasets.Row row) throws IOException {
        return blobs.open(row.source().content());
    }

    /** Digest of what a dataset's rows must be like now, the same for all that declare nothing. */
    public Digest expectationsDigest(String tenant, String name) {
        return Digest.of(expectations(tenant, name)
                .map(declared -> Json.bytes(declared.json()))
                .orElse(new byte[0]));
    }

    /** What a dataset's rows must be like. */
    Optional<Expectations> expectations(String tenant, String name) {
        return store.read(tx -> SqlDatasets.expectations(tx, tenant, name));
    }

    /** Declares what a dataset's rows must be like; the dataset need not have a version yet. */
    void declare(Caller by, String name, Expectations expectations) {
        Names.checked(name);
        Digest digest = Digest.of(Json.bytes(expectations.json()));
        store.writeAndWait(tx -> {
            SqlDatasets.declare(tx, by.tenant(), name, expectations, by.principal(), clock.millis());
            return ledger.append(
                    tx,
                    new LedgerEntry(
                            by,
                            "dataset-expectations.declared",
                            "dataset/" + name,
                            Json.object()
                                    .put("digest", digest.toString())
                                    .put("columns", expectations.columns().size())));
        });
    }

    /** What differs between two versions. */
    ObjectNode diff(SqlDatasets.Row from, SqlDatasets.Row to) {
        return DuckDiff.of(files, from, to);
    }

    @Override
    public void close() {
        files.close();
    }
}
