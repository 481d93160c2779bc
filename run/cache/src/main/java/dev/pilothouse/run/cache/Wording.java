package dev.pilothouse.run.cache;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a text says, without what can be worded otherwise and say the same. Two texts of one form have the same words, numbers and
 * signs in the same order, whatever language they are in; so a negation, another number, unit, name or question word, and an order
 * turned round ("A to B", "B to A") always have another form. There is no list of negations or opposites that something could be
 * missing from: what is listed is what may differ, and all else must be equal.
 *
 * <p>What may differ: a greeting, a plea or "can you tell me" in front and thanks behind; "how do I", "how can I" and "how to"; "what
 * is X" and "what X is"; English contractions; a capital at the begin, in words that are no names; a full stop or question mark at the
 * end; blanks; and in English text numbers from zero to ninety-nine in words or digits, with or without commas between thousands.
 * Articles, plurals, tenses and synonyms may not: they can change what is meant.
 *
 * <p>Only one line of plain prose has a form. Where it has signs of code, quotation or several lines, or speaks of words ("translate",
 * "spell"), how something is written may matter. Composed characters are compared in Unicode's form NFC, which changes no digit.
 * Stateless.
 */
final class Wording {
    /** Characters of a text that has a form. */
    static final int LONGEST = 2_000;

    /** Signs of code, markup, formulas and quotations; a colon, too, since what follows one is often something to be worked on. */
    private static final String NOT_PROSE = "\"“”„«»‹›`{}<>[]|\\=;~^_*#:";

    private static final Pattern TOKEN = Pattern.compile(
            "(?<number>\\p{Nd}+(?:[.,:/]\\p{Nd}+)*)|(?<word>[\\p{L}\\p{M}]+(?:['’][\\p{L}\\p{M}]+)*)|\\S");
    private static final Pattern CLOCK = Pattern.compile("(?<=\\p{Nd}):(?=\\p{Nd})");

    private final List<String> tokens;
    /** Whether the text is a question by an opening that was taken away. */
    private boolean asked;

    private Wording(List<String> tokens) {
        this.tokens = tokens;
    }

    /** The form of a text, which texts that say the same word for word share; empty where it has none. */
    static Optional<String> of(String text) {
        String stripped = Normalizer.normalize(text, Normalizer.Form.NFC).strip();
        if (stripped.isEmpty() || stripped.length() > LONGEST || !isProse(stripped)) {
            return Optional.empty();
        }
        List<String> tokens = split(stripped);
        if (tokens.stream().anyMatch(token -> EnglishWords.OF_WORDS.contains(lower(token)))) {
            return Optional.empty();
        }
        var wording = new Wording(tokens);
        wording.reduce();
        return Optional.of(String.join("\n", wording.tokens));
    }

