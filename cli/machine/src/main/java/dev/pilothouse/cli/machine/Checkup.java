package dev.pilothouse.cli.machine;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** What a server needs of the machine it runs on. */
public final class Checkup {
    private static final int JAVA = 25;
    private static final long GIB = 1L << 30;
    private static final long MIB = 1L << 20;
    private static final long LITTLE_MEMORY = 350 * MIB;
    private static final int FEW_FILES = 1_024;
    private static final int ENOUGH_FILES = 10_000;

    private Checkup() {}

    /** The Java that runs this, which is the one that would run a server. */
    public static Check java() {
        var version = Runtime.version();
        String what = "Java " + version + " in " + System.getProperty("java.home");
        return version.feature() == JAVA
                ? Check.ok("java", what)
                : Check.failing(
                        "java",
                        what + ", but a server needs " + JAVA,
                        "Install a JDK " + JAVA + " and set PILOT_JAVA_HOME to its folder.");
    }

    /** Memory that programs can still have. */
    public static Check memory() {
        long available = available();
        long total = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        String what = size(available) + " of " + size(total) + " are free";
        if (available < LITTLE_MEMORY) {
            return Check.failing(
                    "memory", what + "; an idle server alone takes about 350 MiB", "End other programs or add memory.");
        }
        return available < GIB
                ? Check.attention("memory", what, "Add memory before models are loaded, or set columns.memory lower.")
                : Check.ok("memory", what);
    }

    private static long available() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemAvailable:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        } catch (IOException | NumberFormatException _) {
            // No Linux; what Java knows leaves out what caches could give back.
        }
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getFreeMemorySize();
    }

    /** How many files and connections a process may have open. */
    public static Check openFiles() {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix)) {
            return Check.ok("open files", "this system sets no limit per process");
        }
        long limit = unix.getMaxFileDescriptorCount();
        String what = String.format(Locale.ROOT, "%,d files and connections at one time", limit);
        String mend =
                "Raise it: 'ulimit -n 65536' in the shell that starts the server, or LimitNOFILE=65536 in its systemd"
                        + " unit.";
        if (limit < FEW_FILES) {
            return Check.failing("open files", what + " are too few for a server", mend);
        }
        return limit < ENOUGH_FILES ? Check.attention("open files", what, mend) : Check.ok("open files", what);
    }

    /** Whether a server could listen on a port. */
    public static Check port(int port) {
        String name = "port " + port;
        if (port == 0) {
            return Check.ok(name, "a free port is taken");
        }
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return Check.ok(name, "free");
        } catch (IOException e) {
            boolean forbidden = port < 1024 && String.valueOf(e.getMessage()).contains("denied");
            return forbidden
                    ? Check.failing(
                            name, "this user may not listen below port 1024", "Use a higher port: pilot up --port 8787")
                    : Check.failing(
                            name,
                            "another program listens there",
                            "Name a free one: pilot up --port " + (port + 1) + ", or find it: ss -ltnp 'sport = :"
                                    + port + "'");
        }
    }

    /** Tools that only a checkout needs, to build. */
    public static List<Check> buildTools() {
        return List.of(
                tool("maven", List.of("mvn", "-v"), "Install it (Debian: apt-get install maven)."),
                tool(
                        "node",
                        List.of("node", "--version"),
                        "The console is left out of builds; install Node 20.19 or newer for it."));
    }

    private static Check tool(String name, List<String> command, String mend) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            if (process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0) {
                return Check.ok(name, said.lines().findFirst().orElse("").replaceAll("\u001b\\[[0-9;]*m", ""));
            }
        } catch (IOException _) {
            // Not installed.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return Check.attention(name, "'" + command.getFirst() + "' does not run here", mend);
    }

    static String size(long bytes) {
        return bytes >= GIB
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) GIB)
                : String.format(Locale.ROOT, "%d MiB", bytes / MIB);
    }
}
