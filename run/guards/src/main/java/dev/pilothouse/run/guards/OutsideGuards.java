package dev.pilothouse.run.guards;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.Guard.Side;
import dev.pilothouse.run.guards.GuardPolicy.Webhook;
import dev.pilothouse.run.guards.WebhookClient.Said;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    /** Those that did not answer. */
    private final Set<Guard> silent = new HashSet<>();

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
                    if (!request && !read.isWhole()) {
                        throw verdicts.unreadable(guard.output());
                    }
                    ArrayNode texts = Json.array();
                    for (int i = 0; i < read.texts().size(); i++) {
                        Text text = read.texts().get(i);
                        if (text.isTold()) {
                            texts.addObject()
                                    .put("id", i)
                                    .put("place", text.path())
                                    .put("role", text.role())
                                    .put("text", text.value);
                        }
                    }
                    return ask(guard, request, "", texts).thenApply(said -> replaced(read, said));
                });
            }
        }
        return passed;
    }

    private static byte[] replaced(JsonTexts read, Map<Integer, String> replacements) {
        List<String> texts = read.texts().stream().map(text -> text.value).toList();
        return read.replace(replaced(texts, replacements), !replacements.isEmpty());
    }

    /**
     * A text of a window of a stream.
     *
     * @param place the names of the members that lead to it
     * @param before how the client read it up to there
     */
    record Piece(String place, String role, String before, String text) {}

    private static int window(Guard guard) {
        Webhook webhook = guard.policy().webhook();
        return webhook == null || !webhook.answers() ? 0 : webhook.window();
    }

    /** Characters after which a stream waits for a word, the least that a guard wants; 0 where none is asked before its end. */
    int window() {
        return guards.stream()
                .mapToInt(OutsideGuards::window)
                .filter(characters -> characters > 0)
                .min()
                .orElse(0);
    }

    /** Whether any is asked about answers of a stream once it is whole. */
    boolean anyAtEnd() {
        return guards.stream().anyMatch(guard -> asks(guard, false) && window(guard) == 0);
    }

    /**
     * Asks about a window of a stream those that are asked before its end. One that does not answer, and lets a call go on then, is not
     * asked about later windows of the same stream.
     *
     * @param number counts the stream's windows
     * @return what each text says now; fails as {@link #pass} does
     */
    CompletableFuture<List<String>> passWindow(int number, List<Piece> pieces) {
        CompletableFuture<List<String>> passed = CompletableFuture.completedFuture(
                pieces.stream().map(Piece::text).toList());
        for (Guard guard : guards) {
            if (window(guard) > 0 && !silent.contains(guard)) {
                passed = passed.thenCompose(left -> {
                    ArrayNode texts = Json.array();
                    for (int i = 0; i < pieces.size(); i++) {
                        Piece piece = pieces.get(i);
                        texts.addObject()
                                .put("id", i)
                                .put("place", piece.place)
                                .put("role", piece.role.isEmpty() ? "assistant" : piece.role)
                                .put("before", piece.before)
                                .put("text", left.get(i));
                    }
                    return ask(guard, false, "-" + number, texts).thenApply(said -> replaced(left, said));
                });
            }
        }
        return passed;
    }

    private static List<String> replaced(List<String> texts, Map<Integer, String> replacements) {
        var said = new ArrayList<String>(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            said.add(replacements.getOrDefault(i, texts.get(i)));
        }
        return said;
    }

    /**
     * Asks about the answers of a stream those that are asked at its end, when the client has read them: nothing can be taken out of
     * them any more.
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
            if (asks(guard, false) && window(guard) == 0) {
                judged = judged.thenCompose(_ -> ask(guard, false, "", texts));
            }
        }
        return judged;
    }

    /**
     * Asks a guard.
     *
     * @param which tells several questions about one answer apart; empty where there is one
     */
    private CompletableFuture<Map<Integer, String>> ask(Guard guard, boolean request, String which, ArrayNode texts) {
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
                : client.ask(webhook, requestId + "-" + name + which, WebhookClient.key(guard.key()), question);
        return said.thenApply(answer -> {
            verdicts.spent(side, System.nanoTime() - started);
            if (answer instanceof Said.Nothing) {
                silent.add(guard);
            }
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
