package dev.pilothouse.acceptance;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The server as users run it: a process of its own on a folder of its own, reached only over its port. */
final class PackagedServer implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("Pilothouse is ready at (\\S+)");
    private static final Pattern KEY = Pattern.compile("admin key, shown this once: (\\S+)");
    /** Java with what programs that live shortly are started with. */
    static final List<String> JAVA = List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1");

    /** The program that users call. */
    static final String PILOT = "dev.pilothouse.cli.Pilot";

    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);

    private final Path data;
    private final List<String> java;
    private final List<String> flags;
    private @Nullable Process process;
    private URI address = URI.create("http://127.0.0.1:0");
    private String key = "";

    private PackagedServer(Path data, List<String> java, List<String> flags) {
        this.data = data;
        this.java = java;
        this.flags = flags;
    }

    /** What a server process that ended by itself said. */
    record Ended(int code, String text) {}

    /** Starts a server on a new folder. */
    static PackagedServer start(String... flags) {
        return start(ClassArchive.SERVER.flags(), List.of(flags));
    }

    /** Starts a server on a folder that has everything already, with the key of its admin. */
    static PackagedServer on(Path data, String key, String... flags) {
        var server = new PackagedServer(data, ClassArchive.SERVER.flags(), List.of(flags));
        server.key = key;
        server.startAgain();
        return server;
    }

    /** Starts a server on a new folder, with more arguments for Java itself. */
    static PackagedServer startWith(List<String> java) {
        return start(
                Stream.concat(ClassArchive.SERVER.flags().stream(), java.stream())
                        .toList(),
                List.of());
    }

    /** Starts a server that tells Java to keep its classes, and so has none that were kept. */
    static PackagedServer recording(List<String> java) {
        return start(java, List.of());
    }

    private static PackagedServer start(List<String> java, List<String> flags) {
        try {
            var server = new PackagedServer(
                    Files.createTempDirectory("pilothouse-acceptance"), java, SharedPostgres.withStore(flags));
            server.startAgain();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a server on a given folder. */
    static PackagedServer startIn(Path data, String... flags) {
        var server = new PackagedServer(data, ClassArchive.SERVER.flags(), List.of(flags));
        server.startAgain();
        return server;
    }

    /** Starts a server that is expected to refuse, and waits for its end. */
    static Ended refused(Path data, String... flags) {
        try {
            Process process = launch(data, ClassArchive.SERVER.flags(), List.of(flags));
            var text = new StringBuilder();
            try (var lines = reader(process)) {
                lines.lines().forEach(line -> text.append(line).append('\n'));
                if (!process.waitFor(STARTS_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                    throw new AssertionError("The server neither started nor ended: " + text);
                }
            } finally {
                process.destroyForcibly();
            }
            return new Ended(process.exitValue(), text.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Starts the server on the same folder as before and waits until it is ready. */
    void startAgain() {
        try {
            Process started = launch(data, java, flags);
            process = started;
            var ready = new CompletableFuture<URI>();
            Thread.ofPlatform().daemon().name("server-output").start(() -> follow(started, ready));
            address = ready.get(STARTS_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException | TimeoutException e) {
            kill();
            throw new AssertionError("The server did not start: " + e.getMessage(), e);
        }
    }

    private void follow(Process started, CompletableFuture<URI> ready) {
        var text = new StringBuilder();
        try (var lines = reader(started)) {
            URI found = null;
            for (String line; (line = lines.readLine()) != null; ) {
                if (found != null && ready.isDone()) {
                    // What the server logs later helps to read a failed test.
                    System.out.println("server: " + line);
                    continue;
                }
                text.append(line).append('\n');
                Matcher matcher = READY.matcher(line);
                found = matcher.find() ? URI.create(matcher.group(1)) : found;
                Matcher shown = KEY.matcher(line);
                if (shown.find()) {
                    key = shown.group(1);
                }
                if (found != null && !key.isEmpty()) {
                    ready.complete(found);
                }
            }
        } catch (IOException e) {
            text.append(e.getMessage());
        }
        ready.completeExceptionally(new IllegalStateException(text.toString()));
    }

    private static BufferedReader reader(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** The class path of the programs under test: that of these tests without their own folder, of which no classes can be kept. */
    static String classPath() {
        String tests = Path.of("target").toAbsolutePath().toString();
        return Stream.of(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                        .split(File.pathSeparator, -1))
                .filter(entry -> !entry.startsWith(tests))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static Process launch(Path data, List<String> java, List<String> flags) throws IOException {
        var command = new ArrayList<>(JAVA);
        command.add("-Xmx512m");
        command.addAll(java);
        command.addAll(List.of("dev.pilothouse.server.Main", "--data-dir=" + data, "--http.port=0"));
        command.addAll(flags);
        var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(data.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PILOTHOUSE_"));
        // As an argument it would be longer than what ONNX Runtime 1.29 reads of its own command line without a crash.
        builder.environment().put("CLASSPATH", classPath());
        return builder.start();
    }

    /** Ends the process as a power cut would: SIGKILL, no shutdown hook. */
    void kill() {
        end(true);
    }

    /** Ends the process as an operator would: SIGTERM, and waits. */
    void stop() {
        end(false);
    }

    /** Ends the process as a fault in native code would: SIGSEGV. */
    void crash() {
        Process running = process;
        if (running == null) {
            return;
        }
        try {
            new ProcessBuilder("kill", "-SEGV", Long.toString(running.pid()))
                    .start()
                    .waitFor();
            if (!running.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("The server did not crash");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process = null;
    }

    private void end(boolean atOnce) {
        Process running = process;
        if (running == null) {
            return;
        }
        try {
            if (atOnce) {
                running.destroyForcibly();
            } else {
                running.destroy();
            }
            if (!running.waitFor(30, TimeUnit.SECONDS)) {
                running.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            running.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        process = null;
    }

    /** Folder of everything the server keeps. */
    Path data() {
        return data;
    }

    /** Where it listens now; a new start takes a new port. */
    URI address() {
        return address;
    }

    /** The admin key of the first start. */
    String key() {
        return key;
    }

    /** A client with the admin key. */
    Client client() {
        return new Client(address, key);
    }

    /** The command line, with the admin key. */
    Cli cli() {
        return new Cli(address, key, home());
    }

    /** Starts the command line as a process of its own, with the admin key and these variables. */
    Process pilot(List<String> java, Map<String, String> variables, String... arguments) throws IOException {
        var command = new ArrayList<>(JAVA);
        command.addAll(java);
        command.add(PILOT);
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("CLASSPATH", classPath());
        builder.environment().put("PILOTHOUSE_URL", address.toString());
        builder.environment().put("PILOTHOUSE_API_KEY", key);
        builder.environment().putAll(variables);
        return builder.start();
    }

    private Path home() {
        return data.resolveSibling(data.getFileName() + "-home");
    }

    /** Ends the server and removes its folders. */
    @Override
    public void close() {
        stop();
        remove(data);
        remove(data.resolveSibling(data.getFileName() + "-home"));
    }

    private static void remove(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
                        throws IOException {
                    Files.delete(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
