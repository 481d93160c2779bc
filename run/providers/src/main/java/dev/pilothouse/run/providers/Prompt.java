package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.CommonError;
import java.util.regex.Pattern;

/**
 * What an alias says to its models before the client's own words. Immutable.
 *
 * @param name what people call it; 1 to 100 letters, digits and {@code . _ -}
 * @param version which of its versions it is; as the name, for people only
 * @param text 1 to {@link #LONGEST} characters
 */
public record Prompt(String name, String version, String text) {
    /** Characters of the longest text. */
    public static final int LONGEST = 100_000;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

    public Prompt {
        if (!NAME.matcher(name).matches() || !NAME.matcher(version).matches()) {
            throw CommonError.INVALID.because(
                    "A prompt's 'name' and 'version' have 1 to 100 letters, digits and . _ - each, unlike '" + name
                            + "' and '" + version + "'.");
        }
        if (text.isBlank() || text.length() > LONGEST) {
            throw CommonError.INVALID.because("A prompt's 'text' has 1 to " + LONGEST + " characters.");
        }
    }
}
