package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.ContextAwareEventLoop;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.common.util.Exceptions;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.breaker.Admission;
import dev.pilothouse.pay.breaker.Latch;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Answer;
import dev.pilothouse.pay.budgets.Ceiling;
import dev.pilothouse.pay.budgets.Refusal;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.cache.KeptAnswer;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.splits.Side;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request on its way: targets are asked in turn until one answers. Everything happens on the request's event loop, so that
 * nothing here is guarded.
 */
final class LlmCall {
    private static final Logger log = LoggerFactory.getLogger(LlmCall.class);
    private static final long FIRST_PAUSE_MILLIS = 200;
    private static final byte[] NOTHING = {};
    /** Where waiting does not help: longer than any client waits. */
    private static final Duration NEVER = Duration.ofDays(365);

    private static final Duration MOST_RETRYING = Duration.ofSeconds(60);

    private final Gateway gateway;
    private final LlmRequest request;
    private final Choice choice;
    /** What it has to do with kept answers; null where its alias keeps none, or it is refused before. */
    private final @Nullable CacheUse cache;

    private final CompletableFuture<HttpResponse> answer = new CompletableFuture<>();

    private int next;
    private int attempts;
    /** Attempts that were made for it before, such as those of embeddings. */
    private int helping;

    private long spentNanoUsd;
    private boolean clientGone;
    /** Whether an attempt was held, so that the usage log will tell of the request. */
    private boolean logged;
    /** What the last target asked for. */
    private @Nullable Quote quoted;

    private @Nullable Attempt current;
    private @Nullable PilothouseException failure;
    private @Nullable Relayed relayed;

    /** A refusal of a provider that is passed on. */
    private record Relayed(ResponseHeaders headers, byte[] body, String contentType) {}

    /** A request whose body is there. */
    LlmCall(Gateway gateway, LlmRequest request) {
        this.gateway = gateway;
        this.request = request;
        this.choice = Choice.of(gateway, request);
        this.failure = request.guardsRefusal();
        this.cache = failure == null ? CacheUse.of(this) : null;
    }

    /**
     * Refuses where the agent is paused.
     *
     * @throws PilothouseException {@link GatewayError#AGENT_PAUSED}
     */
    void refusePaused() {
        if (!request.identity().agent().isEmpty()
                && gateway.breaker()
                                .admit(
                                        request.identity().tenant(),
                                        request.identity().agent())
                        instanceof Admission.Paused(Latch latch)) {
            throw GatewayError.AGENT_PAUSED.because("The agent '"
                    + request.identity().agent() + "' is in Safety Pause since "
                    + latch.since() + ": " + latch.why()
                    + " Nothing was sent or charged. A person with the role approver can"
                    + " resume it: POST /api/v1/agents/" + request.identity().agent() + "/resume.");
        }
    }

    /** Answers it; on its event loop. */
    HttpResponse answer() {
        // The provider's deadline counts from here on.
        request.context().clearRequestTimeout();
        HttpResponse response = HttpResponse.of(answer);
        var _ = response.whenComplete().exceptionally(_ -> {
            loop().execute(this::clientLeft);
            return null;
        });
        if (cache != null) {
            var _ = answer.whenComplete((_, _) -> cache.land());
        }
        begin();
        return response;
    }

    private void begin() {
        try {
            refusePaused();
        } catch (PilothouseException paused) {
            fail(paused);
        }
        if (failure != null) {
            end();
        } else if (cache != null) {
            cache.begin();
        } else {
            next();
        }
    }

    private void clientLeft() {
        clientGone = true;
        side().left();
        if (cache != null) {
            cache.land();
        }
        if (current != null) {
            current.clientLeft();
        }
    }

