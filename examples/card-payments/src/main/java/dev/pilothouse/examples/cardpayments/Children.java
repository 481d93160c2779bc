package dev.pilothouse.examples.cardpayments;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The processes that the demo starts: Java programs on its own class path, ended by their handles when it ends. */
final class Children implements AutoCloseable {
    private static final String PILOTHOUSE = "dev.pilothouse.";
    private static final String EXAMPLES = "dev.pilothouse.examples.";
    private static final List<String> SMALL = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
    private static final List<String> NATIVE =
            List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");

    private final List<Process> running = new CopyOnWriteArrayList<>();
    private final Path folder;

    Children(Path folder) {
        this.folder = folder;
    }

    /** A program that goes on in the background; each line it prints goes to the reader. */
    Process start(String main, List<String> arguments, Map<String, String> environment, Consumer<String> reader)
            throws IOException {
        Process process = launch(main, arguments, environment, false);
        Thread.ofVirtual().start(() -> read(process, reader));
        return process;
    }

    /** Runs a program to its end, passing its lines on as they come, and answers its exit code. */
    int run(String main, List<String> arguments, Map<String, String> environment, Consumer<String> reader)
            throws IOException, InterruptedException {
        Process process = launch(main, arguments, environment, true);
        read(process, reader);
        int code = process.waitFor();
        running.remove(process);
        return code;
    }

    /** Ends a program: politely, then by force after five seconds. */
    void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        running.remove(process);
    }

    private Process launch(String main, List<String> arguments, Map<String, String> environment, boolean small)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(NATIVE);
        if (small) {
            command.addAll(SMALL);
        }
        // The launcher records the classes of both programs; another program would not fit the record.
        Path recorded = Path.of(System.getProperty("pilot.release", "."), small ? "cli.aot" : "server.aot");
        if (main.startsWith(PILOTHOUSE) && !main.startsWith(EXAMPLES) && Files.isReadable(recorded)) {
            command.add("-XX:AOTCache=" + recorded);
        }
        command.add(main);
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        // Not on the command line, which ONNX Runtime reads when it starts and on which it overflows where that is
        // long.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        running.add(process);
        return process;
    }

    private static void read(Process process, Consumer<String> reader) {
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            lines.lines().forEach(reader);
        } catch (IOException | java.io.UncheckedIOException _) {
            // The process ended while it was read.
        }
    }

    @Override
    public void close() {
        running.reversed().forEach(this::end);
    }
}
