package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.run.llm.Form;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A form with one file (RFC 7578; its parts by RFC 2046, section 5.1.1), taken apart while it comes: the file goes to disk, and no
 * more of it is in memory than a buffer. Which file it is for which purpose is often said behind the file, so that it can only go on
 * to a provider once all has come.
 *
 * @param filename as the client calls the file
 * @param texts the other parts, by name
 */
record Upload(String filename, Map<String, String> texts) {
    private static final String FILE = "file";
    private static final Set<String> TEXTS = Set.of("purpose", "expires_after[anchor]", "expires_after[seconds]");
    private static final int LONGEST_TEXT = 1_000;
    private static final int LONGEST_HEAD = 8 << 10;
    private static final Pattern NAME = Pattern.compile("(?i);\\s*name=\"([^\"]*)\"");
    private static final Pattern FILENAME = Pattern.compile("(?i);\\s*filename=\"([^\"]*)\"");

    Upload {
        texts = Map.copyOf(texts);
    }

    /** What the file is for, or empty. */
    String purpose() {
        return texts.getOrDefault("purpose", "");
    }

    /**
     * Receives a form.
     *
     * @param to where the file goes
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where it is no such form
     */
    static Upload receive(InputStream form, String contentType, Path to) throws IOException {
        String boundary = Form.boundary(contentType);
        // A line's end in front, so that the first delimiter is like the others.
        var in = new SequenceInputStream(new ByteArrayInputStream(new byte[] {'\r', '\n'}), form);
        var parts = new Parts(in, ("\r\n--" + boundary).getBytes(StandardCharsets.US_ASCII));
        parts.copy(OutputStream.nullOutputStream());
        Map<String, String> texts = new LinkedHashMap<>();
        String filename = "";
        while (parts.hasNext()) {
            String disposition = disposition(parts.head());
            String name = found(NAME, disposition);
            if (name.equals(FILE)) {
                if (!filename.isEmpty()) {
                    throw CommonError.INVALID.because("The form has several files. Upload one after the other.");
                }
                filename = clean(found(FILENAME, disposition));
                try (OutputStream out = Files.newOutputStream(to)) {
                    parts.copy(out);
                }
            } else if (!TEXTS.contains(name)) {
                throw CommonError.INVALID.because("A form of a file has the parts 'file', 'purpose' and"
                        + " 'expires_after', and no part '" + clean(name) + "'.");
            } else if (texts.put(name, parts.text(name)) != null) {
                throw CommonError.INVALID.because("The form says '" + name + "' twice. Leave one out.");
            }
        }
        if (filename.isEmpty()) {
            throw CommonError.INVALID.because("The form has no part 'file'.");
        }
        return new Upload(filename, texts);
    }

    private static String disposition(String head) {
        for (String line : head.split("\r\n", -1)) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-disposition:")) {
                return line;
            }
        }
        throw CommonError.INVALID.because("A part of the form has no header 'content-disposition'.");
    }

    private static String found(Pattern pattern, String in) {
        Matcher matcher = pattern.matcher(in);
        return matcher.find() ? matcher.group(1) : "";
    }

    /** A name that can stand in a head again. */
    private static String clean(String name) {
        String kept = name.replaceAll("[\\p{Cntrl}\"\\\\]", "_");
        return kept.isEmpty() ? FILE : kept.substring(0, Math.min(kept.length(), 200));
    }

    /** The form for a provider: the texts, then the file. */
    InputStream form(String boundary, InputStream content) {
        var head = new StringBuilder();
        texts.forEach((name, value) -> head.append("--")
                .append(boundary)
                .append("\r\nContent-Disposition: form-data; name=\"")
                .append(name)
                .append("\"\r\n\r\n")
                .append(value)
                .append("\r\n"));
        head.append("--")
                .append(boundary)
                .append("\r\nContent-Disposition: form-data; name=\"file\"; filename=\"")
                .append(filename)
                .append("\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        return new SequenceInputStream(
                new SequenceInputStream(stream(head.toString()), content), stream("\r\n--" + boundary + "--\r\n"));
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The parts of a form, one after the other. */
    private static final class Parts {
        private final InputStream in;
        private final byte[] delimiter;
        private final byte[] buffer = new byte[1 << 16];
        private int at;
        private int end;

        Parts(InputStream in, byte[] delimiter) {
            this.in = in;
            this.delimiter = delimiter;
        }

        /** Behind a delimiter: whether a part follows. */
        boolean hasNext() throws IOException {
            String rest = line();
            if (rest.isBlank()) {
                return true;
            }
            if (rest.startsWith("--")) {
                return false;
            }
            throw CommonError.INVALID.because(
                    "A boundary of the form is followed by something else than a line's end.");
        }

        String head() throws IOException {
            var head = new StringBuilder();
            for (String line = line(); !line.isEmpty(); line = line()) {
                head.append(line).append("\r\n");
                if (head.length() > LONGEST_HEAD) {
                    throw CommonError.INVALID.because(
                            "The head of a part of the form is longer than " + LONGEST_HEAD + " bytes.");
                }
            }
            return head.toString();
        }

        /** Up to the line's end, or that of the form; at most a head's length. */
        private String line() throws IOException {
            var line = new ByteArrayOutputStream();
            while (fill(1) && line.size() <= LONGEST_HEAD) {
                byte next = buffer[at++];
                if (next == '\r' && fill(1) && buffer[at] == '\n') {
                    at++;
                    break;
                }
                line.write(next);
            }
            return line.toString(StandardCharsets.UTF_8);
        }

        String text(String name) throws IOException {
            var text = new ByteArrayOutputStream() {
                @Override
                public synchronized void write(byte[] bytes, int from, int length) {
                    super.write(bytes, from, Math.min(length, LONGEST_TEXT + 1 - count));
                }
            };
            copy(text);
            String value = text.toString(StandardCharsets.UTF_8);
            if (text.size() > LONGEST_TEXT || value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0) {
                throw CommonError.INVALID.because(
                        "The part '" + name + "' has at most " + LONGEST_TEXT + " bytes, in one line.");
            }
            return value;
        }

        /** Copies up to the next delimiter, and goes behind it. */
        void copy(OutputStream out) throws IOException {
            while (fill(delimiter.length)) {
                int last = end - delimiter.length;
                int from = at;
                while (at <= last && !isDelimiter(at)) {
                    at++;
                }
                out.write(buffer, from, at - from);
                if (at <= last) {
                    at += delimiter.length;
                    return;
                }
            }
            throw CommonError.INVALID.because(
                    "The form ends before its last boundary; it came only in part. Send the whole form.");
        }

        private boolean isDelimiter(int from) {
            for (int i = 0; i < delimiter.length; i++) {
                if (buffer[from + i] != delimiter[i]) {
                    return false;
                }
            }
            return true;
        }

        /** Whether so many bytes are there. */
        private boolean fill(int count) throws IOException {
            if (end - at >= count) {
                return true;
            }
            System.arraycopy(buffer, at, buffer, 0, end - at);
            end -= at;
            at = 0;
            for (int read = 0; end < count && read >= 0; ) {
                read = in.read(buffer, end, buffer.length - end);
                end += Math.max(0, read);
            }
            return end >= count;
        }
    }
}
