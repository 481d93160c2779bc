package dev.pilothouse.platform.segments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledLogTest {
    private static final long SEED = 20261121;

    @TempDir
    Path folder;

    /** Appends from four threads, printing each record once it is acknowledged, until it is killed. */
    static final class Victim {
        public static void main(String[] args) {
            var config = SegmentConfig.STANDARD.withSegmentBytes(64 << 10).withDurability(Durability.valueOf(args[1]));
            SegmentLog log = SegmentLog.open(Path.of(args[0]), config, InstantSource.system());
            for (int t = 0; t < 4; t++) {
                String prefix = args[2] + "/" + t + "/";
                Thread.ofPlatform().start(() -> {
                    for (int i = 0; true; i++) {
                        String text = prefix + i;
                        log.append(text.getBytes(StandardCharsets.UTF_8)).join();
                        synchronized (System.out) {
                            System.out.println(text);
                        }
                    }
                });
            }
        }
    }

    @Test
    void acknowledgedRecordsSurviveKillMinusNine() throws Exception {
        System.out.println("seed " + SEED);
        var random = new Random(SEED);
        Set<String> acknowledged = new HashSet<>();
        for (int round = 0; round < 3; round++) {
            Path printed = folder.resolve("printed-" + round);
            Process victim = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Victim.class.getName(),
                            folder.resolve("log").toString(),
                            round == 2 ? "POWER" : "WRITE",
                            Integer.toString(round))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectOutput(printed.toFile())
                    .start();
            int enough = 5_000 + random.nextInt(50_000);
            await().until(() -> Files.size(printed) > enough);
            victim.destroyForcibly();
            victim.waitFor();
            String text = Files.readString(printed);
            // The last line may itself be cut by the kill.
            Collections.addAll(
                    acknowledged, text.substring(0, text.lastIndexOf('\n')).split("\n", -1));
            Set<String> survived = new HashSet<>();
            try (SegmentLog log =
                    SegmentLog.open(folder.resolve("log"), SegmentConfig.STANDARD, InstantSource.system())) {
                log.replay(Position.START, (_, payload) -> {
                    assertThat(survived.add(
                                    StandardCharsets.UTF_8.decode(payload).toString()))
                            .isTrue();
                    return true;
                });
            }
            assertThat(survived).containsAll(acknowledged);
        }
    }
}
