package dev.pilothouse.bench.measure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * MLflow's own tracking server as it comes from PyPI, with two workers on SQLite, as a peer. Closing ends it.
 *
 * @param process its processes
 * @param address its base URL
 */
public record MlflowServer(Peer process, String address) implements AutoCloseable {
    /** The Python environment that has it, made where it is not there; empty where it cannot be had, which is noted. */
    public static Optional<Venv> installed(Report report) throws InterruptedException {
        return Venv.with("mlflow", report, "mlflow");
    }

    /** Starts one on a folder, new or with what it kept there, and waits until it answers. */
    public static MlflowServer start(Venv venv, Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        int port = Peer.freePort();
        var server = new MlflowServer(
                Peer.start(
                        folder,
                        folder.resolve("log"),
                        Map.of(),
                        List.of(
                                venv.program("mlflow"),
                                "server",
                                "--host",
                                "127.0.0.1",
                                "--port",
                                Integer.toString(port),
                                "--workers",
                                "2",
                                "--backend-store-uri",
                                "sqlite:///" + folder.resolve("mlflow.db"),
                                "--artifacts-destination",
                                folder.resolve("artifacts").toString())),
                "http://127.0.0.1:" + port);
        try {
            server.process.await(HttpRequest.newBuilder(URI.create(server.address + "/health"))
                    .timeout(Duration.ofSeconds(10))
                    .build());
        } catch (IOException | InterruptedException e) {
            server.close();
            throw e;
        }
        return server;
    }

    @Override
    public void close() {
        process.close();
    }
}
