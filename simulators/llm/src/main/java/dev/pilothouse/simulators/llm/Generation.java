package dev.pilothouse.simulators.llm;

import dev.pilothouse.simulators.llm.Behaviour.Fault;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An answer that takes time, comes in pieces or goes wrong: a small machine that is stepped by timers and by a reader who makes
 * room. Tokens are due at times of their own, so that a late timer does not slow the answer down. Used by one event loop.
 */
final class Generation implements Runnable {
    /** Bytes written at a time, after which others on the event loop have their turn. */
    private static final int BATCH = 16 << 10;

    private static final long MILLISECOND = 1_000_000;
    private static final String GARBAGE = "<<{]\u0001 not of this grammar";

    private final Connection connection;
    private final Invoice invoice;
    private final Call call;
    private final Protocol.Shape shape;
    private final boolean stopOnDisconnect;
    private final boolean streamed;
    private final Fault fault;
    private final int faultStep;

    private @Nullable Future<?> timer;
    private boolean begun;
    private boolean over;
    private boolean waitsForRoom;
    private boolean faultDone;
    private int step;
    /** When the next token is due, by {@link System#nanoTime}. */
    private long due;

    Generation(Connection connection, Invoice invoice, Call call, boolean stopOnDisconnect) {
        this.connection = connection;
        this.invoice = invoice;
        this.call = call;
        this.stopOnDisconnect = stopOnDisconnect;
        Behaviour.Trouble trouble = call.behaviour().trouble();
        this.fault = trouble.fault();
        boolean unending = fault == Fault.ENDLESS && call.ask().protocol().generates();
        this.streamed = call.ask().stream() || unending;
        this.shape = call.ask().stream() || !unending ? call.ask().protocol().shape() : new Protocol.Unending();
        this.faultStep = fault == Fault.EMPTY ? 0 : streamed ? Math.min(trouble.after(), call.steps()) : call.steps();
    }

    void start() {
        due = System.nanoTime() + call.behaviour().pace().firstByte().at(call.chance(3)) * MILLISECOND;
        run();
    }

    /** The reader has made room. */
    void resume() {
        if (waitsForRoom) {
            waitsForRoom = false;
            run();
        }
    }

    /** The client is gone, and its line is closed. */
    void disconnect() {
        if (!over) {
            boolean all = !stopOnDisconnect && fault != Fault.ENDLESS;
            end(all ? call.usage() : call.usage(step), Invoice.Line.State.ABORTED);
            if (timer != null) {
                timer.cancel(false);
            }
        }
    }

    @Override
    public void run() {
        if (over || waitsForRoom || (!begun && !begin())) {
            return;
        }
        JsonText out = connection.text();
        while (true) {
            if (step >= faultStep && !faultDone && fault != Fault.NONE) {
                faultDone = true;
                if (streamed && faulty(out)) {
                    return;
                }
            }
            if (step >= call.steps()) {
                break;
            }
            long now = System.nanoTime();
            if (due - now > 0) {
                connection.send(out);
                later(due - now);
                return;
            }
            if (out.bytes().readableBytes() > BATCH) {
                connection.send(out);
                takeTurns();
                return;
            }
            token(out);
        }
        if (streamed) {
            out.beginChunk();
            shape.end(call, out);
            out.endChunk().raw("0\r\n\r\n");
            end(call.usage(), Invoice.Line.State.ENDED);
            connection.finish(out);
        } else {
            connection.drop(out);
            whole();
        }
    }

    /** Whether the first token's time has come. */
    private boolean begin() {
        long now = System.nanoTime();
        if (due - now > 0) {
            later(due - now);
            return false;
        }
        if (fault == Fault.STALL_FIRST_BYTE && !faultDone) {
            faultDone = true;
            stall();
            return false;
        }
        begun = true;
        due = now;
        if (streamed) {
            JsonText out = connection.text();
            connection.head(
                    out, 200, call.ask().stream() ? "text/event-stream; charset=utf-8" : "application/json", call);
            out.raw("transfer-encoding: chunked\r\n\r\n").beginChunk();
            if (fault != Fault.EMPTY) {
                shape.begin(call, out);
            }
            connection.send(out.endChunk());
        }
        return true;
    }

