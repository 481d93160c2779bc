package dev.pilothouse.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What only the source text shows. */
class SourceTest {
    private static final Path ROOT = root();
    private static final Set<String> NOT_OURS = Set.of("target", ".git", "node_modules", ".venv");
    private static final int HARD_LIMIT = 500;
    private static final int FILES_LIMIT = 25;
    private static final Pattern PUBLIC_TYPE = Pattern.compile(
            "^public (?:(?:abstract|final|sealed|non-sealed|static) )*(?:class|record|interface|enum|@interface) \\w+");

    @Test
    void noSourceFileIsLongerThanTheHardLimit() {
        assertThat(javaFiles())
                .allSatisfy(file -> assertThat(lines(file))
                        .as(ROOT.relativize(file).toString())
                        .hasSizeLessThanOrEqualTo(HARD_LIMIT));
    }

    @Test
    void noModuleHasMoreFilesThanAReaderCanHold() {
        var files = new TreeMap<Path, Integer>();
        for (Path file : javaFiles()) {
            if (file.toString().contains("/src/main/java/")) {
                files.merge(ROOT.relativize(file.getParent()), 1, Integer::sum);
            }
        }
        assertThat(files.entrySet())
                .as("packages with more than " + FILES_LIMIT + " files; split them along a seam")
                .allSatisfy(folder -> assertThat(folder.getValue())
                        .as(folder.getKey().toString())
                        .isLessThanOrEqualTo(FILES_LIMIT));
    }

    @Test
    void everyPackageSaysWhatItIsFor() {
        var missing = new TreeSet<String>();
        for (Path file : javaFiles()) {
            Path folder = file.getParent();
            if (file.toString().contains("/src/main/java/") && !Files.exists(folder.resolve("package-info.java"))) {
                missing.add(ROOT.relativize(folder).toString());
            }
        }
        assertThat(missing).as("packages without package-info.java").isEmpty();
    }

    @Test
    void everyPublicTypeHasJavadoc() {
        var bare = new ArrayList<String>();
        for (Path file : javaFiles()) {
            if (!file.toString().contains("/src/main/java/")) {
                continue;
            }
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (PUBLIC_TYPE.matcher(lines.get(i)).find() && !documented(lines, i)) {
                    bare.add(ROOT.relativize(file) + ":" + (i + 1));
                }
            }
        }
        assertThat(bare).as("public types without Javadoc").isEmpty();
    }

    @Test
    void nobodyOpensATransactionBesideTheStore() {
        var offenders = javaFiles().stream()
                .filter(file -> !file.toString().contains("platform/store/"))
                .filter(file -> file.toString().contains("/src/main/java/"))
                .filter(file -> lines(file).stream()
                        .anyMatch(line -> line.matches(
                                ".*\\.(inTransaction|useTransaction|setAutoCommit|sql\\(\\)\\.begin)\\(.*")))
                .map(file -> ROOT.relativize(file).toString())
                .toList();
        assertThat(offenders).as("all writes pass store.write").isEmpty();
    }

    @Test
    void testsWaitForConditionsAndNeverSleep() {
        assertThat(testsWith("Thread\\.sleep\\(")).isEmpty();
    }

    @Test
    void aTestsDatabaseIsStartedAnewWhereItsClassIsRunAgain() {
        assertThat(testsWith("static final TestPostgres \\w+ = TestPostgres\\.start"))
                .as("start it in @BeforeAll: a test that is run once more after a failure finds it closed else")
                .isEmpty();
    }

    private static List<String> testsWith(String line) {
        var pattern = Pattern.compile(line);
        return javaFiles().stream()
                .filter(file -> file.toString().contains("/src/test/java/"))
                .filter(file -> !file.endsWith("SourceTest.java"))
                .filter(file -> lines(file).stream().anyMatch(pattern.asPredicate()))
                .map(file -> ROOT.relativize(file).toString())
                .toList();
    }

    private static boolean documented(List<String> lines, int declaration) {
        int i = declaration - 1;
        while (i >= 0
                && (lines.get(i).startsWith("@")
                        || lines.get(i).startsWith("//")
                        || lines.get(i).startsWith("  "))) {
            i--;
        }
        return i >= 0 && lines.get(i).strip().endsWith("*/");
    }

    private static List<Path> javaFiles() {
        var found = new ArrayList<Path>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    return NOT_OURS.contains(folder.getFileName().toString())
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (file.toString().endsWith(".java")) {
                        found.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(found).as("source files").hasSizeGreaterThan(50);
        return found;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("kernel")) || !Files.isDirectory(folder.resolve("guard"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("The guard runs inside the checkout");
            }
        }
        return folder;
    }
}
