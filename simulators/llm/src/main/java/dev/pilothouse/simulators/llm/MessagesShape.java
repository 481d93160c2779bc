package dev.pilothouse.simulators.llm;

/** Anthropic's {@code /v1/messages}: the message, and its stream of named events. */
final class MessagesShape implements Protocol.Shape {
    @Override
    public void whole(Call call, JsonText out) {
        head(call, out);
        for (int part = 0; part < parts(call); part++) {
            out.raw(part == 0 ? "" : ",");
            block(call, part, true, out);
        }
        out.raw("],\"stop_reason\":\"").raw(reason(call)).raw("\",\"stop_sequence\":null,\"usage\":");
        usage(call.usage(), out);
        out.raw("}");
    }

    private static void head(Call call, JsonText out) {
        out.raw("{\"id\":\"msg_").raw(call.key()).raw("\",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
        out.quoted(call.model().name()).raw(",\"content\":[");
    }

    private static int parts(Call call) {
        return Math.max(1, call.tools().size());
    }

    private static String reason(Call call) {
        return call.truncated() ? "max_tokens" : call.tools().isEmpty() ? "end_turn" : "tool_use";
    }

    private static void block(Call call, int part, boolean done, JsonText out) {
        if (call.tools().isEmpty()) {
            out.raw("{\"type\":\"text\",\"text\":\"");
            if (done) {
                call.text(0, out);
            }
            out.raw("\"}");
            return;
        }
        out.raw("{\"type\":\"tool_use\",\"id\":\"toolu_")
                .raw(call.key())
                .raw("_")
                .number(part);
        out.raw("\",\"name\":").quoted(call.tools().get(part)).raw(",\"input\":");
        if (done) {
            call.object(part, out);
        } else {
            out.raw("{}");
        }
        out.raw("}");
    }

    /** Anthropic's usage: input tokens are neither read from a cache nor written to it. */
    private static void usage(Usage usage, JsonText out) {
        out.raw("{\"input_tokens\":").number(usage.input());
        out.raw(",\"cache_creation_input_tokens\":").number((long) usage.cacheWrite() + usage.cacheWrite1h());
        out.raw(",\"cache_read_input_tokens\":").number(usage.cacheRead());
        out.raw(",\"cache_creation\":{\"ephemeral_5m_input_tokens\":").number(usage.cacheWrite());
        out.raw(",\"ephemeral_1h_input_tokens\":").number(usage.cacheWrite1h());
        out.raw("},\"output_tokens\":").number(usage.output()).raw(",\"service_tier\":\"standard\"}");
    }

    @Override
    public void begin(Call call, JsonText out) {
        out.raw("event: message_start\ndata: {\"type\":\"message_start\",\"message\":");
        head(call, out);
        out.raw("],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
        usage(call.usage(0), out);
        out.raw("}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n");
        if (call.shown() == 0) {
            open(call, 0, out);
        }
    }

    private static void open(Call call, int part, JsonText out) {
        out.raw("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
                .number(part);
        out.raw(",\"content_block\":");
        block(call, part, false, out);
        out.raw("}\n\n");
    }

    private static void close(int part, JsonText out) {
        out.raw("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":");
        out.number(part).raw("}\n\n");
    }

    @Override
    public void token(Call call, int token, JsonText out) {
        int part = call.part(token);
        if (call.opens(token)) {
            open(call, part, out);
        }
        out.raw("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
                .number(part);
        out.raw(
                call.tools().isEmpty()
                        ? ",\"delta\":{\"type\":\"text_delta\",\"text\":\""
                        : ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"");
        call.token(token, out);
        out.raw("\"}}\n\n");
        if (call.closes(token)) {
            close(part, out);
        }
    }

    @Override
    public void end(Call call, JsonText out) {
        if (call.shown() == 0) {
            close(0, out);
        }
        Usage usage = call.usage();
        out.raw("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"");
        out.raw(reason(call))
                .raw("\",\"stop_sequence\":null},\"usage\":{\"input_tokens\":")
                .number(usage.input());
        out.raw(",\"cache_creation_input_tokens\":").number((long) usage.cacheWrite() + usage.cacheWrite1h());
        out.raw(",\"cache_read_input_tokens\":").number(usage.cacheRead());
        out.raw(",\"output_tokens\":").number(usage.output());
        out.raw("}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    @Override
    public void fail(Call call, JsonText out) {
        out.raw("event: error\ndata: ");
        ProviderError.OVERLOADED.anthropic(out, ProviderError.told(529), "req_" + call.key());
        out.raw("\n\n");
    }
}
