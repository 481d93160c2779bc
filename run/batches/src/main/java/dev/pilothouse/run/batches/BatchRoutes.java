package dev.pilothouse.run.batches;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.run.gateway.Identity;
import dev.pilothouse.run.gateway.LlmErrors;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.ProviderAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;

/** OpenAI's files and batches: at the root, and below {@code /openai}. */
public final class BatchRoutes {
    /** The header that names the provider which keeps a file. */
    static final String PROVIDER = "x-pilothouse-provider";

    private static final String COST = "x-pilothouse-cost-nano-usd";
    private static final String CEILING = "x-pilothouse-ceiling-nano-usd";
    private static final String VERSION = "x-pilothouse-price-version";
    private static final Access INVOKER = Access.role(Role.INVOKER);
    /** As long as a file may be at OpenAI. */
    private static final long MOST_BYTES = 512L << 20;

    private static final int MOST_FILES = 10_000;
    private static final int MOST_BATCHES = 100;
    private static final int USUAL_BATCHES = 20;

    private final Batches batches;

    /** Routes of files and batches. */
    public BatchRoutes(Batches batches) {
        this.batches = batches;
    }

    /** Adds the routes. */
    public void addTo(RouteTable routes) {
        var openAi = routes.protocol("openai", LlmErrors.shape(Dialect.Family.OPENAI), "", "/openai");
        openAi.maxBody(MOST_BYTES).raw("POST", "/v1/files", INVOKER, "createFile", this::upload);
        openAi.on("GET", "/v1/files", INVOKER, "listFiles", this::files)
                .on("GET", "/v1/files/{id}", INVOKER, "retrieveFile", this::file)
                .on("DELETE", "/v1/files/{id}", INVOKER, "deleteFile", this::delete)
                .on("GET", "/v1/files/{id}/content", INVOKER, "downloadFile", this::content)
                .on("POST", "/v1/batches", INVOKER, "createBatch", this::create)
                .on("GET", "/v1/batches", INVOKER, "listBatches", this::batches)
                .on("GET", "/v1/batches/{id}", INVOKER, "retrieveBatch", this::batch)
                .on("POST", "/v1/batches/{id}/cancel", INVOKER, "cancelBatch", this::cancel);
    }

    private HttpResponse upload(ServiceRequestContext context, HttpRequest request, Caller caller) {
        // An upload may take as long as it moves on; a client that stalls is cut by the connection's idle timeout.
        context.clearRequestTimeout();
        InputStream body = request.toInputStream(part -> part instanceof HttpData data ? data : HttpData.empty());
        return HttpResponse.of(
                CompletableFuture.supplyAsync(() -> upload(request, caller, body), context.blockingTaskExecutor()));
    }

    private HttpResponse upload(HttpRequest request, Caller caller, InputStream body) {
        try (body) {
            Identity by = Identity.of(caller, name -> request.headers().get(name, ""), "");
            Told told = batches.files()
                    .upload(
                            by,
                            request.headers().get(PROVIDER, ""),
                            request.headers().get(HttpHeaderNames.CONTENT_TYPE, ""),
                            body);
            return HttpResponse.of(
                    ResponseHeaders.builder(HttpStatus.valueOf(told.status()))
                            .set(HttpHeaderNames.CONTENT_TYPE, told.contentType())
                            .set(COST, "0")
                            .build(),
                    HttpData.wrap(told.body()));
        } catch (PilothouseException refusal) {
            drain(body);
            throw refusal;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the rest, since a client that still sends sees no answer. */
    private static void drain(InputStream body) {
        try {
            long _ = body.transferTo(OutputStream.nullOutputStream());
        } catch (IOException _) {
            // The client is gone.
        }
    }

    private Reply files(Call call) {
        int limit = call.intQuery("limit", MOST_FILES, 1, MOST_FILES);
        return free(Reply.json(
                batches.files().list(call.caller(), call.query("after").orElse(""), limit)));
    }

    private Reply file(Call call) {
        return free(reply(batches.files().get(call.caller(), call.param("id"))));
    }

    private Reply delete(Call call) {
        return free(reply(batches.files().delete(call.caller(), call.param("id"))));
    }

    private Reply content(Call call) {
        ProviderAnswer answer = batches.files().content(call.caller(), call.param("id"));
        return answer.status() == HttpStatus.OK.code()
                ? free(Reply.stream(answer.contentType(), answer.body()))
                : free(reply(Told.of(answer)));
    }

    private Reply create(Call call) {
        Identity by = Identity.of(call.caller(), name -> call.header(name).orElse(""), "");
        return reply(batches.create(by, call.requestId(), call.body()));
    }

    private Reply batches(Call call) {
        int limit = call.intQuery("limit", USUAL_BATCHES, 1, MOST_BATCHES);
        return free(Reply.json(batches.list(call.caller(), call.query("after").orElse(""), limit)));
    }

    private Reply batch(Call call) {
        return reply(batches.get(call.caller(), call.param("id")));
    }

    private Reply cancel(Call call) {
        return reply(batches.cancel(call.caller(), call.param("id")));
    }

    private static Reply reply(Told told) {
        return Reply.of(told.status(), told.contentType(), told.body());
    }

    private static Reply free(Reply reply) {
        return reply.with(COST, "0");
    }

    /** With what the batch holds while it runs, and with what it cost once it has ended. */
    private static Reply reply(Batches.Seen seen) {
        Reply reply = reply(seen.told());
        return seen.batch()
                .map(batch -> batch.stage().isCharged()
                        ? reply.with(COST, Long.toString(batch.cost())).with(VERSION, batch.priceVersion())
                        : reply.with(CEILING, Long.toString(batch.ceiling())).with(VERSION, batch.priceVersion()))
                .orElseGet(() -> free(reply));
    }
}
