package dev.pilothouse.run.fleet;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** One started process: its address, its marker, its output. Used by its supervisor only. */
final class Child {
    /** What a program needs of our environment; everything else, our secrets among it, stays here. */
    private static final List<String> PASSED_ON = List.of("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER");

    private final Process process;
    private final Path marker;
    private final Markers markers;
    private final URI address;
    private Family family;

    private Child(Process process, Path marker, Markers markers, URI address) {
        this.process = process;
        this.marker = marker;
        this.markers = markers;
        this.address = address;
        this.family = new Family(process.toHandle(), List.of());
    }

    /** @param files folder with the files of the spec, where it has any */
    static Child start(ProcessSpec spec, int port, Optional<Path> files, Markers markers, Lines lines)
            throws IOException {
        UnaryOperator<String> filled = text -> {
            String withPort = text.replace("{port}", Integer.toString(port));
            return files.map(folder -> withPort.replace("{model-dir}", folder.toString()))
                    .orElse(withPort);
        };
        var builder = new ProcessBuilder(spec.command().stream().map(filled).toList())
                .directory(spec.directory().toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(PASSED_ON);
        environment.put("PORT", Integer.toString(port));
        files.ifPresent(folder -> environment.put("MODEL_DIR", folder.toString()));
        spec.environment().forEach((name, value) -> environment.put(name, filled.apply(value)));
        environment.putAll(spec.secrets());
        Process process = builder.start();
        Path marker = markers.mark(process.toHandle(), spec.name());
        Thread.ofPlatform().daemon().name("output of " + spec.name()).start(() -> lines.pump(process.getInputStream()));
        return new Child(process, marker, markers, URI.create("http://127.0.0.1:" + port));
    }

    /** A free port of the loopback address: the wanted one if it is free, so that a restart keeps its address. */
    static int freePort(int wanted) throws IOException {
        if (wanted > 0) {
            try (var socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted));
                return wanted;
            } catch (IOException e) {
                // Taken meanwhile: any other will do.
            }
        }
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    URI address() {
        return address;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Remembers what it has started, which cannot be found any more once it has crashed. */
    void rememberFamily() {
        family = Family.of(process.toHandle());
    }

    /** Waits for its end; true where it has ended. */
    boolean ended(Duration atMost) throws InterruptedException {
        return process.waitFor(atMost);
    }

    /** How it ended, in words. */
    String end() {
        int code = process.exitValue();
        return code > 128 ? "it was ended by signal " + (code - 128) : "it ended with exit code " + code;
    }

    /** Ends it with all it started, and forgets its marker. Blocks for at most the grace period and a little. */
    void stop(Duration grace) {
        family.joined(Family.of(process.toHandle())).end(grace);
        markers.unmark(marker);
    }
}
