package dev.pilothouse.trust.privacy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Words that in this order try to override a model's instructions.
 *
 * @param family what they try
 * @param weight how much they count, in percent
 * @param wary whether a negation before makes them harmless
 * @param parts whether the words are parts of a text without blanks
 * @param slots alternatives in their order; a trailing {@code *} stands for any ending
 */
record Phrase(String family, int weight, boolean wary, boolean parts, List<List<String>> slots) {
    private static final String FILE = "phrases.tsv";

    /** The phrases that are known. */
    static List<Phrase> known() {
        try (InputStream file = Phrase.class.getResourceAsStream(FILE)) {
            if (file == null) {
                throw new IllegalStateException(FILE + " is not in the package");
            }
            var phrases = new ArrayList<Phrase>();
            for (String line : new String(file.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    phrases.add(read(Folded.of(line, false).text()));
                }
            }
            return List.copyOf(phrases);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Phrase read(String line) {
        String[] fields = line.split("\t", -1);
        boolean wary = fields[2].startsWith("!");
        boolean parts = fields[2].startsWith("~");
        var slots = new ArrayList<List<String>>();
        for (int i = 2; i < fields.length; i++) {
            String slot = i == 2 && (wary || parts) ? fields[i].substring(1) : fields[i];
            // A broken bar stands for the bar, which divides.
            slots.add(Arrays.stream(slot.split("\\|", -1))
                    .map(word -> word.replace('¦', '|'))
                    .toList());
        }
        return new Phrase(fields[0], Integer.parseInt(fields[1]), wary, parts, List.copyOf(slots));
    }

    static boolean fits(List<String> slot, String word) {
        for (String alternative : slot) {
            int stem = alternative.length() - 1;
            boolean fits = alternative.charAt(stem) == '*'
                    ? word.length() >= stem && word.regionMatches(0, alternative, 0, stem)
                    : word.equals(alternative);
            if (fits) {
                return true;
            }
        }
        return false;
    }

    /** The phrase as people write it: {@code ignor* … previous* … instruct*}. */
    String words() {
        var words = new ArrayList<String>();
        slots.forEach(slot -> words.add(slot.getFirst()));
        return String.join(" … ", words);
    }
}
