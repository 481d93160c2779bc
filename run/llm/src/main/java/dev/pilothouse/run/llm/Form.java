package dev.pilothouse.run.llm;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.Asked.Span;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request that came as a form with files, {@code multipart/form-data} (RFC 7578, on RFC 2046, section 5.1). It is read where it
 * lies; what is changed is put in its place, and all other bytes stay as they came. Immutable.
 *
 * <p>Refused, because the provider might read another thing than was read here: a boundary that is missing, stands twice or is
 * none; a body that does not hold it or ends before its last one; a part without a name; a text that stands twice, unless its name
 * ends with {@code []} as those of lists do; a text that is no UTF-8.
 */
public final class Form {
    /** Parts of one form at most. */
    static final int MOST_PARTS = 256;

    private static final int LONGEST_HEAD = 16 << 10;
    private static final String TYPE = "multipart/form-data";
    private static final String LIST = "[]";
    /** A parameter of a header field's value (RFC 9110, section 5.6.6); values without quotes are taken as loosely as they are sent. */
    private static final Pattern PARAMETER =
            Pattern.compile("\\s*;\\s*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;\"]*)))?");

    private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");
    private static final Pattern BOUNDARY = Pattern.compile("[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]");

    /**
     * A part.
     *
     * @param text what it says; empty for a file
     */
    private record Part(String name, boolean file, String text, Span content) {}

    private final byte[] body;
    private final List<Part> parts;

    private Form(byte[] body, List<Part> parts) {
        this.body = body;
        this.parts = parts;
    }

    /**
     * Reads a form.
     *
     * @param contentType the header field, with its boundary
     * @throws PilothouseException {@link CommonError#INVALID} where it is none, or not whole
     */
    public static Form read(String contentType, byte[] body) {
        byte[] delimiter = ("\r\n--" + boundary(contentType)).getBytes(StandardCharsets.US_ASCII);
        var parts = new ArrayList<Part>();
        int at = first(body, delimiter);
        while (!isLast(body, at)) {
            if (parts.size() == MOST_PARTS) {
                throw CommonError.INVALID.because("The form has more than " + MOST_PARTS + " parts.");
            }
            int head = behindLine(body, at);
            int headEnd = headEnd(body, head);
            int end = next(body, headEnd - 2, delimiter);
            if (end < 0) {
                throw CommonError.INVALID.because(
                        "The form ends before its last boundary; it came only in part. Send the whole form.");
            }
            parts.add(part(body, head, new Span(headEnd, Math.max(headEnd, end))));
            at = end + delimiter.length;
        }
        checkNames(parts);
        return new Form(body, parts);
    }

    /**
     * The boundary between the parts.
     *
     * @throws PilothouseException {@link CommonError#INVALID} where the header names no form, or no boundary
     */
    public static String boundary(String contentType) {
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        if (!type.strip().equalsIgnoreCase(TYPE)) {
            throw CommonError.INVALID.because("This is asked for by a form: the header 'content-type' must be '" + TYPE
                    + "' with a boundary" + (type.isBlank() ? "." : ", and is '" + brief(type.strip()) + "'."));
        }
        String boundary = "";
        if (semicolon >= 0) {
            boundary = parameter(contentType.substring(semicolon), "boundary", "content-type")
                    .orElse("");
        }
        if (!BOUNDARY.matcher(boundary).matches()) {
            throw CommonError.INVALID.because(
                    "The header 'content-type' names no boundary of 1 to 70 letters, digits and"
                            + " '()+_,-./:=? (RFC 2046, section 5.1.1). Let your client write the header.");
        }
        return boundary;
    }

    private static Optional<String> parameter(String parameters, String name, String header) {
        Matcher next = PARAMETER.matcher(parameters);
        Optional<String> found = Optional.empty();
        int at = 0;
        while (next.region(at, parameters.length()).lookingAt()) {
            if (name.equalsIgnoreCase(next.group(1))) {
                if (found.isPresent()) {
                    throw CommonError.INVALID.because("The header '" + header + "' says its " + name + " twice.");
                }
                found = Optional.of(next.group(2) != null ? next.group(2).replaceAll("\\\\(.)", "$1") : next.group(3));
            }
            at = next.end();
        }
        if (!parameters.substring(at).isBlank()) {
            throw CommonError.INVALID.because("The header '" + header + "' cannot be read from '"
                    + brief(parameters.substring(at).strip()) + "' on.");
        }
        return found;
    }

    private static String brief(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "…";
    }

    /** Behind the first delimiter, in front of which there may be a text for those who know no forms. */
    private static int first(byte[] body, byte[] delimiter) {
        int length = delimiter.length - 2;
        if (body.length >= length && Arrays.equals(body, 0, length, delimiter, 2, delimiter.length)) {
            return length;
        }
        int found = next(body, 0, delimiter);
        if (found < 0) {
            throw CommonError.INVALID.because(
                    "The form does not hold the boundary that its header 'content-type' names.");
        }
        return found + delimiter.length;
    }

