package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.guards.Guard.Side;
import dev.pilothouse.trust.privacy.Detector;
import dev.pilothouse.trust.privacy.Finding;
import dev.pilothouse.trust.privacy.Redactor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the events of a stream through a window: text goes on once nothing that follows can make it part of a finding. An event
 * whose text is not decided waits for the next one of its part; each event goes on, if with less text or none, so that the client
 * sees the stream live. For one thread.
 */
public final class StreamGuard {
    private static final String DONE = "[DONE]";
    /** Characters of answers that an event loop judges itself. */
    private static final int LONG = 16 << 10;

    private final GuardedCall call;
    private final List<Side> sides;
    private final boolean restores;
    private final boolean hides;
    private final int longestPhrase;
    private final Answers answers;
    /** By the key of a text, in the order in which they began. */
    private final Map<String, Window> windows = new LinkedHashMap<>();

    StreamGuard(GuardedCall call, List<Side> sides, boolean restores, boolean hides, boolean asks) {
        this.call = call;
        this.sides = sides;
        this.restores = restores;
        this.hides = hides;
        this.answers = new Answers(
                asks || sides.stream().anyMatch(side -> !side.answer().isEmpty()));
        this.longestPhrase = sides.stream().mapToInt(Side::longestPhrase).max().orElse(0);
    }

    /** An event as it came. */
    private static final class Event {
        final String head;
        final byte[] json;
        final JsonTexts read;
        boolean sent;

        Event(String head, byte[] json) {
            this.head = head;
            this.json = json;
            this.read = JsonTexts.ofAnswer(json);
        }

        /** Where it has texts that go on in later events. */
        List<Text> deltas() {
            return read.texts().stream().filter(Text::isDelta).toList();
        }
    }

    /** A text that comes in pieces. */
    private final class Window {
        final boolean arguments;
        /** What is not decided, and before it what the decision needs. */
        String text = "";
        /** How much of {@link #text} was decided. */
        int decided;
        /** Decided, and not yet sent. */
        final StringBuilder ready = new StringBuilder();

        @Nullable
        Event last;

        Window(boolean arguments) {
            this.arguments = arguments;
        }

        void take(String piece, boolean end) {
            text += piece;
            List<List<Finding>> found = call.find(sides, text, Place.CONTENT);
            int settled = end ? text.length() : Math.max(decided, settled(found));
            ready.append(call.rewrite(sides, found, text, decided, settled, Place.CONTENT, arguments, true));
            int forget = Math.max(0, settled - Math.max(Detector.CONTEXT, longestPhrase + 1));
            text = text.substring(forget);
            decided = settled - forget;
        }

        /** How much is decided: no finding, no phrase and no name that is put back may go on behind it. */
        private int settled(List<List<Finding>> found) {
            int settled = Math.min(Detector.settled(text), text.length() - longestPhrase);
            for (List<Finding> bySide : found) {
                for (Finding finding : bySide) {
                    settled = finding.from() < settled && finding.to() > settled ? finding.from() : settled;
                }
            }
            return restores ? beforeName(settled) : settled;
        }

        /** Where a name begins that goes on behind a position; the position where none does. */
        private int beforeName(int position) {
            int open = text.lastIndexOf('[', position - 1);
            if (open < Math.max(0, position - Redactor.LONGEST_NAME)) {
                return position;
            }
            int end = Math.min(text.length(), open + Redactor.LONGEST_NAME);
            int close = text.indexOf(']', open, end);
            boolean goesOn = close < 0 ? end == text.length() : close >= position;
            return goesOn ? open : position;
        }

        String sent() {
            String sent = ready.toString();
            ready.setLength(0);
            return sent;
        }

        boolean isEmpty() {
            return decided == text.length() && ready.isEmpty();
        }
    }

    /**
     * Takes an event, with the empty line that ends it, and writes what may go on.
     *
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}: nothing of this stream may follow
     */
    public void event(byte[] bytes, int from, int to, ByteArrayOutputStream out) {
        var head = new StringBuilder();
        String data = data(bytes, from, to, head);
        if (data.isEmpty()) {
            out.write(bytes, from, to - from);
        } else if (data.strip().equals(DONE)) {
            flush("", "", out);
            out.write(bytes, from, to - from);
        } else {
            take(new Event(head.toString(), data.getBytes(StandardCharsets.UTF_8)), out);
        }
    }

