package dev.pilothouse.trust.backup;

import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.trust.ledger.KeyFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The key files that belong to a backup, from inside it or from a folder. */
final class RestoredKeys {
    private final BackupHeader header;
    private final Map<String, byte[]> files;

    private RestoredKeys(BackupHeader header, Map<String, byte[]> files) {
        this.header = header;
        this.files = files;
    }

    /** Reads the part of the backup that holds them, encrypted. */
    @FunctionalInterface
    interface Sealed {
        byte[] read() throws IOException;
    }

    /** @throws dev.pilothouse.kernel.PilothouseException {@link BackupError#KEYS_UNUSABLE} */
    static RestoredKeys find(BackupHeader header, Restore.Keys keys, Sealed locked) throws IOException {
        if (keys.folder().isPresent()) {
            return new RestoredKeys(header, originals(keys.folder().get()));
        }
        if (!header.keys()) {
            throw BackupError.KEYS_UNUSABLE.because(
                    "The backup was made without the installation's keys. Name the folder"
                            + " that they were kept in with --keys.");
        }
        String passphrase = keys.passphrase()
                .orElseThrow(() -> BackupError.KEYS_UNUSABLE.because("The backup's keys are encrypted. Give their"
                        + " passphrase, or name a folder that holds the originals with --keys."));
        return new RestoredKeys(header, SealedKeys.open(locked.read(), passphrase));
    }

    private static Map<String, byte[]> originals(Path folder) throws IOException {
        var files = new TreeMap<String, byte[]>();
        for (String name : List.of("master.key", "ledger.key")) {
            if (!Files.isReadable(folder.resolve(name))) {
                throw BackupError.KEYS_UNUSABLE.because("The folder " + folder + " holds no readable " + name
                        + ". Name the folder 'keys' of the installation that the backup is of.");
            }
            files.put(name, Files.readAllBytes(folder.resolve(name)));
        }
        return files;
    }

    /**
     * Writes them, readable by their owner only, and tries them.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link BackupError#KEYS_UNUSABLE} where they are another
     *     installation's
     */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (posix) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
        for (var each : files.entrySet()) {
            Path to = folder.resolve(each.getKey()).normalize();
            if (!folder.equals(to.getParent())) {
                throw BackupError.NOT_A_BACKUP.because("The backup names a key file outside its folder.");
            }
            if (posix) {
                Files.createFile(
                        to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.write(to, each.getValue());
            Disk.syncFile(to);
        }
        Disk.syncFolder(folder);
        String signer = Files.readString(folder.resolve("ledger.key"))
                .lines()
                .findFirst()
                .orElse("");
        if (!signer.equals(header.ledgerKey())
                || !Backups.masterCheck(KeyFolder.open(folder)).equals(header.masterCheck())) {
            throw BackupError.KEYS_UNUSABLE.because("The keys are not those of the installation that the backup is of,"
                    + " whose ledger is signed by " + header.ledgerKey()
                    + ". Empty the folder, then restore with the right"
                    + " keys.");
        }
    }
}
