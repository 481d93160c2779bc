package dev.pilothouse.trust.privacy;

import dev.pilothouse.trust.privacy.Injection.Disguise;
import dev.pilothouse.trust.privacy.Injection.Hit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks for phrases that override a model's instructions, in a dozen languages, after taking off what hides them: compatibility
 * forms, accents, invisible characters, look-alike letters, tag characters, letters written one by one, and parts in base 64,
 * hexadecimal digits or percent signs, up to two deep. Each phrase found tells where and why. Time is linear in the text's length.
 * Immutable and thread-safe.
 *
 * <p>It knows phrases and not meanings: an instruction in words of its own passes, and a text about such phrases does not.
 */
public final class InjectionDetector {
    private static final int DEPTH = 2;
    private static final int GAP_WORDS = 3;
    private static final int GAP_CHARACTERS = 12;
    private static final int KEY = 3;
    /** What a hidden phrase leaves of the doubt. */
    private static final double HIDDEN_DOUBT = 0.5;

    private static final Set<String> NEGATIONS = Set.of(
            "not",
            "never",
            "dont",
            "nicht",
            "nie",
            "niemals",
            "pas",
            "jamais",
            "nunca",
            "no",
            "non",
            "не",
            "nao",
            "cannot",
            "shouldnt",
            "wont");
    private static final String SENTENCE_ENDS = ".!?;\n";

    private final Map<String, List<Phrase>> byFirstWord = new HashMap<>();
    private final List<Phrase> unspaced = new ArrayList<>();

    /** A detector that knows the phrases of this package. */
    public InjectionDetector() {
        for (Phrase phrase : Phrase.known()) {
            if (phrase.parts()) {
                unspaced.add(phrase);
            } else {
                var keys = new HashSet<String>();
                phrase.slots().getFirst().forEach(word -> keys.add(key(word.replace("*", ""))));
                keys.forEach(key ->
                        byFirstWord.computeIfAbsent(key, _ -> new ArrayList<>()).add(phrase));
            }
        }
    }

    private static String key(String word) {
        return word.length() <= KEY ? word : word.substring(0, KEY);
    }

    /** A word of a folded text, and the number of its sentence. */
    private record Word(String text, int from, int to, int sentence) {}

    /** What was found so far. */
    private static final class Found {
        final List<Hit> hits = new ArrayList<>();
        final Map<String, Double> doubts = new HashMap<>();

        void add(Phrase phrase, int from, int to, Disguise disguise) {
            Hit last = hits.isEmpty() ? null : hits.getLast();
            double doubt = (1 - phrase.weight() / 100.0) * (disguise == Disguise.NONE ? 1 : HIDDEN_DOUBT);
            doubts.merge(phrase.family(), doubt, Math::min);
            if (last == null || !last.family().equals(phrase.family()) || from >= last.to() || to <= last.from()) {
                hits.add(new Hit(phrase.family(), phrase.words(), from, to, disguise));
            }
        }
    }

    /** Looks at a text. */
    public Injection look(String text) {
        var found = new Found();
        look(text, 0, 0, text.length(), Disguise.NONE, found);
        if (found.hits.isEmpty()) {
            return Injection.NONE;
        }
        double doubt = 1;
        for (double one : found.doubts.values()) {
            doubt *= one;
        }
        return new Injection((int) Math.round(100 * (1 - doubt)), found.hits);
    }

    /** Looks at a text, or at one that a part of it holds: that part's place is told where {@code depth} is above 0. */
    private void look(String text, int depth, int from, int to, Disguise disguise, Found found) {
        Folded plain = Folded.of(text, false);
        Place place = (begin, end) ->
                depth > 0 ? new int[] {from, to} : new int[] {plain.origin(begin), plain.origin(end - 1) + 1};
        Disguise said = disguise == Disguise.NONE && plain.concealed() > 0 ? Disguise.BROKEN_UP : disguise;
        int before = found.hits.size();
        phrases(plain.text(), said, place, found);
        if (plain.isForeign() && found.hits.size() == before) {
            Folded latin = Folded.of(text, true);
            Place there = (begin, end) ->
                    depth > 0 ? new int[] {from, to} : new int[] {latin.origin(begin), latin.origin(end - 1) + 1};
            phrases(latin.text(), disguise == Disguise.NONE ? Disguise.LOOK_ALIKE : disguise, there, found);
        }
        if (depth == DEPTH) {
            return;
        }
        if (!plain.tags().isEmpty()) {
            int first = depth > 0 ? from : plain.firstTag();
            int last = depth > 0 ? to : plain.lastTag();
            look(plain.tags(), depth + 1, first, last, Disguise.INVISIBLE, found);
        }
        for (Encoded part : Encoded.in(text)) {
            int first = depth > 0 ? from : part.from();
            int last = depth > 0 ? to : part.to();
            look(part.text(), depth + 1, first, last, Disguise.ENCODED, found);
        }
    }

