package dev.pilothouse.know.artifacts;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.MlflowErrors;
import dev.pilothouse.know.mlflow.MlflowPaths;
import dev.pilothouse.know.mlflow.MlflowRequest;
import dev.pilothouse.platform.blobs.Blobs;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Routes whose bodies are files, and those that give addresses to send or fetch files by, which must be the ones the
 * client can reach. Files are read from the connection as fast as the disk takes them, and never held in memory; the
 * copying runs on a virtual thread.
 */
final class UploadRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(UploadRoutes.class);
    private static final byte[] NOTHING = {'{', '}'};
    private static final int BUFFER = 64 << 10;
    /** Largest file in one request; bigger ones come in parts. */
    private static final long MAX_BODY = 64L << 30;

    private final Artifacts artifacts;
    private final Uploads uploads;
    private final SignedAddress addresses;

    UploadRoutes(Artifacts artifacts, Uploads uploads, SignedAddress addresses) {
        this.artifacts = artifacts;
        this.uploads = uploads;
        this.addresses = addresses;
    }

    void addTo(RouteTable table) {
        MlflowPaths.versioned(table)
                .raw(
                        "POST",
                        "/mlflow-artifacts/mpu/create/{*path}",
                        Access.role(Role.ENGINEER),
                        "createMultipartUpload",
                        this::begin)
                .raw(
                        "GET",
                        "/mlflow-artifacts/presigned/{*path}",
                        Access.role(Role.VIEWER),
                        "presignArtifact",
                        this::presign);
        MlflowPaths.versioned(table)
                .maxBody(MAX_BODY)
                .raw(
                        "PUT",
                        "/mlflow-artifacts/artifacts/{*path}",
                        Access.role(Role.ENGINEER),
                        "uploadArtifact",
                        this::upload)
                .raw(
                        "PUT",
                        "/mlflow-artifacts/mpu/part/{upload}/{part}",
                        Access.open(),
                        "uploadArtifactPart",
                        this::part);
    }

    private HttpResponse upload(ServiceRequestContext context, HttpRequest request, Caller caller) {
        String path = ArtifactPath.ofWritable(parameter(context, "path"));
        return receive(context, request, blob -> {
            artifacts.put(caller.tenant(), path, blob);
            return HttpHeaders.of();
        });
    }

    private HttpResponse part(ServiceRequestContext context, HttpRequest request, Caller anonymous) {
        String upload = parameter(context, "upload");
        String part = parameter(context, "part");
        String tenant = query(context, "tenant");
        addresses.check("PUT", tenant, resource(upload, part), query(context, "expires"), query(context, "signature"));
        int number = Integer.parseInt(part);
        return receive(context, request, blob -> HttpHeaders.of("etag", uploads.put(tenant, upload, number, blob)));
    }

    private HttpResponse begin(ServiceRequestContext context, HttpRequest request, Caller caller) {
        String base = base(context, request);
        return HttpResponse.of(request.aggregate()
                .thenApplyAsync(
                        whole -> answer(context, () -> {
                            var fields = MlflowRequest.of(
                                    Json.parseObject(whole.content().array()));
                            SqlUploads.Upload upload = uploads.start(
                                    caller.tenant(),
                                    ArtifactRoutes.target(parameter(context, "path"), fields),
                                    fields.number("num_parts").orElse(1L));
                            return credentials(upload, caller.tenant(), base);
                        }),
                        context.blockingTaskExecutor()));
    }

    private ObjectNode credentials(SqlUploads.Upload upload, String tenant, String base) {
        ObjectNode body = Json.object().put("upload_id", upload.id());
        var credentials = body.putArray("credentials");
        for (int part = 1; part <= upload.parts(); part++) {
            String number = Integer.toString(part);
            credentials
                    .addObject()
                    .put(
                            "url",
                            base + "/mlflow-artifacts/mpu/part/" + upload.id() + "/" + number + "?"
                                    + addresses.query("PUT", tenant, resource(upload.id(), number)))
                    .put("part_number", part)
                    .putObject("headers");
        }
        return body;
    }

    private HttpResponse presign(ServiceRequestContext context, HttpRequest request, Caller caller) {
        String base = base(context, request);
        return HttpResponse.of(CompletableFuture.supplyAsync(
                () -> answer(context, () -> {
                    String path = ArtifactPath.ofFile(parameter(context, "path"));
                    Artifacts.File file = artifacts
                            .find(caller.tenant(), path)
                            .orElseThrow(() ->
                                    MlflowError.RESOURCE_DOES_NOT_EXIST.because("No such artifact: '" + path + "'."));
                    String encoded = Stream.of(path.split("/", -1))
                            .map(ArtifactRoutes::encode)
                            .collect(Collectors.joining("/"));
                    ObjectNode body = Json.object()
                            .put(
                                    "url",
                                    base + "/mlflow-artifacts/signed/" + encoded + "?"
                                            + addresses.query("GET", caller.tenant(), "file/" + path))
                            .put("file_size", file.size());
                    body.putObject("headers");
                    return body;
                }),
                context.blockingTaskExecutor()));
    }

    /** The address that the client used for this server, up to and without {@code /mlflow-artifacts}. */
    private static String base(ServiceRequestContext context, HttpRequest request) {
        RequestHeaders headers = request.headers();
        String scheme =
                headers.get("x-forwarded-proto", context.sessionProtocol().isTls() ? "https" : "http");
        String host = headers.get("x-forwarded-host", String.valueOf(request.authority()));
        String path = context.path();
        return scheme.split(",", 2)[0].strip() + "://" + host.split(",", 2)[0].strip()
                + headers.get("x-forwarded-prefix", "") + path.substring(0, path.indexOf("/mlflow-artifacts/"));
    }

    /** What the signature of a part's address covers. */
    static String resource(String upload, String part) {
        return "part/" + upload + "/" + part;
    }

    private static String parameter(ServiceRequestContext context, String name) {
        String value = context.pathParam(name);
        return value == null ? "" : value;
    }

    private static String query(ServiceRequestContext context, String name) {
        String value = context.queryParams().get(name);
        return value == null ? "" : value;
    }

    /** What happens to a file once its bytes are kept; answers headers for the client. */
    @FunctionalInterface
    private interface Kept {
        HttpHeaders then(Blobs.Stored blob);
    }

    private HttpResponse receive(ServiceRequestContext context, HttpRequest request, Kept kept) {
        // An upload may take as long as it moves on; a client that stalls is cut by the connection's idle timeout.
        context.clearRequestTimeout();
        InputStream body = request.toInputStream(part -> part instanceof HttpData data ? data : HttpData.empty());
        return HttpResponse.of(
                CompletableFuture.supplyAsync(() -> copy(context, body, kept), context.blockingTaskExecutor()));
    }

    private HttpResponse copy(ServiceRequestContext context, InputStream body, Kept kept) {
        try (body;
                Blobs.Writer out = artifacts.blobs().writer()) {
            byte[] buffer = new byte[BUFFER];
            for (int n; (n = body.read(buffer)) >= 0; ) {
                out.write(buffer, 0, n);
            }
            HttpHeaders headers = kept.then(out.commit());
            return HttpResponse.of(
                    ResponseHeaders.builder(HttpStatus.OK)
                            .contentType(MediaType.JSON)
                            .add(headers)
                            .build(),
                    HttpData.wrap(NOTHING));
        } catch (PilothouseException e) {
            return refuse(context, e);
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "An upload broke off, request id {}",
                    RequestInfo.of(context).requestId(),
                    e);
            return refuse(
                    context,
                    CommonError.INTERNAL.because(
                            "The file could not be received whole; nothing was kept. Send it again.", e));
        }
    }

    private static HttpResponse answer(ServiceRequestContext context, Supplier<ObjectNode> body) {
        try {
            return HttpResponse.of(HttpStatus.OK, MediaType.JSON, HttpData.wrap(Json.bytes(body.get())));
        } catch (PilothouseException e) {
            return refuse(context, e);
        }
    }

    private static HttpResponse refuse(ServiceRequestContext context, PilothouseException refusal) {
        Reply reply = MlflowErrors.render(refusal, RequestInfo.of(context).requestId());
        byte[] body = reply.body() instanceof Reply.Body.Bytes(byte[] bytes) ? bytes : NOTHING;
        return HttpResponse.of(HttpStatus.valueOf(reply.status()), MediaType.JSON, HttpData.wrap(body));
    }
}
