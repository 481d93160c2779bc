package dev.pilothouse.simulators.llm;

/** OpenAI's {@code /v1/chat/completions}: {@code chat.completion} and {@code chat.completion.chunk}. */
final class ChatShape implements Protocol.Shape {
    @Override
    public void whole(Call call, JsonText out) {
        head(call, "chat.completion", out);
        for (int choice = 0; choice < call.choices(); choice++) {
            out.raw(choice == 0 ? "" : ",").raw("{\"index\":").number(choice);
            out.raw(",\"message\":{\"role\":\"assistant\",\"content\":");
            if (call.tools().isEmpty()) {
                out.raw("\"");
                call.text(0, out);
                out.raw("\",\"refusal\":null");
            } else {
                out.raw("null,\"refusal\":null,\"tool_calls\":[");
                for (int part = 0; part < call.tools().size(); part++) {
                    out.raw(part == 0 ? "" : ",").raw("{");
                    function(call, choice, part, out);
                    call.text(part, out);
                    out.raw("\"}}");
                }
                out.raw("]");
            }
            out.raw(",\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"")
                    .raw(reason(call))
                    .raw("\"}");
        }
        out.raw("],\"usage\":");
        usage(call.usage(), out);
        out.raw("}");
    }

    private static void head(Call call, String object, JsonText out) {
        out.raw("{\"id\":\"chatcmpl-").raw(call.key()).raw("\",\"object\":\"").raw(object);
        out.raw("\",\"created\":")
                .number(call.created())
                .raw(",\"model\":")
                .quoted(call.model().name());
        out.raw(",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_sim\",\"choices\":[");
    }

    private static void function(Call call, int choice, int part, JsonText out) {
        out.raw("\"id\":\"call_")
                .raw(call.key())
                .raw("_")
                .number(choice)
                .raw("_")
                .number(part);
        out.raw("\",\"type\":\"function\",\"function\":{\"name\":")
                .quoted(call.tools().get(part));
        out.raw(",\"arguments\":\"");
    }

    private static String reason(Call call) {
        return call.truncated() ? "length" : call.tools().isEmpty() ? "stop" : "tool_calls";
    }

    /** OpenAI's usage: prompt tokens include the cached ones, completion tokens the reasoning. */
    static void usage(Usage usage, JsonText out) {
        out.raw("{\"prompt_tokens\":").number(usage.prompt());
        out.raw(",\"completion_tokens\":").number(usage.output());
        out.raw(",\"total_tokens\":").number((long) usage.prompt() + usage.output());
        out.raw(",\"prompt_tokens_details\":{\"cached_tokens\":").number(usage.cacheRead());
        out.raw(",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":")
                .number(usage.reasoning());
        out.raw(",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}");
    }

    @Override
    public void begin(Call call, JsonText out) {
        for (int choice = 0; choice < call.choices(); choice++) {
            open(call, choice, out);
            out.raw("\"role\":\"assistant\",\"content\":").raw(call.tools().isEmpty() ? "\"\"" : "null");
            out.raw(",\"refusal\":null");
            close(call, "", out);
        }
    }

    @Override
    public void token(Call call, int token, JsonText out) {
        int part = call.part(token);
        for (int choice = 0; choice < call.choices(); choice++) {
            open(call, choice, out);
            if (call.tools().isEmpty()) {
                out.raw("\"content\":\"");
                call.token(token, out);
                out.raw("\"");
                close(call, "", out);
                continue;
            }
            if (call.opens(token)) {
                out.raw("\"tool_calls\":[{\"index\":").number(part).raw(",");
                function(call, choice, part, out);
                out.raw("\"}}]");
                close(call, "", out);
                open(call, choice, out);
            }
            out.raw("\"tool_calls\":[{\"index\":").number(part).raw(",\"function\":{\"arguments\":\"");
            call.token(token, out);
            out.raw("\"}}]");
            close(call, "", out);
        }
    }

    private static void open(Call call, int choice, JsonText out) {
        out.raw("data: ");
        head(call, "chat.completion.chunk", out);
        out.raw("{\"index\":").number(choice).raw(",\"delta\":{");
    }

    private static void close(Call call, String reason, JsonText out) {
        out.raw("},\"logprobs\":null,\"finish_reason\":").quotedOrNull(reason).raw("}]");
        out.raw(call.ask().usageAsked() ? ",\"usage\":null}\n\n" : "}\n\n");
    }

    @Override
    public void end(Call call, JsonText out) {
        for (int choice = 0; choice < call.choices(); choice++) {
            open(call, choice, out);
            close(call, reason(call), out);
        }
        if (call.ask().usageAsked()) {
            out.raw("data: ");
            head(call, "chat.completion.chunk", out);
            out.raw("],\"usage\":");
            usage(call.usage(), out);
            out.raw("}\n\n");
        }
        out.raw("data: [DONE]\n\n");
    }

    @Override
    public void fail(Call call, JsonText out) {
        out.raw("data: ");
        ProviderError.SERVER.openAi(out, ProviderError.told(500), "");
        out.raw("\n\n");
    }
}
