package dev.pilothouse.cli.machine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A program of the server, started on this machine from the same installation as the command line.
 *
 * @param main class to run
 * @param java more arguments for Java itself
 * @param arguments for the program
 */
public record ServerProgram(String main, List<String> java, List<String> arguments) {
    /** The server. */
    public static final String SERVER = "dev.pilothouse.server.Main";

    /** Puts a backup into an empty folder. */
    public static final String RESTORE = "dev.pilothouse.server.RestoreMain";

    /** Looks at the database. */
    public static final String INSPECT = "dev.pilothouse.server.InspectMain";

    public ServerProgram {
        java = List.copyOf(java);
        arguments = List.copyOf(arguments);
    }

    /** How to start it; streams are pipes until the caller says otherwise. */
    public ProcessBuilder process() {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(java);
        Path cache = Path.of(System.getProperty("pilot.release", "."), "server.aot");
        if (main.equals(SERVER) && Files.isReadable(cache)) {
            command.add("-XX:AOTCache=" + cache);
        }
        String version = System.getProperty("pilot.version");
        if (version != null) {
            command.add("-Dpilot.version=" + version);
        }
        command.add(main);
        command.addAll(arguments);
        var builder = new ProcessBuilder(command);
        // Not on the command line, which ONNX Runtime reads when it starts and on which it overflows where that is
        // long.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder;
    }
}
