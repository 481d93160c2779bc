package dev.pilothouse.run.gateway;

import com.linecorp.armeria.client.UnprocessedRequestException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.common.util.Exceptions;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.breaker.Flight;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Answer;
import dev.pilothouse.pay.budgets.Hold;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.run.gateway.ModelRoute.Target;
import dev.pilothouse.run.llm.AnswerReader;
import dev.pilothouse.run.llm.Edits;
import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One target asked once: held, sent, read and settled. Whatever happens, it is settled exactly once, and the client's last bytes
 * come after that. Runs on the request's event loop.
 */
final class Attempt implements Subscriber<HttpObject> {
    private static final Logger log = LoggerFactory.getLogger(Attempt.class);
    private static final int LONGEST_REFUSAL = 64 << 10;
    /** What logs of other servers note, too, where the client left before the answer. */
    private static final int ABORTED = 499;

    private final LlmCall call;
    private final Upstream upstream;
    private final Target target;
    private final int number;
    private final ByteArrayOutputStream whole = new ByteArrayOutputStream();

    private @Nullable Quote quote;
    private @Nullable Hold hold;
    private @Nullable Flight flight;
    private @Nullable HttpResponse response;
    private @Nullable Subscription subscription;
    private @Nullable Future<?> timer;
    private @Nullable ResponseHeaders status;
    private @Nullable ClientStream stream;
    /** What is left is read for its cost only. */
    private boolean draining;
    /** It is settled, or about to be. */
    private boolean over;
    /** {@link System#nanoTime} of the first bytes of an answer; 0 before. */
    private long firstToken;

    Attempt(LlmCall call, Upstream upstream, Target target, int number) {
        this.call = call;
        this.upstream = upstream;
        this.target = target;
        this.number = number;
    }

