package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.guards.StreamGuard;
import dev.pilothouse.run.llm.SseReader;
import dev.pilothouse.run.llm.StreamMeter;
import dev.pilothouse.run.translation.Answers;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A stream on its way from a provider to a client. For one thread. */
final class ClientStream {
    /** How far it came. */
    enum State {
        FLOWS,
        /** Its last event is there, and kept back. */
        ENDED,
        /** The provider told an error, which is kept back. */
        FAILED,
        /** The provider wrote more than was held. */
        BEYOND,
        /** A guard ended it. */
        BLOCKED
    }

    private static final int LONGEST_EVENT = 16 << 20;
    /** A stream that says nothing for longer shows that it lives. */
    private static final long LONGEST_UNDECIDED_NANOS = 1_000_000_000;

    private static final byte[] NOTHING = {};

    private final SseReader reader = new SseReader(LONGEST_EVENT);
    private final StreamMeter meter;
    private final Answers.Stream translation;
    private final @Nullable StreamGuard guard;
    private final SseReader translated = new SseReader(LONGEST_EVENT);
    private final String model;
    private final long mostPieces;
    /** What goes to the client next, and what goes last. */
    private final ByteArrayOutputStream flowing = new ByteArrayOutputStream();

    private final ByteArrayOutputStream ending = new ByteArrayOutputStream();
    private @Nullable PilothouseException blocked;
    private State state = State.FLOWS;
    private long beganNanos;
    private byte[] failure = NOTHING;

    /**
     * @param guard what looks at what the client gets; null where nothing does
     * @param model who is said to have ended it where it goes beyond its limit
     * @param limit output tokens of each choice that are held; -1 where nothing limits them
     */
    ClientStream(Sent sent, @Nullable StreamGuard guard, String model, long limit) {
        this.guard = guard;
        this.model = model;
        this.meter = new StreamMeter(sent.asked());
        this.translation = sent.answers().stream();
        // One piece more is the end that tells why it ends, and one the begin, for each choice.
        this.mostPieces =
                limit < 0 ? Long.MAX_VALUE : (limit + 2) * sent.asked().choices() + 1;
    }

    /**
     * Takes bytes of the provider; {@link #taken} is what goes to the client of them.
     *
     * @throws IllegalStateException where an event is longer than 16 MiB, or cannot be translated
     */
    void take(byte[] bytes) {
        beganNanos = beganNanos == 0 ? System.nanoTime() : beganNanos;
        reader.feed(bytes, (event, from, to) -> {
            if (state != State.FLOWS) {
                return;
            }
            switch (meter.look(event, from, to)) {
                case PASS -> pass(event, from, to, flowing);
                case HIDE -> {}
                case END -> {
                    state = State.ENDED;
                    pass(event, from, to, ending);
                }
                case FAIL -> {
                    state = State.FAILED;
                    failure = guard == null ? Arrays.copyOfRange(event, from, to) : guard.failure(event, from, to);
                }
            }
            if (state == State.FLOWS && meter.pieces() > mostPieces) {
                state = State.BEYOND;
                new SseReader(LONGEST_EVENT).feed(meter.cut(model), (cut, begin, end) -> pass(cut, begin, end, ending));
            }
        });
        if (guard != null && (state == State.BLOCKED || state == State.FAILED)) {
            guard.close();
        }
    }

    /** What goes to the client by now, once. */
    byte[] taken() {
        byte[] taken = flowing.toByteArray();
        flowing.reset();
        return taken;
    }

    /** Nobody reads it any more. */
    void forget() {
        flowing.reset();
        if (guard != null) {
            guard.forget();
        }
    }

    /** As {@link StreamGuard#window}. */
    @Nullable
    CompletableFuture<?> window() {
        return guard == null ? null : guard.window();
    }

    /** Whether guards may still refuse all of it, so that its begin is worth keeping back. */
    boolean isUndecided() {
        return state == State.BLOCKED
                || (guard != null && guard.isUndecided() && System.nanoTime() - beganNanos < LONGEST_UNDECIDED_NANOS);
    }

    /** Translates an event, and lets the guards decide what of it goes on. */
    private void pass(byte[] event, int from, int to, ByteArrayOutputStream out) {
        StreamGuard looking = guard;
        if (looking == null) {
            translation.event(event, from, to, out);
            return;
        }
        var said = new ByteArrayOutputStream(to - from);
        translation.event(event, from, to, said);
        try {
            translated.feed(said.toByteArray(), (each, begin, end) -> looking.event(each, begin, end, out));
        } catch (PilothouseException found) {
            blocked = found;
            state = State.BLOCKED;
        }
    }

    State state() {
        return state;
    }

    StreamMeter meter() {
        return meter;
    }

    /** The last bytes, once it was judged: the provider's own, or those that end it at its limit. */
    byte[] last() {
        return ending.toByteArray();
    }

    /** The event in which the provider told an error, in its own protocol, or nothing. */
    byte[] failure() {
        return failure;
    }

    /**
     * What the guards say once it is whole: fails where the client must not take it as finished.
     *
     * @param aside reads what is too long for an event loop
     */
    CompletableFuture<?> judged(Executor aside) {
        return guard == null ? CompletableFuture.completedFuture(null) : guard.end(aside);
    }

    /** Why a guard ended it; null where none did. */
    @Nullable
    PilothouseException blocked() {
        return blocked;
    }
}