    /** Asks the next target, or ends. */
    void next() {
        while (attempts < gateway.config().attempts() && next < choice.order().size() && !clientGone) {
            Target target = choice.order().get(next++);
            boolean last = next == choice.order().size() && attempts == 0;
            Upstream upstream =
                    gateway.upstream(request.identity().tenant(), target).orElse(null);
            if (upstream != null && !request.route().allows(upstream.provider())) {
                fail(GatewayError.OUTSIDE_REGION.because(
                        "The model '" + request.asked().model() + "' stays in "
                                + String.join(", ", request.route().residency()) + ", where '" + target + "' is not."));
            } else if (upstream != null
                    && (last || gateway.health().admits(request.identity().tenant(), target))) {
                Sent sent = sent(upstream, target);
                if (sent != null) {
                    attempts++;
                    current = new Attempt(this, upstream, target, sent, helping + attempts);
                    current.begin();
                    return;
                }
            }
        }
        end();
    }

    /** The request as a target is asked; null where it cannot be said in its protocol, of which the client is told last. */
    private @Nullable Sent sent(Upstream upstream, Target target) {
        try {
            return Sent.of(request.asked(), request.body(), upstream.provider(), target, request.at());
        } catch (PilothouseException unsayable) {
            if (failure == null) {
                fail(unsayable);
            }
            return null;
        }
    }

    /** Goes on after an attempt that brought nothing. */
    void failed(PilothouseException why, long costNanoUsd, boolean another) {
        spentNanoUsd = Math.addExact(spentNanoUsd, costNanoUsd);
        fail(why);
        relayed = null;
        goOn(another);
    }

    /**
     * Goes on after a provider's refusal, which cost nothing. It is passed on as the provider words it, in the client's protocol; in our
     * own words where guards would have to look at what they cannot read.
     *
     * @param translated whether the provider speaks another protocol
     */
    void refused(ResponseHeaders status, byte[] told, boolean translated, PilothouseException why, boolean another) {
        side().failed();
        fail(why);
        boolean unreadable = !translated && request.guarded().isUnreadable(told);
        relayed = new Relayed(
                status,
                translated || unreadable
                        ? Json.bytes(LlmErrors.told(
                                request.asked().dialect().family(),
                                why,
                                status.status().code(),
                                unreadable ? NOTHING : told,
                                request.info().requestId()))
                        : told,
                translated || unreadable
                        ? "application/json"
                        : status.get(HttpHeaderNames.CONTENT_TYPE, "application/json"));
        goOn(another);
    }

    private void goOn(boolean another) {
        if (!another) {
            end();
        } else if (next < choice.order().size()) {
            next();
        } else {
            again();
        }
    }

