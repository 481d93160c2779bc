package dev.pilothouse.examples.cardpayments;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.mlflow.api.proto.Service;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.creds.BasicMlflowHostCreds;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One run, logged with the stock MLflow Java client. That client hands artifacts to a Python command, so they are sent
 * here over the server's artifact proxy instead, as its REST API documents.
 */
final class MlflowLog implements AutoCloseable {
    private final JsonMapper json = new JsonMapper();
    private final MlflowClient client;
    private final String host;
    private final Optional<String> authorization;
    private final Service.RunInfo run;
    private boolean finished;

    /** Starts a run; where and as whom is taken from {@code MLFLOW_TRACKING_*}. */
    MlflowLog(String experiment) {
        String uri = environment("MLFLOW_TRACKING_URI");
        if (!uri.startsWith("http")) {
            throw new IllegalArgumentException(
                    "Set MLFLOW_TRACKING_URI to the server's address, such as http://127.0.0.1:8787, or use --no-log.");
        }
        host = uri.replaceAll("/+$", "");
        // The Java client reads its address from the environment, but not its credentials.
        String user = environment("MLFLOW_TRACKING_USERNAME");
        String password = environment("MLFLOW_TRACKING_PASSWORD");
        String token = environment("MLFLOW_TRACKING_TOKEN");
        authorization = authorization(user, password, token);
        if (!token.isEmpty()) {
            client = new MlflowClient(new BasicMlflowHostCreds(host, token));
        } else if (!user.isEmpty() && !password.isEmpty()) {
            client = new MlflowClient(new BasicMlflowHostCreds(host, user, password));
        } else {
            client = new MlflowClient(host);
        }
        // Searching, not asking by name: the client logs and retries a 404 as if it were a rate limit.
        String id = client
                .searchExperiments("name = '" + experiment + "'", Service.ViewType.ACTIVE_ONLY, 1, List.of())
                .getItems()
                .stream()
                .findFirst()
                .map(Service.Experiment::getExperimentId)
                .orElseGet(() -> client.createExperiment(experiment));
        run = client.createRun(id);
        gitCommit().ifPresent(commit -> client.setTag(run.getRunId(), "mlflow.source.git.commit", commit));
        client.setTag(run.getRunId(), "mlflow.source.name", Trainer.class.getName());
    }

    private static String environment(String name) {
        return Objects.requireNonNullElse(System.getenv(name), "");
    }

    private static Optional<String> authorization(String user, String password, String token) {
        if (!token.isEmpty()) {
            return Optional.of("Bearer " + token);
        }
        if (user.isEmpty() || password.isEmpty()) {
            return Optional.empty();
        }
        byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        return Optional.of("Basic " + Base64.getEncoder().encodeToString(pair));
    }

