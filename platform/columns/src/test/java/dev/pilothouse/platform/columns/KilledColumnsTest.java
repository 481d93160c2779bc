package dev.pilothouse.platform.columns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KilledColumnsTest {
    private static final long SEED = 20261121;
    private static final Signal NUMBERS = new Signal("numbers", List.of(new Signal.Column("number", Signal.Type.LONG)));

    @TempDir
    Path folder;

    /** Appends numbers from a given one on, sealing all the time, until it is killed or stops at a step of the sealing. */
    static final class Victim {
        public static void main(String[] args) {
            long first = Long.parseLong(args[1]);
            ColumnsConfig config = ColumnsConfig.in(Path.of(args[0])).eager();
            DuckColumns columns = DuckColumns.open(config, InstantSource.system(), step -> {
                if (step.equals(args[2])) {
                    Runtime.getRuntime().halt(9);
                }
            });
            columns.define(NUMBERS, Duration.ofDays(9999));
            Thread.ofPlatform().daemon().start(() -> {
                while (true) {
                    columns.seal().join();
                }
            });
            long at = InstantSource.system().millis() * 1000;
            for (long n = first; true; n += 10) {
                var rows = new java.util.ArrayList<Columns.Row>();
                for (long i = n; i < n + 10; i++) {
                    rows.add(new Columns.Row(at, i));
                }
                columns.append("acme", "numbers", rows).join();
                System.out.println(n + 9);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {Sealer.FILES_WRITTEN, Sealer.MANIFEST_WRITTEN})
    void aCrashAtAnyStepOfSealingNeitherLosesNorDoublesRows(String step) throws Exception {
        long next = 0;
        for (int round = 0; round < 2; round++) {
            Path printed = folder.resolve("printed" + round);
            start(next, step, printed).waitFor();
            next = requireEachOnce(lastOf(printed, next - 1));
        }
        try (Stream<Path> files = Files.walk(folder.resolve("columns/parquet"))) {
            long kept = files.filter(Files::isRegularFile).count();
            assertThat(kept).as("files nobody lists are gone").isEqualTo(step.equals(Sealer.FILES_WRITTEN) ? 0 : 2);
        }
    }

    @Test
    void killMinusNineNeitherLosesNorDoublesRows() throws Exception {
        System.out.println("seed " + SEED);
        var random = new Random(SEED);
        long next = 0;
        for (int round = 0; round < 2; round++) {
            Path printed = folder.resolve("printed" + round);
            Process victim = start(next, "never", printed);
            int enough = 2_000 + random.nextInt(20_000);
            await().atMost(Duration.ofSeconds(60)).until(() -> Files.size(printed) > enough);
            victim.destroyForcibly().waitFor();
            next = requireEachOnce(lastOf(printed, next - 1));
        }
    }

    private Process start(long first, String step, Path printed) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        folder.resolve("columns").toString(),
                        Long.toString(first),
                        step)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(printed.toFile())
                .start();
    }

    /** The last acknowledged number; the last line may itself be cut. */
    private static long lastOf(Path printed, long otherwise) throws IOException {
        String text = Files.readString(printed);
        int end = text.lastIndexOf('\n');
        return end < 0 ? otherwise : Long.parseLong(text.substring(text.lastIndexOf('\n', end - 1) + 1, end));
    }

    /** Every number up to the last acknowledged one is there once; gives the first that is not there. */
    private long requireEachOnce(long acknowledged) {
        try (DuckColumns columns =
                DuckColumns.open(ColumnsConfig.in(folder.resolve("columns")), InstantSource.system())) {
            List<?> row = columns.query(
                            "acme",
                            "SELECT count(*), count(DISTINCT number), coalesce(max(number), -1) FROM numbers",
                            List.of(),
                            Duration.ofSeconds(20))
                    .join()
                    .rows()
                    .get(0);
            long rows = number(row.get(0));
            assertThat(number(row.get(1))).as("doubled rows").isEqualTo(rows);
            assertThat(number(row.get(2))).as("missing rows").isEqualTo(rows - 1);
            assertThat(rows).as("acknowledged rows").isGreaterThan(acknowledged);
            return rows;
        }
    }

    private static long number(Object value) {
        return value instanceof Long n ? n : -1;
    }
}
