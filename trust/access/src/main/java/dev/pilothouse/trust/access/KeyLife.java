package dev.pilothouse.trust.access;

import java.time.Duration;
import java.util.Optional;

/** How long the maker of a key wants it to work. */
public sealed interface KeyLife {
    /** As the installation is configured. */
    record Usual() implements KeyLife {}

    /** So long. */
    record For(Duration duration) implements KeyLife {}

    /** Without end, where the installation allows it. */
    record Endless() implements KeyLife {}

    /** {@link Usual}. */
    static KeyLife usual() {
        return new Usual();
    }

    /** {@link For}, where a duration is given, else {@link Usual}. */
    static KeyLife of(Optional<Duration> duration) {
        return duration.<KeyLife>map(For::new).orElseGet(Usual::new);
    }

    /** Reads {@code 30d}, {@code 12h} or {@code never}; nothing reads as {@link Usual}. */
    static KeyLife parse(Optional<String> text) {
        return text.<KeyLife>map(words -> words.equals("never") ? new Endless() : new For(Rules.life(words)))
                .orElseGet(Usual::new);
    }
}
