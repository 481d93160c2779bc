package dev.pilothouse.platform.columns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.segments.SegmentError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DuckColumnsTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration MONTH = Duration.ofDays(30);
    private static final Signal POINTS = new Signal(
            "points",
            List.of(new Signal.Column("series", Signal.Type.LONG), new Signal.Column("value", Signal.Type.DOUBLE)));
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final long AT = TimeUnit.SECONDS.toMicros(NOON.getEpochSecond());
    private static final long HOUR = TimeUnit.HOURS.toMicros(1);

    @TempDir
    Path folder;

    private final AtomicReference<Instant> now = new AtomicReference<>(NOON);
    private final InstantSource clock = now::get;

    @Test
    void appendedRowsAreVisibleAfterFlushHotAndSealed() throws Exception {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            columns.append("acme", "points", points(AT, 1000)).join();
            columns.flush().join();
            assertThat(countAndSum(columns, "acme")).isEqualTo(List.of(1000L, 499_500.0));
            columns.seal().join();
            assertThat(countAndSum(columns, "acme")).isEqualTo(List.of(1000L, 499_500.0));
            columns.append("acme", "points", points(AT + HOUR, 10)).join();
            columns.flush().join();
            assertThat(countAndSum(columns, "acme")).isEqualTo(List.of(1010L, 499_545.0));
            assertThat(columns.rowsBySignal()).containsEntry("points", 1010L);
            assertThat(parquetFiles()).singleElement().asString().endsWith("points/acme/2026-11-21-12-1.parquet");
        }
    }

    @Test
    void appendedRowsBecomeVisibleByThemselves() {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            columns.append("acme", "points", points(AT, 10)).join();
            assertThat(count(columns, "acme")).isBetween(0L, 10L);
            columns.append("acme", "points", points(AT, 10)).join();
            await().atMost(Duration.ofSeconds(3)).until(() -> count(columns, "acme") == 20);
        }
    }

    @Test
    void everyTypeComesBackAsItWentInWithNulls() {
        var all = new Signal(
                "kinds",
                Arrays.stream(Signal.Type.values())
                        .map(t -> new Signal.Column(t.name().toLowerCase(Locale.ROOT), t))
                        .toList());
        try (DuckColumns columns = open()) {
            columns.define(all, MONTH);
            byte[] bytes = {1, 0, -1};
            columns.append(
                            "acme",
                            "kinds",
                            List.of(
                                    new Columns.Row(1, "grüße ' \" 漢字", Long.MIN_VALUE, -0.5, true, bytes, AT + 7),
                                    new Columns.Row(2, null, null, null, null, null, null),
                                    new Columns.Row(3, "", 0L, Double.NaN, false, new byte[0], 0L)))
                    .join();
            columns.flush().join();
            for (int round = 0; round < 2; round++) {
                Columns.Result result = query(columns, "acme", "SELECT * FROM kinds ORDER BY \"at\"");
                assertThat(result.columns())
                        .containsExactly("tenant", "at", "text", "long", "double", "boolean", "bytes", "timestamp");
                assertThat(result.rows().get(0))
                        .containsExactly("acme", 1L, "grüße ' \" 漢字", Long.MIN_VALUE, -0.5, true, bytes, AT + 7);
                assertThat(result.rows().get(1)).containsExactly("acme", 2L, null, null, null, null, null, null);
                assertThat(result.rows().get(2))
                        .containsExactly("acme", 3L, "", 0L, Double.NaN, false, new byte[0], 0L);
                columns.seal().join();
            }
        }
    }

    @Test
    void aTenantSeesItsOwnRowsOnly() {
        List<String> tenants = List.of("acme", "ACME", "../../etc", "a'b\"c", "ü/ü", "x".repeat(300), "x".repeat(301));
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            for (int i = 0; i < tenants.size(); i++) {
                columns.append(tenants.get(i), "points", points(AT, 10 + i)).join();
            }
            columns.flush().join();
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < tenants.size(); i++) {
                    assertThat(count(columns, tenants.get(i))).isEqualTo(10 + i);
                    assertThat(query(columns, tenants.get(i), "SELECT DISTINCT tenant FROM points")
                                    .rows())
                            .isEqualTo(List.of(List.of(tenants.get(i))));
                }
                assertThat(count(columns, "nobody")).isZero();
                columns.seal().join();
            }
        }
    }

    @Test
    void columnsAddedLaterAreNullInOlderRows() {
        var grown = new Signal(
                "points",
                List.of(POINTS.columns().get(0), POINTS.columns().get(1), new Signal.Column("unit", Signal.Type.TEXT)));
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            columns.append("acme", "points", points(AT, 2)).join();
            columns.seal().join();
            columns.append("acme", "points", points(AT + 10, 1)).join();
            columns.define(grown, MONTH);
            columns.append("acme", "points", List.of(new Columns.Row(AT + 20, 1L, 1.0, "ms")))
                    .join();
            columns.flush().join();
            for (int round = 0; round < 2; round++) {
                assertThat(query(columns, "acme", "SELECT unit FROM points ORDER BY points.at")
                                .rows())
                        .isEqualTo(List.of(
                                Arrays.asList((Object) null),
                                Arrays.asList((Object) null),
                                Arrays.asList((Object) null),
                                List.of("ms")));
                columns.seal().join();
            }
            assertRefused(CommonError.CONFLICT, () -> columns.define(POINTS, MONTH));
        }
    }

    @Test
    void rowsAreSealedByTheHourOfTheirTimeAndDeletedAsWholeFiles() throws Exception {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, Duration.ofHours(3));
            for (int hour = 0; hour < 5; hour++) {
                columns.append("acme", "points", points(AT - hour * HOUR, 3)).join();
            }
            columns.seal().join();
            assertThat(parquetFiles()).hasSize(5);
            columns.retain().join();
            assertThat(parquetFiles()).hasSize(4);
            now.set(NOON.plus(Duration.ofHours(1)));
            columns.retain().join();
            assertThat(parquetFiles()).hasSize(3);
            assertThat(count(columns, "acme")).isEqualTo(9);
        }
        try (DuckColumns columns = open()) {
            assertThat(count(columns, "acme")).isEqualTo(9);
        }
    }

    @Test
    void theFilesOfAnHourBecomeOne() throws Exception {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            for (int i = 1; i <= 8; i++) {
                columns.append("acme", "points", points(AT + i * 10L, 10)).join();
                columns.append("other", "points", points(AT - 9 * HOUR, 10)).join();
                columns.seal().join();
                assertThat(count(columns, "acme")).isEqualTo(i * 10L);
                assertThat(count(columns, "other")).isEqualTo(i * 10L);
            }
            assertThat(parquetFiles())
                    .as("one of this hour, one of an hour that is over")
                    .hasSize(2);
            assertThat(columns.rowsBySignal()).containsEntry("points", 160L);
        }
        try (DuckColumns columns = open()) {
            assertThat(countAndSum(columns, "acme")).isEqualTo(List.of(80L, 360.0));
        }
    }

    @Test
    void aLargeFileIsNotWrittenAgainByMerges() throws Exception {
        var blobs = new Signal("blobs", List.of(new Signal.Column("bytes", Signal.Type.BYTES)));
        var random = new SplittableRandom(7);
        try (DuckColumns columns = open()) {
            columns.define(blobs, MONTH);
            for (int i = 0; i < 70; i++) {
                byte[] megabyte = new byte[1 << 20];
                random.nextBytes(megabyte);
                columns.append("acme", "blobs", List.of(new Columns.Row(AT, (Object) megabyte)))
                        .join();
            }
            columns.seal().join();
            Path large = parquetFiles().getFirst();
            for (int i = 0; i < 8; i++) {
                columns.append("acme", "blobs", List.of(new Columns.Row(AT, (Object) new byte[] {1})))
                        .join();
                columns.seal().join();
            }
            assertThat(parquetFiles()).hasSize(2).contains(large);
            assertThat(query(columns, "acme", "SELECT count(*) FROM blobs").rows())
                    .isEqualTo(List.of(List.of(78L)));
        }
    }

    @Test
    void wildTimesMakeFewFiles() throws Exception {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, Duration.ofDays(400_000));
            var rows = new ArrayList<Columns.Row>();
            for (int i = 0; i < 1000; i++) {
                rows.add(new Columns.Row(AT - i * 50L * HOUR, 1L, 1.0));
            }
            rows.add(new Columns.Row(-5, 1L, 1.0));
            rows.add(new Columns.Row(Long.MAX_VALUE, 1L, 1.0));
            rows.add(new Columns.Row(Long.MIN_VALUE, 1L, 1.0));
            columns.append("acme", "points", rows).join();
            columns.seal().join();
            assertThat(parquetFiles()).hasSizeLessThanOrEqualTo(64);
            assertThat(count(columns, "acme")).isEqualTo(1003);
        }
    }

    @Test
    void aProcessThatOnlyAppendsNeverLoadsDuckDb() {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            columns.append("acme", "points", points(AT, 1000)).join();
            assertThat(columns.isDuckLoaded()).isFalse();
        }
        try (DuckColumns columns = open()) {
            assertThat(count(columns, "acme"))
                    .as("the first query sees what an earlier process left")
                    .isEqualTo(1000);
        }
    }

    @Test
    void theHotWindowIsSealedBySizeAndByTimeAndTheLogIsEmptied() throws Exception {
        try (DuckColumns columns = DuckColumns.open(ColumnsConfig.in(folder).withHotBytes(1 << 20), clock)) {
            columns.define(POINTS, MONTH);
            for (int i = 0; i < 60; i++) {
                columns.append("acme", "points", points(AT + i * 1000L, 1000)).join();
            }
            await().until(() -> columns.stats().seals() > 0);
            assertThat(count(columns, "acme")).isEqualTo(60_000);
            columns.append("acme", "points", points(AT, 5)).join();
            long seals = columns.stats().seals();
            now.set(NOON.plus(Duration.ofMinutes(6)));
            await().until(() -> columns.stats().seals() > seals);
            await().until(() -> columns.stats().hotBytes() == 0);
            assertThat(count(columns, "acme")).isEqualTo(60_005);
            assertThat(folderBytes(folder.resolve("log"))).isLessThan(10_000);
        }
    }

    @Test
    void anAppendIsRefusedAndCanBeRetriedWhenTheLoaderIsBehind() {
        try (DuckColumns columns = DuckColumns.open(ColumnsConfig.in(folder).withBehindBytes(100_000), clock)) {
            columns.define(POINTS, MONTH);
            int accepted = 0;
            ErrorCode refusal = null;
            while (refusal == null) {
                try {
                    columns.append("acme", "points", points(AT, 1000)).join();
                    accepted++;
                } catch (CompletionException e) {
                    refusal = codeOf(e);
                }
            }
            assertThat(refusal).isEqualTo(CommonError.UNAVAILABLE);
            assertThat(refusal.retryable()).isTrue();
            assertThat(accepted).isPositive();
            await().untilAsserted(() ->
                    columns.append("acme", "points", points(AT, 1)).join());
            columns.flush().join();
            assertThat(count(columns, "acme")).isEqualTo(accepted * 1000L + 1);
        }
    }

    @Test
    void aQueryThatTakesTooLongOrTooMuchIsStopped() {
        try (DuckColumns columns = DuckColumns.open(
                ColumnsConfig.in(folder).withMemoryBytes(64 << 20).withQueryRows(1000), clock)) {
            columns.define(POINTS, MONTH);
            assertRefused(
                    CommonError.TIMEOUT,
                    () -> columns.query(
                                    "acme",
                                    "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b",
                                    List.of(),
                                    Duration.ofMillis(300))
                            .join());
            assertRefused(
                    CommonError.TOO_LARGE,
                    () -> query(
                            columns, "acme", "SELECT list(range::VARCHAR || repeat('x', 100)) FROM range(20000000)"));
            assertRefused(CommonError.TOO_LARGE, () -> query(columns, "acme", "SELECT * FROM range(1001)"));
            assertThat(query(columns, "acme", "SELECT 1 AS one").rows()).isEqualTo(List.of(List.of(1L)));
        }
    }

    @Test
    void badRowsAndNamesAreRefusedWithWords() {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            assertRefused(
                            CommonError.INVALID,
                            () -> columns.append("acme", "pionts", points(AT, 1))
                                    .join())
                    .hasMessageContaining("Did you mean 'points'?");
            assertRefused(
                            CommonError.INVALID,
                            () -> columns.append("acme", "points", List.of(new Columns.Row(1, 1L)))
                                    .join())
                    .hasMessageContaining("Row 0");
            assertRefused(
                            CommonError.INVALID,
                            () -> columns.append("acme", "points", List.of(new Columns.Row(1, 1L, "x")))
                                    .join())
                    .hasMessageContaining("'value' is of type DOUBLE");
            assertRefused(
                    CommonError.INVALID,
                    () -> columns.append("", "points", points(AT, 1)).join());
            for (String name : List.of("Points", "a b", "1a", "a;drop", "")) {
                assertRefused(CommonError.INVALID, () -> columns.define(new Signal(name, List.of()), MONTH));
            }
            assertRefused(
                    CommonError.INVALID,
                    () -> columns.define(
                            new Signal("s", List.of(new Signal.Column("tenant", Signal.Type.TEXT))), MONTH));
            assertRefused(CommonError.INVALID, () -> query(columns, "acme", "SELECT at FROM points"))
                    .hasMessageContaining("\"at\"");
        }
    }

    @Test
    void parametersAndWithQueriesWork() {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            columns.append("acme", "points", points(AT, 100)).join();
            columns.flush().join();
            assertThat(columns.query("acme", """
                                    WITH points AS (SELECT * FROM points WHERE points.at >= ?), big AS (FROM points)
                                    SELECT count(*), max(b.value) FROM big b ASOF JOIN points p ON b.at >= p.at
                                    WHERE b.series = ANY(SELECT range FROM range(?))
                                    """, List.of(AT + 50, 10L), LIMIT)
                            .join()
                            .rows())
                    .isEqualTo(List.of(List.of(50L, 99.0)));
        }
    }

    @Test
    void aFolderHasOneOwnerAndAForeignLogIsNotTaken() throws Exception {
        try (DuckColumns columns = open()) {
            columns.define(POINTS, MONTH);
            columns.append("acme", "points", points(AT, 100)).join();
            columns.seal().join();
            assertRefused(SegmentError.FOLDER_IN_USE, this::open);
        }
        try (Stream<Path> files = Files.list(folder.resolve("log"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        assertRefused(SegmentError.CORRUPT, this::open);
    }

    private DuckColumns open() {
        return DuckColumns.open(ColumnsConfig.in(folder), clock);
    }

    static List<Columns.Row> points(long from, int count) {
        var rows = new ArrayList<Columns.Row>(count);
        for (int i = 0; i < count; i++) {
            rows.add(new Columns.Row(from + i, (long) i % 10, (double) i));
        }
        return rows;
    }

    private static Columns.Result query(Columns columns, String tenant, String sql) {
        return columns.query(tenant, sql, List.of(), LIMIT).join();
    }

    private static Object countAndSum(Columns columns, String tenant) {
        return query(columns, tenant, "SELECT count(*), sum(value) FROM points")
                .rows()
                .get(0);
    }

    static long count(Columns columns, String tenant) {
        Object count = query(columns, tenant, "SELECT count(*) FROM points")
                .rows()
                .get(0)
                .get(0);
        return count instanceof Long n ? n : -1;
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ?> assertRefused(
            ErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return assertThatThrownBy(call).satisfies(e -> {
            assertThat(codeOf(e)).as(e.getMessage()).isEqualTo(code);
        });
    }

    private static ErrorCode codeOf(Throwable e) {
        if (e instanceof PilothouseException refusal) {
            return refusal.code();
        }
        if (e.getCause() instanceof PilothouseException refusal) {
            return refusal.code();
        }
        throw new AssertionError("not a refusal", e);
    }

    private List<Path> parquetFiles() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("parquet"))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static long folderBytes(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(f -> f.toFile().length())
                    .sum();
        }
    }
}
