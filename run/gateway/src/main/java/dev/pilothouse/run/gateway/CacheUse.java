package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Answer;
import dev.pilothouse.pay.budgets.Ceiling;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.run.cache.Freshness;
import dev.pilothouse.run.cache.KeptAnswer;
import dev.pilothouse.run.cache.Question;
import dev.pilothouse.run.cache.ResponseCache;
import dev.pilothouse.run.cache.ResponseCache.Found;
import dev.pilothouse.run.cache.Vectors;
import dev.pilothouse.run.cache.Wholeness;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.CacheRule;
import io.netty.util.AsciiString;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a call of an alias with a cache has to do with kept answers: it looks for one before a target is asked, and keeps what a target
 * said. A hit holds and charges nothing and tells the breaker nothing; guards look at it as at any answer. Of equal requests whose
 * answer comes in one piece only the first goes ahead while the others wait for it; streams do not wait, since their first word would
 * be late. Runs on the request's event loop.
 */
final class CacheUse {
    /** How an answer came about, as its headers tell. */
    enum State {
        HIT,
        MISS,
        /** Nothing was looked for. */
        BYPASS;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** An answer as the guards let it pass, and the last event where it is a stream. */
    private record Said(byte[] body, byte[] last) {}

    private static final byte[] NOTHING = {};
    /** The cosine of two texts that mean the same, where they are not the same. */
    private static final AsciiString SIMILARITY = AsciiString.cached("x-pilothouse-cache-similarity");
    /** Portkey's way of saying no-cache. */
    private static final AsciiString REFRESH = AsciiString.cached("x-portkey-cache-force-refresh");
    /** Those that {@link Upstream} passes on, by which an answer may change. */
    private static final List<AsciiString> PASSED = List.of(
            AsciiString.cached("anthropic-version"),
            AsciiString.cached("anthropic-beta"),
            AsciiString.cached("openai-beta"));

    private final LlmCall call;
    private final LlmRequest request;
    private final ResponseCache cache;
    private final CacheRule rule;
    private final Freshness freshness;
    /** Null where no answer may be kept or looked for. */
    private final @Nullable Question question;

    /** As they were when it was asked. */
    private final long drops;

    private State state;
    /** Of the text that was asked. */
    private float @Nullable [] vector;
    /** Whether equal requests wait for this one. */
    private boolean leads;

    private CacheUse(LlmCall call, ResponseCache cache) {
        this.call = call;
        this.request = call.request();
        this.cache = cache;
        this.rule = request.route().cache();
        this.freshness = Freshness.of(
                String.join(",", request.headers().getAll(HttpHeaderNames.CACHE_CONTROL)),
                request.headers().get(REFRESH, "").equalsIgnoreCase("true"));
        this.question = freshness.noStore()
                ? null
                : Question.of(
                                request.identity().tenant(),
                                request.identity().key(),
                                rule,
                                PASSED.stream()
                                        .map(name -> request.headers().get(name, ""))
                                        .toList(),
                                request.asked(),
                                request.body(),
                                cache.config())
                        .orElse(null);
        this.drops = cache.drops(request.identity().tenant());
        this.state = question == null || freshness.maxAge().isZero() ? State.BYPASS : State.MISS;
    }

    /** Null where the alias keeps nothing, and for the candidate of a rollout, which is to be seen at work. */
    static @Nullable CacheUse of(LlmCall call) {
        return call.request().route().cache().isOn() && !call.request().side().isCandidate()
                ? new CacheUse(call, call.gateway().cache())
                : null;
    }

    State state() {
        return state;
    }

    /** Answers the call, or lets it go on to its targets. */
    void begin() {
        if (question == null || state == State.BYPASS) {
            cache.bypass(request.identity().tenant(), request.route().alias());
            call.next();
        } else {
            look(question, !request.asked().stream());
        }
    }

