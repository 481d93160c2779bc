package dev.pilothouse.cli;

import dev.pilothouse.cli.machine.ServerProgram;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.archive.ArchiveReader;
import dev.pilothouse.platform.json.Json;
import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Unmatched;
import tools.jackson.databind.JsonNode;

/** Copies of everything and their way back. */
final class BackupCommands {
    private static final String PASSPHRASE = "PILOTHOUSE_BACKUP_PASSPHRASE";
    private static final Set<StandardOpenOption> FRESH =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);

    private BackupCommands() {}

    private static String passphrase(Pilot pilot, boolean twice) {
        String given = pilot.environment().getOrDefault(PASSPHRASE, "");
        if (!given.isEmpty() || !Terminal.interactive()) {
            return given;
        }
        String typed = Terminal.secret("Passphrase for the keys: ");
        if (twice && !Terminal.secret("The same again: ").equals(typed)) {
            throw new Exit(Exit.USAGE, "The two passphrases differ. Nothing was done; try again.");
        }
        return typed;
    }

    @Command(
            name = "backup",
            description = {
                "Copy everything from a running server into one file: state, ledger, files, signals and keys.",
                "The keys are encrypted with a passphrase (asked for, or PILOTHOUSE_BACKUP_PASSPHRASE). Needs the role admin of"
                        + " the organisation that runs the installation."
            },
            headerHeading = "Example: pilot backup pilothouse.tar%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class BackupCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(
                paramLabel = "FILE|DIR",
                description = "File that must not exist, or a folder, which gets a file named by the time.")
        private Path target;

        @Option(
                names = "--without-keys",
                description =
                        "Leave the keys out; then keep the server's folder 'keys' elsewhere, or the backup is lost.")
        private boolean withoutKeys;

        @Override
        public Integer call() throws IOException {
            Path file = file();
            String secret = withoutKeys ? "" : passphrase(pilot, true);
            if (!withoutKeys && secret.isEmpty()) {
                throw new Exit(
                        Exit.USAGE,
                        "The keys need a passphrase, and there is no terminal to ask for one. Give it in " + PASSPHRASE
                                + ", or leave the keys out with --without-keys.");
            }
            var body = Json.object().put("keys", withoutKeys ? "left-out" : "encrypted");
            if (!withoutKeys) {
                body.put("passphrase", secret);
            }
            Path part = file.resolveSibling(file.getFileName() + ".part");
            Terminal terminal = pilot.terminal();
            HttpResponse<InputStream> answer = pilot.api().postForStream("/api/v1/backup", body);
            long parts = 0;
            boolean whole = false;
            try (FileChannel channel = open(part);
                    OutputStream out = Channels.newOutputStream(channel)) {
                parts = copy(answer.body(), out, terminal);
                channel.force(true);
                whole = true;
            } catch (PilothouseException | IOException e) {
                throw new Exit(
                        Exit.UNREACHED,
                        "The backup broke off and nothing was kept: "
                                + (e instanceof PilothouseException p ? p.detail() : e.getMessage())
                                + ". The server's log has the reason, if it has not just stopped. Try again.");
            } finally {
                if (!whole) {
                    Files.deleteIfExists(part);
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
                folder.force(true);
            }
            var result = Json.object()
                    .put("file", file.toString())
                    .put("bytes", Files.size(file))
                    .put("parts", parts)
                    .put("keys", withoutKeys ? "left-out" : "encrypted");
            if (!terminal.printedJson(result)) {
                terminal.line(terminal.bold(file.toString()) + "  " + Show.bytes(Files.size(file)) + ", "
                        + Show.count(parts) + " parts, each checked; keys "
                        + (withoutKeys ? "left out" : "encrypted"));
                terminal.next("pilot restore " + file + " --data-dir NEW, on any machine");
            }
            return 0;
        }

        private Path file() throws IOException {
            Path file = Files.isDirectory(target)
                    ? target.resolve("pilothouse-"
                            + DateTimeFormatter.ofPattern("uuuu-MM-dd-HHmmss")
                                    .withZone(ZoneOffset.UTC)
                                    .format(Instant.now())
                            + ".tar")
                    : target;
            if (Files.exists(file)) {
                throw new Exit(Exit.USAGE, file + " is there already, and is not overwritten. Name a new file.");
            }
            Path folder = file.toAbsolutePath().getParent();
            if (folder == null || !Files.isWritable(folder)) {
                throw new Exit(Exit.USAGE, folder + " is not there or cannot be written. Name a file elsewhere.");
            }
            return file;
        }

        private static FileChannel open(Path part) throws IOException {
            // Whoever reads it has everything but the keys.
            return part.getFileSystem().supportedFileAttributeViews().contains("posix")
                    ? FileChannel.open(
                            part,
                            FRESH,
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                    : FileChannel.open(part, FRESH);
        }

        /** Writes what is read, and checks it on the way. */
        private static long copy(InputStream in, OutputStream out, Terminal terminal) throws IOException {
            var teed = new Tee(in, out, terminal);
            long parts = 0;
            try (var reader = new ArchiveReader(new java.io.BufferedInputStream(teed, 256 << 10))) {
                for (var part = reader.next(); part.isPresent(); part = reader.next()) {
                    if (part.get().name().equals("backup.json")) {
                        teed.expect(Json.parseObject(part.get().bytes(1 << 20))
                                .path("bytes")
                                .asLong());
                    }
                    parts++;
                }
            } finally {
                teed.done();
            }
            return parts;
        }
    }

    private static final class Tee extends FilterInputStream {
        private final OutputStream out;
        private final Terminal terminal;
        private Terminal.Progress progress;
        private long count;

        Tee(InputStream in, OutputStream out, Terminal terminal) {
            super(in);
            this.out = out;
            this.terminal = terminal;
            this.progress = terminal.new Progress("backup", 0);
        }

        void expect(long bytes) {
            progress = terminal.new Progress("backup", bytes);
        }

        void done() {
            progress.done();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int n = super.read(into, offset, length);
            if (n > 0) {
                try {
                    out.write(into, offset, n);
                } catch (IOException e) {
                    throw new Exit(
                            Exit.NOT_SO,
                            "The backup cannot be written here and nothing was kept: " + e.getMessage()
                                    + ". Free some space, or name a file on another disk.");
                }
                count += n;
                progress.at(count);
            }
            return n;
        }
    }

    @Command(
            name = "restore",
            description = {
                "Put a backup into a new folder on this machine, where 'pilot up' then starts it; no server is needed.",
                "The whole file is checked first. Nothing is restored over anything."
            },
            headerHeading = "Example: pilot restore pilothouse.tar --data-dir ./restored%n",
            footer = {
                "",
                "Server settings pass as --section.key=value: with --store.url=postgresql://… the state goes into an empty",
                "PostgreSQL database, whichever database the backup was made from."
            },
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class RestoreCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Parameters(paramLabel = "FILE", description = "What 'pilot backup' made.")
        private Path file;

        @ArgGroup(multiplicity = "1")
        private Goal goal;

        static final class Goal {
            @Option(names = "--data-dir", paramLabel = "DIR", description = "Folder that is absent or empty.")
            private @org.jspecify.annotations.Nullable Path data;

            @Option(names = "--check", description = "Only check that the file is whole.")
            private boolean check;
        }

        @Option(
                names = "--keys",
                paramLabel = "DIR",
                description = "Folder with the original keys, instead of those in the backup.")
        private @org.jspecify.annotations.Nullable Path keys;

        @Unmatched
        private List<String> more = new ArrayList<>();

        @Override
        public Integer call() throws IOException, InterruptedException {
            UpCommand.requireSettings(more);
            if (!Files.isRegularFile(file)) {
                throw new Exit(Exit.USAGE, file + " is not there. Name a file that 'pilot backup' made.");
            }
            var arguments = new ArrayList<>(List.of("--file=" + file.toAbsolutePath()));
            Path data = goal.data;
            if (goal.check) {
                arguments.add("--check");
            }
            if (data != null) {
                arguments.add("--data-dir=" + data.toAbsolutePath());
                arguments.addAll(more);
            }
            if (keys != null) {
                arguments.add("--keys=" + keys.toAbsolutePath());
            }
            String secret = data == null || keys != null ? "" : passphrase(pilot, false);
            Process program = new ServerProgram(ServerProgram.RESTORE, List.of("-XX:+UseSerialGC", "-Xmx1g"), arguments)
                    .process()
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var stop = new Thread(program::destroyForcibly);
            Runtime.getRuntime().addShutdownHook(stop);
            try (OutputStream in = program.getOutputStream()) {
                in.write((secret + "\n").getBytes(StandardCharsets.UTF_8));
            }
            JsonNode last = follow(program);
            Runtime.getRuntime().removeShutdownHook(stop);
            return end(last, data);
        }

        private JsonNode follow(Process program) throws IOException, InterruptedException {
            Terminal terminal = pilot.terminal();
            long size = Files.size(file);
            var progress = terminal.new Progress("check", size);
            long before = 0;
            JsonNode last = Json.object();
            try (var lines =
                    new BufferedReader(new InputStreamReader(program.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line; (line = lines.readLine()) != null; ) {
                    last = line.startsWith("{") ? Json.parse(line) : last;
                    long read = last.path("read").asLong(0);
                    if (read > 0 && read < before) {
                        progress = terminal.new Progress("restore", size);
                    }
                    before = read;
                    progress.at(read);
                }
            }
            progress.done();
            program.waitFor();
            return last;
        }

        private int end(JsonNode last, @org.jspecify.annotations.Nullable Path data) {
            String error = Show.text(last, "error");
            if (!error.isEmpty()) {
                throw new Exit(last.path("code").asInt(), error);
            }
            if (!last.path("done").asBoolean(false)) {
                throw new Exit(
                        Exit.NOT_SO,
                        "The program that restores ended without a word. If the machine ran out of memory, add some;"
                                + " empty the folder, then try again.");
            }
            Terminal terminal = pilot.terminal();
            if (terminal.printedJson(last)) {
                return 0;
            }
            String made = "made by Pilothouse " + Show.text(last, "program") + " at " + Show.text(last, "createdAt")
                    + " from " + Show.text(last, "database");
            if (data == null) {
                terminal.line(terminal.state("well") + "  the backup is whole, " + made + ", keys "
                        + (last.path("keys").asBoolean(false) ? "encrypted inside" : "left out"));
                terminal.next("pilot restore " + file + " --data-dir NEW");
            } else {
                terminal.line(terminal.state("restored") + " into " + data + "  "
                        + Show.count(last.path("rows").asLong()) + " rows, "
                        + Show.count(last.path("blobs").asLong()) + " files; " + made);
                terminal.next("pilot up --data-dir " + data + ", then pilot audit verify");
            }
            return 0;
        }
    }
}
