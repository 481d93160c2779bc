package dev.pilothouse.simulators.llm;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Writes JSON and HTTP as bytes, with nothing between. Used by one thread. */
final class JsonText {
    private static final int CHUNK_DIGITS = 8;
    private static final int LENGTH_DIGITS = 10;
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    private final ByteBuf out;
    private int chunk = -1;
    private int length = -1;

    JsonText(ByteBuf out) {
        this.out = out;
    }

    ByteBuf bytes() {
        return out;
    }

    /** As it is; ASCII. */
    JsonText raw(String ascii) {
        ByteBufUtil.writeAscii(out, ascii);
        return this;
    }

    JsonText raw(byte[] bytes, int offset, int count) {
        out.writeBytes(bytes, offset, count);
        return this;
    }

    JsonText number(long value) {
        if (value < 0) {
            return raw(Long.toString(value));
        }
        long rest = value;
        int digits = 1;
        for (long v = value; v >= 10; v /= 10) {
            digits++;
        }
        int start = out.writerIndex();
        out.ensureWritable(digits);
        for (int i = digits - 1; i >= 0; i--) {
            out.setByte(start + i, '0' + (int) (rest % 10));
            rest /= 10;
        }
        out.writerIndex(start + digits);
        return this;
    }

    /** A string of JSON. */
    JsonText quoted(String text) {
        out.writeByte('"');
        int plain = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\') {
                ByteBufUtil.writeUtf8(out, text, plain, i);
                plain = i + 1;
                if (c < ' ') {
                    raw("\\u00").hex(c, 2);
                } else {
                    out.writeByte('\\').writeByte(c);
                }
            }
        }
        ByteBufUtil.writeUtf8(out, text, plain, text.length());
        out.writeByte('"');
        return this;
    }

    /** {@code null} for the empty text. */
    JsonText quotedOrNull(String text) {
        return text.isEmpty() ? raw("null") : quoted(text);
    }

    private void hex(int value, int digits) {
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
            out.writeByte(HEX[value >> shift & 15]);
        }
    }

    /** Begins a chunk of HTTP's chunked coding (RFC 9112, section 7.1), whose length is put in when it ends. */
    JsonText beginChunk() {
        out.writeZero(CHUNK_DIGITS);
        chunk = out.writerIndex();
        return raw("\r\n");
    }

    /** Ends a chunk; one that holds nothing is taken back, since it would end the body. */
    JsonText endChunk() {
        int size = out.writerIndex() - chunk - 2;
        if (size == 0) {
            out.writerIndex(chunk - CHUNK_DIGITS);
            return this;
        }
        int end = out.writerIndex();
        out.writerIndex(chunk - CHUNK_DIGITS);
        hex(size, CHUNK_DIGITS);
        out.writerIndex(end);
        return raw("\r\n");
    }

    /** A header field for the length of the body, and the end of the head. */
    JsonText lengthAndBody() {
        raw("content-length: ");
        for (int i = 0; i < LENGTH_DIGITS; i++) {
            out.writeByte(' ');
        }
        length = out.writerIndex();
        return raw("\r\n\r\n");
    }

    /** Puts the length of the body into its field, right-aligned: blanks may stand before a value (RFC 9110, 5.5). */
    JsonText endBody() {
        int size = out.writerIndex() - length - 4;
        int at = length;
        do {
            out.setByte(--at, '0' + size % 10);
            size /= 10;
        } while (size > 0);
        return this;
    }

    /** Where the body begins. */
    int bodyStart() {
        return length + 4;
    }
}
