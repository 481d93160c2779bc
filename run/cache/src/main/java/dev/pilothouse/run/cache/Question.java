package dev.pilothouse.run.cache;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.CacheRule;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks, as the name under which its answer is kept. Immutable.
 *
 * @param tenant whose it is
 * @param alias the model that is asked for
 * @param exact SHA-256 of all that can change the answer: the tenant (and key, where each has its own), the protocol, whether it
 *     streams, the headers that go on to a provider, and the body but for {@link #UNHEARD}
 * @param meaning as {@code exact}, but with the {@link Wording} of the last message in the place of the message; null where the
 *     answer to another message never will do
 * @param text the last message; empty where {@code meaning} is null
 */
public record Question(
        String tenant, String alias, Digest exact, @Nullable Digest meaning, String text) {
    /**
     * Members of a body that say who asks, and how the answer is to be sent, but change nothing of it. Whether it streams is told
     * beside them.
     */
    static final Set<String> UNHEARD = Set.of(
            "stream",
            "stream_options",
            "user",
            "safety_identifier",
            "metadata",
            "prompt_cache_key",
            "prompt_cache_retention");

    /**
     * Reads a request.
     *
     * @param key id of the key that asks
     * @param headers values of the headers that go on to a provider, always in the same order
     * @param body as the guards let it pass
     * @return empty where no answer to it can be kept: it is too long or nested too deep, or the provider itself reads what nobody can see here, such
     *     as a conversation that it keeps, a document or the web
     */
    public static Optional<Question> of(
            String tenant,
            String key,
            CacheRule rule,
            List<String> headers,
            Asked asked,
            byte[] body,
            CacheConfig limits) {
        if (body.length > limits.maxRequest() || asked.isBoundless()) {
            return Optional.empty();
        }
        var frame = new ByteArrayOutputStream();
        CanonicalBody.text(frame, tenant);
        CanonicalBody.text(frame, rule.scope() == CacheRule.Scope.KEY ? key : "");
        CanonicalBody.text(frame, asked.model());
        CanonicalBody.text(frame, asked.dialect().name());
        CanonicalBody.text(frame, asked.stream() ? "stream" : "whole");
        headers.forEach(value -> CanonicalBody.text(frame, value));
        CanonicalBody read;
        try {
            read = CanonicalBody.read(body, rule.mode() == CacheRule.Mode.SEMANTIC && canBeReworded(asked));
        } catch (PilothouseException _) {
            return Optional.empty();
        }
        Digest exact = digest(frame, "exact", read.all());
        String text = read.lastMessage();
        if (text == null) {
            return Optional.of(new Question(tenant, asked.model(), exact, null, ""));
        }
        Digest meaning = Wording.of(text)
                .map(wording -> {
                    var rest = new ByteArrayOutputStream();
                    rest.writeBytes(frame.toByteArray());
                    CanonicalBody.text(rest, wording);
                    return digest(rest, "meaning", read.rest());
                })
                .orElse(null);
        return Optional.of(new Question(tenant, asked.model(), exact, meaning, meaning == null ? "" : text));
    }

    /** One answer in words to words alone. */
    private static boolean canBeReworded(Asked asked) {
        return (asked.dialect() == Dialect.CHAT || asked.dialect() == Dialect.MESSAGES)
                && asked.choices() == 1
                && asked.tools() == 0
                && asked.media() == 0;
    }

    private static Digest digest(ByteArrayOutputStream frame, String kind, byte[] body) {
        var whole = new ByteArrayOutputStream(frame.size() + body.length + 16);
        CanonicalBody.text(whole, kind);
        whole.writeBytes(frame.toByteArray());
        whole.writeBytes(body);
        return Digest.of(whole.toByteArray());
    }
}
