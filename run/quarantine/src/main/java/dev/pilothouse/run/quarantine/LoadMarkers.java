package dev.pilothouse.run.quarantine;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** A file for each load that is under way, synced before it begins, so that it survives whatever the load does. */
final class LoadMarkers {
    private static final Logger log = LoggerFactory.getLogger(LoadMarkers.class);
    private static final String SUFFIX = ".json";

    private final Path folder;

    /**
     * A load that began.
     *
     * @param id unique, so that it counts once
     * @param pid process that loaded
     */
    record Marker(String id, String tenant, String label, Digest graph, long pid, Instant at) {}

    LoadMarkers(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts a marker on disk. */
    void put(Marker marker) {
        byte[] text = Json.bytes(Json.object()
                .put("tenant", marker.tenant())
                .put("label", marker.label())
                .put("graph", marker.graph().toString())
                .put("pid", marker.pid())
                .put("at", marker.at().toString()));
        try {
            try (var file =
                    FileChannel.open(file(marker.id()), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(text));
                file.force(true);
            }
            try (var directory = FileChannel.open(folder)) {
                directory.force(true);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The marker of a load cannot be written", e);
        }
    }

    void remove(String id) {
        try {
            Files.deleteIfExists(file(id));
        } catch (IOException e) {
            log.warn("The marker of a load that ended cannot be deleted; at the next start it will look unended", e);
        }
    }

    /** Markers of loads that never ended. */
    List<Marker> left() {
        var left = new ArrayList<Marker>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(SUFFIX)).toList()) {
                String name = file.getFileName().toString();
                read(name.substring(0, name.length() - SUFFIX.length()), file).ifPresent(left::add);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return left;
    }

    private static java.util.Optional<Marker> read(String id, Path file) throws IOException {
        try {
            JsonNode text = Json.parse(Files.readAllBytes(file));
            return java.util.Optional.of(new Marker(
                    id,
                    text.path("tenant").asString(),
                    text.path("label").asString(),
                    Digest.parse(text.path("graph").asString()),
                    text.path("pid").asLong(),
                    Instant.parse(text.path("at").asString())));
        } catch (RuntimeException e) {
            // Power went while it was written, so native code had not begun.
            Files.delete(file);
            return java.util.Optional.empty();
        }
    }

    private Path file(String id) {
        return folder.resolve(id + SUFFIX);
    }
}
