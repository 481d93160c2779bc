package dev.pilothouse.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The files of the console, as they are in its jar; each is read once. Thread-safe; small enough for an event loop. */
final class ConsoleFiles {
    private static final Pattern NAME = Pattern.compile("(assets/)?[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)+");
    private static final String INDEX = "index.html";
    private static final String HEAD = "<head>";

    private final Map<String, byte[]> read = new ConcurrentHashMap<>();

    /** The bytes of a file; empty where the console has none of that name, or was left out of this build. */
    Optional<byte[]> find(String name) {
        if (!NAME.matcher(name).matches()) {
            return Optional.empty();
        }
        byte[] known = read.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        try (InputStream in = ConsoleFiles.class.getResourceAsStream("/console/" + name)) {
            if (in == null) {
                return Optional.empty();
            }
            byte[] bytes = in.readAllBytes();
            read.put(name, bytes);
            return Optional.of(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The page, told where its folder is.
     *
     * @param base the console's folder, relative to the address that the page was asked at, or absolute
     */
    Optional<byte[]> page(String base) {
        return find(INDEX)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8)
                        .replaceFirst(HEAD, HEAD + "\n    <base href=\"" + base + "\" />")
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** The media type by a name's ending. */
    static String mediaType(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "js" -> "text/javascript; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "html" -> "text/html; charset=utf-8";
            case "svg" -> "image/svg+xml";
            case "json", "map" -> "application/json";
            case "woff2" -> "font/woff2";
            default -> "application/octet-stream";
        };
    }
}
