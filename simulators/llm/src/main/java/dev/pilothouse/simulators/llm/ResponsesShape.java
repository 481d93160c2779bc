package dev.pilothouse.simulators.llm;

/** OpenAI's {@code /v1/responses}: the {@code response} object, and its typed, numbered events. */
final class ResponsesShape implements Protocol.Shape {
    @Override
    public void whole(Call call, JsonText out) {
        response(call, status(call), true, out);
    }

    private static String status(Call call) {
        return call.truncated() ? "incomplete" : "completed";
    }

    private static void response(Call call, String status, boolean done, JsonText out) {
        out.raw("{\"id\":\"resp_").raw(call.key()).raw("\",\"object\":\"response\",\"created_at\":");
        out.number(call.created()).raw(",\"status\":\"").raw(status).raw("\",\"error\":null,\"incomplete_details\":");
        out.raw(done && call.truncated() ? "{\"reason\":\"max_output_tokens\"}" : "null");
        out.raw(",\"instructions\":null,\"max_output_tokens\":");
        if (call.ask().maxTokens() < 0) {
            out.raw("null");
        } else {
            out.number(call.ask().maxTokens());
        }
        out.raw(",\"model\":").quoted(call.model().name()).raw(",\"output\":[");
        if (done) {
            for (int part = 0; part < parts(call); part++) {
                out.raw(part == 0 ? "" : ",");
                item(call, part, true, out);
            }
        }
        out.raw("],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"reasoning\":{\"effort\":null,"
                + "\"summary\":null},\"store\":false,\"temperature\":1.0,\"text\":{\"format\":{\"type\":\"text\"}},"
                + "\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":");
        if (done) {
            usage(call.usage(), out);
        } else {
            out.raw("null");
        }
        out.raw(",\"user\":null,\"metadata\":{}}");
    }

    private static void usage(Usage usage, JsonText out) {
        out.raw("{\"input_tokens\":").number(usage.prompt());
        out.raw(",\"input_tokens_details\":{\"cached_tokens\":").number(usage.cacheRead());
        out.raw("},\"output_tokens\":").number(usage.output());
        out.raw(",\"output_tokens_details\":{\"reasoning_tokens\":").number(usage.reasoning());
        out.raw("},\"total_tokens\":")
                .number((long) usage.prompt() + usage.output())
                .raw("}");
    }

    private static int parts(Call call) {
        return Math.max(1, call.tools().size());
    }

    private static void item(Call call, int part, boolean done, JsonText out) {
        String status = !done ? "in_progress" : part == parts(call) - 1 ? status(call) : "completed";
        if (call.tools().isEmpty()) {
            out.raw("{\"type\":\"message\",\"id\":\"").raw("msg_").raw(call.key());
            out.raw("\",\"status\":\"").raw(status).raw("\",\"role\":\"assistant\",\"content\":[");
            if (done) {
                content(call, true, out);
            }
            out.raw("]}");
            return;
        }
        out.raw("{\"type\":\"function_call\",\"id\":\"fc_")
                .raw(call.key())
                .raw("_")
                .number(part);
        out.raw("\",\"call_id\":\"call_").raw(call.key()).raw("_").number(part).raw("\",\"name\":");
        out.quoted(call.tools().get(part)).raw(",\"arguments\":\"");
        if (done) {
            call.text(part, out);
        }
        out.raw("\",\"status\":\"").raw(status).raw("\"}");
    }

    private static void content(Call call, boolean done, JsonText out) {
        out.raw("{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"");
        if (done) {
            call.text(0, out);
        }
        out.raw("\"}");
    }

    @Override
    public void begin(Call call, JsonText out) {
        event("response.created", call, out).raw(",\"response\":");
        response(call, "in_progress", false, out);
        event("}\n\n", "response.in_progress", call, out).raw(",\"response\":");
        response(call, "in_progress", false, out);
        out.raw("}\n\n");
        if (call.shown() == 0) {
            open(call, 0, out);
        }
    }

    @Override
    public void token(Call call, int token, JsonText out) {
        int part = call.part(token);
        if (call.opens(token)) {
            open(call, part, out);
        }
        boolean text = call.tools().isEmpty();
        event(text ? "response.output_text.delta" : "response.function_call_arguments.delta", call, out);
        place(call, part, out);
        out.raw(",\"delta\":\"");
        call.token(token, out);
        out.raw(text ? "\",\"logprobs\":[]}\n\n" : "\"}\n\n");
        if (call.closes(token)) {
            close(call, part, out);
        }
    }

    private static void open(Call call, int part, JsonText out) {
        event("response.output_item.added", call, out)
                .raw(",\"output_index\":")
                .number(part)
                .raw(",\"item\":");
        item(call, part, false, out);
        out.raw("}\n\n");
        if (call.tools().isEmpty()) {
            event("response.content_part.added", call, out);
            place(call, part, out);
            out.raw(",\"part\":");
            content(call, false, out);
            out.raw("}\n\n");
        }
    }

    private static void close(Call call, int part, JsonText out) {
        boolean text = call.tools().isEmpty();
        event(text ? "response.output_text.done" : "response.function_call_arguments.done", call, out);
        place(call, part, out);
        out.raw(text ? ",\"text\":\"" : ",\"arguments\":\"");
        call.text(part, out);
        out.raw(text ? "\",\"logprobs\":[]}\n\n" : "\"}\n\n");
        if (text) {
            event("response.content_part.done", call, out);
            place(call, part, out);
            out.raw(",\"part\":");
            content(call, true, out);
            out.raw("}\n\n");
        }
        event("response.output_item.done", call, out)
                .raw(",\"output_index\":")
                .number(part)
                .raw(",\"item\":");
        item(call, part, true, out);
        out.raw("}\n\n");
    }

    @Override
    public void end(Call call, JsonText out) {
        if (call.shown() == 0) {
            close(call, 0, out);
        }
        event("response." + status(call), call, out).raw(",\"response\":");
        response(call, status(call), true, out);
        out.raw("}\n\n");
    }

    @Override
    public void fail(Call call, JsonText out) {
        out.raw("event: error\ndata: ");
        ProviderError.SERVER.event(out, ProviderError.told(500), call.nextSequence());
        out.raw("\n\n");
    }

    private static void place(Call call, int part, JsonText out) {
        if (call.tools().isEmpty()) {
            out.raw(",\"item_id\":\"msg_").raw(call.key()).raw("\",\"output_index\":0,\"content_index\":0");
        } else {
            out.raw(",\"item_id\":\"fc_")
                    .raw(call.key())
                    .raw("_")
                    .number(part)
                    .raw("\",\"output_index\":")
                    .number(part);
        }
    }

    private static JsonText event(String before, String type, Call call, JsonText out) {
        return event(type, call, out.raw(before));
    }

    /** Begins an event; its object stays open. */
    private static JsonText event(String type, Call call, JsonText out) {
        out.raw("event: ").raw(type).raw("\ndata: {\"type\":\"").raw(type).raw("\",\"sequence_number\":");
        return out.number(call.nextSequence());
    }
}
