package dev.pilothouse.examples.cardpayments;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A table of text cells, read from and written to CSV (RFC 4180: commas, double quotes, either line end). Blank lines
 * are skipped; cells keep their padding, because the served model is sent them as they are.
 *
 * @param header column names; {@code column1}, {@code column2}, ... where the file has none
 * @param rows cells in the header's order
 */
record Table(List<String> header, List<String[]> rows) {
    private static final Set<String> MISSING = Set.of("", "?", "NA", "N/A", "NaN", "nan", "null", "NULL", "None");

    Table {
        header = List.copyOf(header);
    }

    /** Reads a file; rows that do not have as many cells as the first are refused with their line. */
    static Table read(Path file, boolean hasHeader) throws IOException {
        List<String[]> rows = new ArrayList<>();
        String text = Files.readString(file);
        int at = text.startsWith("\uFEFF") ? 1 : 0;
        int line = 1;
        List<String> cells = new ArrayList<>();
        var cell = new StringBuilder();
        while (at < text.length()) {
            int firstLine = line;
            cells.clear();
            boolean more = true;
            while (more) {
                cell.setLength(0);
                if (at < text.length() && text.charAt(at) == '"') {
                    at++;
                    while (true) {
                        if (at >= text.length()) {
                            throw new IOException(file + ":" + firstLine + ": a quoted cell does not end.");
                        }
                        char c = text.charAt(at++);
                        if (c == '"') {
                            if (at < text.length() && text.charAt(at) == '"') {
                                at++;
                            } else {
                                break;
                            }
                        }
                        line += c == '\n' ? 1 : 0;
                        cell.append(c);
                    }
                }
                while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != '\n') {
                    cell.append(text.charAt(at++));
                }
                more = at < text.length() && text.charAt(at) == ',';
                if (!more && !cell.isEmpty() && cell.charAt(cell.length() - 1) == '\r') {
                    cell.setLength(cell.length() - 1);
                }
                at++;
                cells.add(cell.toString());
            }
            line++;
            if (cells.size() == 1 && cells.getFirst().isEmpty()) {
                continue;
            }
            String[] row = cells.toArray(String[]::new);
            if (!rows.isEmpty() && row.length != rows.getFirst().length) {
                throw new IOException(file + ":" + firstLine + ": " + row.length + " cells, but the first row has "
                        + rows.getFirst().length + ".");
            }
            rows.add(row);
        }
        if (rows.isEmpty()) {
            throw new IOException(file + ": the file has no rows.");
        }
        if (hasHeader) {
            return new Table(
                    List.of(rows.getFirst()).stream().map(String::strip).toList(), rows.subList(1, rows.size()));
        }
        List<String> header = new ArrayList<>();
        for (int i = 1; i <= rows.getFirst().length; i++) {
            header.add("column" + i);
        }
        return new Table(header, rows);
    }

    /** Whether a cell, padding aside, stands for a missing value. */
    static boolean missing(String cell) {
        return MISSING.contains(cell.strip());
    }

    /** Writes the file, with or without its header. */
    void write(Path file, boolean withHeader) throws IOException {
        try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            if (withHeader) {
                line(out, header.toArray(String[]::new));
            }
            for (String[] row : rows) {
                line(out, row);
            }
        }
    }

    private static void line(BufferedWriter out, String[] cells) throws IOException {
        for (int i = 0; i < cells.length; i++) {
            if (i > 0) {
                out.write(',');
            }
            String cell = cells[i];
            boolean quote = cell.indexOf(',') >= 0 || cell.indexOf('"') >= 0 || cell.indexOf('\n') >= 0;
            out.write(quote ? '"' + cell.replace("\"", "\"\"") + '"' : cell);
        }
        out.write('\n');
    }

    /** Where a column stands: by header name, or by position, 1 the first and -1 the last. */
    int position(String column) {
        int named = header.indexOf(column);
        if (named >= 0) {
            return named;
        }
        if (column.matches("-?[0-9]{1,6}")) {
            int position = Integer.parseInt(column);
            int index = position > 0 ? position - 1 : header.size() + position;
            if (position != 0 && index >= 0 && index < header.size()) {
                return index;
            }
        }
        throw new IllegalArgumentException("There is no column '" + column + "'. The columns are " + header
                + "; a position counts from 1, or from -1 at the end.");
    }

    /** The same rows in a random order. */
    Table shuffled(long seed) {
        List<String[]> copy = new ArrayList<>(rows);
        Collections.shuffle(copy, new Random(seed));
        return new Table(header, copy);
    }

    /** Rows from (inclusive) to (exclusive), clipped. */
    Table slice(int from, int to) {
        int end = Math.min(to, rows.size());
        return new Table(header, List.copyOf(rows.subList(Math.min(from, end), end)));
    }

    int size() {
        return rows.size();
    }
}
