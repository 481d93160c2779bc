package dev.pilothouse.run.cache;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The words of English that {@link Wording} knows. All lists are in lower case. Stateless. */
final class EnglishWords {
    /**
     * What stands in front of a request and asks for nothing.
     *
     * @param asks whether the whole becomes a question by it
     * @param before whether it is one only in front of a word of {@link #BEGINNINGS}
     */
    record Opening(List<String> words, boolean asks, boolean before) {}

    /** Words that few other languages have: where one is, the text may be English. */
    static final Set<String> ENGLISH = words("""
            the what what's how does which where where's when who who's why with from should would could this that
            isn't don't can't""");

    /** Words that other languages are full of: where one is, a comma may stand for what a point is in English. */
    static final Set<String> FOREIGN = words("""
            der das und ist ein eine nicht wie viel le les des et est que los y il di che het een van de la el""");

    /** Words of those who speak of words, or dictate them. */
    static final Set<String> OF_WORDS = words("""
            say says said saying spell spelled spelling spells pronounce pronounced pronunciation word words phrase phrases
            mean means meaning meant translate translated translation translates letter letters character characters
            sentence sentences text type print echo repeat reply respond quote rhyme rhymes rhyming synonym synonyms antonym antonyms syllable syllables vowel vowels acronym abbreviation abbreviate
            sagen sagt heißt wort bedeutet übersetze übersetzen dire mot signifie traduire decir palabra significa traducir""");

    /** Words that are no names, though they have a capital where a sentence begins. */
    static final Set<String> BEGINNINGS = words("""
            what where who when why how which whose is are was were do does did can could would should please tell give
            show list explain describe summarize compare find make create name calculate compute convert translate write
            if in on at for the a an my i is there thanks thank hi hello hey""");

    /** Words that make a question of a sentence that begins with them. */
    static final Set<String> ASKING =
            words("what where who when why how which whose is are was were do does did can could would should");

    /** What may stand behind a request, as a sentence of its own. */
    static final List<List<String>> CLOSINGS = Stream.of(
                    "thanks in advance", "thank you very much", "thank you", "many thanks", "thanks", "please")
            .map(EnglishWords::split)
            .toList();

    /** The longest first, where one begins with another. */
    static final List<Opening> OPENINGS = List.of(
            asking("can you please tell me"),
            asking("could you please tell me"),
            asking("would you please tell me"),
            asking("can you tell me"),
            asking("could you tell me"),
            asking("would you tell me"),
            asking("can you please"),
            asking("could you please"),
            asking("would you please"),
            new Opening(split("do you know"), true, true),
            saying("please tell me"),
            saying("tell me"),
            saying("i want to know"),
            saying("i would like to know"),
            saying("i'd like to know"),
            saying("i need to know"),
            saying("please"),
            greeting("hi", ", "),
            greeting("hi", "! "),
            greeting("hello", ", "),
            greeting("hello", "! "),
            greeting("hey", ", "),
            greeting("hey", "! "));

    /** Between "how" and "I", where a way is asked for. */
    static final Set<String> WAYS = Set.of("do", "can", "could", "would");

    static final Set<String> WHAT = Set.of("what", "where", "who", "when");
    static final Set<String> IS = Set.of("is", "are", "was", "were");

    /** Commas between thousands, as English has them. */
    static final Pattern THOUSANDS = Pattern.compile("[1-9][0-9]{0,2}(,[0-9]{3})+");

    private static final List<String> BELOW_TWENTY = split(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
                    + " eighteen nineteen");
    private static final List<String> TENS = split("twenty thirty forty fifty sixty seventy eighty ninety");

    private static final Set<String> TAKE_NOT =
            words("do does did is are was were has have had could would should must might need");
    private static final Map<String, List<String>> IRREGULAR = Map.of(
            "can't", List.of("can", "not"),
            "cannot", List.of("can", "not"),
            "won't", List.of("will", "not"),
            "shan't", List.of("shall", "not"));
    private static final Map<String, String> ENDINGS =
            Map.of("'m", "am", "'re", "are", "'ll", "will", "'ve", "have", "'s", "is");
    /** Behind other words, 's may be a genitive. */
    private static final Set<String> BEFORE_IS = words("what where who when how it that there here he she");

    private EnglishWords() {}

    private static Set<String> words(String text) {
        return split(text).stream().collect(Collectors.toUnmodifiableSet());
    }

    private static List<String> split(String text) {
        return List.of(text.strip().split("\\s+", -1));
    }

    private static Opening asking(String words) {
        return new Opening(split(words), true, false);
    }

    private static Opening saying(String words) {
        return new Opening(split(words), false, false);
    }

    private static Opening greeting(String word, String sign) {
        return new Opening(List.of(word, sign), false, true);
    }

    /** The number that a word in lower case is, from 0 to 90; -1 where it is none. */
    static int number(String word) {
        int small = BELOW_TWENTY.indexOf(word);
        int tens = small < 0 ? TENS.indexOf(word) : -1;
        return tens < 0 ? small : 20 + 10 * tens;
    }

    /** The words that a contraction stands for; the word itself where it is none. */
    static List<String> parts(String word) {
        String small = word.toLowerCase(Locale.ROOT);
        if (IRREGULAR.containsKey(small)) {
            return IRREGULAR.get(small);
        }
        int end = word.lastIndexOf('\'');
        if (end <= 0) {
            return List.of(word);
        }
        String stem = word.substring(0, end);
        if (small.endsWith("n't") && TAKE_NOT.contains(small.substring(0, small.length() - 3))) {
            return List.of(word.substring(0, word.length() - 3), "not");
        }
        String ending = ENDINGS.get(small.substring(end));
        boolean plain = ending != null && (!ending.equals("is") || BEFORE_IS.contains(stem.toLowerCase(Locale.ROOT)));
        return plain ? List.of(stem.equals("i") ? "I" : stem, ending) : List.of(word);
    }
}