    private void token(JsonText out) {
        if (streamed && step >= call.reasoning()) {
            out.beginChunk();
            shape.token(call, step - call.reasoning(), out);
            out.endChunk();
        }
        step++;
        Draw delay = call.behaviour().pace().token();
        due += delay.at(call.chance(step + 10L)) * MILLISECOND;
    }

    /** Lets others have their turn, and waits for the reader where it is slow. */
    private void takeTurns() {
        if (connection.hasRoom()) {
            connection.loop().execute(this);
        } else {
            waitsForRoom = true;
        }
    }

    private void later(long nanos) {
        timer = connection.loop().schedule(this, nanos, TimeUnit.NANOSECONDS);
    }

    private void stall() {
        int millis = call.behaviour().trouble().stall();
        if (millis > 0) {
            later(millis * MILLISECOND);
            due = System.nanoTime() + millis * MILLISECOND;
        }
    }

    /** Does the fault in a stream; whether nothing more is to be done now. */
    private boolean faulty(JsonText out) {
        return switch (fault) {
            case STALL -> {
                connection.send(out);
                stall();
                yield true;
            }
            case CUT -> {
                end(call.usage(step), Invoice.Line.State.BROKEN);
                connection.cut(out);
                yield true;
            }
            case ERROR -> {
                out.beginChunk();
                shape.fail(call, out);
                out.endChunk().raw("0\r\n\r\n");
                end(call.usage(step), Invoice.Line.State.BROKEN);
                connection.finish(out);
                yield true;
            }
            case GARBAGE -> {
                out.beginChunk().raw("data: ").raw(GARBAGE).raw("\n\n").endChunk();
                yield false;
            }
            case EMPTY -> {
                out.raw("0\r\n\r\n");
                end(call.usage(step), Invoice.Line.State.BROKEN);
                connection.finish(out);
                yield true;
            }
            case NONE, STALL_FIRST_BYTE, ENDLESS -> {
                yield false;
            }
        };
    }

    /** The answer that is not streamed, with what goes wrong in it. */
    private void whole() {
        JsonText out = connection.text();
        if (fault == Fault.ERROR) {
            end(Usage.NONE, Invoice.Line.State.FAILED);
            connection.fail(out, 500, call, 0);
            return;
        }
        connection.head(out, 200, shape.type(call), call);
        out.lengthAndBody();
        switch (fault) {
            case EMPTY -> {}
            case GARBAGE -> out.raw(GARBAGE);
            default -> shape.whole(call, out);
        }
        out.endBody();
        int size = out.bytes().writerIndex();
        int half = (out.bodyStart() + size) / 2;
        switch (fault) {
            case CUT -> {
                out.bytes().writerIndex(half);
                end(call.usage(), Invoice.Line.State.BROKEN);
                connection.cut(out);
            }
            case STALL -> {
                JsonText rest = connection.text();
                rest.bytes().writeBytes(out.bytes(), half, size - half);
                out.bytes().writerIndex(half);
                connection.send(out);
                pauseBefore(rest);
            }
            default -> {
                end(call.usage(), Invoice.Line.State.ENDED);
                connection.finish(out);
            }
        }
    }

    private void pauseBefore(JsonText rest) {
        connection.hold(rest);
        int millis = call.behaviour().trouble().stall();
        if (millis > 0) {
            timer = connection
                    .loop()
                    .schedule(
                            () -> {
                                if (!over) {
                                    end(call.usage(), Invoice.Line.State.ENDED);
                                    connection.finishHeld();
                                }
                            },
                            millis,
                            TimeUnit.MILLISECONDS);
        }
    }

    private void end(Usage usage, Invoice.Line.State state) {
        over = true;
        invoice.end(call.line(), call.model(), usage, state);
    }
}
