package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Handler;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.llm.Dialect.Family;
import dev.pilothouse.run.providers.ModelRoute;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The protocols of OpenAI and Anthropic: at the root, and below {@code /openai} and {@code /anthropic}. */
public final class LlmRoutes {
    private static final Access INVOKER = Access.role(Role.INVOKER);
    private static final String OWNER = "pilothouse";
    /** Bytes of a body that an event loop reads itself, where guards look at it. */
    static final int LONG_BODY = 64 << 10;

    private final Gateway gateway;

    /** Routes of a gateway. */
    public LlmRoutes(Gateway gateway) {
        this.gateway = gateway;
    }

    /** Adds the routes. */
    public void addTo(RouteTable routes) {
        var openAi = routes.protocol("openai", LlmErrors.shape(Family.OPENAI), "", "/openai")
                .maxBody(gateway.config().maxRequest())
                .fallback("/v1");
        openAi.raw("POST", "/v1/chat/completions", INVOKER, "createChatCompletion", ask(Dialect.CHAT))
                .raw("POST", "/v1/completions", INVOKER, "createCompletion", ask(Dialect.COMPLETIONS))
                .raw("POST", "/v1/responses", INVOKER, "createResponse", ask(Dialect.RESPONSES))
                .raw("POST", "/v1/embeddings", INVOKER, "createEmbedding", ask(Dialect.EMBEDDINGS))
                .raw("POST", "/v1/moderations", INVOKER, "createModeration", ask(Dialect.MODERATIONS))
                .raw("POST", "/v1/images/generations", INVOKER, "createImage", ask(Dialect.IMAGES))
                .raw("POST", "/v1/images/edits", INVOKER, "createImageEdit", ask(Dialect.IMAGE_EDITS))
                .raw("POST", "/v1/images/variations", INVOKER, "createImageVariation", ask(Dialect.IMAGE_VARIATIONS))
                .raw("POST", "/v1/audio/speech", INVOKER, "createSpeech", ask(Dialect.SPEECH))
                .raw("POST", "/v1/audio/transcriptions", INVOKER, "createTranscription", ask(Dialect.TRANSCRIPTIONS))
                .raw("POST", "/v1/audio/translations", INVOKER, "createTranslation", ask(Dialect.TRANSLATIONS))
                .raw("POST", "/v1/rerank", INVOKER, "rerank", ask(Dialect.RERANK))
                .raw("POST", "/v2/rerank", INVOKER, "rerankV2", ask(Dialect.RERANK))
                .on("GET", "/v1/models", INVOKER, "listModels", this::models)
                .on("GET", "/v1/models/{*model}", INVOKER, "retrieveModel", this::model);
        routes.protocol("anthropic", LlmErrors.shape(Family.ANTHROPIC), "", "/anthropic")
                .maxBody(gateway.config().maxRequest())
                .fallback("/v1/messages")
                .raw("POST", "/v1/messages", INVOKER, "createMessage", ask(Dialect.MESSAGES))
                .raw("POST", "/v1/messages/count_tokens", INVOKER, "countTokens", ask(Dialect.COUNT_TOKENS));
        // At the root, the header anthropic-version tells which of the two is asked.
        routes.protocol("anthropic", LlmErrors.shape(Family.ANTHROPIC), "/anthropic")
                .on("GET", "/v1/models", INVOKER, "listModels", this::models)
                .on("GET", "/v1/models/{*model}", INVOKER, "getModel", this::model);
    }

    private Handler.Raw ask(Dialect dialect) {
        return (context, request, _) -> answer(context, request, dialect);
    }

    private HttpResponse answer(ServiceRequestContext context, HttpRequest request, Dialect dialect) {
        long started = System.nanoTime();
        var answer = new CompletableFuture<HttpResponse>();
        var _ = request.aggregate().whenComplete((whole, failure) -> {
            if (whole == null) {
                // What keeps a body from being read (size, time, a wrong content-encoding) the edge knows how to tell.
                answer.completeExceptionally(failure);
                return;
            }
            byte[] body = whole.content().array();
            String tenant = RequestInfo.of(context).caller().tenant();
            // Guards read a long body for longer than an event loop should be kept.
            boolean aside = body.length > LONG_BODY && gateway.guards().has(tenant);
            (aside ? context.blockingTaskExecutor() : (Executor) Runnable::run).execute(() -> {
                try {
                    Asked asked = LlmRequest.asked(dialect, request.headers(), body);
                    CompletableFuture<LlmRequest> reading =
                            LlmRequest.read(gateway, context, request.headers(), asked, body, started);
                    Executor back = aside || !reading.isDone() ? context.eventLoop() : Runnable::run;
                    var _ = reading.whenComplete((read, fault) -> back.execute(() -> answer(read, fault, answer)));
                } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        });
        return HttpResponse.of(answer);
    }

    /** On the call's event loop. */
    private void answer(@Nullable LlmRequest read, @Nullable Throwable fault, CompletableFuture<HttpResponse> answer) {
        if (read == null) {
            answer.completeExceptionally(fault);
            return;
        }
        try {
            answer.complete(new LlmCall(gateway, read).answer());
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
    }

    private Reply models(Call call) {
        boolean anthropic = call.header("anthropic-version").isPresent();
        List<ModelRoute> routes = gateway.routes(call.caller().tenant());
        ObjectNode body = Json.object();
        if (!anthropic) {
            body.put("object", "list");
        }
        var data = body.putArray("data");
        routes.forEach(route -> data.add(anthropic ? anthropic(route) : openAi(route)));
        if (anthropic) {
            body.put("has_more", false);
            body.put("first_id", routes.isEmpty() ? null : routes.getFirst().alias());
            body.put("last_id", routes.isEmpty() ? null : routes.getLast().alias());
        }
        return Reply.json(body);
    }

    private Reply model(Call call) {
        ModelRoute route = gateway.route(call.caller().tenant(), call.param("model"));
        return Reply.json(call.header("anthropic-version").isPresent() ? anthropic(route) : openAi(route));
    }

    private static ObjectNode openAi(ModelRoute route) {
        return Json.object()
                .put("id", route.alias())
                .put("object", "model")
                .put("created", 0)
                .put("owned_by", OWNER);
    }

    private static ObjectNode anthropic(ModelRoute route) {
        return Json.object()
                .put("type", "model")
                .put("id", route.alias())
                .put("display_name", route.alias())
                .put("created_at", "1970-01-01T00:00:00Z");
    }
}
