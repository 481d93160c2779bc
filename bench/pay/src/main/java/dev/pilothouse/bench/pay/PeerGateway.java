package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.NodePackage;
import dev.pilothouse.bench.measure.Peer;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.bench.measure.Venv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Another gateway, in front of the simulated provider. */
final class PeerGateway {
    static final String PORTKEY = "portkey";
    static final String LITELLM = "litellm";
    private static final String CHAT = "/v1/chat/completions";
    private static final String ASK = "{\"model\":\"" + Simulator.DIRECT
            + "\",\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    private static final Map<String, String> JSON =
            Map.of("content-type", "application/json", "authorization", "Bearer sk-bench");

    private final String name;
    private final Path scratch;
    private final Map<String, String> headers;
    private final Map<String, String> environment;
    private final List<String> command;

    /**
     * @param command what starts it, the port left out
     */
    private PeerGateway(
            String name,
            Path scratch,
            Map<String, String> headers,
            Map<String, String> environment,
            List<String> command) {
        this.name = name;
        this.scratch = scratch;
        this.headers = headers;
        this.environment = environment;
        this.command = command;
    }

    /** Those that can be installed; of the others, the reason is noted. */
    static List<PeerGateway> installed(Path scratch, Simulator simulator, Report report)
            throws IOException, InterruptedException {
        List<PeerGateway> peers = new ArrayList<>();
        var portkey = NodePackage.with("@portkey-ai/gateway", report);
        if (portkey.isPresent()) {
            report.note("Portkey " + portkey.get().version() + ", as it comes");
            peers.add(new PeerGateway(
                    PORTKEY,
                    scratch,
                    Map.of(
                            "content-type", "application/json",
                            "authorization", "Bearer sk-bench",
                            "x-portkey-provider", "openai",
                            "x-portkey-custom-host", simulator.address() + "/v1"),
                    Map.of("TRUSTED_CUSTOM_HOSTS", "127.0.0.1,localhost"),
                    List.of(
                            "node",
                            portkey.get()
                                    .folder()
                                    .resolve("build/start-server.js")
                                    .toString(),
                            "--headless")));
        }
        var litellm = Venv.with("litellm", report, "litellm[proxy]");
        if (litellm.isPresent()) {
            report.note("LiteLLM " + litellm.get().version("litellm") + ", two workers");
            Path config = Files.writeString(
                    scratch.resolve("litellm.yaml"), """
                    model_list:
                      - model_name: %1$s
                        litellm_params: {model: openai/%1$s, api_base: %2$s/v1, api_key: sk-bench}
                    """.formatted(Simulator.DIRECT, simulator.address()));
            peers.add(new PeerGateway(
                    LITELLM,
                    scratch,
                    JSON,
                    Map.of(
                            "LITELLM_LOG", "ERROR",
                            "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true",
                            "PYTHONDONTWRITEBYTECODE", "1"),
                    List.of(
                            litellm.get().program("litellm"),
                            "--config",
                            config.toString(),
                            "--host",
                            "127.0.0.1",
                            "--num_workers",
                            "2")));
        }
        return peers;
    }

    String name() {
        return name;
    }

    /** One that runs and answers. Closing ends it. */
    record Running(Peer process, String url, Map<String, String> headers) implements AutoCloseable {
        @Override
        public void close() {
            process.close();
        }
    }

    /** Starts it on a free port. */
    Running start() throws IOException, InterruptedException {
        int port = Peer.freePort();
        var words = new ArrayList<>(command);
        words.addAll(name.equals(PORTKEY) ? List.of("--port=" + port) : List.of("--port", Integer.toString(port)));
        Peer process = Peer.start(scratch, scratch.resolve(name + ".log"), environment, words);
        try {
            String url = "http://127.0.0.1:" + port + CHAT;
            process.await(Peer.post(url, ASK, headers));
            return new Running(process, url, headers);
        } catch (IOException | InterruptedException | RuntimeException e) {
            process.close();
            throw e;
        }
    }
}