    private void look(Question asked, boolean follows) {
        Optional<Found> same = cache.find(asked, freshness.maxAge(), this::isStillSo);
        if (same.isPresent()) {
            hit(same.get(), Optional.empty());
            return;
        }
        if (follows) {
            Optional<CompletableFuture<Void>> ahead = cache.follow(asked);
            if (ahead.isPresent()) {
                call.then(ahead.get(), (_, _) -> look(asked, false));
                return;
            }
            leads = true;
        }
        List<Found> alike = cache.alike(asked, freshness.maxAge(), this::isStillSo);
        if (alike.isEmpty()) {
            miss();
        } else {
            compare(asked, alike);
        }
    }

    private void miss() {
        cache.miss(request.identity().tenant(), request.route().alias());
        call.next();
    }

    /** Whether alias, provider and prices are those that an answer was made with. */
    private boolean isStillSo(KeptAnswer kept) {
        String tenant = request.identity().tenant();
        return kept.route().equals(request.route())
                && kept.tableVersion().equals(call.gateway().prices(tenant).version())
                && call.gateway()
                        .upstream(tenant, kept.target())
                        .filter(upstream -> upstream.provider().equals(kept.provider()))
                        .isPresent();
    }

    /** Asks how near texts of the same wording are to one another. */
    private void compare(Question asked, List<Found> alike) {
        var texts = new ArrayList<String>();
        texts.add(asked.text());
        List<Found> unknown =
                alike.stream().filter(found -> found.vector() == null).toList();
        unknown.forEach(found -> texts.add(found.question().text()));
        Optional<LlmCall> embedding = request.embedding(call.gateway(), rule.embedding(), texts)
                .map(asks -> new LlmCall(call.gateway(), asks));
        if (embedding.isEmpty()) {
            miss();
            return;
        }
        call.then(embedding.get().answer().aggregate(call.loop()), (answer, _) -> {
            Optional<List<float[]>> vectors =
                    answer == null ? Optional.empty() : told(embedding.get(), answer, texts.size());
            if (vectors.isEmpty()) {
                miss();
            } else {
                choose(alike, unknown, vectors.get());
            }
        });
    }

    private Optional<List<float[]>> told(LlmCall embedding, AggregatedHttpResponse answer, int texts) {
        call.helped(embedding.attempts(), answer.headers().getLong(CostHeaders.COST, 0));
        return answer.status().equals(HttpStatus.OK)
                ? Vectors.read(answer.content().array(), texts)
                : Optional.empty();
    }

    /** The nearest of those that are near enough. */
    private void choose(List<Found> alike, List<Found> unknown, List<float[]> vectors) {
        float[] asked = vectors.getFirst();
        vector = asked;
        Found best = null;
        double nearest = rule.threshold();
        for (Found found : alike) {
            float[] known = found.vector();
            if (known == null) {
                known = vectors.get(1 + unknown.indexOf(found));
                cache.remember(found.question(), known);
            }
            double cosine = Vectors.cosine(asked, known);
            if (cosine >= nearest) {
                nearest = cosine;
                best = found;
            }
        }
        if (best == null) {
            miss();
        } else {
            hit(best, Optional.of(nearest));
        }
    }

    /** Answers with what is kept, as if the provider had just said it. */
    private void hit(Found found, Optional<Double> similarity) {
        KeptAnswer kept = found.answer();
        CompletableFuture<Said> said;
        try {
            Sent sent = Sent.of(request.asked(), request.body(), kept.provider(), kept.target(), request.at());
            said = request.asked().stream() ? stream(sent, kept) : whole(sent, kept);
        } catch (PilothouseException blocked) {
            call.failed(blocked, 0, false);
            return;
        }
        call.then(said, (passed, fault) -> {
            if (passed == null) {
                call.broken(fault);
                return;
            }
            state = State.HIT;
            cache.hit(request.identity().tenant(), request.route().alias(), kept.costNanoUsd());
            request.guarded()
                    .charge(kept.usage().inputSideTokens() + kept.usage().outputSideTokens());
            answer(found, similarity, passed);
        });
    }

