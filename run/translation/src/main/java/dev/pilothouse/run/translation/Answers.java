package dev.pilothouse.run.translation;

import java.io.ByteArrayOutputStream;
import java.util.Optional;

/** How a provider's answers become the client's. Immutable; its streams are for one thread each. */
public interface Answers {
    /** Answers in the client's own language, byte for byte. */
    Answers UNCHANGED = new Answers() {
        @Override
        public Optional<byte[]> whole(byte[] body) {
            return Optional.of(body);
        }

        @Override
        public Stream stream() {
            return (event, from, to, out) -> out.write(event, from, to - from);
        }
    };

    /**
     * An answer that came in one piece.
     *
     * @return empty where it is no answer of the provider's protocol
     */
    Optional<byte[]> whole(byte[] body);

    /** A new stream. */
    Stream stream();

    /** Events on their way. */
    @FunctionalInterface
    interface Stream {
        /**
         * Takes a whole event of the provider, with its empty line, at {@code [from, to)}; writes the client's events, of which there
         * may be none.
         *
         * @throws IllegalStateException where it is no event of the provider's protocol
         */
        void event(byte[] event, int from, int to, ByteArrayOutputStream out);
    }
}
