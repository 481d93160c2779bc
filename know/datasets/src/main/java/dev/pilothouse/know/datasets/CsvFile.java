package dev.pilothouse.know.datasets;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads CSV (RFC 4180) byte by byte, so that every fault has its line and column: comma, semicolon, tab or bar between
 * cells (the one the first line has most of), double quotes, either line end, UTF-8 with or without a byte order mark.
 * Cells are stripped of padding; an empty one, {@code ?}, {@code NA}, {@code N/A}, {@code null} and {@code None} are
 * missing values. Blank lines are skipped. Without a header the columns are {@code column1}, {@code column2}, ...
 */
final class CsvFile {
    private static final int LONGEST_CELL = 1 << 20;
    private static final int MOST_COLUMNS = 2_000;
    private static final Set<String> MISSING = Set.of("", "?", "NA", "N/A", "null", "NULL", "None");

    private final InputStream in;
    private final boolean header;
    private final Rows rows;
    private final Faults faults;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private byte[] cell = new byte[256];
    private int length;
    private long line = 1;
    /** Line in which the present cell begins, which quotes may end later. */
    private long cellStart;

    private int delimiter = ',';
    private List<String> names = List.of();
    private final List<@Nullable String> cells = new ArrayList<>();
    private long seen;

    private CsvFile(InputStream in, boolean header, Rows rows, Faults faults) {
        this.in = in;
        this.header = header;
        this.rows = rows;
        this.faults = faults;
    }

    /** Reads the stream to its end. */
    static void read(InputStream stream, boolean header, Rows rows, Faults faults) throws IOException {
        var in = new BufferedInputStream(stream, 1 << 16);
        new CsvFile(in, header, rows, faults).read();
    }

    private void read() throws IOException {
        start();
        int next = in.read();
        while (next >= 0) {
            long first = line;
            cells.clear();
            next = record(next);
            if (cells.size() == 1 && cells.getFirst() == null) {
                continue;
            }
            take(first);
        }
        if (names.isEmpty()) {
            throw faults.fatal(0, "", "The file is empty; send at least one row.");
        }
        if (seen == 0 && faults.isEmpty()) {
            throw faults.fatal(0, "", "The file has a header but no row.");
        }
    }

    /** Skips the byte order mark, refuses UTF-16 and finds the delimiter. */
    private void start() throws IOException {
        in.mark(1 << 16);
        byte[] head = in.readNBytes(1 << 15);
        in.reset();
        int first = head.length >= 2 ? ((head[0] & 0xff) << 8) | (head[1] & 0xff) : 0;
        if (first == 0xfeff || first == 0xfffe) {
            throw faults.fatal(1, "", "The file is encoded in UTF-16; save it as UTF-8.");
        }
        if (head.length >= 3 && first == 0xefbb && (head[2] & 0xff) == 0xbf) {
            in.skipNBytes(3);
        }
        int[] counts = new int[128];
        boolean quoted = false;
        for (byte b : head) {
            if (b == '"') {
                quoted = !quoted;
            } else if (!quoted && b == '\n') {
                break;
            } else if (!quoted && b > 0) {
                counts[b]++;
            }
        }
        for (int candidate : new int[] {';', '\t', '|'}) {
            delimiter = counts[candidate] > counts[delimiter] ? candidate : delimiter;
        }
    }

    /** Reads one record from its first byte on; answers the first byte of the next one, or -1. */
    private int record(int next) throws IOException {
        int c = next;
        while (true) {
            length = 0;
            cellStart = line;
            boolean quoted = c == '"';
            if (quoted) {
                c = quoted();
            }
            while (c >= 0 && c != delimiter && c != '\n') {
                put(c);
                c = in.read();
            }
            boolean last = c != delimiter;
            if (last && length > 0 && cell[length - 1] == '\r') {
                length--;
            }
            cells.add(text());
            if (cells.size() > MOST_COLUMNS) {
                throw faults.fatal(line, "", "The row has more than " + MOST_COLUMNS + " cells.");
            }
            if (last) {
                line++;
                return c < 0 ? -1 : in.read();
            }
            c = in.read();
        }
    }

    /** Reads a quoted cell after its first quote; answers the byte after its last one. */
    private int quoted() throws IOException {
        while (true) {
            int c = in.read();
            if (c < 0) {
                throw faults.fatal(
                        cellStart, name(cells.size()), "The quoted cell does not end; close it with a double quote.");
            }
            if (c == '"') {
                c = in.read();
                if (c != '"') {
                    return c;
                }
            }
            line += c == '\n' ? 1 : 0;
            put(c);
        }
    }

    private void put(int c) {
        if (c == 0) {
            throw faults.fatal(
                    line,
                    name(cells.size()),
                    "The cell holds a NUL byte; the file is binary, or encoded in UTF-16 or UTF-32.");
        }
        if (length == cell.length) {
            if (length >= LONGEST_CELL) {
                throw faults.fatal(
                        cellStart, name(cells.size()), "The cell is longer than " + LONGEST_CELL + " bytes.");
            }
            cell = Arrays.copyOf(cell, length * 2);
        }
        cell[length++] = (byte) c;
    }

    private @Nullable String text() {
        String text;
        try {
            text = decoder.decode(ByteBuffer.wrap(cell, 0, length)).toString().strip();
        } catch (CharacterCodingException e) {
            faults.add(
                    line, name(cells.size()), "The cell is not UTF-8 (" + wrongByte() + "); save the file as UTF-8.");
            text = new String(cell, 0, length, StandardCharsets.ISO_8859_1).strip();
        }
        return MISSING.contains(text) ? null : text;
    }

    private String wrongByte() {
        for (int i = 0; i < length; i++) {
            if (cell[i] < 0) {
                return String.format("byte 0x%02X at position %d of the cell", cell[i] & 0xff, i + 1);
            }
        }
        return "wrong bytes";
    }

    private String name(int column) {
        return column < names.size() ? names.get(column) : Integer.toString(column + 1);
    }

    private void take(long first) {
        if (names.isEmpty()) {
            names = header ? named(first) : numbered(cells.size());
            rows.columns(names);
            if (header) {
                return;
            }
        }
        if (cells.size() != names.size()) {
            faults.add(
                    first,
                    "",
                    "The row has " + cells.size() + " cells, the " + (header ? "header" : "first row") + " has "
                            + names.size() + "; quote cells that hold the delimiter.");
            return;
        }
        seen++;
        rows.row(first, cells.toArray(String[]::new));
    }

    private List<String> named(long first) {
        Map<String, Integer> positions = new HashMap<>();
        List<String> header = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            String name = cells.get(i);
            if (name == null) {
                faults.add(first, Integer.toString(i + 1), "The header's cell is empty; name the column.");
                name = "column" + (i + 1);
            }
            Integer before = positions.put(name, i + 1);
            if (before != null) {
                faults.add(
                        first,
                        Integer.toString(i + 1),
                        "The header names '" + name + "' twice, first in column " + before + "; names must differ.");
            }
            header.add(name);
        }
        if (!faults.isEmpty()) {
            throw new Faults.Unreadable();
        }
        return List.copyOf(header);
    }

    private static List<String> numbered(int count) {
        List<String> header = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            header.add("column" + i);
        }
        return List.copyOf(header);
    }
}
