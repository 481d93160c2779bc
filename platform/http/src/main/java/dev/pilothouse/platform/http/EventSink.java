package dev.pilothouse.platform.http;

import java.io.IOException;
import java.time.Duration;

/** The client's end of a stream of server-sent events; see {@link Reply#events}. Used by one thread. */
public interface EventSink {
    /**
     * Sends one event and waits until the connection took it.
     *
     * @param event its type, without line breaks; empty for the default type {@code message}
     * @param data its data; several lines become several {@code data:} lines
     * @throws IOException where the client has gone or stopped reading, or the server is stopping: the feed should end
     */
    void send(String event, String data) throws IOException;

    /**
     * Sends one event with an id, which a browser that lost the connection brings back as {@code Last-Event-ID}.
     *
     * @param id where the stream is after this event, without line breaks
     * @throws IOException as {@link #send(String, String)}
     */
    void send(String id, String event, String data) throws IOException;

    /** Whether anyone still listens. */
    boolean isOpen();

    /**
     * Waits, but no longer than the client listens.
     *
     * @return whether anyone still listens
     */
    boolean pause(Duration atMost) throws InterruptedException;

    /** Runs something, once, when the client leaves or the server stops; at once where that has happened. */
    void onClose(Runnable action);
}