    private static boolean isProse(String text) {
        String withoutClocks = CLOCK.matcher(text).replaceAll(".");
        return withoutClocks.codePoints().allMatch(c -> switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED -> false;
                    case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
                    default -> NOT_PROSE.indexOf(c) < 0;
                })
                && !withoutClocks.matches(".*(?<!\\p{L})['’].*|.*['’](?!\\p{L}).*");
    }

    /** Words, numbers and signs; a sign keeps the blanks at its sides, since "-5" and "- 5", or "a/b" and "a / b", may differ. */
    private static List<String> split(String text) {
        var tokens = new ArrayList<String>();
        Matcher found = TOKEN.matcher(text);
        while (found.find()) {
            if (found.group("word") != null) {
                tokens.add(found.group().replace('’', '\''));
            } else if (found.group("number") != null) {
                tokens.add(found.group());
            } else {
                boolean before = found.start() > 0 && text.charAt(found.start() - 1) == ' ';
                boolean after = found.end() < text.length() && text.charAt(found.end()) == ' ';
                tokens.add((before ? " " : "") + found.group() + (after ? " " : ""));
            }
        }
        return tokens;
    }

    private void reduce() {
        boolean english = tokens.stream().anyMatch(token -> EnglishWords.ENGLISH.contains(lower(token)))
                && tokens.stream().noneMatch(token -> EnglishWords.FOREIGN.contains(lower(token)));
        lowerBegin();
        thanks();
        openings();
        end();
        if (english) {
            tokens.replaceAll(token -> token.equals("i") ? "I" : token);
            contractions();
            numbers();
            howTo();
            whatIs();
        }
    }

    private static String lower(String token) {
        return token.toLowerCase(Locale.ROOT);
    }

    /** A capital at the begin of a sentence says nothing, unless the word may be a name. */
    private void lowerBegin() {
        boolean begins = true;
        for (int i = 0; i < tokens.size(); i++) {
            String token = tokens.get(i);
            String small = lower(token);
            boolean capital = !token.equals(small) && token.substring(1).equals(small.substring(1));
            if (begins && capital && EnglishWords.BEGINNINGS.contains(small.split("'", 2)[0])) {
                tokens.set(i, small);
            }
            // A greeting may stand in front.
            begins = isEnd(token) || (i == 1 && token.equals(", "));
        }
    }

    private static boolean isEnd(String token) {
        return token.strip().equals(".")
                || token.strip().equals("?")
                || token.strip().equals("!");
    }

    /** Takes thanks away where they are a sentence of their own, and a "please" behind a comma. */
    private void thanks() {
        List<String> words = new ArrayList<>(tokens);
        while (!words.isEmpty() && isEnd(words.getLast())) {
            words.removeLast();
        }
        for (List<String> closing : EnglishWords.CLOSINGS) {
            int at = words.size() - closing.size();
            if (at >= 4 && lowered(words.subList(at, words.size())).equals(closing)) {
                String before = words.get(at - 1).strip();
                boolean plea = closing.getFirst().equals("please") && before.equals(",");
                if (plea || isEnd(before)) {
                    // The question mark behind a plea is the sentence's own.
                    boolean mark = tokens.getLast().equals("?");
                    tokens.subList(plea ? at - 1 : at, tokens.size()).clear();
                    tokens.set(tokens.size() - 1, tokens.getLast().stripTrailing());
                    if (mark) {
                        tokens.add("?");
                    }
                    return;
                }
            }
        }
    }

    private static List<String> lowered(List<String> words) {
        return words.stream().map(Wording::lower).toList();
    }

    /** Takes greetings and pleas in front away, as long as something of substance follows. */
    private void openings() {
        boolean found = true;
        while (found) {
            found = false;
            for (EnglishWords.Opening opening : EnglishWords.OPENINGS) {
                int length = opening.words().size();
                if (tokens.size() >= length + 2
                        && tokens.subList(0, length).equals(opening.words())
                        && (!opening.before() || EnglishWords.BEGINNINGS.contains(tokens.get(length)))) {
                    tokens.subList(0, length).clear();
                    asked |= opening.asks();
                    found = true;
                    break;
                }
            }
        }
    }

    /** A full stop says nothing, nor a question mark where the words ask already. */
    private void end() {
        if (tokens.size() < 3) {
            return;
        }
        String last = tokens.getLast();
        String before = tokens.get(tokens.size() - 2);
        boolean word = before.length() > 1 && before.codePoints().allMatch(Character::isLetter);
        boolean number = before.codePoints().allMatch(Character::isDigit);
        boolean asks =
                asked || EnglishWords.ASKING.contains(lower(tokens.getFirst()).split("'", 2)[0]);
        if ((last.equals(".") && (word || number)) || (last.equals("?") && asks)) {
            tokens.removeLast();
        }
    }

    private void contractions() {
        for (int i = 0; i < tokens.size(); i++) {
            List<String> parts = EnglishWords.parts(tokens.get(i));
            if (parts.size() > 1) {
                tokens.remove(i);
                tokens.addAll(i, parts);
            }
        }
    }

    private void numbers() {
        for (int i = 0; i < tokens.size(); i++) {
            int ten = EnglishWords.number(tokens.get(i));
            if (ten >= 0) {
                boolean compound =
                        ten >= 20 && i + 2 < tokens.size() && tokens.get(i + 1).equals("-");
                int one = compound ? EnglishWords.number(tokens.get(i + 2)) : 0;
                if (one > 0 && one < 10) {
                    tokens.subList(i + 1, i + 3).clear();
                    tokens.set(i, Integer.toString(ten + one));
                } else {
                    tokens.set(i, Integer.toString(ten));
                }
            } else if (EnglishWords.THOUSANDS.matcher(tokens.get(i)).matches()) {
                tokens.set(i, tokens.get(i).replace(",", ""));
            }
        }
    }

    private void howTo() {
        boolean way = tokens.size() > 4
                && tokens.getFirst().equals("how")
                && EnglishWords.WAYS.contains(tokens.get(1))
                && tokens.get(2).equals("I");
        if (way) {
            tokens.subList(1, 3).clear();
            tokens.add(1, "to");
        }
    }

    /** "What is X" as "what X is". */
    private void whatIs() {
        boolean moves = tokens.size() > 2
                && EnglishWords.WHAT.contains(tokens.getFirst())
                && EnglishWords.IS.contains(tokens.get(1))
                && tokens.stream().noneMatch(token -> token.equals(", ") || isEnd(token));
        if (moves) {
            tokens.add(tokens.remove(1));
        }
    }
}
