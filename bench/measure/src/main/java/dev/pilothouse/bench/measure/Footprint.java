package dev.pilothouse.bench.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a process takes at a moment.
 *
 * @param heapMegabytes live objects after a full collection, in MiB; not a number where the process does not tell
 * @param openFiles descriptors
 */
public record Footprint(double heapMegabytes, long openFiles) {
    private static final int EARLY = 1;
    private static final int SPAN = 3;

    /** Looks at a Java process of this machine, which collects all its garbage for that. */
    public static Footprint of(long pid) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        List<String> totals = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("Total"))
                .toList();
        process.waitFor();
        double heap = totals.isEmpty()
                ? Double.NaN
                : Double.parseDouble(totals.getFirst().split("\\s+", -1)[2]) / (1 << 20);
        try (var open = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return new Footprint(heap, open.count());
        }
    }

    /** Resident memory of a process of this machine, in MiB; NaN where the system does not tell. */
    public static double residentMegabytes(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D+", "")) / 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** Mean heap of the last three looks over that of the first three after the very first, as a percentage more. */
    public static double heapGrowth(List<Footprint> looks) {
        return 100
                * (mean(looks.subList(looks.size() - SPAN, looks.size())) / mean(looks.subList(EARLY, EARLY + SPAN))
                        - 1);
    }

    /** Open files at the end beyond those at the second look. */
    public static long filesGrowth(List<Footprint> looks) {
        return looks.getLast().openFiles - looks.get(EARLY).openFiles;
    }

    private static double mean(List<Footprint> looks) {
        return looks.stream().mapToDouble(Footprint::heapMegabytes).average().orElse(Double.NaN);
    }
}
