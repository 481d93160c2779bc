package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.HttpStatus;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.breaker.Flight;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Hold;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.platform.http.TraceContext;
import dev.pilothouse.platform.spans.Span;
import dev.pilothouse.run.cache.KeptAnswer;
import dev.pilothouse.run.providers.Provider;
import dev.pilothouse.run.splits.Wait;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an attempt holds, and what it comes to in the end. It is settled exactly once. Runs on the request's event loop. */
final class Settlement {
    /**
     * How an attempt ended.
     *
     * @param cost what is charged
     * @param status what the client sees
     * @param error code of the error, or empty
     * @param usage what the provider counted
     */
    record End(Amounts cost, Outcome outcome, int status, String error, Usage usage) {
        /** Of an attempt that no model was asked in. */
        static End unsent(Outcome outcome, int status, String error) {
            return new End(Amounts.NONE, outcome, status, error, Usage.NONE);
        }

        /** Of an attempt that was refused, or met a fault of our own, before any model was asked. */
        static End unsent(RuntimeException why) {
            return why instanceof PilothouseException refusal
                    ? unsent(
                            Outcome.REFUSED,
                            refusal.code().status(),
                            refusal.code().code())
                    : unsent(Outcome.ERROR, CommonError.INTERNAL.status(), CommonError.INTERNAL.code());
        }

        /** Of what providers answer for nothing. */
        static End free() {
            return new End(Amounts.NONE, Outcome.OK, HttpStatus.OK.code(), "", Usage.NONE);
        }
    }

    private static final Logger log = LoggerFactory.getLogger(Settlement.class);
    /** What logs of other servers note, too, where the client left before the answer. */
    private static final int ABORTED = 499;

    private final LlmCall call;
    private final Provider provider;
    private final Quote quote;
    private final Hold hold;
    private final @Nullable Flight flight;
    private final String spanId = Span.newId();
    private final long begun = System.nanoTime();
    private boolean over;

    /** Of an attempt that is about to be sent; the breaker takes an agent's call as begun. */
    Settlement(LlmCall call, Provider provider, Quote quote, Hold hold) {
        this.call = call;
        this.provider = provider;
        this.quote = quote;
        this.hold = hold;
        Identity identity = call.request().identity();
        this.flight = identity.agent().isEmpty()
                ? null
                : call.gateway()
                        .breaker()
                        .start(
                                identity.tenant(),
                                identity.agent(),
                                hold.ceiling().nanoUsd());
    }

    /** What the provider is told of the trace that its work is a part of. */
    String traceparent() {
        TraceContext trace = call.request().info().trace();
        return call.gateway().spans().isEmpty()
                ? trace.traceparent()
                : new TraceContext(trace.traceId(), spanId, trace.flags()).traceparent();
    }

    /** Output tokens of each choice that are held. */
    long outputTokens() {
        return hold.outputTokens();
    }

    /** Whether it is settled, or about to be. */
    boolean isOver() {
        return over;
    }

    CostHeaders told() {
        return call.told(isCut() ? outputTokens() : -1);
    }

    /** Whether budgets allow the answer less than was asked for. */
    boolean isCut() {
        return outputTokens() < quote.ceiling().mostOutput();
    }

    /** An answer to keep, with what it was made with. */
    KeptAnswer kept(byte[] body, End end, Duration ttl) {
        return new KeptAnswer(
                body,
                call.request().route(),
                provider,
                quote.target(),
                quote.priceVersion(),
                quote.table().version(),
                end.usage(),
                end.cost().nanoUsd(),
                ttl);
    }

    /** What the whole request cost, earlier attempts included. */
    long total(End end) {
        return Math.addExact(call.spentNanoUsd(), end.cost().nanoUsd());
    }

