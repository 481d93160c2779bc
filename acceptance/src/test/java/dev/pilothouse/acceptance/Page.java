package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the documentation whose commands can be run: its {@code sh} blocks are one shell session. A {@code text} block right
 * after one is what it shows: each of its lines must be found in the output, spaces aside, with {@code …} for anything. A
 * command that is meant to fail says so: {@code # exit code 1}.
 */
record Page(Path file, String text) {
    private static final Pattern BLOCK = Pattern.compile("^```(\\w+)\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern EXIT = Pattern.compile("^(.*\\S)\\s+# exit code (\\d+)$", Pattern.MULTILINE);
    private static final Pattern RUN_BY = Pattern.compile("`(\\w+IT|\\w+/(?:test|run))(?: pages)?`");
    private static final String MARK = "@@block ";
    private static final String FAILED = "@@failed ";

    private record Step(String commands, List<String> shown) {}

    /** Tutorials and how-tos. */
    static List<Page> all() {
        var pages = new ArrayList<Page>();
        for (String kind : List.of("tutorial", "how-to")) {
            try (Stream<Path> files =
                    Files.list(HowTo.repository().resolve("docs").resolve(kind))) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".md")).sorted().toList()) {
                    pages.add(new Page(file, Files.readString(file)));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return pages;
    }

    /** The test that the page says tries it, the first it names; empty where it names none. */
    String runBy() {
        Matcher said = RUN_BY.matcher(text);
        return said.find() ? said.group(1) : "";
    }

    @Override
    public String toString() {
        return String.valueOf(file.getFileName());
    }

    private List<Step> steps() {
        var steps = new ArrayList<Step>();
        Matcher block = BLOCK.matcher(text);
        int end = -1;
        while (block.find()) {
            if (block.group(1).equals("sh")) {
                steps.add(new Step(block.group(2), new ArrayList<>()));
                end = block.end();
            } else if (block.group(1).equals("text")
                    && end >= 0
                    && text.substring(end, block.start()).isBlank()) {
                block.group(2).lines().filter(line -> !line.isBlank()).forEach(steps.getLast().shown::add);
            }
        }
        return steps;
    }

    /** Runs every block in a folder and checks what it shows. */
    void run(Path folder, Map<String, String> environment) throws IOException, InterruptedException {
        List<Step> steps = steps();
        assertThat(steps).as("%s has commands", this).isNotEmpty();
        var script = new StringBuilder("set -Eu -o pipefail\n" + "trap 'echo \"" + FAILED + "$BASH_COMMAND\"' ERR\n");
        for (int i = 0; i < steps.size(); i++) {
            script.append("echo '").append(MARK).append(i).append("'\n");
            script.append(EXIT.matcher(steps.get(i).commands)
                    .replaceAll(m -> Matcher.quoteReplacement("if " + m.group(1)
                            + "; then code=0; else code=$?; fi; [ $code = "
                            + m.group(2) + " ] || echo \"" + FAILED + "exit code $code, not " + m.group(2) + ": "
                            + m.group(1).replace("\"", "\\\"").replace("$", "\\$") + "\"")));
        }
        script.append("trap - ERR\nkill $(jobs -p) 2>/dev/null\nwait\n");
        Path file = folder.resolve(".commands");
        Files.writeString(file, script.toString());
        Path out = folder.resolve(".output");
        var builder = new ProcessBuilder("bash", file.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PILOTHOUSE_") || name.startsWith("MLFLOW_"));
        builder.environment().putAll(environment);
        Process shell = builder.start();
        if (!shell.waitFor(8, TimeUnit.MINUTES)) {
            shell.descendants().forEach(ProcessHandle::destroyForcibly);
            shell.destroyForcibly();
        }
        String said = Files.readString(out, StandardCharsets.UTF_8);
        assertThat(said).as("%s: every command ends as the page says", this).doesNotContain(FAILED);
        String[] outputs = said.split(MARK + "\\d+\n", -1);
        assertThat(outputs).as("%s ran to its end: %s", this, said).hasSize(steps.size() + 1);
        for (int i = 0; i < steps.size(); i++) {
            List<String> lines = outputs[i + 1].lines().map(Page::plain).toList();
            for (String shown : steps.get(i).shown) {
                Pattern expected = pattern(shown);
                assertThat(lines)
                        .as("%s shows '%s' after:%n%s", this, shown, steps.get(i).commands)
                        .anyMatch(line -> expected.matcher(line).find());
            }
        }
    }

    private static String plain(String line) {
        return line.strip().replaceAll("\\s+", " ");
    }

    private static Pattern pattern(String shown) {
        return Pattern.compile(Stream.of(plain(shown).split("…", -1))
                .map(String::strip)
                .map(Pattern::quote)
                .reduce((left, right) -> left + ".*" + right)
                .orElse(""));
    }
}
