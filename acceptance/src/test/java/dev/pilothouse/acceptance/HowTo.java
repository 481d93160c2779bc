package dev.pilothouse.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of {@code docs/how-to}, so that what it says is what is tested.
 *
 * @param text the whole page
 */
record HowTo(String text) {
    private static final Pattern BLOCK = Pattern.compile("^```(\\w+)\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

    /** The repository's folder, in which the page's commands are meant to run. */
    static Path repository() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/how-to"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("The tests do not run inside the repository");
            }
        }
        return folder;
    }

    static HowTo page(String name) {
        try {
            return new HowTo(
                    Files.readString(repository().resolve("docs/how-to").resolve(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The code blocks of a language, in order. */
    List<String> blocks(String language) {
        var blocks = new ArrayList<String>();
        Matcher found = BLOCK.matcher(text);
        while (found.find()) {
            if (found.group(1).equals(language)) {
                blocks.add(found.group(2));
            }
        }
        return blocks;
    }

    /** The arguments of each {@code ./pilot} command of the shell block of this number, from 0. */
    List<String[]> pilot(int block) {
        return blocks("sh").get(block).lines().map(HowTo::words).toList();
    }

    private static String[] words(String line) {
        var words = new ArrayList<String>();
        Matcher found = WORD.matcher(line);
        while (found.find()) {
            words.add(
                    found.group(1) != null ? found.group(1) : found.group(2) != null ? found.group(2) : found.group(3));
        }
        if (!words.removeFirst().equals("./pilot")) {
            throw new IllegalStateException("Only commands of ./pilot can be run here: " + line);
        }
        return words.toArray(String[]::new);
    }
}
