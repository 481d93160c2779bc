package dev.pilothouse.know.datasets;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Datasets over HTTP, under {@code /api/v1/datasets}. */
public final class DatasetRoutes {
    /** Largest file: 2 GiB. */
    private static final long LARGEST_FILE = 2L << 30;

    private static final Duration UPLOAD_WITHIN = Duration.ofMinutes(10);

    private final Datasets datasets;

    /** Routes to datasets. */
    public DatasetRoutes(Datasets datasets) {
        this.datasets = datasets;
    }

    /** Adds the routes to the map. */
    public void addTo(RouteTable table) {
        Access reader = Access.role(Role.VIEWER);
        Access writer = Access.role(Role.ENGINEER);
        table.api()
                .on("GET", "/api/v1/datasets", reader, "listDatasets", this::list)
                .on("GET", "/api/v1/datasets/{name}", reader, "getDataset", this::get)
                .on("GET", "/api/v1/datasets/{name}/versions/{version}", reader, "getDatasetVersion", this::version)
                .on(
                        "GET",
                        "/api/v1/datasets/{name}/versions/{version}/content",
                        reader,
                        "getDatasetContent",
                        this::content)
                .on("GET", "/api/v1/datasets/{name}/diff", reader, "diffDatasets", this::diff)
                .on("GET", "/api/v1/datasets/{name}/expectations", reader, "getDatasetExpectations", this::expectations)
                .on("PUT", "/api/v1/datasets/{name}/expectations", writer, "putDatasetExpectations", this::declare);
        table.api()
                .maxBody(LARGEST_FILE)
                .raw(
                        "POST",
                        "/api/v1/datasets/{name}/versions",
                        writer,
                        "addDatasetVersion",
                        (context, request, caller) -> upload(context, request, caller, false))
                .raw(
                        "POST",
                        "/api/v1/datasets/{name}/validate",
                        reader,
                        "validateDataset",
                        (context, request, caller) -> upload(context, request, caller, true));
    }

