package dev.pilothouse.platform.columns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tenant's SQL cannot reach. */
class StatementCheckTest {
    @TempDir
    static Path folder;

    private static DuckColumns columns;
    private static String othersFile;

    @BeforeAll
    static void twoTenantsHaveHotAndSealedRows() throws Exception {
        columns = DuckColumns.open(ColumnsConfig.in(folder), InstantSource.system());
        columns.define(
                new Signal("points", List.of(new Signal.Column("secret", Signal.Type.TEXT))), Duration.ofDays(99_999));
        for (int round = 0; round < 2; round++) {
            columns.append("other", "points", List.of(new Columns.Row(1, "hidden")))
                    .join();
            columns.append("acme", "points", List.of(new Columns.Row(1, "own"))).join();
            if (round == 0) {
                columns.seal().join();
            }
        }
        columns.flush().join();
        try (Stream<Path> files = Files.walk(folder.resolve("parquet/points/other"))) {
            othersFile =
                    files.filter(Files::isRegularFile).findFirst().orElseThrow().toString();
        }
    }

    @AfterAll
    static void close() {
        columns.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT * FROM read_csv('/etc/passwd')",
                "SELECT * FROM read_text('/etc/passwd')",
                "SELECT * FROM read_blob('/etc/passwd')",
                "SELECT * FROM read_parquet('$FILE')",
                "SELECT * FROM parquet_scan('$FILE')",
                "SELECT * FROM parquet_metadata('$FILE')",
                "SELECT * FROM parquet_schema('$FILE')",
                "SELECT * FROM '$FILE'",
                "FROM '$FILE'",
                "SELECT * FROM \"$FILE\"",
                "SELECT * FROM glob('/*')",
                "SELECT * FROM sniff_csv('/etc/passwd')",
                "SELECT (SELECT max(secret) FROM read_parquet('$FILE'))",
                "SELECT * FROM points WHERE secret IN (SELECT secret FROM '$FILE')",
                "WITH x AS (SELECT * FROM read_parquet('$FILE')) SELECT * FROM x",
                "WITH \"$FILE\" AS (SELECT 1) SELECT * FROM \"$FILE\"",
                "WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT * FROM sqlite_master",
                "WITH a AS (SELECT * FROM duckdb_tables), duckdb_tables AS (SELECT 1) SELECT * FROM a",
                "SELECT * FROM hot.t1",
                "SELECT * FROM memory.hot.t1",
                "SELECT * FROM \"hot\".\"t2\"",
                "SELECT * FROM t1",
                "SELECT * FROM temp.points",
                "SELECT * FROM main.points",
                "SELECT * FROM points UNION ALL SELECT * FROM hot.t1",
                "SELECT * FROM points p, LATERAL (SELECT * FROM hot.t1) x",
                "SELECT * FROM points POSITIONAL JOIN hot.t1",
                "SELECT * FROM query('SELECT * FROM hot.t1')",
                "SELECT * FROM query_table('hot.t1')",
                "SELECT * FROM query_table(['t1'])",
                "SELECT * FROM seq_scan('hot', 't1')",
                "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM hot.t1'))",
                "SELECT * FROM information_schema.tables",
                "SELECT * FROM pg_catalog.pg_class",
                "SELECT * FROM sqlite_master",
                "SELECT * FROM duckdb_tables()",
                "SELECT * FROM duckdb_settings()",
                "SELECT * FROM duckdb_secrets()",
                "SELECT * FROM duckdb_prepared_statements()",
                "SELECT * FROM pragma_database_list",
                "SELECT * FROM pragma_table_info('hot.t1')",
                "SELECT * FROM pragma_storage_info('hot.t1')",
                "SELECT current_setting('temp_directory')",
                "SELECT CURRENT_SETTING('temp_directory')",
                "SELECT main.current_setting('temp_directory')",
                "SELECT \"current_setting\"('temp_directory')",
                "SELECT list_transform([1], lambda x: current_setting('threads'))",
                "SELECT getvariable('x')",
                "SELECT sleep_ms(1000)",
                "SELECT write_log('x')",
                "SHOW TABLES",
                "SELECT * FROM (SHOW TABLES)",
                "SELECT * FROM (SHOW ALL TABLES)",
                "DESCRIBE hot.t1",
                "SUMMARIZE hot.t1",
                "SELECT * FROM (DESCRIBE points)",
                "PRAGMA database_list",
                "PRAGMA memory_limit='10GB'",
                "SET threads = 8",
                "RESET threads",
                "ATTACH '/tmp/other.db' AS other",
                "DETACH memory",
                "USE hot",
                "COPY points TO '/tmp/out.csv'",
                "COPY (SELECT 1) TO '$FILE'",
                "EXPORT DATABASE '/tmp/out'",
                "IMPORT DATABASE '/tmp/out'",
                "INSTALL httpfs",
                "LOAD httpfs",
                "CREATE TABLE x AS SELECT 1",
                "CREATE OR REPLACE TEMP VIEW points AS SELECT * FROM hot.t1",
                "CREATE MACRO f() AS TABLE SELECT * FROM hot.t1",
                "DROP VIEW points",
                "DROP SCHEMA hot CASCADE",
                "DELETE FROM hot.t1",
                "UPDATE hot.t1 SET secret = 'x'",
                "INSERT INTO hot.t1 VALUES (1, 'x')",
                "TRUNCATE hot.t1",
                "BEGIN TRANSACTION",
                "CHECKPOINT",
                "CALL pragma_version()",
                "EXPLAIN SELECT 1",
                "PREPARE x AS SELECT 1",
                "EXECUTE x",
                "SELECT 1; SELECT 2",
                "SELECT 1; DROP SCHEMA hot CASCADE",
                "SELECT 1 --\n; ATTACH 'x'",
                "",
                ";",
                "no sql at all",
                "SELECT * FROM nowhere",
                "SELECT unknown_column FROM points"
            })
    void escapesAreRefused(String attempt) {
        String sql = attempt.replace("$FILE", othersFile);
        assertThatThrownBy(() -> columns.query("acme", sql, List.of(), Duration.ofSeconds(10))
                        .join())
                .as(sql)
                .cause()
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.INVALID));
        assertOwnRowsOnly("SELECT secret FROM points");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT secret FROM points",
                "SELECT secret FROM POINTS",
                "FROM points SELECT secret;",
                "SELECT secret FROM \"points\" -- comment",
                "SELECT p.secret FROM points p JOIN range(1) r ON true",
                "WITH other AS (SELECT * FROM points) SELECT secret FROM other",
                "WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1) SELECT secret FROM n, points"
                        + " WHERE i = 0",
                "SELECT secret FROM points WHERE tenant = 'other' OR true",
                "SELECT secret FROM (SELECT * FROM points UNION ALL SELECT * FROM points WHERE false)",
                "SELECT unnest([secret]) FROM points",
                "SELECT secret FROM points QUALIFY row_number() OVER (PARTITION BY secret) <= 2",
                "PIVOT_FREE"
            })
    void ordinaryQueriesSeeTheTenantsOwnRows(String sql) {
        assertOwnRowsOnly(sql.equals("PIVOT_FREE") ? "TABLE points" : sql);
    }

    private static void assertOwnRowsOnly(String sql) {
        Columns.Result result =
                columns.query("acme", sql, List.of(), Duration.ofSeconds(10)).join();
        assertThat(result.rows())
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.getLast()).isEqualTo("own"));
    }
}
