package dev.pilothouse.run.translation;

/** Why an answer ends: Anthropic's {@code stop_reason} and OpenAI's {@code finish_reason}. */
enum StopReason {
    /** It said all it had to, or came to a text that stops it, which OpenAI does not tell apart. */
    END("end_turn", "stop"),
    /** It reached its limit. */
    LIMIT("max_tokens", "length"),
    /** It calls tools. */
    TOOLS("tool_use", "tool_calls"),
    /** It, or who watches it, refuses to answer. */
    REFUSAL("refusal", "content_filter");

    private final String messages;
    private final String chat;

    StopReason(String messages, String chat) {
        this.messages = messages;
        this.chat = chat;
    }

    /** Reads Anthropic's; one that is not known is an end. */
    static StopReason ofMessages(String reason) {
        return switch (reason) {
            case "max_tokens", "model_context_window_exceeded" -> LIMIT;
            case "tool_use" -> TOOLS;
            case "refusal" -> REFUSAL;
            default -> END;
        };
    }

    /**
     * Reads OpenAI's; one that is not known is an end.
     *
     * @param calls whether tools are called, which some servers tell by the calls only
     * @param refuses whether it says so in words
     */
    static StopReason ofChat(String reason, boolean calls, boolean refuses) {
        return switch (reason) {
            case "length" -> LIMIT;
            case "content_filter" -> REFUSAL;
            default -> calls ? TOOLS : refuses ? REFUSAL : END;
        };
    }

    String messages() {
        return messages;
    }

    String chat() {
        return chat;
    }
}