    /**
     * The event in which a provider tells that it failed, as the client may read it: nothing where that is blocked, since the stream
     * ends anyway.
     */
    public byte[] failure(byte[] bytes, int from, int to) {
        var head = new StringBuilder();
        String data = data(bytes, from, to, head);
        var out = new ByteArrayOutputStream(to - from);
        try {
            send(new Event(head.toString(), data.getBytes(StandardCharsets.UTF_8)), out);
        } catch (PilothouseException _) {
            return new byte[0];
        }
        return out.toByteArray();
    }

    /** The data of an event; all other lines go to its head. */
    private static String data(byte[] bytes, int from, int to, StringBuilder head) {
        var data = new StringBuilder();
        for (String line : new String(bytes, from, to - from, StandardCharsets.UTF_8).split("\r\n|\n|\r", -1)) {
            if (line.startsWith("data:")) {
                // Lines of data are one text, with line breaks that JSON passes over.
                data.append(data.isEmpty() ? "" : "\n").append(line, line.startsWith("data: ") ? 6 : 5, line.length());
            } else if (!line.isEmpty()) {
                head.append(line).append('\n');
            }
        }
        return data.toString();
    }

    private void take(Event event, ByteArrayOutputStream out) {
        List<Text> deltas = event.deltas();
        if (deltas.isEmpty()) {
            if (!event.head.contains("event: ping")) {
                flush(JsonTexts.numbers(event.json), "", out);
            }
            send(event, out);
            return;
        }
        boolean last = false;
        boolean waits = false;
        for (Text delta : deltas) {
            flush(choice(delta.numbers()), delta.key(), out);
            Window window = windows.computeIfAbsent(delta.key(), _ -> new Window(delta.isArguments()));
            if (window.last != null && !window.last.sent) {
                send(window.last, out);
            }
            call.count(delta);
            window.take(delta.value, delta.isLast());
            window.last = event;
            last |= delta.isLast();
            waits |= window.decided < window.text.length();
        }
        if (last || !waits) {
            send(event, out);
        }
    }

    private static String choice(String numbers) {
        int end = numbers.indexOf('/');
        return end < 0 ? numbers : numbers.substring(0, end + 1);
    }

    /** Decides and sends all texts of a choice or part, or of all where it is empty, but for one. */
    private void flush(String numbers, String but, ByteArrayOutputStream out) {
        for (Map.Entry<String, Window> entry : windows.entrySet()) {
            Window window = entry.getValue();
            Event last = window.last;
            if (last != null
                    && !entry.getKey().equals(but)
                    && entry.getKey().startsWith(numbers)
                    && !(window.isEmpty() && last.sent)) {
                window.take("", true);
                send(last, out);
            }
        }
    }

    /** Sends an event with what is decided of its texts. */
    private void send(Event event, ByteArrayOutputStream out) {
        event.sent = true;
        var said = new ArrayList<String>(event.read.texts().size());
        for (Text text : event.read.texts()) {
            Window window = text.isDelta() ? windows.get(text.key()) : null;
            String passed = window == null ? call.rewrite(sides, text, true) : window.sent();
            if (window != null) {
                answers.add(text, passed);
            }
            said.add(passed);
        }
        out.writeBytes((event.head + "data: ").getBytes(StandardCharsets.UTF_8));
        // What is said may wait for what follows, and log probabilities do not.
        out.writeBytes(event.read.replace(said, hides));
        out.writeBytes("\n\n".getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Judges what the stream said, once its last event was taken: holds it against the rules for whole answers, then asks the guards
     * that others run. Nothing here waits.
     *
     * @param aside reads what is too long for an event loop
     * @return done already where nothing takes long, else completed by another thread; fails with {@link GuardError#GUARD_BLOCKED} or
     *     {@link GuardError#GUARD_UNAVAILABLE}: the client must not take it as finished
     */
    public CompletableFuture<?> end(Executor aside) {
        Executor judging = answers.length() > LONG ? aside : Runnable::run;
        return CompletableFuture.runAsync(() -> call.judge(answers), judging)
                .thenCompose(_ -> call.ask(answers))
                .whenComplete((_, _) -> call.tell());
    }

    /** The stream broke off: tells the meters what came of it. */
    public void close() {
        call.tell();
    }
}
