package dev.pilothouse.simulators.llm;

import io.netty.handler.codec.http.HttpResponseStatus;

/** The ways a provider refuses, with the names that OpenAI and Anthropic give them. */
enum ProviderError {
    INVALID(400, "invalid_request_error", "", "invalid_request_error"),
    UNAUTHENTICATED(401, "invalid_request_error", "invalid_api_key", "authentication_error"),
    NO_SUCH_MODEL(404, "invalid_request_error", "model_not_found", "not_found_error"),
    NO_SUCH_PATH(404, "invalid_request_error", "unknown_url", "not_found_error"),
    WRONG_METHOD(405, "invalid_request_error", "method_not_supported", "invalid_request_error"),
    TOO_LARGE(413, "invalid_request_error", "request_too_large", "request_too_large"),
    RATE_LIMITED(429, "requests", "rate_limit_exceeded", "rate_limit_error"),
    SERVER(500, "server_error", "", "api_error"),
    UNAVAILABLE(503, "server_error", "service_unavailable", "api_error"),
    OVERLOADED(529, "server_error", "overloaded", "overloaded_error");

    /** A request that is refused; ends its handling. */
    static final class Refused extends RuntimeException {
        private final transient ProviderError error;
        private final String param;

        private Refused(ProviderError error, String message, String param) {
            super(message, null, false, false);
            this.error = error;
            this.param = param;
        }

        ProviderError error() {
            return error;
        }

        String param() {
            return param;
        }

        String text() {
            return String.valueOf(getMessage());
        }
    }

    private final int status;
    private final String type;
    private final String code;
    private final String anthropicType;

    ProviderError(int status, String type, String code, String anthropicType) {
        this.status = status;
        this.type = type;
        this.code = code;
        this.anthropicType = anthropicType;
    }

    int status() {
        return status;
    }

    /** The one with this status, or the general one of its class. */
    static ProviderError of(int status) {
        for (ProviderError error : values()) {
            if (error.status == status) {
                return error;
            }
        }
        return status < 500 ? INVALID : SERVER;
    }

    Refused because(String message) {
        return new Refused(this, message, "");
    }

    Refused because(String message, String param) {
        return new Refused(this, message, param);
    }

    /** What is said where a call fails because it was told to. */
    static String told(int status) {
        return "The simulator was told to fail: " + status + " "
                + HttpResponseStatus.valueOf(status).reasonPhrase() + ".";
    }

    /** {@code {"error":{...}}} of OpenAI. */
    void openAi(JsonText out, String message, String param) {
        out.raw("{\"error\":{\"message\":").quoted(message).raw(",\"type\":").quoted(type);
        out.raw(",\"param\":")
                .quotedOrNull(param)
                .raw(",\"code\":")
                .quotedOrNull(code)
                .raw("}}");
    }

    /** {@code {"type":"error",...}} of Anthropic. */
    void anthropic(JsonText out, String message, String requestId) {
        out.raw("{\"type\":\"error\",\"error\":{\"type\":").quoted(anthropicType);
        out.raw(",\"message\":")
                .quoted(message)
                .raw("},\"request_id\":")
                .quotedOrNull(requestId)
                .raw("}");
    }

    /** The {@code error} event of OpenAI's typed events. */
    void event(JsonText out, String message, int sequence) {
        out.raw("{\"type\":\"error\",\"code\":").quoted(code.isEmpty() ? type : code);
        out.raw(",\"message\":")
                .quoted(message)
                .raw(",\"param\":null,\"sequence_number\":")
                .number(sequence)
                .raw("}");
    }
}
