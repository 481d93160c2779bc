package dev.pilothouse.know.mlflow;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which names and lengths MLflow takes; the limits are those of its version 3 server. */
public final class MlflowNames {
    /** Longest key of a metric, parameter or tag. */
    public static final int KEY_LENGTH = 250;
    /** Longest value of a parameter. */
    public static final int PARAM_LENGTH = 6000;
    /** Longest value of a run's tag. */
    public static final int TAG_LENGTH = 8000;
    /** Longest value of an experiment's tag. */
    public static final int EXPERIMENT_TAG_LENGTH = 20_000;
    /** Longest value of a tag of a registered model or version; prompts keep their text there. */
    public static final int MODEL_TAG_LENGTH = 100_000;

    private static final Pattern KEY = Pattern.compile("[/\\w.\\- :]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern ALIAS = Pattern.compile("[\\w\\-]{1,255}", Pattern.UNICODE_CHARACTER_CLASS);

    private MlflowNames() {}

    /**
     * Checks the key of a metric, parameter or tag, which clients may use as a file name.
     *
     * @param path where in the request it stands, such as {@code metrics[3].name}
     * @return the key
     */
    public static String key(@Nullable String key, String path) {
        if (key == null || key.isEmpty()) {
            throw MlflowRequest.missing(path);
        }
        if (key.length() > KEY_LENGTH) {
            throw tooLong(path, KEY_LENGTH);
        }
        if (!KEY.matcher(key).matches()) {
            throw MlflowRequest.invalid(
                    path,
                    "'" + key + "'",
                    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ),"
                            + " colon(:) and slashes (/).");
        }
        if (!isOwnPath(key)) {
            throw MlflowRequest.invalid(
                    path,
                    "'" + key + "'",
                    "Names may be treated as files in certain cases, and must not resolve to other names when treated as"
                            + " such. Leave out empty, '.' and '..' parts and leading slashes.");
        }
        return key;
    }

    /** Checks a value's length. */
    public static String value(String value, int limit, String path) {
        if (value.length() > limit) {
            throw tooLong(path, limit);
        }
        return value;
    }

    /** A value, cut where it is longer than the limit. */
    public static String shortened(String value, int limit) {
        if (value.length() <= limit) {
            return value;
        }
        return value.substring(0, Character.isHighSurrogate(value.charAt(limit - 1)) ? limit - 1 : limit);
    }

    /** Checks the name of a registered model or logged model. */
    public static String model(String name) {
        if (name.isBlank()) {
            throw MlflowRequest.missing("name");
        }
        if (name.length() > 256) {
            throw tooLong("name", 256);
        }
        if (name.indexOf('/') >= 0 || name.indexOf(':') >= 0 || !isOwnPath(name)) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "Invalid model name '" + name + "'. Names cannot contain '/' or ':', and cannot be '.' or '..'.");
        }
        return name;
    }

    /** Checks an alias that is to be set or removed. */
    public static String alias(String alias) {
        if (!ALIAS.matcher(alias).matches()) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because(
                    "Invalid alias name: '" + alias
                            + "'. Names may only contain alphanumerics, underscores (_), and dashes (-), and at most 255 of them.");
        }
        if (alias.equalsIgnoreCase("latest")) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("'latest' alias name (case insensitive) is reserved.");
        }
        if (alias.matches("[vV]\\d+")) {
            throw MlflowError.INVALID_PARAMETER_VALUE.because("Version alias name '" + alias + "' is reserved.");
        }
        return alias;
    }

    private static boolean isOwnPath(String name) {
        for (String part : name.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                return false;
            }
        }
        return true;
    }

    private static RuntimeException tooLong(String path, int limit) {
        return MlflowError.INVALID_PARAMETER_VALUE.because(
                "'" + path + "' exceeds the maximum length of " + limit + " characters. Shorten it and send again.");
    }
}
