package dev.pilothouse.trust.transparency;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import java.util.regex.Pattern;

/**
 * The address of a tile or of a bundle of 256 entries, as C2SP tlog-tiles writes it: {@code tile/<L>/<N>[.p/<W>]}, where
 * N is cut into groups of three digits, all but the last after an {@code x}.
 *
 * @param index position within the level, from 0
 * @param width hashes or entries asked for, 1 to 256; 256 is a full tile and has no suffix
 */
public record TilePath(long index, int width) {
    private static final Pattern FORM = Pattern.compile("(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\\.p/[1-9][0-9]{0,2})?");

    /** Path of a tile of hashes, such as {@code tile/0/x001/x234/067.p/5}. */
    public String tile(int level) {
        return "tile/" + level + "/" + text();
    }

    /** Path of a bundle of entries, such as {@code tile/entries/000}. */
    public String entries() {
        return "tile/entries/" + text();
    }

    /** Path of the payloads that belong to a bundle of entries. */
    public String payloads() {
        return "payloads/" + text();
    }

    /** {@code <N>[.p/<W>]}. */
    String text() {
        var groups = new StringBuilder(String.format("%03d", index % 1000));
        for (long rest = index / 1000; rest > 0; rest /= 1000) {
            groups.insert(0, String.format("x%03d/", rest % 1000));
        }
        return width == GrowingTree.TILE ? groups.toString() : groups + ".p/" + width;
    }

    /**
     * Reads {@code <N>[.p/<W>]}.
     *
     * @throws PilothouseException NOT_FOUND where it is not such an address in its one form
     */
    public static TilePath parse(String text) {
        if (FORM.matcher(text).matches()) {
            int suffix = text.indexOf(".p/");
            int width = suffix < 0 ? GrowingTree.TILE : Integer.parseInt(text.substring(suffix + 3));
            String digits = (suffix < 0 ? text : text.substring(0, suffix))
                    .replace("x", "")
                    .replace("/", "");
            var path = new TilePath(Long.parseLong(digits), width);
            if (width >= 1 && width <= GrowingTree.TILE && path.text().equals(text)) {
                return path;
            }
        }
        throw CommonError.NOT_FOUND.because("'" + text + "' is no tile's address. Addresses look like 000, x001/234 or"
                + " x001/234.p/17, as C2SP tlog-tiles describes.");
    }

    /** The tile that holds the hash at a position of a level, as wide as it is in a tree of that many hashes there. */
    public static TilePath holding(long position, long hashesInLevel) {
        long index = position / GrowingTree.TILE;
        return new TilePath(index, (int) Math.min(GrowingTree.TILE, hashesInLevel - index * GrowingTree.TILE));
    }
}
