package dev.pilothouse.know.artifacts;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Paths of artifacts: relative, {@code /}-separated, and never able to leave their root. */
final class ArtifactPath {
    private static final int LENGTH = 4096;
    private static final String SCHEME = "mlflow-artifacts:";
    private static final Pattern ENCODED = Pattern.compile("%(2e|2f|5c|00)", Pattern.CASE_INSENSITIVE);

    private ArtifactPath() {}

    /**
     * Checks a decoded path of a file or folder; slashes at the ends are cut off. Empty means the root.
     *
     * @throws PilothouseException INVALID for {@code ..}, {@code .}, empty segments, backslashes, control characters, and
     *     for paths that would mean any of these if someone decoded them once more
     */
    static String of(String path) {
        String trimmed = path;
        while (trimmed.endsWith("/")) {
            trimmed = trimmed.substring(0, trimmed.length() - 1);
        }
        if (trimmed.isEmpty()) {
            return "";
        }
        if (trimmed.length() > LENGTH) {
            throw refuse(path.substring(0, 80) + "…", "it is longer than " + LENGTH + " characters");
        }
        if (trimmed.startsWith("/")) {
            throw refuse(path, "it is absolute");
        }
        if (trimmed.indexOf('\\') >= 0) {
            throw refuse(path, "it contains a backslash");
        }
        if (trimmed.chars().anyMatch(Character::isISOControl)) {
            throw refuse(path.replaceAll("\\p{Cntrl}", "?"), "it contains a control character");
        }
        if (ENCODED.matcher(trimmed).find()) {
            throw refuse(path, "it contains an encoded dot, slash, backslash or NUL");
        }
        if (trimmed.matches("[A-Za-z]:.*")) {
            throw refuse(path, "it names a drive");
        }
        for (String segment : trimmed.split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                throw refuse(path, "it contains a segment '" + segment + "'");
            }
        }
        return trimmed;
    }

    /** Checks the path of a file, which is not empty. */
    static String ofFile(String path) {
        String checked = of(path);
        if (checked.isEmpty()) {
            throw refuse(path, "it names no file");
        }
        return checked;
    }

    /**
     * Checks the path of a file that a client wants to write or delete.
     *
     * @throws PilothouseException FORBIDDEN below {@link Artifacts#PINNED}
     */
    static String ofWritable(String path) {
        String checked = ofFile(path);
        if (checked.equals(Artifacts.PINNED) || checked.startsWith(Artifacts.PINNED + "/")) {
            throw CommonError.FORBIDDEN.because("The files of a registered model version never change: '" + path
                    + "'. Log the files to a run and register a new version.");
        }
        return checked;
    }

    /** The path that a {@code mlflow-artifacts:} URI means; empty for other schemes. */
    static String ofUri(String uri) {
        if (!uri.startsWith(SCHEME)) {
            return "";
        }
        String rest = uri.substring(SCHEME.length());
        if (rest.startsWith("//")) {
            int slash = rest.indexOf('/', 2);
            rest = slash < 0 ? "" : rest.substring(slash);
        }
        return of(rest.startsWith("/") ? rest.substring(1) : rest);
    }

    /** A path below another; either may be empty. */
    static String join(String folder, String path) {
        return folder.isEmpty() ? path : path.isEmpty() ? folder : folder + "/" + path;
    }

    /** First key of everything below a folder, in the order of bytes. */
    static byte[] rangeStart(String folder) {
        return (folder.isEmpty() ? "" : folder + "/").getBytes(StandardCharsets.UTF_8);
    }

    /** First key after everything below a folder: {@code 0} follows {@code /}; no UTF-8 text starts with 0xFF. */
    static byte[] rangeEnd(String folder) {
        return folder.isEmpty() ? new byte[] {(byte) 0xff} : (folder + "0").getBytes(StandardCharsets.UTF_8);
    }

    private static PilothouseException refuse(String path, String why) {
        return CommonError.INVALID.because("Invalid path: '" + path + "', because " + why
                + ". Use a relative path such as model/MLmodel, separated by '/'.");
    }
}
