package dev.pilothouse.pay.usage;

import dev.pilothouse.pay.prices.TokenClass;
import dev.pilothouse.pay.prices.Usage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Fields one after another in one array: whole numbers of at least 0 as varints of 7 bits a byte, the lowest first (as in
 * Protocol Buffers), texts as their length and UTF-8. Fields have no names: later versions add theirs behind, where earlier
 * ones do not read on, and read {@code 0} and empty texts where an earlier version wrote nothing.
 */
final class Fields {
    private static final int CONTINUES = 0x80;
    private static final int REQUESTS = 10;
    private static final int SEARCHES = 11;
    private static final int IMAGES = 12;
    private static final int CHARACTERS = 13;
    private static final int AUDIO_MILLIS = 14;
    private static final List<TokenClass> CLASSES = List.of(TokenClass.values());

    private Fields() {}

    /** The bit that tells whether a count of the class follows, for ever. */
    private static int bit(TokenClass tokenClass) {
        return switch (tokenClass) {
            case INPUT -> 0;
            case CACHE_READ -> 1;
            case CACHE_WRITE_5M -> 2;
            case CACHE_WRITE_1H -> 3;
            case OUTPUT -> 4;
            case REASONING -> 5;
            case AUDIO_INPUT -> 6;
            case AUDIO_OUTPUT -> 7;
            case IMAGE_INPUT -> 8;
            case IMAGE_OUTPUT -> 9;
        };
    }

    /** Writes fields. For one thread. */
    static final class Writer {
        private byte[] bytes = new byte[256];
        private int length;

        Writer number(long number) {
            if (number < 0) {
                throw new IllegalArgumentException("A field is negative: " + number);
            }
            reserve(10);
            long rest = number;
            while (rest >= CONTINUES) {
                bytes[length++] = (byte) (rest | CONTINUES);
                rest >>>= 7;
            }
            bytes[length++] = (byte) rest;
            return this;
        }

        Writer text(String text) {
            // Most texts are ASCII, whose length is known before it is encoded.
            int start = length;
            number(text.length());
            reserve(text.length());
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c >= CONTINUES) {
                    length = start;
                    return encoded(text.getBytes(StandardCharsets.UTF_8));
                }
                bytes[length++] = (byte) c;
            }
            return this;
        }

        private Writer encoded(byte[] text) {
            number(text.length);
            reserve(text.length);
            System.arraycopy(text, 0, bytes, length, text.length);
            length += text.length;
            return this;
        }

        Writer texts(List<String> texts) {
            number(texts.size());
            texts.forEach(this::text);
            return this;
        }

        /** A set of counts that are not 0, then each of them, so that a usual call takes a few bytes. */
        Writer usage(Usage usage) {
            long present = 0;
            for (TokenClass each : CLASSES) {
                present |= usage.tokens(each) > 0 ? 1L << bit(each) : 0;
            }
            present |= usage.requests() > 0 ? 1L << REQUESTS : 0;
            present |= usage.searches() > 0 ? 1L << SEARCHES : 0;
            present |= usage.images() > 0 ? 1L << IMAGES : 0;
            present |= usage.characters() > 0 ? 1L << CHARACTERS : 0;
            present |= usage.audioMillis() > 0 ? 1L << AUDIO_MILLIS : 0;
            number(present);
            for (TokenClass each : CLASSES) {
                countIfAny(usage.tokens(each));
            }
            countIfAny(usage.requests());
            countIfAny(usage.searches());
            countIfAny(usage.images());
            countIfAny(usage.characters());
            countIfAny(usage.audioMillis());
            return this;
        }

        private void countIfAny(long count) {
            if (count > 0) {
                number(count);
            }
        }

        byte[] bytes() {
            return Arrays.copyOf(bytes, length);
        }

        private void reserve(int more) {
            if (length + more > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
            }
        }
    }

    /** Reads fields in the order in which they were written. For one thread. */
    static final class Reader {
        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        long number() {
            long number = 0;
            int shift = 0;
            while (at < bytes.length) {
                byte next = bytes[at++];
                number |= (long) (next & (CONTINUES - 1)) << shift;
                if (next >= 0) {
                    return number;
                }
                shift += 7;
                if (shift > 63) {
                    throw new IllegalArgumentException("A number of a usage record is too long");
                }
            }
            if (shift > 0) {
                throw new IllegalArgumentException("A usage record ends within a number");
            }
            return 0;
        }

        int small() {
            return Math.clamp(number(), 0, Integer.MAX_VALUE);
        }

        String text() {
            long size = number();
            if (size < 0 || size > bytes.length - at) {
                throw new IllegalArgumentException("A usage record ends within a text");
            }
            String text = new String(bytes, at, (int) size, StandardCharsets.UTF_8);
            at += (int) size;
            return text;
        }

        List<String> texts() {
            long size = number();
            if (size < 0 || size > bytes.length - at) {
                throw new IllegalArgumentException("A usage record ends within a list");
            }
            List<String> texts = new ArrayList<>((int) size);
            for (int i = 0; i < size; i++) {
                texts.add(text());
            }
            return texts;
        }

        /** Counts of kinds that a later version added are passed over. */
        Usage usage() {
            long present = number();
            Usage usage = Usage.NONE;
            for (TokenClass each : CLASSES) {
                if ((present & (1L << bit(each))) != 0) {
                    usage = usage.with(each, number());
                }
            }
            usage = (present & (1L << REQUESTS)) == 0 ? usage : usage.withRequests(number());
            usage = (present & (1L << SEARCHES)) == 0 ? usage : usage.withSearches(number());
            usage = (present & (1L << IMAGES)) == 0 ? usage : usage.withImages(number());
            usage = (present & (1L << CHARACTERS)) == 0 ? usage : usage.withCharacters(number());
            usage = (present & (1L << AUDIO_MILLIS)) == 0 ? usage : usage.withAudioMillis(number());
            for (long later = present >>> (AUDIO_MILLIS + 1); later != 0; later &= later - 1) {
                number();
            }
            return usage;
        }
    }
}
