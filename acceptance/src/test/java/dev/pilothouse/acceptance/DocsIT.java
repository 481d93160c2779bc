package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the documentation says to type is typed, each page in a folder and against a server of its own. One page alone: {@code
 * -Ddocs=set-gates}.
 */
class DocsIT {
    private static final Path REPOSITORY = HowTo.repository();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+\\.md)(?:#[^)]*)?\\)");

    @TempDir
    private static Path work;

    @TestFactory
    Stream<DynamicTest> everyPageDoesWhatItSays() {
        String only = System.getProperty("docs", "");
        return Page.all().stream()
                .filter(page -> page.runBy().equals("DocsIT") && page.toString().contains(only))
                .map(page -> DynamicTest.dynamicTest(page.toString(), () -> run(page)));
    }

    @Test
    void everyPageNamesATestThatRunsIt() {
        assertThat(Page.all()).hasSizeGreaterThan(8).allSatisfy(page -> {
            String test = page.runBy().contains("/")
                    ? page.runBy()
                    : "acceptance/src/test/java/dev/pilothouse/acceptance/" + page.runBy() + ".java";
            assertThat(REPOSITORY.resolve(test))
                    .as("%s says 'run by `SomeIT`', a test of this module, or by a script", page)
                    .isRegularFile();
        });
    }

    @Test
    void theIndexNamesEveryPageThatThereIs() throws IOException {
        Path index = REPOSITORY.resolve("docs/README.md");
        List<String> linked = LINK.matcher(Files.readString(index))
                .results()
                .map(link -> link.group(1))
                .toList();
        var there = new ArrayList<String>();
        for (String kind : List.of("tutorial", "how-to", "reference", "explanation")) {
            try (Stream<Path> files = Files.list(index.resolveSibling(kind))) {
                files.map(file -> kind + "/" + file.getFileName()).forEach(there::add);
            }
        }
        assertThat(linked).containsAll(there);
    }

    private static void run(Page page) throws IOException, InterruptedException {
        Path folder = Files.createDirectory(work.resolve(page.toString().replace(".md", "")));
        try (Stream<Path> files = Files.list(REPOSITORY.resolve("examples/first-steps"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        Path programs = Files.createDirectories(work.resolve("bin"));
        Path pilot = programs.resolve("pilot");
        Files.writeString(pilot, """
                #!/bin/sh
                exec '%s' %s "$@"
                """.formatted(
                        Stream.concat(PackagedServer.JAVA.stream(), ClassArchive.PILOT.flags().stream())
                                .collect(Collectors.joining("' '")),
                        PackagedServer.PILOT));
        assertThat(pilot.toFile().setExecutable(true)).isTrue();
        try (var server = PackagedServer.start("--notify.loopback=true")) {
            page.run(
                    folder,
                    Map.of(
                            "PATH", programs + ":" + System.getenv("PATH"),
                            "CLASSPATH", PackagedServer.classPath(),
                            "HOME", folder.toString(),
                            "XDG_CONFIG_HOME", folder.resolve(".config").toString(),
                            "NO_COLOR", "1",
                            "PILOTHOUSE_URL", server.address().toString(),
                            "PILOTHOUSE_API_KEY", server.key()));
        }
    }
}
