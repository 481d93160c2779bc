package dev.pilothouse.bench.measure;

import dev.pilothouse.cli.machine.ServerMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packaged program under test, as processes of its own: what {@code ./pilot} runs, with the caches it has. Closing ends
 * every process that was started here.
 */
public final class Program implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("Pilothouse is ready at (\\S+)");
    private static final Pattern KEY = Pattern.compile("admin key, shown this once: (\\S+)");

    private final Path release;
    private final Path folder;
    private final List<String> memoryFlags;
    private final Map<String, String> serverEnvironment;
    private final List<Process> running = new CopyOnWriteArrayList<>();

    /**
     * Servers as 'pilot up' starts them.
     *
     * @param folder where the processes work
     */
    public Program(Path folder) {
        this(folder, List.of("-XX:+UseG1GC"), Map.of());
    }

    private Program(Path folder, List<String> memoryFlags, Map<String, String> environment) {
        this.release = Path.of(System.getProperty("pilot.release"));
        this.folder = folder;
        this.memoryFlags = memoryFlags;
        this.serverEnvironment = environment;
    }

    /** Servers as 'pilot up --memory' starts them. */
    public static Program within(ServerMemory memory, Path folder) {
        return new Program(folder, memory.flags(), memory.environment());
    }

    /**
     * A running server.
     *
     * @param process its process
     * @param address its base URL
     * @param adminKey the key it printed; empty where its store had one already
     */
    public record Server(Process process, String address, String adminKey) {
        /** What a client of this server needs in its environment. */
        public Map<String, String> environment(String key) {
            return Map.of(
                    "PILOTHOUSE_URL", address,
                    "PILOTHOUSE_API_KEY", key,
                    "MLFLOW_TRACKING_URI", address,
                    "MLFLOW_TRACKING_TOKEN", key);
        }
    }

    /** Starts a server on a free port and waits until it is ready, two minutes at most. */
    public Server serve(Path state, String... more) throws IOException, InterruptedException {
        boolean first = Files.notExists(state);
        var ready = new CompletableFuture<String>();
        var key = new CompletableFuture<String>();
        var arguments = new ArrayList<>(List.of("--data-dir=" + state, "--http.port=0"));
        arguments.addAll(List.of(more));
        Path log = folder.resolve(state.getFileName() + ".log");
        var printed = Files.newBufferedWriter(log);
        Process process = start("dev.pilothouse.server.Main", arguments, Map.of(), line -> {
            find(KEY, line, key);
            find(READY, line, ready);
            try {
                printed.write(line);
                printed.newLine();
                printed.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        var _ = process.onExit()
                .thenAccept(_ ->
                        ready.completeExceptionally(new IllegalStateException("The server ended before it was ready")));
        try {
            String address = ready.get(120, TimeUnit.SECONDS);
            // It prints the key after it says that it is ready, and only at its first start.
            return new Server(process, address, first ? key.get(10, TimeUnit.SECONDS) : "");
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("The server did not start: " + Files.readString(log), e);
        }
    }

    private static void find(Pattern pattern, String line, CompletableFuture<String> found) {
        Matcher matcher = pattern.matcher(line);
        if (matcher.find()) {
            found.complete(matcher.group(1));
        }
    }

    /** A command of the command line, to its end. */
    public Ended pilot(Map<String, String> environment, String... words) throws IOException, InterruptedException {
        return run("dev.pilothouse.cli.Pilot", List.of(words), environment);
    }

    /**
     * What a program came to.
     *
     * @param code exit code
     * @param lines what it printed
     */
    public record Ended(int code, List<String> lines) {
        /** The last line it printed, or nothing. */
        public String last() {
            return lines.isEmpty() ? "" : lines.getLast().strip();
        }

        /** The same, where it ended well. */
        public Ended well(String what) {
            if (code != 0) {
                throw new IllegalStateException(what + " ended with code " + code + ": " + String.join("\n", lines));
            }
            return this;
        }
    }

    /** Any main class of the packaged program, to its end. */
    public Ended run(String main, List<String> arguments, Map<String, String> environment)
            throws IOException, InterruptedException {
        Process process = launch(main, arguments, environment);
        var lines = new ArrayList<String>();
        read(process, lines::add);
        int code = process.waitFor();
        running.remove(process);
        return new Ended(code, lines);
    }

    /** Any main class of the packaged program, in the background. */
    public Process start(String main, List<String> arguments, Map<String, String> environment, Consumer<String> reader)
            throws IOException {
        Process process = launch(main, arguments, environment);
        Thread.ofVirtual().start(() -> read(process, reader));
        return process;
    }

    private Process launch(String main, List<String> arguments, Map<String, String> environment) throws IOException {
        boolean server = main.startsWith("dev.pilothouse.server.");
        boolean cli = main.startsWith("dev.pilothouse.cli.");
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        if (server) {
            command.addAll(memoryFlags);
            command.add("-XX:+ExitOnOutOfMemoryError");
        }
        if (cli) {
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        }
        Path recorded = release.resolve(server ? "server.aot" : "cli.aot");
        if ((server || cli) && Files.isReadable(recorded)) {
            command.add("-XX:AOTCache=" + recorded);
        }
        command.add(main);
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        // Not on the command line, which ONNX Runtime reads when it starts and on which it overflows where that is
        // long.
        builder.environment().put("CLASSPATH", Files.readString(release.resolve("classpath")));
        builder.environment().keySet().removeIf(name -> name.startsWith("PILOTHOUSE_"));
        if (server) {
            builder.environment().putAll(serverEnvironment);
        }
        builder.environment().putAll(new HashMap<>(environment));
        Process process = builder.start();
        running.add(process);
        return process;
    }

    private static void read(Process process, Consumer<String> reader) {
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            lines.lines().forEach(reader);
        } catch (IOException | UncheckedIOException _) {
            // The process ended while it was read.
        }
    }

    /** Ends a process: politely, then by force after ten seconds. */
    public void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        running.remove(process);
    }

    @Override
    public void close() {
        running.reversed().forEach(this::end);
    }
}