    /** The commit of the folder one works in, where it is a git checkout. */
    private static Optional<String> gitCommit() {
        try {
            Process git = new ProcessBuilder("git", "rev-parse", "HEAD")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (InputStream out = git.getInputStream()) {
                String commit = new String(out.readAllBytes(), StandardCharsets.UTF_8).strip();
                return git.waitFor() == 0 ? Optional.of(commit) : Optional.empty();
            }
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Logs parameters in one batch. */
    void parameters(Map<String, String> parameters) {
        List<Service.Param> batch = new ArrayList<>();
        parameters.forEach((key, value) ->
                batch.add(Service.Param.newBuilder().setKey(key).setValue(value).build()));
        client.logBatch(run.getRunId(), List.of(), batch, List.of());
    }

    /** Logs an epoch's loss. */
    void epoch(String measure, int epoch, double loss) {
        client.logBatch(run.getRunId(), List.of(metric(measure, loss, epoch)), List.of(), List.of());
    }

    /** Logs what came out, in one batch. */
    void results(Map<String, Double> results) {
        List<Service.Metric> batch = new ArrayList<>();
        results.forEach((key, value) -> batch.add(metric(key, value, 0)));
        client.logBatch(run.getRunId(), batch, List.of(), List.of());
    }

    private static Service.Metric metric(String key, double value, long step) {
        return Service.Metric.newBuilder()
                .setKey(key)
                .setValue(value)
                .setStep(step)
                .setTimestamp(System.currentTimeMillis())
                .build();
    }

    /**
     * Says which data the run was trained on, as an MLflow dataset input and as a tag.
     *
     * @param reference {@code name@version} or {@code name@sha256:…} of a dataset, or a file's name
     */
    void dataset(String reference, Path file) throws IOException {
        client.setTag(run.getRunId(), "dataset", reference);
        ObjectNode body = json.createObjectNode().put("run_id", run.getRunId());
        ObjectNode input = body.putArray("datasets").addObject();
        int at = reference.indexOf('@');
        input.putObject("dataset")
                .put("name", at < 0 ? reference : reference.substring(0, at))
                .put("digest", sha256(file).substring(0, 36))
                .put("source_type", "pilothouse")
                .put("source", reference);
        input.putArray("tags").addObject().put("key", "mlflow.data.context").put("value", "training");
        client.sendPost("runs/log-inputs", json.writeValueAsString(body));
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /**
     * Uploads the model, ends the run and registers a version.
     *
     * @return the version's number
     */
    String register(String name, LinearModel model, byte[] graph) throws IOException {
        upload("model/model.onnx", graph);
        upload("model/MLmodel", mlmodel(model).getBytes(StandardCharsets.UTF_8));
        client.setTerminated(run.getRunId(), Service.RunStatus.FINISHED);
        finished = true;
        String filter = URLEncoder.encode("name = '" + name + "'", StandardCharsets.UTF_8);
        String found = client.sendGet("registered-models/search?max_results=1&filter=" + filter);
        if (json.readTree(found).path("registered_models").isEmpty()) {
            client.sendPost(
                    "registered-models/create",
                    json.writeValueAsString(json.createObjectNode().put("name", name)));
        }
        String answer = client.sendPost(
                "model-versions/create",
                json.writeValueAsString(json.createObjectNode()
                        .put("name", name)
                        .put("source", run.getArtifactUri() + "/model")
                        .put("run_id", run.getRunId())));
        return json.readTree(answer).path("model_version").path("version").asString();
    }

    private void upload(String path, byte[] bytes) throws IOException {
        String folder = URI.create(run.getArtifactUri()).getPath().replaceAll("^/+", "");
        var request = HttpRequest.newBuilder(
                        URI.create(host + "/api/2.0/mlflow-artifacts/artifacts/" + folder + "/" + path))
                .timeout(Duration.ofSeconds(60))
                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes));
        authorization.ifPresent(value -> request.header("authorization", value));
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() >= 300) {
                throw new IOException(
                        "The server did not take " + path + ": " + answer.statusCode() + " " + answer.body());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while sending " + path, e);
        }
    }

    private String mlmodel(LinearModel model) {
        var inputs = json.createArrayNode();
        for (Encoder.Input input : model.encoder().inputs()) {
            inputs.addObject()
                    .put("name", input.name())
                    .put("type", input instanceof Encoder.Numeric ? "double" : "string")
                    .put("required", true);
        }
        return """
                artifact_path: model
                flavors:
                  onnx:
                    data: model.onnx
                    providers: [CPUExecutionProvider]
                mlflow_version: 2.17.2
                run_id: %s
                signature:
                  inputs: %s
                  outputs: '[{"name": "%s", "type": "%s"}]'
                  params: null
                utc_time_created: '%s'
                """.formatted(
                        run.getRunId(),
                        "'" + json.writeValueAsString(inputs).replace("'", "''") + "'",
                        model.target() instanceof Target.Quantity ? "prediction" : "label",
                        model.target() instanceof Target.Quantity ? "double" : "string",
                        Instant.now());
    }

    @Override
    public void close() {
        if (!finished) {
            client.setTerminated(run.getRunId(), Service.RunStatus.FAILED);
        }
        client.close();
    }
}
