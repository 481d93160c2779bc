package dev.pilothouse.cli.machine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a server needs of the folder it keeps everything in.
 *
 * @param data that folder; it need not be there yet
 * @param now the time by this machine
 */
public record FolderChecks(Path data, Instant now) {
    private static final int SYNCS = 25;
    private static final double SLOW_MILLIS = 20;
    private static final double VERY_SLOW_MILLIS = 200;
    private static final long GIB = 1L << 30;
    private static final Duration JUMP = Duration.ofSeconds(5);
    private static final Set<PosixFilePermission> FOR_OTHERS = Set.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);

    /** All of them. */
    public List<Check> all() {
        var checks = new ArrayList<Check>();
        Path place = existing();
        if (!Files.isWritable(place)) {
            checks.add(Check.failing(
                    "data folder",
                    place + " cannot be written by this user",
                    "Name another with --data-dir, or: chown \"$(id -un)\" " + place));
            return checks;
        }
        checks.add(holder());
        checks.add(space(place));
        checks.add(sync(place));
        checks.add(owner());
        checks.add(clock());
        return checks;
    }

    /** The data folder, or the nearest folder above that is there. */
    private Path existing() {
        Path place = data.toAbsolutePath().normalize();
        while (!Files.isDirectory(place) && place.getParent() != null) {
            place = place.getParent();
        }
        return place;
    }

    private Check holder() {
        Path lock = data.resolve("lock");
        if (!Files.exists(data)) {
            return Check.ok("data folder", data + " is not there yet; the first start makes it");
        }
        try {
            String pid = Files.exists(lock) ? Files.readString(lock).strip() : "";
            boolean runs = !pid.isEmpty()
                    && ProcessHandle.of(Long.parseLong(pid))
                            .filter(ProcessHandle::isAlive)
                            .isPresent();
            return Check.ok("data folder", data + (runs ? ", in use by the process " + pid : ", not in use"));
        } catch (IOException | NumberFormatException _) {
            return Check.ok("data folder", data + ", not in use");
        }
    }

    private static Check space(Path place) {
        try {
            var store = Files.getFileStore(place);
            long free = store.getUsableSpace();
            String what = Checkup.size(free) + " of " + Checkup.size(store.getTotalSpace()) + " are free";
            if (free < GIB / 2) {
                return Check.failing("disk space", what, "Free some, or move the data folder to a larger disk.");
            }
            return free < 5 * GIB
                    ? Check.attention("disk space", what, "Free some before it runs out; then writes are refused.")
                    : Check.ok("disk space", what);
        } catch (IOException e) {
            return Check.failing("disk space", "it cannot be read: " + e.getMessage(), "Check the disk.");
        }
    }

    private static Check sync(Path place) {
        Path probe = place.resolve(".pilot-doctor");
        var millis = new double[SYNCS];
        try (var channel = FileChannel.open(
                probe, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            for (int i = 0; i < SYNCS; i++) {
                long start = System.nanoTime();
                channel.write(ByteBuffer.allocate(4096), i * 4096L);
                channel.force(true);
                millis[i] = (System.nanoTime() - start) / 1e6;
            }
        } catch (IOException e) {
            return Check.failing("disk speed", "a file cannot be synced: " + e.getMessage(), "Check the disk.");
        }
        Arrays.sort(millis);
        double median = millis[SYNCS / 2];
        String what = String.format(Locale.ROOT, "%.1f ms to make 4 KiB durable (median of %d)", median, SYNCS);
        String mend = "Each commit waits that long. Put the data folder on a local SSD.";
        if (median > VERY_SLOW_MILLIS) {
            return Check.failing("disk speed", what, mend);
        }
        return median > SLOW_MILLIS ? Check.attention("disk speed", what, mend) : Check.ok("disk speed", what);
    }

    private Check owner() {
        String me = System.getProperty("user.name");
        try (Stream<Path> files = Files.exists(data) ? Files.list(data) : Stream.empty()) {
            Optional<Path> foreign = files.filter(
                            file -> !owner(file).equals(me) && !owner(file).isEmpty())
                    .findFirst();
            return foreign.map(file -> Check.attention(
                            "owner",
                            file + " belongs to '" + owner(file) + "', and this is '" + me + "'",
                            "Run the server as '" + owner(file) + "', or: chown -R " + me + " " + data))
                    .orElseGet(() -> Check.ok("owner", "files belong to '" + me + "'"));
        } catch (IOException e) {
            return Check.failing("owner", data + " cannot be listed: " + e.getMessage(), "Check its rights.");
        }
    }

    private static String owner(Path file) {
        try {
            return Files.getOwner(file).getName();
        } catch (IOException | UnsupportedOperationException _) {
            return "";
        }
    }

    /** A file that was written later than now shows that the clock went back. */
    private Check clock() {
        try (Stream<Path> files = Files.exists(data) ? Files.list(data) : Stream.empty()) {
            Optional<Path> later =
                    files.filter(file -> modified(file).isAfter(now.plus(JUMP))).findFirst();
            return later.map(file -> Check.attention(
                            "clock",
                            file.getFileName() + " was written at " + modified(file) + ", and it is " + now
                                    + ": the clock went back",
                            "Set the clock by NTP (timedatectl set-ntp true); leases and schedules wait until then."))
                    .orElseGet(() -> Check.ok("clock", "it has not gone back since the last write"));
        } catch (IOException e) {
            return Check.failing("clock", data + " cannot be listed: " + e.getMessage(), "Check its rights.");
        }
    }

    private static Instant modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException _) {
            return Instant.MIN;
        }
    }

    /** Whether files with keys are their owner's alone. */
    public Check secrets(Map<String, String> environment) {
        var files = new ArrayList<Path>();
        files.add(Profiles.file(environment));
        files.add(data.resolve("keys"));
        files.add(data.resolve("keys/master.key"));
        files.add(data.resolve("keys/ledger.key"));
        for (Path file : files) {
            try {
                if (Files.exists(file)
                        && Files.getPosixFilePermissions(file).stream().anyMatch(FOR_OTHERS::contains)) {
                    return Check.failing(
                            "keys",
                            "others than their owner may read or change " + file,
                            "chmod go= " + file + ", and make new keys if strangers use this machine.");
                }
            } catch (IOException | UnsupportedOperationException _) {
                // What this user cannot look at, the check of the owner reports; no POSIX, no such rights.
            }
        }
        return Check.ok("keys", "files with keys are their owner's alone");
    }
}
