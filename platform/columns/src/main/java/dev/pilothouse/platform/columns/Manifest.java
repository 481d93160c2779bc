package dev.pilothouse.platform.columns;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.platform.segments.SegmentError;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is sealed: replaced as a whole, so that the files and the place of the log up to which they hold everything are
 * never at odds.
 *
 * @param sealed everything in the log before it is in the files
 * @param nextFile number of the next file
 * @param signals declared signals by name
 * @param files sealed files
 */
record Manifest(Position sealed, long nextFile, Map<String, Declared> signals, List<ParquetFile> files) {
    record Declared(Signal signal, Duration retention) {}

    static final Manifest EMPTY = new Manifest(Position.START, 1, Map.of(), List.of());

    private static final Duration LONGEST_RETENTION = Duration.ofDays(365_000);

    Manifest {
        signals = Map.copyOf(signals);
        files = List.copyOf(files);
    }

    Manifest with(Declared declared) {
        var all = new LinkedHashMap<>(signals);
        all.put(declared.signal().name(), declared);
        return new Manifest(sealed, nextFile, all, files);
    }

    /** The same with some files in place of others. */
    Manifest with(Collection<ParquetFile> added, Collection<ParquetFile> removed) {
        var all = new ArrayList<>(files);
        all.removeAll(Set.copyOf(removed));
        all.addAll(added);
        return new Manifest(sealed, nextFile, signals, all);
    }

    /** The same with everything before a position in the files. */
    Manifest upTo(Position position) {
        return new Manifest(position, nextFile, signals, files);
    }

    /** The same for a folder whose log is empty. */
    Manifest withoutLog() {
        return new Manifest(Position.START, nextFile, signals, files);
    }

    /** Whether all rows of a file are older than their signal's retention. */
    boolean isOld(ParquetFile file, Instant now) {
        Declared declared = signals.get(file.key().signal());
        if (declared == null) {
            return false;
        }
        Duration kept =
                declared.retention().compareTo(LONGEST_RETENTION) < 0 ? declared.retention() : LONGEST_RETENTION;
        return file.to() < TimeUnit.SECONDS.toMicros(now.minus(kept).getEpochSecond());
    }

    byte[] bytes() {
        ObjectNode root = Json.object();
        root.put("format", 1);
        root.put("segment", sealed.segment()).put("offset", sealed.offset()).put("next-file", nextFile);
        ArrayNode signalNodes = root.putArray("signals");
        signals.values().stream()
                .sorted(java.util.Comparator.comparing(d -> d.signal().name()))
                .forEach(d -> {
                    ObjectNode node =
                            signalNodes.addObject().put("name", d.signal().name());
                    node.put("retention-seconds", d.retention().toSeconds());
                    ObjectNode columns = node.putObject("columns");
                    d.signal()
                            .columns()
                            .forEach(c -> columns.put(c.name(), c.type().name()));
                });
        ArrayNode fileNodes = root.putArray("files");
        for (ParquetFile f : files) {
            fileNodes
                    .addObject()
                    .put("signal", f.key().signal())
                    .put("tenant", f.key().tenant())
                    .put("name", f.name())
                    .put("width", f.width())
                    .put("rows", f.rows())
                    .put("bytes", f.bytes())
                    .put("from", f.from())
                    .put("to", f.to());
        }
        return Json.bytes(root);
    }

    static Manifest parse(byte[] bytes, Path file) {
        try {
            JsonNode root = Json.parse(bytes);
            var signals = new LinkedHashMap<String, Declared>();
            for (JsonNode node : root.required("signals")) {
                var columns = new ArrayList<Signal.Column>();
                for (var column : node.required("columns").properties()) {
                    columns.add(new Signal.Column(
                            column.getKey(),
                            Signal.Type.valueOf(column.getValue().asString())));
                }
                String name = node.required("name").asString();
                signals.put(
                        name,
                        new Declared(
                                new Signal(name, columns),
                                Duration.ofSeconds(
                                        node.required("retention-seconds").asLong())));
            }
            var files = new ArrayList<ParquetFile>();
            for (JsonNode node : root.required("files")) {
                files.add(new ParquetFile(
                        new SeriesKey(
                                node.required("signal").asString(),
                                node.required("tenant").asString()),
                        node.required("name").asString(),
                        node.required("width").asInt(),
                        node.required("rows").asLong(),
                        node.required("bytes").asLong(),
                        node.required("from").asLong(),
                        node.required("to").asLong()));
            }
            return new Manifest(
                    new Position(
                            root.required("segment").asLong(),
                            root.required("offset").asLong()),
                    root.required("next-file").asLong(),
                    signals,
                    files);
        } catch (RuntimeException e) {
            throw SegmentError.CORRUPT.because(
                    "The file " + file + " cannot be read as the list of the sealed files. Restore it from a backup.",
                    e);
        }
    }
}
