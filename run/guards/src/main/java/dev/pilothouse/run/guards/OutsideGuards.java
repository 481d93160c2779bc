package dev.pilothouse.run.guards;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.Guard.Side;
import dev.pilothouse.run.guards.GuardPolicy.Webhook;
import dev.pilothouse.run.guards.WebhookClient.Said;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The guards that others run, as far as they count for one call: asked one after another, each about what those before it left. They
 * are told what the texts say and where they stand, the model, the agent and the request's id, and nothing of who asks. For one
 * thread at a time.
 */
final class OutsideGuards {
    /** Characters of all texts of a question. */
    static final int LONGEST_QUESTION = 1 << 20;

    private static final String KIND = "webhook";

    private final List<Guard> guards;
    private final @Nullable WebhookClient client;
    private final Verdicts verdicts;
    private final String requestId;
    private final String model;
    private final String agent;

    /** Of the guards that count for a call, those that have a webhook. */
    OutsideGuards(
            List<Guard> guards,
            @Nullable WebhookClient client,
            Verdicts verdicts,
            String requestId,
            String model,
            String agent) {
        this.guards = guards.stream()
                .filter(guard -> guard.policy().webhook() != null)
                .toList();
        this.client = client;
        this.verdicts = verdicts;
        this.requestId = requestId;
        this.model = model;
        this.agent = agent;
    }

    /** Whether any is asked about requests, or about answers. */
    boolean any(boolean requests) {
        return guards.stream().anyMatch(guard -> asks(guard, requests));
    }

    private static boolean asks(Guard guard, boolean requests) {
        Webhook webhook = guard.policy().webhook();
        return webhook != null && (requests ? webhook.requests() : webhook.answers());
    }

    /**
     * Asks about a body.
     *
     * @return what goes on; fails with {@link GuardError#GUARD_BLOCKED} or {@link GuardError#GUARD_UNAVAILABLE}
     */
    CompletableFuture<byte[]> pass(byte[] body, boolean request) {
        CompletableFuture<byte[]> passed = CompletableFuture.completedFuture(body);
        for (Guard guard : guards) {
            if (asks(guard, request)) {
                passed = passed.thenCompose(left -> {
                    JsonTexts read = request ? JsonTexts.ofRequest(left) : JsonTexts.ofAnswer(left);
                    ArrayNode texts = Json.array();
                    for (int i = 0; i < read.texts().size(); i++) {
                        Text text = read.texts().get(i);
                        if (text.place == Place.CONTENT || text.place == Place.DEFINITION) {
                            texts.addObject()
                                    .put("id", i)
                                    .put("place", text.path())
                                    .put("role", text.role())
                                    .put("text", text.value);
                        }
                    }
                    return ask(guard, request, texts).thenApply(said -> replaced(read, said));
                });
            }
        }
        return passed;
    }

    private static byte[] replaced(JsonTexts read, Map<Integer, String> replacements) {
        var said = new ArrayList<String>(read.texts().size());
        for (int i = 0; i < read.texts().size(); i++) {
            said.add(replacements.getOrDefault(i, read.texts().get(i).value));
        }
        return read.replace(said, !replacements.isEmpty());
    }

    /**
     * Asks about the answers of a stream, which the client has read: nothing can be taken out of them any more.
     *
     * @return fails as {@link #pass} does
     */
    CompletableFuture<?> judge(Answers answers) {
        ArrayNode texts = Json.array();
        answers.texts()
                .forEach(text -> texts.addObject()
                        .put("id", texts.size())
                        .put("place", "answer")
                        .put("role", "assistant")
                        .put("text", text));
        CompletableFuture<?> judged = CompletableFuture.completedFuture(null);
        for (Guard guard : guards) {
            if (asks(guard, false)) {
                judged = judged.thenCompose(_ -> ask(guard, false, texts));
            }
        }
        return judged;
    }

    private CompletableFuture<Map<Integer, String>> ask(Guard guard, boolean request, ArrayNode texts) {
        Webhook webhook = guard.policy().webhook();
        long length = 0;
        for (var text : texts) {
            length += text.path("text").asString().length();
        }
        if (webhook == null || client == null || texts.isEmpty()) {
            return CompletableFuture.completedFuture(Map.of());
        }
        Side side = request ? guard.input() : guard.output();
        String name = request ? "request" : "answer";
        ObjectNode question = Json.object()
                .put("guard", side.name())
                .put("side", name)
                .put("requestId", requestId)
                .put("model", model)
                .put("agent", agent);
        question.set("texts", texts);
        long started = System.nanoTime();
        String unaskable = length > LONGEST_QUESTION
                ? "the texts have more than " + LONGEST_QUESTION + " characters"
                : !webhook.secret().isEmpty() && guard.key().isEmpty()
                        ? "the secret that signs its questions has no value"
                        : "";
        CompletableFuture<Said> said = !unaskable.isEmpty()
                ? CompletableFuture.completedFuture(new Said.Nothing(unaskable))
                : client.ask(webhook, requestId + "-" + name, WebhookClient.key(guard.key()), question);
        return said.thenApply(answer -> {
            verdicts.spent(side, System.nanoTime() - started);
            return judged(side, webhook, answer);
        });
    }

    private Map<Integer, String> judged(Side side, Webhook webhook, Said said) {
        return switch (said) {
            case Said.Verdict(var word, var reason, var replacements) ->
                switch (word) {
                    case ALLOW -> Map.of();
                    case FLAG -> {
                        verdicts.note(side, Action.DETECT, KIND);
                        yield Map.of();
                    }
                    case REDACT -> {
                        verdicts.note(side, Action.REDACT, KIND);
                        yield replacements;
                    }
                    case BLOCK ->
                        throw verdicts.blocked(
                                side, KIND, reason.isEmpty() ? "a reason that its webhook did not tell" : reason);
                };
            case Said.Nothing(var why) -> {
                if (webhook.open()) {
                    verdicts.note(side, Action.DETECT, KIND + "-failed");
                    yield Map.of();
                }
                verdicts.note(side, Action.BLOCK, KIND + "-failed");
                throw GuardError.GUARD_UNAVAILABLE.because("The guard '" + side.name() + "' asks a webhook, and " + why
                        + ". Without its word this " + (side.isInput() ? "request" : "answer")
                        + " may not go on, as the guard was declared (onFailure: closed).");
            }
        };
    }
}
