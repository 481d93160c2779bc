package dev.pilothouse.cli;

import dev.pilothouse.cli.machine.ServerMemory;
import dev.pilothouse.cli.machine.ServerProgram;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Unmatched;

/** {@code pilot up}: runs the server under a small supervisor that starts it again after a crash. */
@Command(
        name = "up",
        description = "Run a server here; it is started again after a crash.",
        headerHeading = "Example: pilot up --data-dir ./pilothouse-data --port 8787%n",
        footer = {
            "",
            "Further server settings pass as --section.key=value; the server names them all when one is wrong."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and options
final class UpCommand implements Callable<Integer> {
    /** A server that lived this long was well; the next crash starts the back-off anew. */
    private static final long WELL_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final long FIRST_PAUSE_MILLIS = 200;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;
    /** The server's exit codes that a restart cannot mend. */
    private static final List<Integer> FINAL = List.of(0, 2, 130, 143);

    @ParentCommand
    private Pilot pilot;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where everything is kept (setting data-dir; default: .pilothouse).")
    private @Nullable Path data;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port, 0 for a free one (setting http.port; default: 8787).")
    private @Nullable Integer port;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description =
                    "About how much of the machine's memory the server may take for itself, such as 256m for a gateway, at"
                            + " least 240m (default: what Java takes, with a heap of up to a quarter of the machine's).")
    private @Nullable String memory;

    @Unmatched
    private List<String> more = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        requireSettings(more);
        ServerMemory within = within();
        Terminal terminal = pilot.terminal();
        long pause = FIRST_PAUSE_MILLIS;
        List<String> before = List.of();
        while (true) {
            long start = System.nanoTime();
            Process server = start(within, before);
            var stop = new Thread(() -> end(server), "stop-server");
            Runtime.getRuntime().addShutdownHook(stop);
            int code = server.waitFor();
            try {
                Runtime.getRuntime().removeShutdownHook(stop);
            } catch (IllegalStateException _) {
                return 0; // we are being stopped ourselves
            }
            if (FINAL.contains(code)) {
                return code == 0 || code >= 128 ? 0 : code;
            }
            pause = System.nanoTime() - start > WELL_NANOS
                    ? FIRST_PAUSE_MILLIS
                    : Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
            // From this the server knows whether a model that was being loaded crashed it.
            before = List.of("-Dpilothouse.previous-pid=" + server.pid(), "-Dpilothouse.previous-exit=" + code);
            terminal.talk("the server ended with code " + code + "; starting it again in " + pause + " ms");
            TimeUnit.MILLISECONDS.sleep(pause);
        }
    }

    /** Stops where what no option took is no setting of the server either. */
    static void requireSettings(List<String> arguments) {
        for (String argument : arguments) {
            if (!argument.startsWith("--") || !argument.contains("=")) {
                throw new Exit(
                        Exit.USAGE,
                        "'" + argument + "' is not understood. Server settings are written --section.key=value.");
            }
        }
    }

    private @Nullable ServerMemory within() {
        try {
            return memory == null ? null : ServerMemory.parse(memory);
        } catch (IllegalArgumentException e) {
            throw new Exit(Exit.USAGE, String.valueOf(e.getMessage()));
        }
    }

    private Process start(@Nullable ServerMemory within, List<String> before) throws IOException {
        var arguments = new ArrayList<String>();
        if (data != null) {
            arguments.add("--data-dir=" + data.toAbsolutePath());
        }
        if (port != null) {
            arguments.add("--http.port=" + port);
        }
        arguments.addAll(more);
        var flags = new ArrayList<>(within == null ? List.of("-XX:+UseG1GC") : within.flags());
        flags.add("-XX:+ExitOnOutOfMemoryError");
        flags.addAll(before);
        ProcessBuilder server = new ServerProgram(ServerProgram.SERVER, flags, arguments).process();
        if (within != null) {
            within.environment().forEach(server.environment()::putIfAbsent);
        }
        return server.inheritIO().start();
    }

    private static void end(Process server) {
        server.destroy();
        try {
            if (!server.waitFor(20, TimeUnit.SECONDS)) {
                server.destroyForcibly();
            }
        } catch (InterruptedException _) {
            server.destroyForcibly();
        }
    }
}
