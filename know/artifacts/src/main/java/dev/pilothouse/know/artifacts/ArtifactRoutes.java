package dev.pilothouse.know.artifacts;

import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.experiments.LoggedModels;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.know.mlflow.MlflowRequest;
import dev.pilothouse.know.mlflow.PageToken;
import dev.pilothouse.know.tracking.Tracking;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** MLflow's artifact endpoints: files by path, and those of runs and logged models. Thread-safe. */
public final class ArtifactRoutes {
    private static final Access READ = Access.role(Role.VIEWER);
    private static final Access WRITE = Access.role(Role.ENGINEER);
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
    private static final String MODEL = "/mlflow/logged-models/{model}";
    private static final int LIST_PAGE = 1000;

    private final Store store;
    private final Artifacts artifacts;
    private final Uploads uploads;
    private final SignedAddress addresses;
    private final UploadRoutes uploadRoutes;

    /**
     * Endpoints over some artifacts. The key that signs addresses is made on the first start and kept in the store.
     *
     * @param store the store of the artifacts
     */
    public ArtifactRoutes(Store store, Artifacts artifacts, Ids ids, InstantSource clock) {
        this.store = store;
        this.artifacts = artifacts;
        this.uploads = new Uploads(store, artifacts, ids, clock);
        byte[] offered = new byte[32];
        new SecureRandom().nextBytes(offered);
        this.addresses = new SignedAddress(store.writeAndWait(tx -> SqlUploads.secret(tx, offered)), clock);
        this.uploadRoutes = new UploadRoutes(artifacts, uploads, addresses);
    }

    /** Adds all of them. */
    public void addTo(RouteTable table) {
        uploadRoutes.addTo(table);
        MlflowPaths.versioned(table)
                .on("GET", "/mlflow-artifacts/artifacts", READ, "listProxiedArtifacts", this::list)
                .on("GET", "/mlflow-artifacts/artifacts/{*path}", READ, "downloadArtifact", this::download)
                .on("DELETE", "/mlflow-artifacts/artifacts/{*path}", WRITE, "deleteArtifact", this::delete)
                .on("GET", "/mlflow-artifacts/signed/{*path}", Access.open(), "downloadSignedArtifact", this::signed)
                .on("POST", "/mlflow-artifacts/mpu/complete/{*path}", WRITE, "completeMultipartUpload", this::complete)
                .on("POST", "/mlflow-artifacts/mpu/abort/{*path}", WRITE, "abortMultipartUpload", this::abort)
                .on("GET", "/mlflow/artifacts/list", READ, "listArtifacts", this::listRun)
                .on("GET", "/mlflow/get-artifact", READ, "getArtifactVersioned", this::getRunFile)
                .on("GET", MODEL + "/artifacts/directories", READ, "listLoggedModelArtifacts", this::listModel)
                .on("GET", MODEL + "/artifacts/files", READ, "getLoggedModelArtifact", this::getModelFile);
        MlflowPaths.bases(table).on("GET", "/get-artifact", READ, "getArtifact", this::getRunFile);
    }

    /** Names relative to the folder that was asked for. */
    private Reply list(Call call) {
        String folder = ArtifactPath.of(call.query("path").orElse(""));
        ObjectNode body = Json.object();
        ArrayNode files = body.putArray("files");
        artifacts.list(call.caller().tenant(), folder).forEach(entry -> add(files, "", entry));
        return Reply.json(body);
    }

    /** Paths relative to the run's root. */
    private Reply listRun(Call call) {
        var request = MlflowRequest.of(call);
        return listBelow(call, uriOfRun(call, request), request, "path");
    }

    private Reply listModel(Call call) {
        return listBelow(call, uriOfModel(call), MlflowRequest.of(call), "artifact_directory_path");
    }

    private String uriOfRun(Call call, MlflowRequest request) {
        return store.read(tx -> Tracking.artifactUri(tx, call.caller().tenant(), request.runId()));
    }

    private String uriOfModel(Call call) {
        return store.read(tx -> LoggedModels.get(tx, call.caller().tenant(), call.param("model")))
                .artifactUri();
    }

    /** Lists the folder below an artifact URI that a field of the request names. */
    private Reply listBelow(Call call, String uri, MlflowRequest request, String field) {
        String folder = ArtifactPath.of(request.text(field).orElse(""));
        String root = Artifacts.root(uri);
        PageToken.Page<Artifacts.Entry> page = PageToken.cut(
                artifacts.list(call.caller().tenant(), ArtifactPath.join(root, folder)),
                request.text("page_token"),
                LIST_PAGE);
        ObjectNode body = Json.object().put("root_uri", uri);
        ArrayNode files = body.putArray("files");
        page.items().forEach(entry -> add(files, folder, entry));
        page.next().ifPresent(token -> body.put("next_page_token", token));
        return Reply.json(body);
    }

