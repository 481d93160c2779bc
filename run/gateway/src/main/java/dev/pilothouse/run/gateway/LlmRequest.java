package dev.pilothouse.run.gateway;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.util.Exceptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.GuardedCall;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.llm.Form;
import dev.pilothouse.run.llm.Preface;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.splits.Side;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a client asked for, as the guards let it pass, and what follows from that alone.
 *
 * @param context what Armeria knows of it
 * @param headers as the client sent them
 * @param asked what its body asks for
 * @param body what goes to a target
 * @param route the alias asked for; who is asked may be another's targets, but never beyond its regions
 * @param side who answers that alias, for this request
 * @param scopes that it spends from
 * @param budgets of those scopes
 * @param guarded what looks at its answer
 * @param guardsRefusal why the guards do not let it pass; null where they do
 * @param at when it came
 * @param startedNanos {@link System#nanoTime} at which it came
 */
record LlmRequest(
        ServiceRequestContext context,
        RequestInfo info,
        RequestHeaders headers,
        Asked asked,
        byte[] body,
        Identity identity,
        ModelRoute route,
        Side side,
        Set<Scope> scopes,
        List<Budget> budgets,
        GuardedCall guarded,
        @Nullable PilothouseException guardsRefusal,
        Instant at,
        long startedNanos) {
    /** Under which embeddings of the cache are counted. */
    private static final String SEMANTIC_CACHE = "semantic-cache";

    private static final Logger log = LoggerFactory.getLogger(LlmRequest.class);

    /**
     * What a body asks for, as JSON or as a form.
     *
     * @throws PilothouseException INVALID where it is none
     */
    static Asked asked(Dialect dialect, RequestHeaders headers, byte[] body) {
        return dialect.isForm() ? form(headers, body).asked(dialect) : Asked.read(dialect, body);
    }

    private static Form form(RequestHeaders headers, byte[] body) {
        return Form.read(headers.get(HttpHeaderNames.CONTENT_TYPE, ""), body);
    }

    /**
     * Reads a request whose body is there, and shows it to the guards.
     *
     * @return done already where no guard is asked that somebody else runs; else completed by another thread
     * @throws PilothouseException where its alias is not known to the caller's organisation
     */
    static CompletableFuture<LlmRequest> read(
            Gateway gateway,
            ServiceRequestContext context,
            RequestHeaders headers,
            Asked asked,
            byte[] body,
            long startedNanos) {
        Instant at = gateway.clock().instant();
        RequestInfo info = RequestInfo.of(context);
        Caller caller = info.caller();
        Identity identity = Identity.of(caller, name -> headers.get(name, ""), asked.user());
        ModelRoute route = gateway.route(caller.tenant(), asked.model());
        Side side = gateway.splits().side(caller.tenant(), route, identity.session(), info.requestId());
        Set<Scope> scopes = identity.scopes();
        var whole = new LlmRequest(
                context,
                info,
                headers,
                asked,
                body,
                identity,
                route,
                side,
                scopes,
                gateway.budgets().of(caller.tenant(), scopes),
                GuardedCall.IDLE,
                null,
                at,
                startedNanos);
        GuardedCall guarded = GuardedCall.IDLE;
        try {
            guarded = gateway.guards()
                    .admit(caller.tenant(), route.alias(), identity.key(), identity.agent(), info.requestId());
            GuardedCall call = guarded;
            byte[] shown = asked.isForm() ? form(headers, body).texts() : body;
            return call.askOfRequest(call.request(shown)).handle((passed, fault) -> whole.guarded(call, passed, fault));
        } catch (PilothouseException refused) {
            return CompletableFuture.completedFuture(whole.guarded(guarded, null, refused));
        }
    }

    /**
     * What embeds texts of this request on the account of who asked it: held, settled and recorded as any other, under the tag
     * {@value #SEMANTIC_CACHE} beside its own. The texts are as the guards let them pass, so that no guard counts for it. They go
     * where this request may go, and no further.
     *
     * @return empty where the alias is not declared, or has no region in common with this one
     */
    Optional<LlmRequest> embedding(Gateway gateway, String alias, List<String> texts) {
        ObjectNode asks = Json.object().put("model", alias);
        texts.forEach(asks.putArray("input")::add);
        byte[] text = Json.bytes(asks);
        Identity tagged = identity.tagged(SEMANTIC_CACHE);
        Set<Scope> spending = tagged.scopes();
        return gateway.routeIfAny(identity.tenant(), alias)
                .flatMap(known -> known.within(route.residency()))
                .map(embedding -> new LlmRequest(
                        context,
                        info,
                        headers,
                        Asked.read(Dialect.EMBEDDINGS, text),
                        text,
                        tagged,
                        embedding,
                        Side.whole(embedding),
                        spending,
                        gateway.budgets().of(identity.tenant(), spending),
                        GuardedCall.IDLE,
                        null,
                        at,
                        System.nanoTime()));
    }

    /** The same, as the guards let it pass, or refused by them. */
    private LlmRequest guarded(GuardedCall call, byte @Nullable [] passed, @Nullable Throwable fault) {
        Throwable cause = fault == null ? null : Exceptions.peel(fault);
        if (cause != null && !(cause instanceof PilothouseException)) {
            throw new IllegalStateException("The guards failed", cause);
        }
        byte[] left = passed == null
                ? body
                : asked.isForm() ? form(headers, body).with(passed) : prefaced(side, asked.dialect(), passed);
        return new LlmRequest(
                context,
                info,
                headers,
                Arrays.equals(left, body) ? asked : asked(asked.dialect(), headers, left),
                left,
                identity,
                route,
                side,
                scopes,
                budgets,
                call,
                (PilothouseException) cause,
                at,
                startedNanos);
    }

    /** A whole answer as the guards let it pass, our own and those that others run; fails where they do not. */
    CompletableFuture<byte[]> judged(byte[] answer) {
        if (answer.length > LlmRoutes.LONG_BODY && !guarded.equals(GuardedCall.IDLE)) {
            // Guards read it for longer than an event loop should be kept.
            return CompletableFuture.supplyAsync(() -> guarded.answer(answer), context.blockingTaskExecutor())
                    .thenCompose(guarded::askOfAnswer);
        }
        try {
            return guarded.askOfAnswer(guarded.answer(answer));
        } catch (PilothouseException blocked) {
            return CompletableFuture.failedFuture(blocked);
        }
    }

    /** With what the alias tells its models before the client's own words. Guards judge the client's words only. */
    private static byte[] prefaced(Side side, Dialect dialect, byte[] body) {
        return side.route()
                .prompt()
                .map(prompt -> Preface.put(dialect, body, prompt.text()))
                .orElse(body);
    }

    /**
     * As {@link #judged(byte[])}.
     *
     * @param text whether it is a plain text in place of JSON
     */
    CompletableFuture<byte[]> judged(byte[] answer, boolean text) {
        if (!text) {
            return judged(answer);
        }
        byte[] said = Json.bytes(Json.object().put("text", new String(answer, StandardCharsets.UTF_8)));
        return judged(said)
                .thenApply(passed -> Arrays.equals(said, passed)
                        ? answer
                        : Json.parse(passed).path("text").asString().getBytes(StandardCharsets.UTF_8));
    }

    /** Why the guards refuse an answer; a fault of our own lets nothing pass, either. */
    PilothouseException guardsRefusal(Throwable fault) {
        Throwable cause = Exceptions.peel(fault);
        if (cause instanceof PilothouseException known) {
            return known;
        }
        log.error("The guards of request {} failed", info.requestId(), cause);
        return CommonError.INTERNAL.because(
                "The guards failed by a fault inside Pilothouse; its log names request " + info.requestId() + ".");
    }
}