    private HttpResponse upload(ServiceRequestContext context, HttpRequest request, Caller caller, boolean dry) {
        context.setRequestTimeout(UPLOAD_WITHIN);
        context.setMaxRequestLength(LARGEST_FILE);
        String name = Names.checked(Objects.requireNonNull(context.pathParam("name")));
        String file = context.queryParams().get("file", "data.csv").replace('\\', '/');
        String base = file.substring(file.lastIndexOf('/') + 1);
        String header = context.queryParams().get("header", "true");
        if (base.isBlank() || base.length() > 200) {
            throw CommonError.INVALID.because("Query parameter 'file' must be a file's name of 1 to 200 characters.");
        }
        if (!header.equals("true") && !header.equals("false")) {
            throw CommonError.INVALID.because("Query parameter 'header' is '" + header + "'; use true or false.");
        }
        String requestId = RequestInfo.of(context).requestId();
        InputStream body = request.toInputStream(part -> part instanceof HttpData data ? data : HttpData.empty());
        return HttpResponse.of(CompletableFuture.supplyAsync(
                () -> {
                    try (body) {
                        var stored = datasets.keep(body);
                        return answer(
                                datasets.add(caller, name, base, header.equals("true"), stored, dry), dry, requestId);
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                context.blockingTaskExecutor().withoutContext()));
    }

    private HttpResponse answer(Datasets.Addition addition, boolean dry, String requestId) {
        return switch (addition) {
            case Datasets.Addition.Added added -> {
                ObjectNode json = json(added.row());
                json.set("profile", profile(added.row()));
                if (dry) {
                    json.remove("version");
                    json.put("valid", true).put("checked", added.checked());
                } else {
                    json.put("created", added.created());
                    var version = added.row().version();
                    datasets.expectations(version.tenant(), version.name())
                            .ifPresent(all -> json.set("expectations", all.json()));
                }
                HttpStatus status = added.created() ? HttpStatus.CREATED : HttpStatus.OK;
                yield HttpResponse.of(status, MediaType.JSON, HttpData.wrap(Json.bytes(json)));
            }
            case Datasets.Addition.Refused refused -> {
                ObjectNode json = Json.object()
                        .put("type", "about:blank")
                        .put(
                                "title",
                                refused.error() == DatasetError.UNREADABLE_FILE
                                        ? "Unreadable file"
                                        : "Expectations broken")
                        .put("status", refused.error().status())
                        .put("detail", refused.detail())
                        .put("code", refused.error().code())
                        .put("requestId", requestId);
                ArrayNode problems = json.putArray("problems");
                refused.problems()
                        .forEach(problem -> problems.addObject()
                                .put("where", problem.where())
                                .put("what", problem.what()));
                yield HttpResponse.of(
                        HttpStatus.valueOf(refused.error().status()),
                        MediaType.parse("application/problem+json"),
                        HttpData.wrap(Json.bytes(json)));
            }
        };
    }

    private static ObjectNode json(SqlDatasets.Row row) {
        Datasets.Version version = row.version();
        ObjectNode json = Json.object()
                .put("name", version.name())
                .put("version", version.version())
                .put("digest", version.digest().toString())
                .put("file", row.source().name())
                .put("format", row.source().format().label())
                .put("header", row.source().header())
                .put("bytes", row.bytes())
                .put("rows", version.rows())
                .put("createdBy", version.createdBy())
                .put("createdAt", version.createdAt().toString());
        json.set("schema", SqlDatasets.schema(version.schema()));
        return json;
    }

    private static ObjectNode profile(SqlDatasets.Row row) {
        ObjectNode json = Json.object().put("rows", row.version().rows());
        json.set("columns", row.profile());
        return json;
    }

    private Reply list(Call call) {
        ObjectNode json = Json.object();
        ArrayNode all = json.putArray("items");
        datasets.list(call.caller().tenant()).forEach(row -> all.add(json(row)));
        return Reply.json(json);
    }

    private Reply get(Call call) {
        String name = call.param("name");
        List<SqlDatasets.Row> versions = datasets.versions(call.caller().tenant(), name);
        ObjectNode json = json(versions.getFirst());
        ArrayNode all = json.putArray("versions");
        versions.forEach(row -> all.add(json(row)));
        return Reply.json(json);
    }

    private SqlDatasets.Row row(Call call) {
        return datasets.row(call.caller().tenant(), call.param("name") + "@" + call.param("version"));
    }

    private Reply version(Call call) {
        SqlDatasets.Row row = row(call);
        ObjectNode json = json(row);
        json.set("profile", profile(row));
        datasets.expectations(call.caller().tenant(), call.param("name"))
                .ifPresent(all -> json.set("expectations", all.json()));
        return Reply.json(json);
    }

    private Reply content(Call call) throws IOException {
        SqlDatasets.Row row = row(call);
        String type =
                switch (row.source().format()) {
                    case CSV -> "text/csv";
                    case JSONL -> "application/jsonl";
                    case PARQUET -> "application/vnd.apache.parquet";
                };
        String file = row.source().name().replaceAll("[^A-Za-z0-9._-]", "_");
        return Reply.stream(type, datasets.content(row))
                .with("content-disposition", "attachment; filename=\"" + file + "\"")
                .with("etag", "\"" + row.source().content().hex() + "\"");
    }

    private Reply diff(Call call) {
        String name = call.param("name");
        String tenant = call.caller().tenant();
        SqlDatasets.Row to =
                datasets.row(tenant, call.query("to").map(v -> name + "@" + v).orElse(name));
        String from = call.query("from")
                .orElseGet(() -> Integer.toString(Math.max(1, to.version().version() - 1)));
        return Reply.json(datasets.diff(datasets.row(tenant, name + "@" + from), to));
    }

    private Reply expectations(Call call) {
        String name = call.param("name");
        return Reply.json(datasets.expectations(call.caller().tenant(), name)
                .orElseThrow(() -> CommonError.NOT_FOUND.because(
                        "Dataset '" + name + "' has no expectations yet; add a version, or PUT some."))
                .json());
    }

    private Reply declare(Call call) {
        datasets.declare(call.caller(), call.param("name"), Expectations.parse(call.json()));
        return expectations(call);
    }
}