    private static void add(ArrayNode files, String folder, Artifacts.Entry entry) {
        ObjectNode file = files.addObject()
                .put("path", ArtifactPath.join(folder, entry.name()))
                .put("is_dir", entry.file().isEmpty());
        entry.file().ifPresent(f -> file.put("file_size", f.size()));
    }

    private Reply download(Call call) throws IOException {
        return send(call, call.caller().tenant(), ArtifactPath.ofFile(call.param("path")));
    }

    private Reply getRunFile(Call call) throws IOException {
        var request = MlflowRequest.of(call);
        return sendBelow(call, uriOfRun(call, request), request.required("path"));
    }

    private Reply getModelFile(Call call) throws IOException {
        return sendBelow(call, uriOfModel(call), MlflowRequest.of(call).required("artifact_file_path"));
    }

    private Reply sendBelow(Call call, String uri, String path) throws IOException {
        return send(call, call.caller().tenant(), ArtifactPath.join(Artifacts.root(uri), ArtifactPath.ofFile(path)));
    }

    /** Sends a file, or the range of it that was asked for (RFC 9110, section 14). */
    private Reply send(Call call, String tenant, String path) throws IOException {
        Artifacts.File file = artifacts
                .find(tenant, path)
                .orElseThrow(() -> MlflowError.RESOURCE_DOES_NOT_EXIST.because(
                        "No such artifact: '" + path + "'. List its folder to see what is there."));
        long from = 0;
        long length = file.size();
        Matcher range = RANGE.matcher(call.header("range").orElse(""));
        boolean partial =
                range.matches() && !(range.group(1).isEmpty() && range.group(2).isEmpty());
        if (partial) {
            try {
                if (range.group(1).isEmpty()) {
                    from = Math.max(0, file.size() - Long.parseLong(range.group(2)));
                } else {
                    from = Long.parseLong(range.group(1));
                }
                long last = range.group(1).isEmpty() || range.group(2).isEmpty()
                        ? file.size() - 1
                        : Math.min(file.size() - 1, Long.parseLong(range.group(2)));
                length = last - from + 1;
            } catch (NumberFormatException e) {
                partial = false;
            }
            if (partial && length <= 0) {
                return Reply.of(
                                416,
                                "application/json",
                                Json.bytes(Json.object()
                                        .put("error_code", MlflowError.INVALID_PARAMETER_VALUE.name())
                                        .put(
                                                "message",
                                                "The range lies outside the file's " + file.size() + " bytes.")))
                        .with("content-range", "bytes */" + file.size());
            }
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        Reply reply = Reply.stream("application/octet-stream", artifacts.blobs().open(file.digest(), from, length))
                .with("content-length", Long.toString(length))
                .with("accept-ranges", "bytes")
                .with("etag", Uploads.tag(file.digest()))
                .with("content-disposition", "attachment; filename*=UTF-8''" + encode(name));
        if (!partial) {
            return reply;
        }
        Map<String, String> headers = new HashMap<>(reply.headers());
        headers.put("content-range", "bytes " + from + "-" + (from + length - 1) + "/" + file.size());
        return new Reply(206, headers, reply.body());
    }

    private Reply delete(Call call) {
        artifacts.delete(call.caller().tenant(), ArtifactPath.ofWritable(call.param("path")));
        return Reply.json(Json.object());
    }

    private Reply signed(Call call) throws IOException {
        String path = ArtifactPath.ofFile(call.param("path"));
        String tenant = call.query("tenant").orElse("");
        addresses.check(
                "GET",
                tenant,
                "file/" + path,
                call.query("expires").orElse(""),
                call.query("signature").orElse(""));
        return send(call, tenant, path);
    }

    private Reply complete(Call call) throws IOException {
        var request = MlflowRequest.of(call);
        Map<Integer, String> tags = new HashMap<>();
        for (ObjectNode node : request.objects("parts")) {
            var part = MlflowRequest.of(node);
            tags.put(
                    part.number("part_number").orElse(0L).intValue(),
                    part.text("etag").orElse(""));
        }
        uploads.complete(
                call.caller().tenant(), request.required("upload_id"), target(call.param("path"), request), tags);
        return Reply.json(Json.object());
    }

    private Reply abort(Call call) {
        uploads.abort(call.caller().tenant(), MlflowRequest.of(call).required("upload_id"));
        return Reply.json(Json.object());
    }

    /** The URL names the folder, the body the client's own file, of which only the last segment counts. */
    static String target(String folder, MlflowRequest request) {
        String local = request.required("path").replace('\\', '/');
        return ArtifactPath.join(ArtifactPath.of(folder), local.substring(local.lastIndexOf('/') + 1));
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
