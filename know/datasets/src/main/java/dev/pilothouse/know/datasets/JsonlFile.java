package dev.pilothouse.know.datasets;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads JSON Lines: one object a line, in UTF-8. The columns are all names in the order in which they first appear; a name
 * a line lacks is missing there. Arrays and objects within become their JSON text.
 */
final class JsonlFile {
    private static final int LONGEST_LINE = 16 << 20;
    private static final int MOST_COLUMNS = 2_000;

    /** What is done with each line. */
    private interface Lines {
        void line(long number, ObjectNode object);
    }

    private JsonlFile() {}

    /** The columns; reads the stream once, noting every fault. */
    static List<String> columns(InputStream in, Faults faults, Set<String> texts) throws IOException {
        Set<String> names = new LinkedHashSet<>();
        long[] count = {0};
        each(in, faults, (number, object) -> {
            count[0]++;
            object.properties().forEach(member -> {
                names.add(member.getKey());
                if (member.getValue().isString() || member.getValue().isContainer()) {
                    texts.add(member.getKey());
                }
            });
            if (names.size() > MOST_COLUMNS) {
                throw faults.fatal(number, "", "The objects have more than " + MOST_COLUMNS + " different names.");
            }
        });
        if (names.isEmpty() && faults.isEmpty()) {
            throw faults.fatal(
                    0, "", count[0] == 0 ? "The file is empty; send at least one row." : "No object has a member.");
        }
        return List.copyOf(names);
    }

    /** The rows; reads the stream once more. */
    static void rows(InputStream in, List<String> columns, Rows rows, Faults faults) throws IOException {
        Map<String, Integer> positions = new HashMap<>();
        columns.forEach(column -> positions.put(column, positions.size()));
        rows.columns(columns);
        each(in, faults, (number, object) -> {
            @Nullable String[] cells = new String[columns.size()];
            object.properties().forEach(member -> {
                Integer at = positions.get(member.getKey());
                if (at != null) {
                    cells[at] = text(member.getValue());
                }
            });
            rows.row(number, cells);
        });
    }

    private static @Nullable String text(JsonNode value) {
        if (value.isNull()) {
            return null;
        }
        return value.isContainer() ? Json.write(value) : value.asString();
    }

    private static void each(InputStream stream, Faults faults, Lines lines) throws IOException {
        var in = new BufferedInputStream(stream, 1 << 16);
        var buffer = new ByteArrayOutputStream();
        long number = 1;
        int c;
        do {
            c = in.read();
            if (c >= 0 && c != '\n') {
                buffer.write(c);
                if (buffer.size() > LONGEST_LINE) {
                    throw faults.fatal(number, "", "The line is longer than " + LONGEST_LINE + " bytes.");
                }
                continue;
            }
            byte[] bytes = buffer.toByteArray();
            buffer.reset();
            if (!blank(bytes)) {
                parse(number, bytes, faults, lines);
            }
            number++;
        } while (c >= 0);
    }

    private static boolean blank(byte[] bytes) {
        for (byte b : bytes) {
            if (b > ' ' || b < 0) {
                return false;
            }
        }
        return true;
    }

    private static void parse(long number, byte[] bytes, Faults faults, Lines lines) {
        try {
            if (Json.parse(bytes) instanceof ObjectNode object) {
                lines.line(number, object);
            } else {
                faults.add(number, "", "The line is no JSON object, such as {\"amount\": 12.5}.");
            }
        } catch (PilothouseException e) {
            // Only the first line of the parser's words, whose own line number would be that within this line.
            String words = e.detail().lines().findFirst().orElse("").replace(" at line 1,", " at");
            faults.add(number, "", words);
        }
    }
}
