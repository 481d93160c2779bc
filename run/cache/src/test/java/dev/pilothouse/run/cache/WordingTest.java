package dev.pilothouse.run.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever an embedding says: what is not the same question never has the same wording. */
class WordingTest {
    private static final List<String> SENTENCES = List.of(
            "What is the capital of France?",
            "How do I convert 20 miles to kilometers?",
            "Is it safe to take ibuprofen with alcohol?",
            "Can you tell me who beat Manchester United in 1999?",
            "How many of the 12 members voted for the budget before May 2024?",
            "Should I buy stocks when the rate increases by 2.5%?",
            "Which flights go from Berlin to Paris after 10:30?",
            "Why does the server restart with more than 3 replicas?",
            "Ist der Hafen am Montag geöffnet, wenn es 5 Grad hat?",
            "Quel train va de Lyon à Paris avant 9 heures?",
            "¿Es seguro viajar de Madrid a Lisboa con dos perros?",
            "Explain why the increase in temperature causes less rain in the north.");

    private static final List<String> NEGATIONS = List.of(
            "not", "never", "no", "without", "none", "neither", "hardly", "nicht", "kein", "keine", "nie", "ohne",
            "pas", "jamais", "sans", "aucun", "no", "nunca", "sin", "ningún", "non", "senza", "niet", "geen", "inte",
            "не", "不", "ない");

    private static final String[][] OPPOSITES = {
        {"safe", "unsafe"},
        {"safe", "dangerous"},
        {"increase", "decrease"},
        {"increases", "decreases"},
        {"buy", "sell"},
        {"before", "after"},
        {"after", "before"},
        {"more", "less"},
        {"less", "more"},
        {"with", "without"},
        {"for", "against"},
        {"from", "to"},
        {"beat", "lost"},
        {"north", "south"},
        {"geöffnet", "geschlossen"},
        {"avant", "après"},
        {"seguro", "inseguro"},
        {"con", "sin"},
        {"causes", "prevents"},
        {"miles", "meters"},
        {"kilometers", "kilometer"},
        {"France", "Spain"},
        {"Paris", "London"},
        {"May", "June"},
        {"Montag", "Dienstag"},
        {"Should", "Can"},
        {"Why", "How"},
        {"Which", "What"},
        {"capital", "population"},
        {"ibuprofen", "paracetamol"},
        {"members", "member"},
        {"voted", "vote"},
        {"is", "was"}
    };

    private static void differ(String one, String other) {
        Optional<String> first = Wording.of(one);
        if (first.isPresent()) {
            assertThat(first).as("'%s' and '%s'", one, other).isNotEqualTo(Wording.of(other));
        }
    }

    private static void same(String... texts) {
        for (String text : texts) {
            assertThat(Wording.of(text))
                    .as("'%s' and '%s'", text, texts[0])
                    .isPresent()
                    .isEqualTo(Wording.of(texts[0]));
        }
    }

    private static List<String> words(String sentence) {
        return new ArrayList<>(List.of(sentence.split(" ", -1)));
    }

    @Test
    void aNegationAnywhereIsAnotherQuestion() {
        int pairs = 0;
        for (String sentence : SENTENCES) {
            for (String negation : NEGATIONS) {
                for (int at = 0; at <= words(sentence).size(); at++) {
                    List<String> negated = words(sentence);
                    negated.add(at, negation);
                    differ(sentence, String.join(" ", negated));
                    pairs++;
                }
            }
        }
        assertThat(pairs).isGreaterThan(2_000);
        for (String[] pair : new String[][] {
            {"Is it safe?", "Isn't it safe?"},
            {"Can I take it?", "Can't I take it?"},
            {"Will it rain today?", "Won't it rain today?"},
            {"How can I log in here?", "How can I not log in here?"},
            {"Do vaccines work well?", "Don't vaccines work well?"},
            {"Is this legal here?", "Is this illegal here?"},
            {"Is it possible now?", "Is it impossible now?"},
            {"Please delete it now", "Please don't delete it now"},
            {"Kann ich das essen?", "Kann ich das nicht essen?"}
        }) {
            differ(pair[0], pair[1]);
        }
    }

    @Test
    void anOppositeOrAnotherNameUnitOrQuestionWordIsAnotherQuestion() {
        int pairs = 0;
        for (String sentence : SENTENCES) {
            for (String[] opposite : OPPOSITES) {
                String other = (" " + sentence)
                        .replace(" " + opposite[0], " " + opposite[1])
                        .strip();
                if (!other.equals(sentence)) {
                    differ(sentence, other);
                    pairs++;
                }
            }
        }
        assertThat(pairs).isGreaterThan(30);
    }

    @Test
    void anotherOrderOfWordsIsAnotherQuestion() {
        int pairs = 0;
        for (String sentence : SENTENCES) {
            List<String> words = words(sentence.substring(0, sentence.length() - 1));
            for (int i = 0; i < words.size(); i++) {
                for (int j = i + 1; j < words.size(); j++) {
                    List<String> swapped = new ArrayList<>(words);
                    Collections.swap(swapped, i, j);
                    if (!swapped.equals(words)) {
                        differ(sentence, String.join(" ", swapped) + "?");
                        pairs++;
                    }
                }
            }
        }
        assertThat(pairs).isGreaterThan(400);
        for (String[] pair : new String[][] {
            {"Convert 5 USD to EUR", "Convert 5 EUR to USD"}, {"Did Ali beat Frazier?", "Did Frazier beat Ali?"},
            {"Is Java faster than Go?", "Is Go faster than Java?"}, {"Who did Tom hit?", "Who hit Tom?"},
            {"Der Hund beißt den Mann", "Den Hund beißt der Mann"}, {"María vio a Juan ayer", "A María vio Juan ayer"},
            {"Is a dog a cat?", "Is a cat a dog?"}
        }) {
            differ(pair[0], pair[1]);
        }
    }