    /** What the whole request will cost where its answer cannot tell: what the request itself tells, or the ceiling. */
    long foreseen() {
        Amounts cost = call.request()
                .asked()
                .pieces()
                .counted()
                .flatMap(used -> quote.cost(quote.billed(used), ""))
                .orElse(hold.ceiling());
        return Math.addExact(call.spentNanoUsd(), cost.nanoUsd());
    }

    /** The client left before anything was sent. */
    End aborted() {
        return End.unsent(Outcome.ABORTED, ABORTED, "");
    }

    /**
     * Charges what was used, or the ceiling where nobody can say.
     *
     * @param told what the answer says; where it says nothing, what the request itself tells exactly
     * @param aborted whether the client left meanwhile
     * @param why what failed, if anything
     */
    End end(Optional<Usage> told, String serviceTier, int status, boolean aborted, @Nullable PilothouseException why) {
        Amounts ceiling = hold.ceiling();
        Optional<Usage> usage = told.or(
                        () -> why == null ? call.request().asked().pieces().counted() : Optional.empty())
                .map(quote::billed);
        Amounts cost = usage.flatMap(used -> quote.cost(used, serviceTier)).orElse(null);
        if (cost != null && cost.nanoUsd() > ceiling.nanoUsd()) {
            log.warn(
                    "A request to {} cost {} nano-USD, more than its ceiling of {}: the provider's overheads are declared too low",
                    quote.target(),
                    cost.nanoUsd(),
                    ceiling.nanoUsd());
        }
        call.served(quote, usage, cost == null ? ceiling : cost);
        Amounts charged = cost == null ? ceiling : cost;
        call.request().guarded().charge(charged.inputTokens() + charged.outputTokens());
        Outcome known = aborted ? Outcome.ABORTED : why == null ? Outcome.OK : Outcome.ERROR;
        return new End(
                cost == null ? ceiling : cost,
                cost == null ? Outcome.BOUNDED : known,
                aborted ? ABORTED : status,
                why == null ? "" : why.code().code(),
                usage.orElse(Usage.NONE));
    }

    /**
     * Settles, unless that was done.
     *
     * @param firstToken {@link System#nanoTime} of the first bytes of an answer; 0 where none came
     * @param then what goes to the client, once it is recorded
     * @param unrecorded where it could not be recorded: a client must not see as finished what is not
     */
    void settle(End end, long firstToken, Runnable then, Consumer<Throwable> unrecorded) {
        if (over) {
            return;
        }
        over = true;
        land(end);
        tell(end, firstToken);
        call.gateway()
                .spans()
                .filter(_ -> call.request().info().trace().isSampled())
                .ifPresent(spans -> spans.accept(Records.span(call, provider, quote, end, spanId, begun)));
        call.then(
                call.gateway()
                        .budgets()
                        .settle(
                                hold,
                                end.cost(),
                                Records.end(
                                        call,
                                        Records.target(call, quote, provider),
                                        end.outcome(),
                                        end.status(),
                                        end.error(),
                                        end.usage(),
                                        firstToken)),
                (_, failure) -> {
                    if (failure != null) {
                        unrecorded.accept(failure);
                    } else {
                        then.run();
                    }
                });
    }

    /** Tells the call's side of an answer; what failed is told where it fails, since another target may yet answer. */
    private void tell(End end, long firstToken) {
        boolean stream = call.request().asked().stream();
        if (end.status() == HttpStatus.OK.code() && (!stream || firstToken != 0)) {
            long until = stream ? firstToken : System.nanoTime();
            call.side()
                    .answered(
                            end.error().isEmpty(),
                            stream ? Wait.FIRST_BYTES : Wait.ANSWER,
                            Duration.ofNanos(until - call.request().startedNanos()),
                            total(end));
        }
    }

    /** Tells the breaker what the agent's call came to. */
    private void land(End end) {
        if (flight != null && end.cost().equals(Amounts.NONE)) {
            flight.cancel();
        } else if (flight != null) {
            flight.settle(Records.settled(call, quote.target(), end.cost()));
        }
    }
}
