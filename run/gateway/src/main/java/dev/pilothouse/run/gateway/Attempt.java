package dev.pilothouse.run.gateway;

import com.linecorp.armeria.client.UnprocessedRequestException;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.common.util.Exceptions;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Answer;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.run.llm.AnswerReader;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.providers.ModelRoute.Target;
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

    private final LlmCall call;
    private final Upstream upstream;
    private final Target target;
    private final Sent sent;
    private final int number;
    private final ByteArrayOutputStream whole = new ByteArrayOutputStream();

    private @Nullable Settlement settlement;
    private @Nullable HttpResponse response;
    private @Nullable Subscription subscription;
    private @Nullable Future<?> timer;
    private @Nullable ResponseHeaders status;
    private @Nullable ClientStream stream;
    private @Nullable StreamReply reply;
    private StreamReply.@Nullable Sound sound;
    /** What is left is read for its cost only. */
    private boolean draining;
    /** It is whole, and the guards that others run look at it. */
    private boolean judging;
    /** {@link System#nanoTime} of the first bytes of an answer; 0 before. */
    private long firstToken;

    Attempt(LlmCall call, Upstream upstream, Target target, Sent sent, int number) {
        this.call = call;
        this.upstream = upstream;
        this.target = target;
        this.sent = sent;
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
        Quote quote;
        try {
            quote = Quote.of(
                    sent.asked(),
                    upstream.provider(),
                    target,
                    call.gateway().prices(call.request().identity().tenant()),
                    call.request().budgets(),
                    call.request().at());
        } catch (PilothouseException refusal) {
            call.failed(refusal, 0, false);
            return;
        }
        call.quoted(quote);
        call.then(
                call.gateway()
                        .budgets()
                        .hold(
                                call.request().identity().tenant(),
                                call.request().scopes(),
                                quote.ceiling(),
                                Records.opening(call, number, Records.target(call, quote, upstream.provider()))),
                (answer, failure) -> {
                    if (answer == null) {
                        call.broken(failure);
                    } else {
                        switch (answer) {
                            case Answer.Refused refused -> call.refused(refused);
                            case Answer.Held held -> {
                                settlement = new Settlement(call, upstream.provider(), quote, held.hold());
                                send(settlement);
                            }
                        }
                    }
                });
    }

    private void send(Settlement held) {
        call.held();
        if (call.isClientGone()) {
            settle(held.aborted(), () -> {});
            return;
        }
        // The provider is asked on this event loop, which is told by what is served on it.
        try (var _ = call.request().context().push()) {
            // It may have been paused while it waited for its budgets or for another target.
            call.refusePaused();
            HttpResponse coming = upstream.send(
                    sent.asked().dialect(),
                    target.model(),
                    call.request().headers(),
                    held.traceparent(),
                    call.request().info().requestId() + "-" + number,
                    sent.body(
                            target,
                            held.outputTokens(),
                            !call.request().budgets().isEmpty()));
            response = coming;
            if (call.request().asked().stream()) {
                timer = call.loop()
                        .schedule(
                                () -> stop(new TimeoutException("first byte")),
                                upstream.provider().firstByte().toMillis(),
                                TimeUnit.MILLISECONDS);
            }
            coming.subscribe(this, call.loop());
        } catch (RuntimeException fault) {
            settle(Settlement.End.unsent(fault), () -> call.broken(fault));
        }
    }

    /** Reads the rest for a bounded time, to learn what it cost. */
    void clientLeft() {
        if (settlement != null && !settlement.isOver() && !draining) {
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

    /** Whether nothing that follows counts. */
    private boolean isWhole() {
        return judging || there(settlement).isOver();
    }

    @Override
    public void onNext(HttpObject object) {
        if (isWhole()) {
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
            Settlement held = there(settlement);
            if (stream == null) {
                stream = new ClientStream(
                        sent,
                        call.request().guarded().stream(),
                        target.model(),
                        call.request().budgets().isEmpty() ? -1 : held.outputTokens());
                reply = new StreamReply(call, held, stream, sent.isTranslated());
            }
            events(stream, bytes);
        } else if (sent.asked().dialect() == Dialect.SPEECH && StreamReply.isSound(headers)) {
            sounds(headers, bytes);
        } else {
            whole.writeBytes(bytes);
            more();
        }
    }

    private void sounds(ResponseHeaders headers, byte[] bytes) {
        cancelTimer();
        if (sound == null) {
            firstToken = System.nanoTime();
            sound = new StreamReply.Sound(call, there(settlement), StreamReply.type(headers));
        }
        if (draining) {
            more();
        } else if (sound.write(bytes)) {
            sound.whenTaken(this::more);
        } else {
            clientLeft();
        }
    }

    private boolean isStream(ResponseHeaders headers) {
        return call.request().asked().stream() && StreamReply.type(headers).startsWith("text/event-stream");
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void events(ClientStream events, byte[] bytes) {
        try {
            events.take(bytes);
        } catch (IllegalStateException garbage) {
            stop(garbage);
            return;
        }
        if (whole.size() <= call.longestKept()) {
            // One part more than is worth it tells that it is too long.
            whole.writeBytes(bytes);
        }
        StreamReply to = there(reply);
        if (draining) {
            events.forget();
        } else if (!to.flush()) {
            clientLeft();
        }
        switch (events.state()) {
            case ENDED -> ended(events);
            case FAILED -> broke(events);
            case BLOCKED -> blocked(events, there(events.blocked()));
            case BEYOND -> {
                ended(events);
                stop(new IllegalStateException("The provider does not keep its limit"));
            }
            case FLOWS -> {
                if (draining) {
                    more();
                } else {
                    to.whenTaken(this::more, fault -> blocked(events, fault));
                }
            }
        }
    }

    /** The stream is whole: its last event goes out after it is settled. */
    private void ended(ClientStream events) {
        judging = true;
        call.then(events.judged(call.request().context().blockingTaskExecutor()), (_, fault) -> {
            if (fault != null) {
                blocked(events, fault);
                return;
            }
            Settlement.End end = end(events.meter().usage(), events.meter().serviceTier(), HttpStatus.OK.code(), null);
            call.works(target);
            settle(end, () -> {
                if (events.state() == ClientStream.State.ENDED) {
                    call.keep(sent, there(settlement), end, whole.toByteArray(), true);
                }
                there(reply).end(end);
            });
        });
    }

    /** A guard ended the stream; what the model wrote is charged, its ceiling where nobody told. */
    private void blocked(ClientStream events, Throwable fault) {
        PilothouseException why = call.request().guardsRefusal(fault);
        Settlement.End end = end(events, why);
        call.works(target);
        settle(end, () -> {
            if (!there(reply).breakOff(end, why)) {
                call.failed(why, end.cost().nanoUsd(), false);
            }
        });
        stop(new IllegalStateException("A guard ended it"));
    }

    /** The stream broke off or told an error: what it cost is not known. */
    private void broke(ClientStream events) {
        PilothouseException why = TargetFaults.broke(target);
        Settlement.End end = end(events, why);
        call.fails(target);
        settle(end, () -> {
            if (!there(reply).breakOff(end, why)) {
                call.failed(why, end.cost().nanoUsd(), true);
            }
        });
    }

    private Settlement.End end(ClientStream events, PilothouseException why) {
        int seen = there(reply).isOpen() ? HttpStatus.OK.code() : why.code().status();
        return end(events.meter().usage(), events.meter().serviceTier(), seen, why);
    }

    @Override
    public void onComplete() {
        cancelTimer();
        if (isWhole()) {
            return;
        }
        ResponseHeaders headers = status;
        if (headers == null) {
            lost(new IllegalStateException("The provider answered nothing"));
        } else if (!headers.status().equals(HttpStatus.OK)) {
            refused(headers);
        } else if (stream != null) {
            broke(stream);
        } else if (sound != null) {
            call.works(target);
            settle(end(Optional.empty(), "", HttpStatus.OK.code(), null), there(sound)::end);
        } else {
            answered(headers);
        }
    }

    private void answered(ResponseHeaders seen) {
        byte[] told = whole.toByteArray();
        AnswerReader read = AnswerReader.of(sent.asked().dialect(), told);
        boolean text = sent.asked().dialect().answersText() && !StreamReply.isJson(seen);
        Optional<byte[]> body =
                text ? Optional.of(told) : read.isJson() ? sent.answers().whole(told) : Optional.empty();
        if (body.isEmpty()) {
            PilothouseException why = TargetFaults.garbage(target);
            Settlement.End end =
                    end(read.usage(), read.serviceTier(), why.code().status(), why);
            call.fails(target);
            settle(end, () -> call.failed(why, end.cost().nanoUsd(), false));
            return;
        }
        call.works(target);
        judging = true;
        call.then(call.request().judged(body.get(), text), (passed, fault) -> {
            PilothouseException blocked = fault == null ? null : call.request().guardsRefusal(fault);
            int status = blocked == null ? HttpStatus.OK.code() : blocked.code().status();
            Settlement.End end = sent.asked().dialect().free()
                    ? Settlement.End.free()
                    : end(read.usage(), read.serviceTier(), status, blocked);
            if (blocked == null) {
                answered(passed, text ? StreamReply.type(seen) : "application/json", end);
            } else {
                settle(end, () -> call.failed(blocked, end.cost().nanoUsd(), false));
            }
        });
    }

    private void answered(byte[] passed, String contentType, Settlement.End end) {
        Settlement held = there(settlement);
        settle(end, () -> {
            call.keep(sent, held, end, whole.toByteArray(), false);
            ResponseHeadersBuilder headers = ResponseHeaders.builder(HttpStatus.OK)
                    .set(HttpHeaderNames.CONTENT_TYPE, contentType)
                    .setLong(CostHeaders.COST, held.total(end));
            held.told().addTo(headers);
            call.request()
                    .guarded()
                    .headers(call.request().asked().dialect().family() == Dialect.Family.ANTHROPIC)
                    .forEach(headers::set);
            call.answered(HttpResponse.of(headers.build(), HttpData.wrap(passed)));
        });
    }

    /** The provider says no, which costs nothing. */
    private void refused(ResponseHeaders headers) {
        int code = headers.status().code();
        boolean another = code == 408 || code == 409 || code == 425 || code == 429 || code >= 500;
        if (another) {
            call.fails(target);
        }
        settle(Settlement.End.unsent(Outcome.ERROR, code, GatewayError.UPSTREAM_FAILED.code()), () -> {
            PilothouseException why = TargetFaults.refused(target, code);
            if (code == 401 || code == 403 || code < 400) {
                call.failed(why, 0, true);
            } else {
                call.refused(headers, whole.toByteArray(), sent.isTranslated(), why, another);
            }
        });
    }

    @Override
    public void onError(Throwable failure) {
        cancelTimer();
        if (!isWhole()) {
            lost(Exceptions.peel(failure));
        }
    }

    private void lost(Throwable why) {
        log.debug("{} of {} was lost", target, call.request().info().requestId(), why);
        call.fails(target);
        if (why instanceof UnprocessedRequestException) {
            PilothouseException refusal = TargetFaults.unreachable(target);
            settle(
                    Settlement.End.unsent(
                            Outcome.ERROR,
                            refusal.code().status(),
                            refusal.code().code()),
                    () -> call.failed(refusal, 0, true));
        } else if (stream != null) {
            broke(stream);
        } else if (sound != null) {
            settle(
                    end(Optional.empty(), "", HttpStatus.OK.code(), TargetFaults.broke(target)),
                    () -> there(sound).tear(why));
        } else {
            PilothouseException refusal = TargetFaults.lost(target, why);
            Settlement.End end = end(Optional.empty(), "", refusal.code().status(), refusal);
            settle(end, () -> call.failed(refusal, end.cost().nanoUsd(), true));
        }
    }

    private Settlement.End end(
            Optional<Usage> usage, String serviceTier, int status, @Nullable PilothouseException why) {
        return there(settlement).end(usage, serviceTier, status, draining, why);
    }

    private void settle(Settlement.End end, Runnable then) {
        cancelTimer();
        there(settlement).settle(end, firstToken, then, this::unrecorded);
    }

    private void unrecorded(Throwable failure) {
        if (reply != null) {
            reply.tear(failure);
        }
        if (sound != null) {
            sound.tear(failure);
        }
        call.broken(failure);
    }
}