    /** Asks from the first target on once more, after a pause that grows and is never the same. */
    private void again() {
        long pause = (long) (FIRST_PAUSE_MILLIS
                * attempts
                * (0.5 + ThreadLocalRandom.current().nextDouble()));
        long elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - request.startedNanos());
        if (attempts >= gateway.config().attempts() || clientGone || elapsed + pause > MOST_RETRYING.toMillis()) {
            end();
            return;
        }
        next = 0;
        var _ = loop().schedule(this::next, pause, TimeUnit.MILLISECONDS);
    }

    private void fail(PilothouseException why) {
        failure = why;
    }

    /** Ends without an answer, once it is in the usage log that there was none. */
    private void end() {
        PilothouseException why =
                failure == null ? GatewayError.UPSTREAM_FAILED.because("No target could be asked.") : failure;
        if (logged) {
            endWith(why);
            return;
        }
        // It holds nothing and costs nothing; who looks for it finds it.
        var _ = gateway.budgets()
                .hold(
                        request.identity().tenant(),
                        Set.of(),
                        Ceiling.of(Amounts.NONE),
                        Records.refused(this, helping + Math.max(1, attempts)))
                .thenCompose(held ->
                        gateway.budgets().settle(((Answer.Held) held).hold(), Amounts.NONE, Records.refusal(this, why)))
                .whenCompleteAsync(
                        (_, fault) -> {
                            if (fault != null) {
                                log.warn(
                                        "The refusal of request {} could not be noted",
                                        request.info().requestId(),
                                        fault);
                            }
                            endWith(why);
                        },
                        loop());
    }

    private void endWith(PilothouseException why) {
        side().unanswered();
        Relayed relay = relayed;
        if (relay == null) {
            answer.complete(refusal(why));
            return;
        }
        // A provider may tell what it was asked.
        then(
                request.judged(relay.body),
                (passed, fault) -> answer.complete(
                        fault == null ? relayed(relay, passed) : refusal(request.guardsRefusal(fault))));
    }

    private HttpResponse relayed(Relayed relay, byte[] passed) {
        ResponseHeadersBuilder headers = ResponseHeaders.builder(relay.headers.status())
                .set(HttpHeaderNames.CONTENT_TYPE, relay.contentType)
                .setLong(CostHeaders.COST, spentNanoUsd);
        told(-1).addTo(headers);
        String wait = relay.headers.get(HttpHeaderNames.RETRY_AFTER);
        if (wait != null) {
            headers.set(HttpHeaderNames.RETRY_AFTER, wait);
        }
        return HttpResponse.of(headers.build(), HttpData.wrap(passed));
    }

    /** Ends with a refusal of a budget. */
    void refused(Answer.Refused refused) {
        Refusal words = Refusal.of(refused);
        PilothouseException refusal = GatewayError.BUDGET_EXHAUSTED.because(words.sentence());
        Duration wait = words.retryAt()
                .map(until -> Duration.between(request.at(), until))
                .filter(left -> left.compareTo(NEVER) < 0)
                .orElse(NEVER);
        fail(refusal.retryIn(wait));
        relayed = null;
        end();
    }

    /** Tells the budgets' forecasts of a call that was answered: what it cost, and what the model asked for would have cost. */
    void served(Quote quote, Optional<Usage> usage, Amounts cost) {
        if (request.budgets().isEmpty()) {
            return;
        }
        Amounts asking = cost;
        Amounts ceiling = quote.ceiling().at().apply(quote.ceiling().mostOutput());
        if (choice.isDegraded()) {
            Optional<Quote> dear = preferredQuote();
            asking = dear.flatMap(q -> usage.flatMap(used -> q.cost(used, ""))).orElse(cost);
            ceiling = dear.map(q -> q.ceiling().at().apply(q.ceiling().mostOutput()))
                    .orElse(ceiling);
        }
        gateway.paces().served(request.budgets(), asking, cost, ceiling);
    }

    private Optional<Quote> preferredQuote() {
        try {
            return gateway.upstream(request.identity().tenant(), choice.preferred())
                    .map(upstream -> Quote.of(
                            request.asked(),
                            upstream.provider(),
                            choice.preferred(),
                            gateway.prices(request.identity().tenant()),
                            request.budgets(),
                            request.at()));
        } catch (PilothouseException _) {
            return Optional.empty();
        }
    }

    /** Who is told how the call goes; nobody where a budget made it another alias', which says nothing of the one asked for. */
    Side side() {
        return choice.isDegraded() ? Side.whole(request.route()) : request.side();
    }

    /** Ends with a fault of our own. Which database or disk failed, and how, is for the log and not for who calls a model. */
    void broken(Throwable fault) {
        Throwable cause = Exceptions.peel(fault);
        String id = request.info().requestId();
        PilothouseException told = CommonError.INTERNAL.because(
                "The request failed by a fault inside Pilothouse; its log names request " + id + ".");
        if (!(cause instanceof PilothouseException known)) {
            log.error("The request {} to '{}' failed", id, request.asked().model(), cause);
        } else if (known.getCause() == null || known.code().status() < 500) {
            told = known;
        } else {
            log.warn("No account can be kept of the request {}: {}", id, known.detail());
            told = known.code()
                    .because("Pilothouse can keep no account of calls just now. Try again; its log names request " + id
                            + ".");
        }
        failed(told, 0, false);
    }

    private HttpResponse refusal(PilothouseException why) {
        var reply = LlmErrors.shape(request.asked().dialect().family())
                .render(why, request.info().requestId());
        ResponseHeadersBuilder told = ResponseHeaders.builder(HttpStatus.valueOf(reply.status()));
        reply.headers().forEach(told::set);
        told.setLong(CostHeaders.COST, spentNanoUsd);
        told(-1).addTo(told);
        request.guarded()
                .headers(request.asked().dialect().family() == Dialect.Family.ANTHROPIC)
                .forEach(told::set);
        why.retryAfter().ifPresent(wait -> told.setLong(HttpHeaderNames.RETRY_AFTER, Math.max(1, wait.toSeconds())));
        byte[] text = Json.bytes(LlmErrors.body(
                request.asked().dialect().family(), why, request.info().requestId()));
        return HttpResponse.of(told.build(), HttpData.wrap(text));
    }

    /** A target answered. */
    void works(Target target) {
        gateway.health().succeeded(request.identity().tenant(), target);
    }

    /** A target did not answer, or not as it should. */
    void fails(Target target) {
        side().failed();
        gateway.health().failed(request.identity().tenant(), target);
    }

    /** A target can be asked, at this price. */
    void quoted(Quote quote) {
        quoted = quote;
    }

    /** A target is about to be asked, of which the usage log will tell. */
    void held() {
        logged = true;
    }

    /**
     * What the answer tells of its cost.
     *
     * @param outputLimit the output limit where the budgets made it smaller than asked; -1 where not
     */
    CostHeaders told(long outputLimit) {
        return quoted == null
                ? told("", "", outputLimit, choice.isDegraded())
                : told(quoted.priceVersion(), quoted.target().toString(), outputLimit, choice.isDegraded());
    }

    /** What a kept answer tells of its cost. */
    CostHeaders told(KeptAnswer kept) {
        return told(kept.priceVersion(), kept.target().toString(), -1, false);
    }

    private CostHeaders told(String priceVersion, String model, long outputLimit, boolean degraded) {
        List<CostHeaders.Charged> charged = request.budgets().stream()
                .map(budget -> new CostHeaders.Charged(budget, gateway.paces().remaining(budget)))
                .toList();
        return new CostHeaders(
                priceVersion, model, charged, outputLimit, degraded, cache == null ? null : cache.state());
    }

    /** Counts calls that were made for it before any target was asked. */
    void helped(int calls, long costNanoUsd) {
        helping += calls;
        spentNanoUsd = Math.addExact(spentNanoUsd, costNanoUsd);
    }

    /** Keeps what a target said, where its alias says so. */
    void keep(Sent sent, Settlement settlement, Settlement.End end, byte[] body, boolean streamed) {
        if (cache != null) {
            cache.keep(sent, settlement, end, body, streamed);
        }
    }

    /** Bytes of a stream that are worth a copy; -1 where none are. */
    int longestKept() {
        return cache == null ? -1 : cache.longest();
    }

    /** Attempts so far, with those that were made for it before. */
    int attempts() {
        return helping + attempts;
    }

    /** Ends with an answer, or with the begin of one. */
    void answered(HttpResponse response) {
        answer.complete(response);
    }

    /** Goes on with what a step comes to: at once where it is done already, else on the event loop. */
    <T> void then(CompletableFuture<T> step, BiConsumer<? super T, ? super Throwable> next) {
        var _ = step.isDone() ? step.whenComplete(next) : step.whenCompleteAsync(next, loop());
    }

    LlmRequest request() {
        return request;
    }

    ContextAwareEventLoop loop() {
        return request.context().eventLoop();
    }

    Gateway gateway() {
        return gateway;
    }

    /** Whether a budget made it a cheaper model than the one asked for. */
    boolean isDegraded() {
        return choice.isDegraded();
    }

    /** What earlier attempts cost. */
    long spentNanoUsd() {
        return spentNanoUsd;
    }

    boolean isClientGone() {
        return clientGone;
    }
}