    @Test
    void anotherNumberIsAnotherQuestion() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        List<String> forms =
                List.of("%s apples", "$%s", "€%s", "%s%%", "-%s degrees", "%s km", "%sth", "v%s", "%s:30", "%s/2");
        List<String> numbers = new ArrayList<>(List.of(
                "two",
                "three",
                "twelve",
                "twenty",
                "twenty-one",
                "twenty one",
                "ninety-nine",
                "0",
                "00",
                "1",
                "10",
                "1.0",
                "1,0",
                "1.000",
                "1,000",
                "10,000",
                "100",
                "1.5",
                "15",
                "1 5",
                "½",
                "²",
                "١"));
        for (int i = 0; i < 15; i++) {
            numbers.add(Integer.toString(random.nextInt(100_000)));
        }
        int pairs = 0;
        for (String form : forms) {
            for (String one : numbers) {
                for (String other : numbers) {
                    if (!value(one).equals(value(other))) {
                        String text = "What would the price of " + form + " be?";
                        differ(text.formatted(one), text.formatted(other));
                        pairs++;
                    }
                }
            }
        }
        assertThat(pairs).as("seed %d", seed).isGreaterThan(5_000);
        differ("Is 2² more than the other?", "Is 22 more than the other?");
        differ("What is 5!?", "What is 5?");
        differ("What is 5 - 3 with tax?", "What is 5 + 3 with tax?");
        // A comma is not what it is in English.
        differ("Wie viel ist 1,000 mal 2?", "Wie viel ist 1000 mal 2?");
    }

    /** What a number is in English; itself where that is not for this test to say. */
    private static String value(String number) {
        return switch (number) {
            case "two" -> "2";
            case "three" -> "3";
            case "twelve" -> "12";
            case "twenty" -> "20";
            case "twenty-one" -> "21";
            case "ninety-nine" -> "99";
            case "1,000" -> "1000";
            case "10,000" -> "10000";
            default -> number;
        };
    }

    @Test
    void anyOtherWordIsAnotherQuestion() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        List<String> vocabulary = SENTENCES.stream()
                .flatMap(sentence -> words(sentence).stream())
                .distinct()
                .toList();
        for (int i = 0; i < 5_000; i++) {
            String sentence = SENTENCES.get(random.nextInt(SENTENCES.size()));
            List<String> words = words(sentence);
            int at = random.nextInt(words.size());
            switch (random.nextInt(3)) {
                case 0 -> words.remove(at);
                case 1 -> words.set(at, vocabulary.get(random.nextInt(vocabulary.size())));
                default -> words.add(at, vocabulary.get(random.nextInt(vocabulary.size())));
            }
            String other = String.join(" ", words);
            if (!plain(other).equals(plain(sentence))) {
                differ(sentence, other);
            }
        }
    }

    private static String plain(String sentence) {
        return sentence.toLowerCase(Locale.ROOT).replace("?", "");
    }

    @Test
    void aNameIsNotTheWordThatItIsMadeOf() {
        differ("How much is an Apple?", "How much is an apple?");
        differ("What does the WHO do?", "What does the who do?");
        differ("Does IT pay well?", "Does it pay well?");
        differ("How do I polish it?", "How do I Polish it?");
        differ("Hello, World in Java", "Hi, World in Java");
        differ("What is the time?", "What is time?");
        differ("What are the best books?", "What is the best book?");
    }

    @Test
    void howSomethingIsWrittenMayMatter() {
        for (String text : List.of(
                "Translate hello to German, please",
                "How do I spell thanks?",
                "Fix this: x",
                "What does \"can't\" stand for?",
                "Run `ls -l`",
                "two\nlines",
                "a\tb",
                "What about 'this' one?",
                "x = 5",
                "hidden\u200bblank",
                "",
                " ",
                "x".repeat(Wording.LONGEST + 1))) {
            assertThat(Wording.of(text)).as(text).isEmpty();
        }
    }

    @Test
    void otherWordsForTheSameAreTheSame() {
        same(
                "What is the capital of France?",
                "what is the capital of France",
                "What's the capital of France?",
                "What’s the  capital of France?",
                "Can you tell me what the capital of France is?",
                "Could you please tell me what the capital of France is?",
                "Please tell me what the capital of France is.",
                "Hi, what is the capital of France?",
                "Hello! What is the capital of France? Thanks!",
                "What is the capital of France, please?",
                "I would like to know what the capital of France is.");
        same(
                "How do I reset my password?",
                "How can I reset my password?",
                "How to reset my password",
                "how could I reset my password?");
        same("What do two tickets cost with a cat?", "What do 2 tickets cost with a cat?");
        same("What would 1,000 tickets cost?", "What would 1000 tickets cost?");
        same("Can't I pay with twenty-one coins?", "Can not I pay with 21 coins?", "Cannot I pay with 21 coins");
        same("Please list the planets.", "List the planets", "Can you please list the planets?");
        same("Is the shop open at 10:30?", "is the shop open at 10:30");
    }

    @Test
    void generatedRewordingsAreTheSame() {
        List<String> fronts =
                List.of("", "Please tell me ", "Can you tell me ", "Could you tell me ", "Hi, ", "I want to know ");
        List<String> ends = List.of("", "?", "? Thanks!", "? Thank you.");
        for (String rest :
                List.of("where the nearest pharmacy is", "why the sky is blue at noon", "how many moons Mars has")) {
            String form = Wording.of(rest).orElseThrow();
            for (String front : fronts) {
                for (String end : ends) {
                    assertThat(Wording.of(front + rest + end))
                            .as(front + rest + end)
                            .contains(form);
                }
            }
        }
    }
}
