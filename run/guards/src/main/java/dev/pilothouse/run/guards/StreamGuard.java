package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.guards.Guard.Side;
import dev.pilothouse.trust.privacy.Detector;
import dev.pilothouse.trust.privacy.Finding;
import dev.pilothouse.trust.privacy.Redactor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the events of a stream through a window: text goes on once nothing that follows can make it part of a finding. An event
 * whose text is not decided waits for the next one of its part; each event goes on, if with less text or none, so that the client
 * sees the stream live. Where guards that others run are asked before its end, what may go on gathers until they have said their word
 * on it. Events are taken by one thread; what guards allow may be written by another.
 */
public final class StreamGuard {
    private static final String DONE = "[DONE]";
    private static final byte[] ALIVE = ":\n\n".getBytes(StandardCharsets.US_ASCII);
    /** Characters of answers that an event loop judges itself. */
    private static final int LONG = 16 << 10;

    private final GuardedCall call;
    private final List<Side> sides;
    private final boolean restores;
    private final boolean hides;
    private final int longestPhrase;
    private final OutsideGuards outside;
    private final Answers answers;
    /** What waits for guards that others run; null where none is asked before the end. */
    private final @Nullable Gathered gathered;
    /** By the key of a text, in the order in which they began. */
    private final Map<String, Window> windows = new LinkedHashMap<>();

    private boolean spoken;

