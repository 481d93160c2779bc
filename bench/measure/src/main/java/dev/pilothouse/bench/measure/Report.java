package dev.pilothouse.bench.measure;

import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Collects a benchmark's figures, prints them, and writes its result file. Used by one thread. */
public final class Report {
    /** Whether more or less is better. */
    public enum Goal {
        AT_LEAST,
        AT_MOST
    }

    private record Figure(String name, double value, String unit, Goal direction, double goal, Optional<Double> peer) {
        boolean reached() {
            return !Double.isNaN(value) && (direction == Goal.AT_LEAST ? value >= goal : value <= goal);
        }

        String line() {
            return String.format(
                    Locale.ROOT,
                    "RESULT %s %s %s goal %s%s peer %s %s",
                    name,
                    number(value),
                    unit,
                    direction == Goal.AT_LEAST ? ">=" : "<=",
                    number(goal),
                    peer.map(Figure::number).orElse("-"),
                    reached() ? "OK" : "SHORT");
        }

        private static String number(double v) {
            return Double.isNaN(v)
                    ? "unmeasured"
                    : Math.abs(v) >= 100
                            ? String.format(Locale.ROOT, "%.0f", v)
                            : String.format(Locale.ROOT, "%.3g", v);
        }
    }

    private final String benchmark;
    private final PrintStream out;
    private final List<Figure> figures = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** A report of a benchmark that is printed to a stream. */
    public Report(String benchmark, PrintStream out) {
        this.benchmark = benchmark;
        this.out = out;
    }

    /** Prints a line of talk or table. */
    @SuppressWarnings("AnnotateFormatMethod")
    public void say(String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, format, arguments));
    }

    /** Records a figure that should be at least the goal. */
    public void atLeast(String name, double value, String unit, double goal) {
        figures.add(new Figure(name, value, unit, Goal.AT_LEAST, goal, Optional.empty()));
    }

    /** Records a figure that should be at most the goal. */
    public void atMost(String name, double value, String unit, double goal) {
        figures.add(new Figure(name, value, unit, Goal.AT_MOST, goal, Optional.empty()));
    }

    /** Records a figure beside its peer's, measured in the same run. */
    public void beside(String name, double value, String unit, Goal direction, double goal, double peer) {
        figures.add(new Figure(name, value, unit, direction, goal, Optional.of(peer)));
    }

    /** Whether every figure so far reaches its goal. */
    public boolean allReached() {
        return figures.stream().allMatch(Figure::reached);
    }

    /** Keeps a sentence in the result file: durability mode, what was skipped and why. */
    public void note(String sentence) {
        notes.add(sentence);
        out.println("note: " + sentence);
    }

    /** Prints the RESULT lines and writes the file. */
    public void finish(Path resultsFolder, InstantSource clock) throws IOException, InterruptedException {
        figures.forEach(figure -> out.println(figure.line()));
        var file = Json.object()
                .put("benchmark", benchmark)
                .put(
                        "date",
                        clock.instant()
                                .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                                .toString())
                .put("commit", commit())
                .put("jdk", System.getProperty("java.vm.vendor") + " " + System.getProperty("java.runtime.version"));
        file.putObject("machine")
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("cpu", cpu())
                .put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        var list = file.putArray("figures");
        for (Figure figure : figures) {
            var one = list.addObject().put("name", figure.name());
            if (Double.isNaN(figure.value())) {
                one.putNull("value");
            } else {
                one.put("value", figure.value());
            }
            one.put("unit", figure.unit())
                    .put("goal", (figure.direction() == Goal.AT_LEAST ? ">=" : "<=") + Figure.number(figure.goal()))
                    .put("reached", figure.reached());
            figure.peer().ifPresent(peer -> one.put("peer", peer));
        }
        var noteList = file.putArray("notes");
        notes.forEach(noteList::add);
        Files.createDirectories(resultsFolder);
        Files.writeString(
                resultsFolder.resolve(benchmark + ".json"),
                Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(file) + "\n");
    }

    private static String commit() throws IOException, InterruptedException {
        Process git = new ProcessBuilder("git", "rev-parse", "--short", "HEAD")
                .redirectErrorStream(true)
                .start();
        String text = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return git.waitFor(5, TimeUnit.SECONDS) && git.exitValue() == 0 ? text : "unknown";
    }

    private static String cpu() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(info)) {
            return System.getProperty("os.arch");
        }
        return Files.readAllLines(info).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
    }
}
