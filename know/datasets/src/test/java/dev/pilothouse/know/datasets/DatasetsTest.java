package dev.pilothouse.know.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatasetsTest {
    @TempDir
    private Path folder;

    private DatasetServer server;

    DatasetsTest() {}

    @BeforeEach
    void start() throws Exception {
        server = new DatasetServer(folder);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    private static String payments(int rows) {
        var csv = new StringBuilder("id,amount,channel,age,paid_at,ok\n");
        for (int i = 0; i < rows; i++) {
            csv.append("p")
                    .append(i)
                    .append(',')
                    .append(i % 90 + .5)
                    .append(", ")
                    .append(i % 3 == 0 ? "pos" : "online")
                    .append(',')
                    .append(i % 10 == 0 ? "?" : Integer.toString(20 + i % 50))
                    .append(",2026-01-05 10:00:")
                    .append(String.format("%02d", i % 60))
                    .append(',')
                    .append(i % 2 == 0)
                    .append('\n');
        }
        return csv.toString();
    }

    @Test
    void aFileBecomesAVersionWithSchemaProfileAndExpectations() throws Exception {
        var answer = server.add("payments", payments(200));
        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.json().path("version").asInt()).isEqualTo(1);
        assertThat(answer.json().path("rows").asInt()).isEqualTo(200);
        assertThat(answer.json()
                        .path("schema")
                        .valueStream()
                        .map(c ->
                                c.path("name").asString() + ":" + c.path("type").asString()))
                .containsExactly(
                        "id:text", "amount:double", "channel:text", "age:long", "paid_at:timestamp", "ok:boolean");
        var age = answer.json().path("profile").path("columns").get(3);
        assertThat(age.path("nulls").asInt()).isEqualTo(20);
        assertThat(age.path("max").asDouble()).isEqualTo(69);
        assertThat(age.path("quantiles").path("p50").asDouble()).isCloseTo(44.5, within(2.0));
        assertThat(age.path("histogram")
                        .valueStream()
                        .mapToLong(b -> b.path("count").asLong())
                        .sum())
                .isEqualTo(180);
        var expected = answer.json().path("expectations").path("columns");
        assertThat(expected.path("channel").path("categories").valueStream().map(v -> v.asString()))
                .containsExactly("online", "pos");
        assertThat(expected.path("id").path("unique").asBoolean()).isTrue();
        assertThat(expected.path("amount").path("min").asDouble()).isZero();
        await().untilAsserted(() ->
                assertThat(server.history("dataset/payments/1")).containsExactly("dataset-version.created"));
    }

    @Test
    void theSameBytesAgainAreTheSameVersionAndOtherBytesTheNext() throws Exception {
        server.add("payments", payments(200));
        var again = server.add("payments", "renamed.csv", true, payments(200).getBytes(StandardCharsets.UTF_8));
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.json().path("version").asInt()).isEqualTo(1);
        assertThat(again.json().path("created").asBoolean()).isFalse();
        assertThat(server.add("payments", payments(210)).json().path("version").asInt())
                .isEqualTo(2);
        assertThat(server.get("/payments").json().path("versions").size()).isEqualTo(2);
        assertThat(server.get("/payments").json().path("version").asInt()).isEqualTo(2);
        assertThat(server.get("").json().path("items").size()).isEqualTo(1);
        byte[] restored =
                server.raw("GET", "/payments/versions/1/content", new byte[0]).body();
        assertThat(new String(restored, StandardCharsets.UTF_8)).isEqualTo(payments(200));
    }

    @Test
    void aBatchThatBreaksTheExpectationsIsRefusedWithRowsAndReasonsAndLeavesNoVersion() throws Exception {
        server.add("payments", payments(200));
        String[] lines = payments(200).lines().toArray(String[]::new);
        lines[3] = lines[3].replace("2.5,", "-2.5,");
        lines[8] = lines[8].replace("online", "wallet").replace("pos", "wallet");
        lines[9] = "p8,," + lines[9].split(",", 3)[2];
        lines[12] = "p5," + lines[12].split(",", 2)[1];
        var refused = server.add("payments", String.join("\n", lines));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().path("code").asString()).isEqualTo("expectations-broken");
        assertThat(refused.problems())
                .contains("data.csv column amount | 1 row is missing a value: line 10")
                .contains("data.csv column amount | 1 row is below 0, the least allowed: line 4 (-2.5)")
                .contains("data.csv column channel | 1 row is none of the 2 known values: line 9 (wallet)")
                .contains("data.csv column id | 2 rows are not unique: line 7 (p5), line 13 (p5)");
        assertThat(server.get("/payments").json().path("versions").size()).isEqualTo(1);
        await().untilAsserted(
                        () -> assertThat(server.history("dataset/payments")).containsExactly("dataset.refused"));
        var good = server.send(
                "POST", "/payments/validate?file=x.csv", payments(150).getBytes(StandardCharsets.UTF_8));
        assertThat(good.json().path("valid").asBoolean()).isTrue();
        assertThat(good.json().path("checked").asInt()).isGreaterThan(10);
        assertThat(server.send(
                                "POST",
                                "/payments/validate?file=x.csv",
                                String.join("\n", lines).getBytes(StandardCharsets.UTF_8))
                        .status())
                .isEqualTo(422);
        await().untilAsserted(
                        () -> assertThat(server.history("dataset/payments")).hasSize(1));
    }

    @Test
    void declaredExpectationsReplaceTheInferredOnes() throws Exception {
        server.add("payments", payments(200));
        var bad = server.send("PUT", "/payments/expectations", """
                {"columns": {"amount": {"typ": "double", "type": "duble", "min": 5, "max": 1, "nulls": 2}}, "extra": 1}
                """.getBytes(StandardCharsets.UTF_8));
        assertThat(bad.status()).isEqualTo(400);
        assertThat(bad.problems())
                .contains("columns.amount.typ", "'type'", "'double'", "extra", "above max", "no share");
        var put = server.send("PUT", "/payments/expectations", """
                {"extra-columns": true, "columns": {"amount": {"type": "double", "min": 0, "max": 50}}}
                """.getBytes(StandardCharsets.UTF_8));
        assertThat(put.status()).isEqualTo(200);
        var refused = server.add("payments", payments(300));
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.problems()).contains("rows are above 50, the most allowed: line 52 (50.5)");
        var validation = server.datasets.validate(
                server.datasets.resolve(DatasetServer.TENANT, "payments"), Duration.ofSeconds(20));
        assertThat(validation.passed()).isFalse();
        assertThat(validation.broken()).singleElement().asString().startsWith("column amount: 80 rows are above 50");
        assertThat(server.add("payments", "amount,note\n1,x\n2,y\n").status()).isEqualTo(201);
        await().untilAsserted(
                        () -> assertThat(server.history("dataset/payments")).contains("dataset-expectations.declared"));
    }

    @Test
    void rowsAreReadInOrderAlsoWhenTheWorkingFilesAreGone() throws Exception {
        server.add("payments", payments(5_000));
        var version = server.datasets.resolve(DatasetServer.TENANT, "payments@1");
        assertThat(server.datasets.resolve(DatasetServer.TENANT, "payments@" + version.digest()))
                .isEqualTo(version);
        assertThat(server.datasets.resolve(
                        DatasetServer.TENANT, "payments@" + version.files().get("data.csv")))
                .isEqualTo(version);
        for (int round = 0; round < 2; round++) {
            var batch = server.datasets.read(version, 2_000, 1_000, Duration.ofSeconds(20));
            assertThat(batch.values().get("id"))
                    .hasSize(1_000)
                    .startsWith("p2000", "p2001")
                    .endsWith("p2999");
            assertThat(batch.values().get("age")).startsWith(null, 21L);
            assertThat(batch.values().get("amount")).startsWith(20.5, 21.5);
            assertThat(batch.values().get("channel")).startsWith("online", "pos");
            assertThat(batch.values().get("ok")).startsWith(true, false);
            assertThat(batch.values().get("paid_at")).startsWith("2026-01-05 10:00:20");
            try (var files = Files.walk(folder.resolve("datasets"))) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        assertThat(server.datasets
                        .read(version, 4_990, 100, Duration.ofSeconds(20))
                        .values()
                        .get("id"))
                .hasSize(10);
    }

    @Test
    void twoVersionsAreComparedBySchemaRowsAndProfile() throws Exception {
        server.add("payments", payments(200));
        server.add("payments", payments(210));
        var diff = server.get("/payments/diff?from=1&to=2").json();
        assertThat(diff.path("rows").path("added").asInt()).isEqualTo(10);
        assertThat(diff.path("rows").path("removed").asInt()).isZero();
        assertThat(diff.path("columns").findValuesAsString("name")).contains("amount", "id");
        server.send(
                "PUT",
                "/payments/expectations",
                "{\"extra-columns\": true, \"columns\": {\"amount\": {\"type\": \"double\"}}}"
                        .getBytes(StandardCharsets.UTF_8));
        server.add("payments", "amount,city\n1,Oslo\n2,Bonn\n");
        var wider = server.get("/payments/diff").json();
        assertThat(wider.path("schema").path("added").toString()).contains("city");
        assertThat(wider.path("schema").path("removed").size()).isEqualTo(5);
    }

    @Test
    void everyFaultOfACsvIsNamedWithItsLineAndColumn() throws Exception {
        assertThat(server.add("a", "x,y\n1,2\n3\n4,5,6\n").problems())
                .contains("data.csv:3 | The row has 1 cells, the header has 2")
                .contains("data.csv:4 | The row has 3 cells");
        byte[] latin = "x,name\n1,Andr\u00e9\n".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(server.add("a", "l.csv", true, latin).problems())
                .contains("l.csv:2 column name | The cell is not UTF-8 (byte 0xE9 at position 5 of the cell)");
        assertThat(server.add("a", "u.csv", true, "x,y\n1,2\n".getBytes(StandardCharsets.UTF_16))
                        .problems())
                .contains("u.csv:1 | The file is encoded in UTF-16");
        assertThat(server.add("a", "x,y\n1,a\u0000b\n").problems())
                .contains("data.csv:2 column y | The cell holds a NUL byte");
        assertThat(server.add("a", "x,x,\n1,2,3\n").problems())
                .contains("names 'x' twice", "The header's cell is empty");
        assertThat(server.add("a", "").problems()).contains("The file is empty");
        assertThat(server.add("a", "x,y\n").problems()).contains("has a header but no row");
        assertThat(server.add("a", "x,y\n1,\"open\n").problems())
                .contains("data.csv:2 column y | The quoted cell does not end");
        assertThat(server.add("a", "x,y\n1.5,2\nNaN,3\n-Infinity,4\n").problems())
                .contains("column x | 2 cells are not finite numbers: line 3 (NaN), line 4 (-Infinity)");
        assertThat(server.get("/a").status()).isEqualTo(404);
        assertThat(server.get("/paymants").status()).isEqualTo(404);
        assertThat(server.get("/..").status()).isIn(400, 404);
    }

    @Test
    void jsonLinesAndParquetAreReadAndTheirFaultsNamed() throws Exception {
        byte[] lines = """
                {"a": 1, "b": "x", "zip": "0123"}
                {"a": 2.5, "c": {"d": [1, 2]}, "zip": "77"}

                {"a": null, "b": "y"}
                """.getBytes(StandardCharsets.UTF_8);
        var answer = server.add("events", "e.jsonl", true, lines);
        assertThat(answer.json()
                        .path("schema")
                        .valueStream()
                        .map(c ->
                                c.path("name").asString() + ":" + c.path("type").asString()))
                .containsExactly("a:double", "b:text", "zip:text", "c:text");
        assertThat(server.add(
                                "other",
                                "e.jsonl",
                                true,
                                "{\"a\": 1}\n{\"a\": NaN}\n[1]\n".getBytes(StandardCharsets.UTF_8))
                        .problems())
                .contains("e.jsonl:2 | The text is not valid JSON")
                .contains("e.jsonl:3 | The line is no JSON object");

        Path file = folder.resolve("p.parquet");
        try (var duck = DriverManager.getConnection("jdbc:duckdb:");
                var statement = duck.createStatement()) {
            statement.execute(
                    "COPY (SELECT range AS n, range * 0.5 AS half, 'v' || (range % 3) AS \"odd \"\" name\" FROM range(1000)) TO '"
                            + file + "' (FORMAT parquet)");
        }
        byte[] parquet = Files.readAllBytes(file);
        var added = server.add("numbers", "p.parquet", true, parquet);
        assertThat(added.status()).isEqualTo(201);
        assertThat(added.json().path("rows").asInt()).isEqualTo(1_000);
        assertThat(added.json().path("schema").get(2).path("name").asString()).isEqualTo("odd \" name");
        assertThat(server.add("numbers", "cut.parquet", true, Arrays.copyOf(parquet, parquet.length / 2))
                        .problems())
                .contains("cut.parquet | The file does not end as a Parquet file does");
        byte[] garbage = parquet.clone();
        Arrays.fill(garbage, 100, garbage.length - 4, (byte) 'x');
        var refused = server.add("numbers", "bad.parquet", true, garbage);
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.problems()).contains("cannot be read").doesNotContain(folder.toString());
    }

    @Test
    void cellsAndLinesWithoutEndAreRefusedWithTheirLine() throws Exception {
        String cell = "x".repeat(1 << 20);
        assertThat(server.add("wide", "n,text\n1,a\n2," + cell + "\n").status()).isEqualTo(201);
        var longer = server.add("wide", "n,text\n1,a\n2," + cell + "x\n");
        assertThat(longer.status()).isEqualTo(422);
        assertThat(longer.problems()).contains("data.csv:3", "The cell is longer than 1048576 bytes.");
        assertThat(server.add("wide", "n,text\n1,\"" + cell + "\n" + cell).problems())
                .as("a quote that is never closed")
                .contains("data.csv:2", "The cell is longer than 1048576 bytes.");
        var line = server.add(
                "wide",
                "w.jsonl",
                true,
                ("{\"a\":1}\n{\"a\":\"" + cell.repeat(16) + "\"}\n").getBytes(StandardCharsets.UTF_8));
        assertThat(line.status()).isEqualTo(422);
        assertThat(line.problems()).contains("w.jsonl:2", "The line is longer than 16777216 bytes.");
    }

    /** A footer that says something else than the pages hold: each of its bytes changed by itself. */
    @Test
    void aParquetFooterThatContradictsItsDataIsRefusedOrReadRight() throws Exception {
        Path file = folder.resolve("f.parquet");
        try (var duck = DriverManager.getConnection("jdbc:duckdb:");
                var statement = duck.createStatement()) {
            statement.execute("COPY (SELECT range AS n, 'v' || (range % 3) AS kind FROM range(100)) TO '" + file
                    + "' (FORMAT parquet)");
        }
        byte[] parquet = Files.readAllBytes(file);
        int footer = ByteBuffer.wrap(parquet).order(ByteOrder.LITTLE_ENDIAN).getInt(parquet.length - 8);
        var refused = new ArrayList<String>();
        for (int at = parquet.length - 8 - footer; at < parquet.length - 4; at += 3) {
            byte[] changed = parquet.clone();
            changed[at] ^= 0x15;
            var answer = server.add("footers", "f.parquet", true, changed);
            assertThat(answer.status())
                    .as("byte " + at + ": " + answer.problems())
                    .isIn(200, 201, 422);
            if (answer.status() == 422) {
                refused.add(answer.problems());
                assertThat(answer.problems()).doesNotContain(folder.toString(), "INTERNAL", "SQLException");
            } else {
                assertThat(answer.json().path("rows").asInt()).isEqualTo(100);
            }
        }
        assertThat(refused).hasSizeGreaterThan(10);
        assertThat(server.add("footers", "f.parquet", true, parquet).status()).isIn(200, 201);
    }

    @Test
    void referencesThatMeanNothingNameWhatIsNear() throws Exception {
        server.add("payments", payments(50));
        assertThatThrownBy(() -> server.datasets.resolve(DatasetServer.TENANT, "paymets"))
                .hasMessageContaining("'payments'");
        assertThatThrownBy(() -> server.datasets.resolve(DatasetServer.TENANT, "payments@7"))
                .hasMessageContaining("newest is 1");
        assertThatThrownBy(() -> server.datasets.resolve("other", "payments")).hasMessageContaining("no dataset");
        assertThat(server.get("/payments/versions/x").status()).isEqualTo(400);
    }
}