    private CompletableFuture<Said> whole(Sent sent, KeptAnswer kept) {
        return request.judged(sent.answers().whole(kept.body()).orElseThrow())
                .thenApply(passed -> new Said(passed, NOTHING));
    }

    private CompletableFuture<Said> stream(Sent sent, KeptAnswer kept) {
        var events =
                new ClientStream(sent, request.guarded().stream(), kept.target().model(), -1);
        events.take(kept.body());
        PilothouseException blocked = events.blocked();
        if (blocked != null) {
            throw blocked;
        }
        return events.judged(request.context().blockingTaskExecutor())
                .thenApply(_ -> new Said(events.taken(), events.last()));
    }

    /** Answers once the usage log tells of it. */
    private void answer(Found found, Optional<Double> similarity, Said said) {
        KeptAnswer kept = found.answer();
        var recorded = call.gateway()
                .budgets()
                .hold(
                        request.identity().tenant(),
                        Set.of(),
                        Ceiling.of(Amounts.NONE),
                        Records.opening(call, call.attempts() + 1, Records.target(kept)))
                .thenCompose(held -> call.gateway()
                        .budgets()
                        .settle(((Answer.Held) held).hold(), Amounts.NONE, Records.cached(call, kept)));
        call.then(recorded, (_, fault) -> {
            if (fault != null) {
                call.broken(fault);
                return;
            }
            call.held();
            CostHeaders told = call.told(kept);
            var whole = new ByteArrayOutputStream(said.body.length + said.last.length + 512);
            whole.writeBytes(said.body);
            if (request.asked().stream()) {
                whole.writeBytes(
                        told.comment(call.spentNanoUsd(), request.guarded().verdicts()));
                whole.writeBytes(said.last);
            }
            call.answered(HttpResponse.of(headers(found, similarity, told), HttpData.wrap(whole.toByteArray())));
        });
    }

    private ResponseHeaders headers(Found found, Optional<Double> similarity, CostHeaders told) {
        ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK)
                .set(
                        HttpHeaderNames.CONTENT_TYPE,
                        request.asked().stream() ? "text/event-stream; charset=utf-8" : "application/json")
                .setLong(HttpHeaderNames.AGE, found.age().toSeconds())
                .setLong(CostHeaders.COST, call.spentNanoUsd());
        if (request.asked().stream()) {
            headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        }
        told.addTo(headers);
        similarity.ifPresent(
                cosine -> headers.set(SIMILARITY, String.format(Locale.ROOT, "%.4f", Math.min(1, cosine))));
        request.guarded()
                .headers(request.asked().dialect().family() == Dialect.Family.ANTHROPIC)
                .forEach(headers::set);
        return headers.build();
    }

    /** Bytes of an answer that are worth a copy; -1 where it will not be kept. */
    int longest() {
        return question == null ? -1 : cache.config().maxAnswer();
    }

    /**
     * Keeps what a target said, where it is whole, was paid for as it was used, and was not cut or made cheaper by a budget.
     *
     * @param body as the provider sent it
     * @param streamed whether it came as a stream
     */
    void keep(Sent sent, Settlement settlement, Settlement.End end, byte[] body, boolean streamed) {
        boolean answered = end.outcome() == Outcome.OK || end.outcome() == Outcome.ABORTED;
        boolean known = answered && !call.isDegraded();
        if (question == null || !known || streamed != request.asked().stream() || body.length > longest()) {
            return;
        }
        Dialect dialect = sent.asked().dialect();
        boolean cut = settlement.isCut();
        if (streamed ? Wholeness.ofStream(dialect, body, cut) : Wholeness.ofWhole(dialect, body, cut)) {
            cache.keep(question, settlement.kept(body, end, rule.ttl()), vector, drops);
        }
    }

    /** Lets those go on that wait for it. */
    void land() {
        if (leads && question != null) {
            leads = false;
            cache.land(question);
        }
    }
}
