package dev.pilothouse.run.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file per running process with its pid, start time and name, so that a server started after a kill -9 finds the
 * children of the dead one. The start time tells them from strangers that got the same pid since.
 */
final class Markers {
    private static final Logger LOG = LoggerFactory.getLogger(Markers.class);
    private static final String SUFFIX = ".process";
    /** The kernel counts start times from boot; the boot's wall-clock time shifts when the clock is set. */
    private static final Duration CLOCK_SHIFT = Duration.ofSeconds(2);

    private final Path folder;

    Markers(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Marks a process that was just started. */
    Path mark(ProcessHandle process, String name) throws IOException {
        long started = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        Path marker = folder.resolve(process.pid() + "-" + started + SUFFIX);
        Files.writeString(marker, process.pid() + "\n" + started + "\n" + name + "\n");
        return marker;
    }

    /** Removes the mark of a process that has ended. */
    void unmark(Path marker) {
        try {
            Files.deleteIfExists(marker);
        } catch (IOException e) {
            LOG.warn("Cannot delete {}", marker, e);
        }
    }

    /** Ends what a dead server left running. */
    void endOrphans(Duration grace) {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path marker : files.filter(f -> f.toString().endsWith(SUFFIX)).toList()) {
                List<String> lines = Files.readAllLines(marker);
                Optional<ProcessHandle> orphan = lines.size() < 3 ? Optional.empty() : alive(lines);
                orphan.ifPresent(process -> {
                    LOG.warn(
                            "Ending process {} ({}), which a server that was killed left running",
                            process.pid(),
                            lines.get(2));
                    Family.of(process).end(grace);
                });
                unmark(marker);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<ProcessHandle> alive(List<String> lines) {
        try {
            var started = Instant.ofEpochMilli(Long.parseLong(lines.get(1)));
            return ProcessHandle.of(Long.parseLong(lines.get(0)))
                    .filter(ProcessHandle::isAlive)
                    .filter(p -> p.info()
                            .startInstant()
                            .filter(at -> Duration.between(at, started).abs().compareTo(CLOCK_SHIFT) <= 0)
                            .isPresent());
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}
