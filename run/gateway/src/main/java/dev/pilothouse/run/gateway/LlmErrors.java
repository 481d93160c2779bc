package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.GuardError;
import dev.pilothouse.run.llm.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/**
 * Refusals as the clients of OpenAI and Anthropic expect them, by the error sections of both API references. Every refusal also
 * tells what it cost: nothing, unless the caller puts another amount in its place.
 */
public final class LlmErrors {
    private LlmErrors() {}

    /** The shape of a family. */
    public static ErrorShape shape(Dialect.Family family) {
        return (refusal, requestId) -> {
            Reply reply = Reply.json(refusal.code().status(), body(family, refusal, requestId))
                    .with(CostHeaders.COST.toString(), "0");
            boolean again = refusal.code() != GatewayError.BUDGET_EXHAUSTED
                    && refusal.code() != GuardError.GUARD_BLOCKED
                    && refusal.code() != GuardError.GUARD_UNAVAILABLE;
            return again ? reply : reply.with("x-should-retry", "false");
        };
    }

    /** The error object, as it stands in an answer and in the middle of a stream. */
    public static ObjectNode body(Dialect.Family family, PilothouseException refusal, String requestId) {
        return body(family, refusal, refusal.code().status(), refusal.detail(), requestId);
    }

    /**
     * What a provider of the other family tells of an error, in the client's shape; both families word it in {@code error.message}.
     *
     * @param status the provider's
     * @param told its error object, or a whole event that holds one
     */
    static ObjectNode told(Dialect.Family family, PilothouseException why, int status, byte[] told, String requestId) {
        String text = new String(told, StandardCharsets.UTF_8);
        int object = Math.max(0, text.indexOf('{'));
        String message = "";
        try {
            message = Json.parse(text.substring(object))
                    .path("error")
                    .path("message")
                    .asString("");
        } catch (PilothouseException _) {
            // Then it is told that it failed, and not why.
        }
        return body(family, why, status, message.isEmpty() ? why.detail() : message, requestId);
    }

    private static ObjectNode body(
            Dialect.Family family, PilothouseException refusal, int status, String message, String requestId) {
        ObjectNode body = Json.object();
        if (family == Dialect.Family.ANTHROPIC) {
            body.put("type", "error");
            body.putObject("error").put("type", anthropicType(status)).put("message", message);
            return body.put("request_id", requestId);
        }
        body.putObject("error")
                .put("message", message)
                .put("type", openAiType(refusal, status))
                .putNull("param")
                .put("code", openAiCode(refusal, status));
        return body;
    }

    /** An error as an event in the middle of a stream. */
    static byte[] event(Dialect dialect, ObjectNode error) {
        String name = dialect == Dialect.MESSAGES ? "event: error\n" : "";
        return (name + "data: " + Json.write(error) + "\n\n").getBytes(StandardCharsets.UTF_8);
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
            case 503, 529 -> "overloaded_error";
            case 504 -> "timeout_error";
            default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    }
}
