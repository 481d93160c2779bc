package dev.pilothouse.simulators.llm;

/** OpenAI's older {@code /v1/completions}: {@code text_completion}, whole or in pieces of the same shape. */
final class CompletionsShape implements Protocol.Shape {
    @Override
    public void whole(Call call, JsonText out) {
        head(call, out);
        for (int choice = 0; choice < call.choices(); choice++) {
            out.raw(choice == 0 ? "{\"text\":\"" : ",{\"text\":\"");
            call.text(0, out);
            tail(choice, reason(call), out);
        }
        out.raw("],\"usage\":");
        ChatShape.usage(call.usage(), out);
        out.raw("}");
    }

    private static void head(Call call, JsonText out) {
        out.raw("{\"id\":\"cmpl-").raw(call.key()).raw("\",\"object\":\"text_completion\",\"created\":");
        out.number(call.created())
                .raw(",\"model\":")
                .quoted(call.model().name())
                .raw(",\"choices\":[");
    }

    private static void tail(int choice, String reason, JsonText out) {
        out.raw("\",\"index\":").number(choice);
        out.raw(",\"logprobs\":null,\"finish_reason\":").quotedOrNull(reason).raw("}");
    }

    private static String reason(Call call) {
        return call.truncated() ? "length" : "stop";
    }

    @Override
    public void token(Call call, int token, JsonText out) {
        for (int choice = 0; choice < call.choices(); choice++) {
            open(call, out);
            call.token(token, out);
            close(call, choice, "", out);
        }
    }

    private static void open(Call call, JsonText out) {
        out.raw("data: ");
        head(call, out);
        out.raw("{\"text\":\"");
    }

    private static void close(Call call, int choice, String reason, JsonText out) {
        tail(choice, reason, out);
        out.raw(call.ask().usageAsked() ? "],\"usage\":null}\n\n" : "]}\n\n");
    }

    @Override
    public void end(Call call, JsonText out) {
        for (int choice = 0; choice < call.choices(); choice++) {
            open(call, out);
            close(call, choice, reason(call), out);
        }
        if (call.ask().usageAsked()) {
            out.raw("data: ");
            head(call, out);
            out.raw("],\"usage\":");
            ChatShape.usage(call.usage(), out);
            out.raw("}\n\n");
        }
        out.raw("data: [DONE]\n\n");
    }

    @Override
    public void fail(Call call, JsonText out) {
        Protocol.CHAT.shape().fail(call, out);
    }
}
