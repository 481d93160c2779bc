package dev.pilothouse.know.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RealDataTest {
    @TempDir
    private Path folder;

    RealDataTest() {}

    private static Path data(String file) {
        String set = System.getenv("PILOTHOUSE_DATA");
        Path root = set == null ? Path.of("../../../shared/data") : Path.of(set);
        Path found = root.resolve("tabular").resolve(file);
        Assumptions.assumeTrue(Files.exists(found), "There is no " + found + "; set PILOTHOUSE_DATA.");
        return found;
    }

    @ParameterizedTest
    @CsvSource({
        "adult-train.csv, false, 32561, 15, column15",
        "german-credit.csv, false, 1000, 21, column21",
        "telco-churn.csv, true, 7043, 21, Churn",
        "electricity.csv, true, 45312, 7, class"
    })
    void realDataBecomeVersionsThatReadBackWhole(String file, boolean header, int rows, int columns, String target)
            throws Exception {
        try (var server = new DatasetServer(folder)) {
            var answer = server.add("real", file, header, Files.readAllBytes(data(file)));
            assertThat(answer.problems()).isEmpty();
            assertThat(answer.json().path("rows").asInt()).isEqualTo(rows);
            assertThat(answer.json().path("schema").size()).isEqualTo(columns);
            var version = server.datasets.resolve(DatasetServer.TENANT, "real");
            assertThat(server.datasets.validate(version, Duration.ofSeconds(20)).broken())
                    .isEmpty();
            var batch = server.datasets.read(version, rows - 10, 20, Duration.ofSeconds(20));
            assertThat(Objects.requireNonNull(batch.values().get(target)))
                    .hasSize(10)
                    .doesNotContainNull();
        }
    }

    @Test
    void laterTelcoRowsPassAndAChangedUnitIsFound() throws Exception {
        var lines = Files.readAllLines(data("telco-churn.csv"));
        try (var server = new DatasetServer(folder)) {
            String first = String.join("\n", lines.subList(0, 4_000)) + "\n";
            assertThat(server.add("telco", first).status()).isEqualTo(201);
            String second = lines.getFirst() + "\n" + String.join("\n", lines.subList(4_000, lines.size())) + "\n";
            assertThat(server.add("telco", second).problems()).isEmpty();
            String cents = lines.getFirst() + "\n" + lines.get(1).replace(",29.85,29.85,", ",2985,29.85,") + "\n";
            assertThat(server.add("telco", cents).problems()).contains("column MonthlyCharges | 1 row is above");
        }
    }
}