    StreamGuard(GuardedCall call, List<Side> sides, boolean restores, boolean hides, OutsideGuards outside) {
        this.call = call;
        this.sides = sides;
        this.restores = restores;
        this.outside = outside;
        this.gathered = outside.window() > 0 ? new Gathered(outside.window()) : null;
        this.hides = hides || gathered != null;
        this.answers = new Answers(outside.anyAtEnd()
                || sides.stream().anyMatch(side -> !side.answer().isEmpty()));
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

    /** A text of which pieces wait. */
    private static final class Part {
        /** Characters of what the client read of it that guards are told with what follows. */
        private static final int BEFORE = 200;

        private final Text first;
        private final StringBuilder waits = new StringBuilder();
        private String before = "";
        private @Nullable String anew;

        Part(Text first) {
            this.first = first;
        }

        /** What waits of it, to be asked about. */
        OutsideGuards.Piece piece() {
            var piece = new OutsideGuards.Piece(first.path(), first.role(), before, waits.toString());
            waits.setLength(0);
            return piece;
        }

        void passed(String was, String now) {
            anew = was.equals(now) ? null : now;
            String read = before + now;
            before = read.substring(Math.max(0, read.length() - BEFORE));
        }

        /** What stands in the place of a piece: a text that is said anew stands where its first piece stood. */
        String instead(String piece) {
            String said = anew;
            anew = said == null ? null : "";
            return said == null ? piece : said;
        }
    }

    /**
     * What waits for guards that others run. Windows grow, so that even a stream that is as long as a provider may make it has some
     * hundred of them.
     */
    private final class Gathered {
        /** Windows after which they have twice the length. */
        private static final int MANY = 32;

        private static final int MOST_DOUBLED = 10;
        /** A shorter window is asked about with the event that comes then, so that a slow stream goes on, too. */
        private static final long LONGEST_NANOS = 500_000_000;

        /** An event, with the text that each of its own is a piece of, and where it is to be written. */
        private record Waiting(Event event, List<String> said, List<Part> parts, ByteArrayOutputStream out) {}

        private final int length;
        private final Map<String, Part> deltas = new HashMap<>();
        private final List<Waiting> events = new ArrayList<>();
        /** Those that have something to be asked about, in their order. */
        private final Set<Part> asked = new LinkedHashSet<>();

        private int characters;
        private long since;
        private int windows;

        Gathered(int length) {
            this.length = length;
        }

        void add(Event event, List<String> said, ByteArrayOutputStream out) {
            var parts = new ArrayList<Part>(said.size());
            for (int i = 0; i < said.size(); i++) {
                Text text = event.read.texts().get(i);
                Part part = text.isDelta() ? deltas.computeIfAbsent(text.key(), _ -> new Part(text)) : new Part(text);
                parts.add(part);
                if (text.isTold() && !said.get(i).isEmpty()) {
                    asked.add(part);
                    part.waits.append(said.get(i));
                    characters += said.get(i).length();
                }
            }
            if (events.isEmpty() && asked.isEmpty()) {
                write(event, said, out);
                return;
            }
            since = events.isEmpty() ? System.nanoTime() : since;
            events.add(new Waiting(event, said, parts, out));
        }

        boolean isDue() {
            int doubled = Math.min(windows / MANY, MOST_DOUBLED);
            return !events.isEmpty()
                    && (characters >= length << doubled || System.nanoTime() - since >= LONGEST_NANOS << doubled);
        }

        /** Asks about all that waits, and writes it as it is allowed. */
        CompletableFuture<?> ask() {
            List<Waiting> waiting = List.copyOf(events);
            List<Part> parts = List.copyOf(asked);
            List<OutsideGuards.Piece> pieces = parts.stream().map(Part::piece).toList();
            forget();
            windows++;
            return outside.passWindow(windows, pieces).thenAccept(passed -> {
                // Where the client left meanwhile, further events are read for their cost.
                synchronized (StreamGuard.this) {
                    for (int i = 0; i < parts.size(); i++) {
                        parts.get(i).passed(pieces.get(i).text(), passed.get(i));
                    }
                    waiting.forEach(this::release);
                }
            });
        }

        private void release(Waiting each) {
            var said = new ArrayList<String>(each.said.size());
            for (int i = 0; i < each.said.size(); i++) {
                said.add(each.parts.get(i).instead(each.said.get(i)));
            }
            write(each.event, said, each.out);
        }

        void forget() {
            events.clear();
            asked.clear();
            characters = 0;
        }
    }

    /**
     * Takes an event, with the empty line that ends it, and writes what may go on: now, or once {@link #window} or {@link #end} let it.
     * One that has data which is not one JSON object is left out, since nobody can look at it.
     *
     * @throws PilothouseException {@link GuardError#GUARD_BLOCKED}: nothing of this stream may follow
     */
    public synchronized void event(byte[] bytes, int from, int to, ByteArrayOutputStream out) {
        var head = new StringBuilder();
        String data = data(bytes, from, to, head);
        if (data.isEmpty()) {
            // It keeps the connection alive, and no client reads what it says.
            out.writeBytes(ALIVE);
            return;
        }
        var event = new Event(head.toString(), data.getBytes(StandardCharsets.UTF_8));
        if (data.strip().equals(DONE)) {
            flush("", "", out);
            send(event, out);
        } else if (event.read.isWhole()) {
            take(event, out);
        }
    }

    /**
     * The event in which a provider tells that it failed, as the client may read it: nothing where that is blocked or cannot be read, or
     * guards that others run would have to be asked, since the stream ends anyway.
     */
    public byte[] failure(byte[] bytes, int from, int to) {
        var head = new StringBuilder();
        String data = data(bytes, from, to, head);
        var event = new Event(head.toString(), data.getBytes(StandardCharsets.UTF_8));
        var out = new ByteArrayOutputStream(to - from);
        try {
            if (event.read.isWhole() && !outside.any(false)) {
                send(event, out);
            }
        } catch (PilothouseException _) {
            return new byte[0];
        }
        return out.toByteArray();
    }

    /** The data of an event; its name, id and the like go to its head. */
    private static String data(byte[] bytes, int from, int to, StringBuilder head) {
        var data = new StringBuilder();
        for (String line : new String(bytes, from, to - from, StandardCharsets.UTF_8).split("\r\n|\n|\r", -1)) {
            if (line.startsWith("data:")) {
                // Lines of data are one text, with line breaks that JSON passes over.
                data.append(data.isEmpty() ? "" : "\n").append(line, line.startsWith("data: ") ? 6 : 5, line.length());
            } else if (!line.isEmpty() && !line.startsWith(":")) {
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
            said.add(window == null ? call.rewrite(sides, text, true) : window.sent());
        }
        if (gathered == null) {
            write(event, said, out);
        } else {
            gathered.add(event, said, out);
        }
    }

    private void write(Event event, List<String> said, ByteArrayOutputStream out) {
        for (int i = 0; i < said.size(); i++) {
            Text text = event.read.texts().get(i);
            if (text.isDelta()) {
                answers.add(text, said.get(i));
                spoken |= !said.get(i).isEmpty();
            }
        }
        out.writeBytes((event.head + "data: ").getBytes(StandardCharsets.UTF_8));
        // What is said may wait for what follows, and log probabilities do not.
        out.writeBytes(event.read.replace(said, hides));
        out.writeBytes("\n\n".getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Asks guards that others run about what has gathered, once it is a window. Nothing here waits, and no event may be taken meanwhile
     * whose text is to go on.
     *
     * @return null where nothing is to be waited for; done once what they allow is written; fails as {@link #end} does
     */
    public synchronized @Nullable CompletableFuture<?> window() {
        return gathered != null && gathered.isDue() ? gathered.ask() : null;
    }

    /**
     * Whether no text was let go yet of what these guards may hide. What goes before it, such as who speaks, tells nothing, so that the
     * whole answer can still be refused.
     */
    public synchronized boolean isUndecided() {
        return hides && !spoken;
    }

    /** Nobody reads what has gathered any more. */
    public synchronized void forget() {
        if (gathered != null) {
            gathered.forget();
        }
    }

    /**
     * Judges what the stream said, once its last event was taken: asks about what has gathered, holds all of it against the rules for
     * whole answers, then asks the guards that others run and that want to hear it whole. Nothing here waits.
     *
     * @param aside reads what is too long for an event loop
     * @return done already where nothing takes long, else completed by another thread; fails with {@link GuardError#GUARD_BLOCKED} or
     *     {@link GuardError#GUARD_UNAVAILABLE}: the client must not take it as finished
     */
    public synchronized CompletableFuture<?> end(Executor aside) {
        CompletableFuture<?> passed = gathered == null ? CompletableFuture.completedFuture(null) : gathered.ask();
        return passed.thenCompose(_ -> {
                    Executor judging = answers.length() > LONG ? aside : Runnable::run;
                    return CompletableFuture.runAsync(() -> call.judge(answers), judging);
                })
                .thenCompose(_ -> outside.judge(answers))
                .whenComplete((_, _) -> call.tell());
    }

    /** The stream broke off: tells the meters what came of it. */
    public void close() {
        call.tell();
    }
}
