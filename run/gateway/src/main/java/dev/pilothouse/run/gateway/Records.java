package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.breaker.SettledCall;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.pay.usage.Target;
import dev.pilothouse.pay.usage.UsageEnd;
import dev.pilothouse.pay.usage.UsageOpening;
import dev.pilothouse.platform.http.TraceContext;
import dev.pilothouse.platform.spans.Span;
import dev.pilothouse.run.cache.KeptAnswer;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.Provider;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the usage log keeps of an attempt. Stateless. */
final class Records {
    /** Kinds of what guards found that a record tells of. */
    private static final int MOST_FOUND = 64;

    private Records() {}

    /** Of a request that goes to no target. */
    static byte[] refused(LlmCall call, int attempt) {
        return opening(call, attempt, Target.NONE);
    }

    /** The end of a request that went to no target. */
    static byte[] refusal(LlmCall call, PilothouseException why) {
        return end(
                call,
                Target.NONE,
                Outcome.REFUSED,
                why.code().status(),
                why.code().code(),
                Usage.NONE,
                0);
    }

    /** Before it is made. */
    static byte[] opening(LlmCall call, int attempt, Target target) {
        Asked asked = call.request().asked();
        var request = new dev.pilothouse.pay.usage.Asked(
                call.request().info().requestId(),
                asked.dialect().operation(),
                asked.model(),
                asked.stream(),
                ChronoUnit.MICROS.between(Instant.EPOCH, call.request().at()));
        return new UsageOpening(call.request().identity().who(), request, attempt, target).bytes();
    }

    /**
     * At its end.
     *
     * @param firstToken {@link System#nanoTime} of the first token, 0 where none came
     */
    static byte[] end(
            LlmCall call, Target target, Outcome outcome, int status, String error, Usage usage, long firstToken) {
        long now = System.nanoTime();
        long firstMicros =
                firstToken == 0 ? -1 : Math.max(0, (firstToken - call.request().startedNanos()) / 1_000);
        return new UsageEnd(
                        target,
                        outcome,
                        status,
                        error,
                        false,
                        0,
                        usage,
                        Math.max(0, (now - call.request().startedNanos()) / 1_000),
                        firstMicros,
                        guards(call))
                .bytes();
    }

    private static List<String> guards(LlmCall call) {
        return call.request().guarded().found().stream()
                .limit(MOST_FOUND)
                .map(found -> found.guard() + " " + found.kind() + " " + found.action() + " " + found.count())
                .toList();
    }

    /** The end of a request that was answered by a kept answer. */
    static byte[] cached(LlmCall call, KeptAnswer kept) {
        long micros = Math.max(0, (System.nanoTime() - call.request().startedNanos()) / 1_000);
        return UsageEnd.cached(target(kept), kept.usage(), kept.costNanoUsd(), micros, guards(call))
                .bytes();
    }

    /** Where a kept answer was made. */
    static Target target(KeptAnswer kept) {
        boolean priced = kept.priceVersion().equals(kept.tableVersion());
        return new Target(kept.target().provider(), kept.target().model(), priced ? kept.priceVersion() : "", false);
    }

    /** What the breaker shows people of an agent's call. */
    static SettledCall settled(LlmCall call, ModelRoute.Target target, Amounts cost) {
        Identity identity = call.request().identity();
        return new SettledCall(
                call.gateway().clock().instant(),
                target.toString(),
                cost.nanoUsd(),
                cost.inputTokens(),
                cost.outputTokens(),
                call.request().info().requestId(),
                identity.session(),
                String.join(",", identity.tags()));
    }

    /**
     * A call to a target as part of its trace, by the names of OpenTelemetry's "Semantic conventions for generative AI systems"
     * (1.38).
     *
     * @param begun {@link System#nanoTime} at which the call began
     */
    static Span span(LlmCall call, Provider provider, Quote quote, Settlement.End end, String id, long begun) {
        TraceContext trace = call.request().info().trace();
        String operation = operation(call.request().asked().dialect());
        var attributes = new HashMap<String, Object>();
        attributes.put("gen_ai.operation.name", operation);
        attributes.put("gen_ai.provider.name", maker(provider));
        attributes.put("gen_ai.request.model", call.request().asked().model());
        attributes.put("gen_ai.response.model", quote.target().model());
        attributes.put("gen_ai.usage.input_tokens", end.usage().inputSideTokens());
        attributes.put("gen_ai.usage.output_tokens", end.usage().outputSideTokens());
        attributes.put("server.address", provider.url().getHost());
        attributes.put("http.response.status_code", (long) end.status());
        attributes.put("pilothouse.cost.nano_usd", end.cost().nanoUsd());
        attributes.put("pilothouse.outcome", end.outcome().label());
        attributes.put("pilothouse.request_id", call.request().info().requestId());
        attributes.put("pilothouse.tenant", call.request().identity().tenant());
        attributes.put("pilothouse.degraded", call.isDegraded());
        put(attributes, "gen_ai.agent.name", call.request().identity().agent());
        put(attributes, "gen_ai.conversation.id", call.request().identity().session());
        put(attributes, "error.type", end.error());
        long nanos = System.nanoTime() - begun;
        Instant until =
                call.request().at().plusNanos(System.nanoTime() - call.request().startedNanos());
        return new Span(
                trace.traceId(),
                id,
                trace.spanId(),
                operation + " " + quote.target().model(),
                Span.Kind.CLIENT,
                until.minusNanos(nanos),
                until,
                end.error(),
                attributes);
    }

    private static void put(Map<String, Object> attributes, String name, String value) {
        if (!value.isEmpty()) {
            attributes.put(name, value);
        }
    }

    private static String operation(Dialect dialect) {
        return switch (dialect) {
            case CHAT, RESPONSES, MESSAGES -> "chat";
            case COMPLETIONS -> "text_completion";
            case EMBEDDINGS -> "embeddings";
            case MODERATIONS -> "moderation";
            case IMAGES, IMAGE_EDITS, IMAGE_VARIATIONS -> "image_generation";
            case SPEECH -> "speech";
            case TRANSCRIPTIONS, TRANSLATIONS -> "transcription";
            case RERANK -> "rerank";
            case COUNT_TOKENS -> "count_tokens";
        };
    }

    private static String maker(Provider provider) {
        return switch (provider.kind()) {
            case OPENAI -> "openai";
            case ANTHROPIC -> "anthropic";
            case AZURE -> "azure.ai.openai";
            case COMPATIBLE -> provider.prices();
        };
    }

    /** Where an attempt goes. */
    static Target target(LlmCall call, Quote quote, Provider provider) {
        return new Target(
                provider.name(),
                quote.target().model(),
                quote.row().isPresent() ? quote.table().version() : "",
                call.isDegraded());
    }
}
