package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/reference/errors.md} names each error code of the program with its status, and no other. {@code
 * -Dreference.write=true} writes codes and statuses anew and keeps what is said of them; a new code then waits for its words.
 */
class ErrorsReferenceTest {
    private static final Path ROOT = HowTo.repository();
    private static final Path PAGE = ROOT.resolve("docs/reference/errors.md");
    private static final Pattern ENUM =
            Pattern.compile("^(?:public )?enum (\\w+) implements ErrorCode", Pattern.MULTILINE);
    private static final Pattern PACKAGE = Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE);
    private static final Pattern ROW =
            Pattern.compile("^\\| `([a-z-]+)` \\| (\\d{3}) \\| ([^|]*) \\| ([^|]*) \\|$", Pattern.MULTILINE);

    /** What the page says of one code. */
    private record Said(String status, String meaning, String remedy) {}

    @Test
    void thePageNamesEachCodeWithItsStatusItsMeaningAndWhatToDo() throws Exception {
        Map<String, Map<String, Integer>> codes = codes();
        assertThat(codes).hasSizeGreaterThan(10);
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(PAGE, written(codes, Files.readString(PAGE)));
        }
        String page = Files.readString(PAGE);
        for (var capability : codes.entrySet()) {
            String section = section(page, capability.getKey());
            Map<String, String> told = new TreeMap<>();
            said(section).forEach((code, said) -> {
                told.put(code, said.status());
                assertThat(said.meaning()).as(code + ": what it means").isNotBlank();
                assertThat(said.remedy()).as(code + ": what to do").isNotBlank();
            });
            Map<String, String> real = new TreeMap<>();
            capability.getValue().forEach((code, status) -> real.put(code, status.toString()));
            assertThat(told)
                    .as(capability.getKey() + "; write it anew: mvn -pl acceptance test -Dtest=ErrorsReferenceTest"
                            + " -Dreference.write=true")
                    .isEqualTo(real);
        }
        assertThat(said(page).size())
                .as("rows of the whole page")
                .isEqualTo(codes.values().stream()
                        .flatMap(c -> c.keySet().stream())
                        .distinct()
                        .count());
    }

    /** Codes with their status, by the section that they stand in: the enum's name in words. */
    private static Map<String, Map<String, Integer>> codes() throws IOException, ClassNotFoundException {
        var found = new TreeMap<String, Map<String, Integer>>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file : files.filter(f ->
                            f.toString().endsWith("Error.java") && f.toString().contains("/src/main/java/"))
                    .toList()) {
                String source = Files.readString(file);
                Matcher name = ENUM.matcher(source);
                Matcher in = PACKAGE.matcher(source);
                if (!name.find() || !in.find()) {
                    continue;
                }
                var codes = new LinkedHashMap<String, Integer>();
                for (Object constant :
                        Class.forName(in.group(1) + "." + name.group(1)).getEnumConstants()) {
                    codes.put(((ErrorCode) constant).code(), ((ErrorCode) constant).status());
                }
                found.put(title(name.group(1)), codes);
            }
        }
        return found;
    }

    private static String title(String type) {
        return type.substring(0, type.length() - "Error".length());
    }

    private static String section(String page, String title) {
        int start = page.indexOf("\n## " + title + "\n");
        assertThat(start).as("the section '" + title + "'").isNotNegative();
        int end = page.indexOf("\n## ", start + 1);
        return end < 0 ? page.substring(start) : page.substring(start, end);
    }

    private static Map<String, Said> said(String text) {
        var said = new LinkedHashMap<String, Said>();
        ROW.matcher(text)
                .results()
                .forEach(row -> said.put(
                        row.group(1),
                        new Said(
                                row.group(2), row.group(3).strip(), row.group(4).strip())));
        return said;
    }

    private static String written(Map<String, Map<String, Integer>> codes, String old) {
        var page = new StringBuilder(old.substring(0, Math.max(0, old.indexOf("\n## "))));
        Map<String, Said> all = said(old);
        codes.forEach((title, rows) -> {
            page.append("\n## ")
                    .append(title)
                    .append("\n\n| Code | Status | Meaning | What to do |\n|---|---|---|---|\n");
            rows.forEach((code, status) -> {
                Said said = all.getOrDefault(code, new Said("", "", ""));
                page.append("| `")
                        .append(code)
                        .append("` | ")
                        .append(status)
                        .append(" | ")
                        .append(said.meaning())
                        .append(" | ")
                        .append(said.remedy())
                        .append(" |\n");
            });
        });
        return page.toString();
    }
}