    /** Where the next delimiter is that really is one: its line ends behind it, or the form does; -1 where there is none. */
    private static int next(byte[] body, int from, byte[] delimiter) {
        for (int i = from; i <= body.length - delimiter.length; i++) {
            if (body[i] == '\r'
                    && Arrays.equals(body, i, i + delimiter.length, delimiter, 0, delimiter.length)
                    && (isLast(body, i + delimiter.length) || behindLine(body, i + delimiter.length) > 0)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isLast(byte[] body, int at) {
        return at + 1 < body.length && body[at] == '-' && body[at + 1] == '-';
    }

    /** Behind the blanks and the line's end there; 0 where something else stands there. */
    private static int behindLine(byte[] body, int at) {
        int i = at;
        while (i < body.length && (body[i] == ' ' || body[i] == '\t')) {
            i++;
        }
        return i + 1 < body.length && body[i] == '\r' && body[i + 1] == '\n' ? i + 2 : 0;
    }

    /** Behind the empty line that ends a part's head. */
    private static int headEnd(byte[] body, int head) {
        int most = Math.min(body.length - 4, head + LONGEST_HEAD);
        for (int i = Math.max(0, head - 2); i <= most; i++) {
            if (body[i] == '\r' && body[i + 1] == '\n' && body[i + 2] == '\r' && body[i + 3] == '\n') {
                return i + 4;
            }
        }
        throw CommonError.INVALID.because("A part of the form has no end of its head within " + LONGEST_HEAD
                + " bytes; the form may be cut off.");
    }

    private static Part part(byte[] body, int head, Span content) {
        String disposition = "";
        for (String line : text(body, new Span(head, Math.max(head, content.from() - 4)), "head of a part")
                .split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equalsIgnoreCase("content-disposition")) {
                disposition = line.substring(colon + 1).strip();
            }
        }
        int semicolon = disposition.indexOf(';');
        String parameters = semicolon < 0 ? "" : disposition.substring(semicolon);
        String name = parameter(parameters, "name", "content-disposition").orElse("");
        if (semicolon < 0
                || !disposition.substring(0, semicolon).strip().equalsIgnoreCase("form-data")
                || name.isEmpty()) {
            throw CommonError.INVALID.because(
                    "A part of the form has no header 'content-disposition: form-data' with a name.");
        }
        boolean file = parameter(parameters, "filename", "content-disposition")
                .or(() -> parameter(parameters, "filename*", "content-disposition"))
                .isPresent();
        return new Part(name, file, file ? "" : text(body, content, "'" + brief(name) + "'"), content);
    }

    private static String text(byte[] body, Span of, String what) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body, of.from(), of.to() - of.from()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw CommonError.INVALID.because("The " + what + " of the form must be UTF-8.", e);
        }
    }

    private static void checkNames(List<Part> parts) {
        Set<String> names = new HashSet<>();
        for (Part part : parts) {
            boolean once = !part.file && !part.name.endsWith(LIST);
            if (once && !names.add(part.name)) {
                throw CommonError.INVALID.because("The form says '" + brief(part.name) + "' twice. Leave one out.");
            }
        }
        if (parts.stream().anyMatch(part -> part.file && part.name.equals("model"))) {
            throw CommonError.INVALID.because("The form's 'model' is a file. Send it as a text.");
        }
    }

    /**
     * What it asks for.
     *
     * @throws PilothouseException {@link CommonError#INVALID} as {@link Asked#read}
     */
    public Asked asked(Dialect dialect) {
        ObjectNode said = said();
        String choices = said.path("n").asString("");
        if (COUNT.matcher(choices).matches()) {
            said.put("n", Integer.parseInt(choices));
        }
        said.put("stream", said.path("stream").asString("").equalsIgnoreCase("true"));
        Asked asked = Asked.read(dialect, Json.bytes(said));
        long fileBytes = 0;
        int files = 0;
        Sound sound = Sound.NONE;
        Span model = Span.NONE;
        for (Part part : parts) {
            if (part.file) {
                files++;
                fileBytes += part.content.to() - part.content.from();
                Sound heard = dialect.unit() == Dialect.Unit.SOUND ? Sound.of(body, part.content) : Sound.NONE;
                sound = files == 1
                        ? heard
                        : new Sound(sound.mostMillis() + heard.mostMillis(), sound.exact() && heard.exact());
            } else if (part.name.equals("model")) {
                model = part.content;
            }
        }
        return asked.inForm(model, body.length, files, fileBytes, sound);
    }

    /** Its texts as a JSON object of strings, for who looks at texts. */
    public byte[] texts() {
        return Json.bytes(said());
    }

    private ObjectNode said() {
        ObjectNode said = Json.object();
        for (Part part : parts) {
            if (!part.file && !part.name.endsWith(LIST)) {
                said.put(part.name, part.text);
            }
        }
        return said;
    }

    /**
     * The form with other texts.
     *
     * @param changed as {@link #texts}
     */
    public byte[] with(byte[] changed) {
        if (Arrays.equals(texts(), changed)) {
            return body;
        }
        JsonNode texts = Json.parse(changed);
        var out = new ByteArrayOutputStream(body.length);
        int done = 0;
        for (Part part : parts) {
            if (!part.file && texts.path(part.name).isString()) {
                out.write(body, done, part.content.from() - done);
                out.writeBytes(texts.path(part.name).stringValue().getBytes(StandardCharsets.UTF_8));
                done = part.content.to();
            }
        }
        out.write(body, done, body.length - done);
        return out.toByteArray();
    }
}