    private static <T> T there(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("A step came before the one it follows");
        }
        return value;
    }

    /** Holds what it can cost at most, then sends. */
    void begin() {
        Quote quoted;
        try {
            quoted = Quote.of(
                    call.asked(),
                    upstream.provider(),
                    target,
                    call.gateway().prices(call.identity().tenant()),
                    call.budgets(),
                    call.at());
        } catch (PilothouseException refusal) {
            call.failed(refusal, 0, false);
            return;
        }
        quote = quoted;
        var _ = call.gateway()
                .budgets()
                .hold(
                        call.identity().tenant(),
                        call.scopes(),
                        quoted.ceiling(),
                        Records.opening(call, number, Records.target(call, quoted, upstream.provider())))
                .whenCompleteAsync(
                        (answer, failure) -> {
                            if (answer == null) {
                                call.broken(failure);
                            } else {
                                switch (answer) {
                                    case Answer.Refused refused -> call.refused(refused);
                                    case Answer.Held held -> send(held.hold());
                                }
                            }
                        },
                        call.loop());
    }

    private void send(Hold held) {
        hold = held;
        Identity identity = call.identity();
        if (!identity.agent().isEmpty()) {
            flight = call.gateway()
                    .breaker()
                    .start(identity.tenant(), identity.agent(), held.ceiling().nanoUsd());
        }
        if (call.isClientGone()) {
            settle(AttemptEnd.unsent(Outcome.ABORTED, ABORTED, ""), () -> {});
            return;
        }
        try {
            // It may have been paused while it waited for its budgets or for another target.
            call.refusePaused();
            boolean limited =
                    !call.budgets().isEmpty() && call.asked().dialect().generates();
            byte[] body = Edits.of(
                    call.body(),
                    call.asked(),
                    upstream.provider().kind() == Provider.Kind.OPENAI,
                    target.model(),
                    limited ? held.outputTokens() : -1);
            HttpResponse sent = upstream.send(
                    call.asked().dialect(),
                    call.headers(),
                    call.info().trace().traceparent(),
                    call.info().requestId() + "-" + number,
                    body);
            response = sent;
            if (call.asked().stream()) {
                timer = call.loop()
                        .schedule(
                                () -> stop(new TimeoutException("first byte")),
                                upstream.provider().firstByte().toMillis(),
                                TimeUnit.MILLISECONDS);
            }
            sent.subscribe(this, call.loop());
        } catch (RuntimeException fault) {
            settle(AttemptEnd.unsent(fault), () -> call.broken(fault));
        }
    }

    /** Reads the rest for a bounded time, to learn what it cost. */
    void clientLeft() {
        if (!over && hold != null && !draining) {
            draining = true;
            var _ = call.loop()
                    .schedule(
                            () -> stop(new TimeoutException("drain")),
                            call.gateway().config().drain().toMillis(),
                            TimeUnit.MILLISECONDS);
            more();
        }
    }

    private void stop(Exception why) {
        if (response != null) {
            response.abort(why);
        }
    }

    private void more() {
        if (subscription != null) {
            subscription.request(1);
        }
    }

    @Override
    public void onSubscribe(Subscription subscribed) {
        subscription = subscribed;
        subscribed.request(1);
    }

    @Override
    public void onNext(HttpObject object) {
        if (over) {
            more();
            return;
        }
        switch (object) {
            case ResponseHeaders headers -> {
                if (!headers.status().isInformational()) {
                    status = headers;
                }
                more();
            }
            case HttpData data -> data(data.array());
            default -> more();
        }
    }

    private void data(byte[] bytes) {
        ResponseHeaders headers = there(status);
        if (!headers.status().equals(HttpStatus.OK)) {
            if (whole.size() < LONGEST_REFUSAL) {
                whole.write(bytes, 0, Math.min(bytes.length, LONGEST_REFUSAL - whole.size()));
            }
            more();
        } else if (isStream(headers)) {
            cancelTimer();
            if (firstToken == 0) {
                firstToken = System.nanoTime();
            }
            if (stream == null) {
                stream = new ClientStream(
                        call.asked(),
                        call.budgets().isEmpty() ? -1 : there(hold).outputTokens());
            }
            events(stream, bytes);
        } else {
            whole.writeBytes(bytes);
            more();
        }
    }

    private boolean isStream(ResponseHeaders headers) {
        return call.asked().stream()
                && headers.get(HttpHeaderNames.CONTENT_TYPE, "").startsWith("text/event-stream");
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void events(ClientStream events, byte[] bytes) {
        byte[] passed;
        try {
            passed = events.take(bytes);
        } catch (IllegalStateException tooLong) {
            stop(tooLong);
            return;
        }
        if (passed.length > 0 && !draining) {
            HttpResponseWriter writer = writer(events);
            if (!writer.tryWrite(HttpData.wrap(passed))) {
                clientLeft();
            }
        }
        switch (events.state()) {
            case ENDED -> ended(events);
            case FAILED -> broke(events);
            case BEYOND -> {
                ended(events);
                stop(new IllegalStateException("The provider does not keep its limit"));
            }
            case FLOWS -> {
                HttpResponseWriter writer = events.writer();
                if (writer == null || draining) {
                    more();
                } else {
                    // The next part is asked for once the client took this one.
                    var _ = writer.whenConsumed().handle((_, _) -> {
                        more();
                        return null;
                    });
                }
            }
        }
    }

    private HttpResponseWriter writer(ClientStream events) {
        HttpResponseWriter writer = events.writer();
        if (writer == null) {
            writer = HttpResponse.streaming();
            events.open(writer);
            ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK)
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                    .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                    .set("x-accel-buffering", "no");
            told().addTo(headers);
            var _ = writer.tryWrite(headers.build());
            call.answered(writer);
        }
        return writer;
    }

    private CostHeaders told() {
        Quote quoted = there(quote);
        long held = there(hold).outputTokens();
        boolean smaller = held < quoted.ceiling().mostOutput();
        return new CostHeaders(
                quoted.priceVersion(), target.toString(), quoted.budgets(), smaller ? held : -1, call.isDegraded());
    }

    /** The stream is whole: its last event goes out after it is settled. */
    private void ended(ClientStream events) {
        AttemptEnd end = end(events.meter().usage(), events.meter().serviceTier(), HttpStatus.OK.code(), null);
        call.gateway().health().succeeded(target.toString());
        settle(end, () -> {
            HttpResponseWriter writer = writer(events);
            var _ = writer.tryWrite(HttpData.wrap(told().comment(total(end))));
            var _ = writer.tryWrite(HttpData.wrap(events.last(target.model())));
            writer.close();
        });
    }

    /** The stream broke off or told an error: what it cost is not known. */
    private void broke(ClientStream events) {
        PilothouseException why = TargetFaults.broke(target);
        int seen = events.writer() == null ? why.code().status() : HttpStatus.OK.code();
        AttemptEnd end = end(events.meter().usage(), events.meter().serviceTier(), seen, why);
        call.gateway().health().failed(target.toString());
        settle(end, () -> {
            HttpResponseWriter writer = events.writer();
            if (writer == null) {
                call.failed(why, end.cost().nanoUsd(), true);
                return;
            }
            byte[] error =
                    LlmErrors.event(call.asked().dialect(), why, call.info().requestId());
            var _ = writer.tryWrite(HttpData.wrap(told().comment(total(end))));
            var _ = writer.tryWrite(HttpData.wrap(events.failure().length > 0 ? events.failure() : error));
            writer.close();
        });
    }

    @Override
    public void onComplete() {
        cancelTimer();
        if (over) {
            return;
        }
        ResponseHeaders headers = status;
        if (headers == null) {
            lost(new IllegalStateException("The provider answered nothing"));
        } else if (!headers.status().equals(HttpStatus.OK)) {
            refused(headers);
        } else if (stream == null) {
            answered();
        } else {
            broke(stream);
        }
    }

    private void answered() {
        byte[] body = whole.toByteArray();
        AnswerReader read = AnswerReader.of(call.asked().dialect(), body);
        if (!read.isJson()) {
            PilothouseException why = TargetFaults.garbage(target);
            AttemptEnd end = end(read.usage(), read.serviceTier(), why.code().status(), why);
            call.gateway().health().failed(target.toString());
            settle(end, () -> call.failed(why, end.cost().nanoUsd(), false));
            return;
        }
        AttemptEnd end = call.asked().dialect().free()
                ? AttemptEnd.free()
                : end(read.usage(), read.serviceTier(), HttpStatus.OK.code(), null);
        call.gateway().health().succeeded(target.toString());
        settle(end, () -> {
            ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK)
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .setLong(CostHeaders.COST, total(end));
            told().addTo(headers);
            call.answered(HttpResponse.of(headers.build(), HttpData.wrap(body)));
        });
    }

    /** What the whole request cost, earlier attempts included. */
    private long total(AttemptEnd end) {
        return Math.addExact(call.spentNanoUsd(), end.cost().nanoUsd());
    }

    /** The provider says no, which costs nothing. */
    private void refused(ResponseHeaders headers) {
        int code = headers.status().code();
        boolean another = code == 408 || code == 409 || code == 425 || code == 429 || code >= 500;
        if (another) {
            call.gateway().health().failed(target.toString());
        }
        settle(AttemptEnd.unsent(Outcome.ERROR, code, GatewayError.UPSTREAM_FAILED.code()), () -> {
            PilothouseException why = TargetFaults.refused(target, code);
            if (code == 401 || code == 403 || code < 400) {
                call.failed(why, 0, true);
            } else {
                call.refused(headers, whole.toByteArray(), why, another);
            }
        });
    }

    @Override
    public void onError(Throwable failure) {
        cancelTimer();
        if (!over) {
            lost(Exceptions.peel(failure));
        }
    }

    private void lost(Throwable why) {
        log.debug("{} of {} was lost", target, call.info().requestId(), why);
        call.gateway().health().failed(target.toString());
        if (why instanceof UnprocessedRequestException) {
            PilothouseException refusal = TargetFaults.unreachable(target);
            settle(
                    AttemptEnd.unsent(
                            Outcome.ERROR,
                            refusal.code().status(),
                            refusal.code().code()),
                    () -> call.failed(refusal, 0, true));
        } else if (stream != null) {
            broke(stream);
        } else {
            PilothouseException refusal = TargetFaults.lost(target, why);
            AttemptEnd end = end(Optional.empty(), "", refusal.code().status(), refusal);
            settle(end, () -> call.failed(refusal, end.cost().nanoUsd(), true));
        }
    }

    /** Charges what was used, or the ceiling where nobody can say. */
    private AttemptEnd end(Optional<Usage> usage, String serviceTier, int status, @Nullable PilothouseException why) {
        Amounts ceiling = there(hold).ceiling();
        Amounts cost =
                usage.flatMap(used -> there(quote).cost(used, serviceTier)).orElse(null);
        if (cost != null && cost.nanoUsd() > ceiling.nanoUsd()) {
            log.warn(
                    "A request to {} cost {} nano-USD, more than its ceiling of {}: the provider's overheads are declared too low",
                    target,
                    cost.nanoUsd(),
                    ceiling.nanoUsd());
        }
        call.served(there(quote), usage, cost == null ? ceiling : cost);
        Outcome known = draining ? Outcome.ABORTED : why == null ? Outcome.OK : Outcome.ERROR;
        return new AttemptEnd(
                cost == null ? ceiling : cost,
                cost == null ? Outcome.BOUNDED : known,
                draining ? ABORTED : status,
                why == null ? "" : why.code().code(),
                usage.orElse(Usage.NONE));
    }

    private void settle(AttemptEnd end, Runnable then) {
        if (over) {
            return;
        }
        over = true;
        cancelTimer();
        land(end);
        var _ = call.gateway()
                .budgets()
                .settle(
                        there(hold),
                        end.cost(),
                        Records.end(
                                call,
                                Records.target(call, there(quote), upstream.provider()),
                                end.outcome(),
                                end.status(),
                                end.error(),
                                end.usage(),
                                firstToken))
                .whenCompleteAsync(
                        (_, failure) -> {
                            if (failure != null) {
                                unrecorded(failure);
                            } else {
                                then.run();
                            }
                        },
                        call.loop());
    }

    /** Tells the breaker what the agent's call came to. */
    private void land(AttemptEnd end) {
        if (flight != null && end.cost().equals(Amounts.NONE)) {
            flight.cancel();
        } else if (flight != null) {
            flight.settle(Records.settled(call, target, end.cost()));
        }
    }

    /** A client must not see as finished what is not recorded. */
    private void unrecorded(Throwable failure) {
        HttpResponseWriter writer = stream == null ? null : stream.writer();
        if (writer != null) {
            writer.close(failure);
        }
        call.broken(failure);
    }
}
