package dev.pilothouse.simulators.llm;

import dev.pilothouse.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** What is asked, and in whose language. */
enum Protocol {
    CHAT,
    COMPLETIONS,
    RESPONSES,
    EMBEDDINGS,
    MODERATIONS,
    IMAGES,
    IMAGE_EDITS,
    IMAGE_VARIATIONS,
    SPEECH,
    TRANSCRIPTIONS,
    TRANSLATIONS,
    RERANK,
    MESSAGES,
    COUNT_TOKENS;

    private static final Shape CHAT_SHAPE = new ChatShape();
    private static final Shape COMPLETIONS_SHAPE = new CompletionsShape();
    private static final Shape RESPONSES_SHAPE = new ResponsesShape();
    private static final Shape EMBEDDINGS_SHAPE = new InputShapes.Embeddings();
    private static final Shape MODERATIONS_SHAPE = new InputShapes.Moderations();
    private static final Shape IMAGES_SHAPE = new InputShapes.Images();
    private static final Shape SPEECH_SHAPE = new InputShapes.Speech();
    private static final Shape TRANSCRIPTS_SHAPE = new InputShapes.Transcripts();
    private static final Shape RERANK_SHAPE = new InputShapes.Rerank();
    private static final Shape MESSAGES_SHAPE = new MessagesShape();
    private static final Shape COUNT_SHAPE = new InputShapes.Count();

    /** How its answers are written. */
    Shape shape() {
        return switch (this) {
            case CHAT -> CHAT_SHAPE;
            case COMPLETIONS -> COMPLETIONS_SHAPE;
            case RESPONSES -> RESPONSES_SHAPE;
            case EMBEDDINGS -> EMBEDDINGS_SHAPE;
            case MODERATIONS -> MODERATIONS_SHAPE;
            case IMAGES, IMAGE_EDITS, IMAGE_VARIATIONS -> IMAGES_SHAPE;
            case SPEECH -> SPEECH_SHAPE;
            case TRANSCRIPTIONS, TRANSLATIONS -> TRANSCRIPTS_SHAPE;
            case RERANK -> RERANK_SHAPE;
            case MESSAGES -> MESSAGES_SHAPE;
            case COUNT_TOKENS -> COUNT_SHAPE;
        };
    }

    /** Whether it is Anthropic's, and else OpenAI's. */
    boolean anthropic() {
        return this == MESSAGES || this == COUNT_TOKENS;
    }

    /** Whether what is answered is generated, so that it can be limited and streamed. */
    boolean generates() {
        return switch (this) {
            case CHAT, COMPLETIONS, RESPONSES, MESSAGES -> true;
            case IMAGES, IMAGE_EDITS, IMAGE_VARIATIONS, SPEECH, TRANSCRIPTIONS, TRANSLATIONS -> true;
            case EMBEDDINGS, MODERATIONS, RERANK, COUNT_TOKENS -> false;
        };
    }

    /** Whether it is asked for by a form with files. */
    boolean isForm() {
        return this == IMAGE_EDITS || this == IMAGE_VARIATIONS || this == TRANSCRIPTIONS || this == TRANSLATIONS;
    }

    /** Whether it is asked for pictures. */
    boolean draws() {
        return this == IMAGES || this == IMAGE_EDITS || this == IMAGE_VARIATIONS;
    }

    /** How a protocol writes what is answered. Without state, so that one serves all. */
    interface Shape {
        /** The whole body. */
        void whole(Call call, JsonText out);

        /** The type of the whole body. */
        default String type(Call call) {
            return "application/json";
        }

        /** The events before the first token. */
        default void begin(Call call, JsonText out) {}

        /** The events of one shown token of each choice, numbered from 0. */
        default void token(Call call, int token, JsonText out) {}

        /** The events after the last token. */
        default void end(Call call, JsonText out) {}

        /** The event that says that the stream has failed. */
        default void fail(Call call, JsonText out) {}
    }

    /** The body of an answer that never ends: a string of JSON whose end does not come. */
    static final class Unending implements Shape {
        @Override
        public void whole(Call call, JsonText out) {
            begin(call, out);
        }

        @Override
        public void begin(Call call, JsonText out) {
            out.raw("{\"id\":\"");
        }

        @Override
        public void token(Call call, int token, JsonText out) {
            byte[] word = Call.Words.token(token);
            out.raw(word, 0, word.length);
        }
    }

    /**
     * A form with files (RFC 7578), taken apart as simply as a provider can: its texts, and what its files tell.
     *
     * @param texts of the parts that are no files, by name
     * @param seconds of sound in the files, rounded up: as its head says of WAV, and of all else by 16 kbit/s
     * @param content of the last file
     */
    record Form(ObjectNode texts, int files, int seconds, byte[] content) {
        private static final Pattern BOUNDARY = Pattern.compile("boundary=\"?([^\";]+)\"?");
        private static final Pattern NAME = Pattern.compile("(?<![a-z])name=\"([^\"]*)\"");
        private static final int WAV_HEAD = 44;
        private static final int WAV_RATE = 28;
        private static final int OTHER_RATE = 2_000;

        /**
         * Takes a body apart.
         *
         * @throws ProviderError.Refused where it is no form
         */
        static Form read(String contentType, byte[] body, int length) {
            Matcher boundary = BOUNDARY.matcher(contentType);
            if (!contentType.startsWith("multipart/form-data") || !boundary.find()) {
                throw ProviderError.INVALID.because("The request must be multipart/form-data with a boundary.");
            }
            ObjectNode texts = Json.object();
            int files = 0;
            int seconds = 0;
            byte[] file = {};
            String all = "\r\n" + new String(body, 0, length, StandardCharsets.ISO_8859_1);
            String[] parts = all.split(Pattern.quote("\r\n--" + boundary.group(1)), -1);
            if (!parts[parts.length - 1].startsWith("--")) {
                throw ProviderError.INVALID.because("The form has no end.");
            }
            for (int i = 1; i < parts.length - 1; i++) {
                int head = parts[i].indexOf("\r\n\r\n");
                Matcher name = NAME.matcher(parts[i].substring(0, Math.max(0, head)));
                if (!name.find()) {
                    throw ProviderError.INVALID.because("A part of the form has no name.");
                }
                String content = parts[i].substring(head + 4);
                if (parts[i].substring(0, head).contains("filename")) {
                    files++;
                    seconds += seconds(content);
                    file = content.getBytes(StandardCharsets.ISO_8859_1);
                } else {
                    texts.put(
                            name.group(1),
                            new String(content.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
                }
            }
            return new Form(texts, files, seconds, file);
        }

        private static int seconds(String file) {
            if (!file.startsWith("RIFF") || file.length() < WAV_HEAD) {
                return Math.ceilDiv(file.length(), OTHER_RATE);
            }
            int rate = 0;
            for (int i = 3; i >= 0; i--) {
                rate = rate << 8 | file.charAt(WAV_RATE + i);
            }
            return Math.ceilDiv(file.length() - WAV_HEAD, Math.max(1, rate));
        }

        /** What it asks for. */
        Ask ask(Protocol protocol) {
            if (texts.has("n")) {
                texts.put("n", Draw.whole(texts.path("n").asString()));
            }
            texts.put("stream", texts.path("stream").asString("").equals("true"));
            byte[] json = Json.bytes(texts);
            return Ask.read(protocol, json, json.length).with(files, seconds);
        }
    }
}
