package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/**
 * Refusals as the clients of OpenAI and Anthropic expect them, by the error sections of both API references. Every refusal also
 * tells what it cost: nothing, unless the caller puts another amount in its place.
 */
final class LlmErrors {
    private LlmErrors() {}

    /** The shape of a family. */
    static ErrorShape shape(Dialect.Family family) {
        return (refusal, requestId) -> {
            Reply reply = Reply.json(refusal.code().status(), body(family, refusal, requestId))
                    .with(CostHeaders.COST.toString(), "0");
            return refusal.code() == GatewayError.BUDGET_EXHAUSTED ? reply.with("x-should-retry", "false") : reply;
        };
    }

    /** The error object, as it stands in an answer and in the middle of a stream. */
    static ObjectNode body(Dialect.Family family, PilothouseException refusal, String requestId) {
        int status = refusal.code().status();
        ObjectNode body = Json.object();
        if (family == Dialect.Family.ANTHROPIC) {
            body.put("type", "error");
            body.putObject("error").put("type", anthropicType(status)).put("message", refusal.detail());
            return body.put("request_id", requestId);
        }
        body.putObject("error")
                .put("message", refusal.detail())
                .put("type", openAiType(refusal, status))
                .putNull("param")
                .put("code", openAiCode(refusal, status));
        return body;
    }

    /** The error as an event in the middle of a stream. */
    static byte[] event(Dialect dialect, PilothouseException refusal, String requestId) {
        String name = dialect == Dialect.MESSAGES ? "event: error\n" : "";
        String text = name + "data: " + Json.write(body(dialect.family(), refusal, requestId)) + "\n\n";
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String openAiType(PilothouseException refusal, int status) {
        if (refusal.code() == GatewayError.BUDGET_EXHAUSTED) {
            return "insufficient_quota";
        }
        return status == 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
    }

    private static String openAiCode(PilothouseException refusal, int status) {
        if (refusal.code() == GatewayError.BUDGET_EXHAUSTED) {
            return "insufficient_quota";
        }
        if (refusal.code() == GatewayError.UNKNOWN_MODEL) {
            return "model_not_found";
        }
        return status == 401
                ? "invalid_api_key"
                : refusal.code().code().toLowerCase(Locale.ROOT).replace('-', '_');
    }

    private static String anthropicType(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503 -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    }
}