    /** Where a part of a folded text stands in the text given. */
    private interface Place {
        int[] of(int from, int to);
    }

    private void phrases(String folded, Disguise disguise, Place place, Found found) {
        List<Word> words = words(folded);
        for (int i = 0; i < words.size(); i++) {
            for (Phrase phrase : byFirstWord.getOrDefault(key(words.get(i).text), List.of())) {
                int last = match(phrase, words, i);
                if (last >= 0) {
                    int[] at = place.of(words.get(i).from, words.get(last).to);
                    boolean spelled = words.get(i).to - words.get(i).from
                            > words.get(i).text.length() + 1;
                    found.add(
                            phrase, at[0], at[1], spelled && disguise == Disguise.NONE ? Disguise.BROKEN_UP : disguise);
                }
            }
        }
        for (Phrase phrase : unspaced) {
            parts(phrase, folded, disguise, place, found);
        }
    }

    /** The word at which a phrase ends that begins at a word; -1 where it is not there. */
    private static int match(Phrase phrase, List<Word> words, int first) {
        if (!Phrase.fits(phrase.slots().getFirst(), words.get(first).text)
                || (phrase.wary() && negated(words, first))) {
            return -1;
        }
        int at = first;
        for (int slot = 1; slot < phrase.slots().size(); slot++) {
            int end = Math.min(words.size() - 1, at + 1 + GAP_WORDS);
            int next = at + 1;
            while (next <= end && !Phrase.fits(phrase.slots().get(slot), words.get(next).text)) {
                next++;
            }
            if (next > end || words.get(next).sentence != words.get(first).sentence) {
                return -1;
            }
            at = next;
        }
        return at;
    }

    private static boolean negated(List<Word> words, int first) {
        for (int i = Math.max(0, first - 2); i < first; i++) {
            if (words.get(i).sentence == words.get(first).sentence && NEGATIONS.contains(words.get(i).text)) {
                return true;
            }
        }
        return false;
    }

    private static void parts(Phrase phrase, String folded, Disguise disguise, Place place, Found found) {
        for (String begin : phrase.slots().getFirst()) {
            for (int from = folded.indexOf(begin); from >= 0; from = folded.indexOf(begin, from + begin.length())) {
                int to = from + begin.length();
                for (int slot = 1; slot < phrase.slots().size() && to >= 0; slot++) {
                    to = follows(phrase.slots().get(slot), folded, to);
                }
                if (to >= 0) {
                    int[] at = place.of(from, to);
                    found.add(phrase, at[0], at[1], disguise);
                }
            }
        }
    }

    private static int follows(List<String> slot, String folded, int from) {
        int nearest = Integer.MAX_VALUE;
        int to = -1;
        for (String part : slot) {
            int end = Math.min(folded.length(), from + GAP_CHARACTERS + part.length());
            int at = folded.substring(from, end).indexOf(part);
            if (at >= 0 && at < nearest) {
                nearest = at;
                to = from + at + part.length();
            }
        }
        return to;
    }

    /** Words in lower case without apostrophes; letters that stand alone, one sign between them, are one word. */
    private static List<Word> words(String folded) {
        var words = new ArrayList<Word>();
        int sentence = 0;
        int i = 0;
        while (i < folded.length()) {
            char c = folded.charAt(i);
            if (!Character.isLetterOrDigit(c)) {
                sentence += SENTENCE_ENDS.indexOf(c) >= 0 ? 1 : 0;
                i++;
                continue;
            }
            int spelled = spelled(folded, i);
            int to = spelled > 0 ? spelled : i;
            var text = new StringBuilder();
            if (spelled > 0) {
                for (int k = i; k < spelled; k += 2) {
                    text.append(folded.charAt(k));
                }
            } else {
                while (to < folded.length()
                        && (Character.isLetterOrDigit(folded.charAt(to)) || "'’".indexOf(folded.charAt(to)) >= 0)) {
                    if (Character.isLetterOrDigit(folded.charAt(to))) {
                        text.append(folded.charAt(to));
                    }
                    to++;
                }
            }
            words.add(new Word(text.toString(), i, to, sentence));
            i = to;
        }
        return words;
    }

    /** Where at least four letters end that stand alone with the same sign between them; 0 where there are none. */
    private static int spelled(String folded, int from) {
        int i = from;
        while (i < folded.length()
                && Character.isLetter(folded.charAt(i))
                && (i + 1 == folded.length() || !Character.isLetterOrDigit(folded.charAt(i + 1)))) {
            i += 2;
            if (i - 1 < folded.length() && folded.charAt(i - 1) != folded.charAt(from + 1)) {
                break;
            }
        }
        int end = Math.min(i - 1, folded.length());
        return i - from >= 8 ? end : 0;
    }
}
