package dev.pilothouse.simulators.llm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.SplittableRandom;

/** The shapes of all that is no conversation. What is billed by the piece tells no tokens. */
final class InputShapes {
    private InputShapes() {}

    /** Anthropic's {@code /v1/messages/count_tokens}. */
    static final class Count implements Protocol.Shape {
        @Override
        public void whole(Call call, JsonText out) {
            out.raw("{\"input_tokens\":").number(call.usage().prompt()).raw("}");
        }
    }

    /**
     * OpenAI's {@code /v1/embeddings}. Equal inputs have equal vectors of length 1; in base 64 they are little-endian floats.
     */
    static final class Embeddings implements Protocol.Shape {
        private static final int USUAL = 256;

        @Override
        public void whole(Call call, JsonText out) {
            Ask ask = call.ask();
            out.raw("{\"object\":\"list\",\"data\":[");
            for (int input = 0; input < ask.inputs(); input++) {
                out.raw(input == 0 ? "" : ",")
                        .raw("{\"object\":\"embedding\",\"index\":")
                        .number(input);
                out.raw(",\"embedding\":");
                float[] vector = vector(ask.hash(input), ask.dimensions() > 0 ? ask.dimensions() : USUAL);
                if (ask.base64()) {
                    var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                    bytes.asFloatBuffer().put(vector);
                    out.raw("\"")
                            .raw(Base64.getEncoder().encodeToString(bytes.array()))
                            .raw("\"}");
                } else {
                    for (int i = 0; i < vector.length; i++) {
                        out.raw(i == 0 ? "[" : ",").raw(Float.toString(vector[i]));
                    }
                    out.raw("]}");
                }
            }
            int tokens = call.usage().prompt();
            out.raw("],\"model\":")
                    .quoted(call.model().name())
                    .raw(",\"usage\":{\"prompt_tokens\":")
                    .number(tokens);
            out.raw(",\"total_tokens\":").number(tokens).raw("}}");
        }

        private static float[] vector(long seed, int dimensions) {
            var random = new SplittableRandom(seed);
            var raw = new double[dimensions];
            double squares = 0;
            for (int i = 0; i < dimensions; i++) {
                raw[i] = random.nextDouble() - 0.5;
                squares += raw[i] * raw[i];
            }
            double length = squares == 0 ? 1 : Math.sqrt(squares);
            var vector = new float[dimensions];
            for (int i = 0; i < dimensions; i++) {
                vector[i] = (float) (raw[i] / length);
            }
            return vector;
        }
    }

    /** OpenAI's {@code /v1/moderations}; what it finds is a control. */
    static final class Moderations implements Protocol.Shape {
        private static final String[] CATEGORIES = {
            "harassment",
            "harassment/threatening",
            "hate",
            "hate/threatening",
            "illicit",
            "illicit/violent",
            "self-harm",
            "self-harm/intent",
            "self-harm/instructions",
            "sexual",
            "sexual/minors",
            "violence",
            "violence/graphic"
        };

        @Override
        public void whole(Call call, JsonText out) {
            boolean flagged = call.behaviour().output().flagged();
            out.raw("{\"id\":\"modr-")
                    .raw(call.key())
                    .raw("\",\"model\":")
                    .quoted(call.model().name());
            out.raw(",\"results\":[");
            for (int input = 0; input < call.ask().inputs(); input++) {
                out.raw(input == 0 ? "" : ",").raw("{\"flagged\":").raw(flagged ? "true" : "false");
                for (String object : new String[] {"categories", "category_scores"}) {
                    out.raw(",\"").raw(object).raw("\":{");
                    for (int i = 0; i < CATEGORIES.length; i++) {
                        boolean found = flagged && CATEGORIES[i].equals("violence");
                        out.raw(i == 0 ? "" : ",").quoted(CATEGORIES[i]).raw(":");
                        out.raw(object.equals("categories") ? String.valueOf(found) : found ? "0.98" : "0.0001");
                    }
                    out.raw("}");
                }
                out.raw("}");
            }
            out.raw("]}");
        }
    }

    /** OpenAI's {@code /v1/images/*}: a picture of one dot each. */
    static final class Images implements Protocol.Shape {
        private static final String PICTURE =
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

        @Override
        public void whole(Call call, JsonText out) {
            out.raw("{\"created\":").number(call.created()).raw(",\"data\":[");
            for (int choice = 0; choice < call.choices(); choice++) {
                out.raw(choice == 0 ? "" : ",")
                        .raw("{\"b64_json\":\"")
                        .raw(PICTURE)
                        .raw("\"}");
            }
            out.raw("]");
            usage(call, call.usage().prompt(), call.usage().output(), out);
            out.raw("}");
        }

        private static void usage(Call call, int input, int output, JsonText out) {
            if (!call.byPieces()) {
                int pictures = Math.min(
                        input, call.ask().images() * call.model().tokens().perImage());
                out.raw(",\"usage\":{\"input_tokens\":").number(input);
                out.raw(",\"input_tokens_details\":{\"text_tokens\":").number(input - pictures);
                out.raw(",\"image_tokens\":")
                        .number(pictures)
                        .raw("},\"output_tokens\":")
                        .number(output);
                out.raw(",\"total_tokens\":").number((long) input + output).raw("}");
            }
        }

        @Override
        public void end(Call call, JsonText out) {
            String type =
                    call.ask().protocol() == Protocol.IMAGES ? "image_generation.completed" : "image_edit.completed";
            for (int choice = 0; choice < call.choices(); choice++) {
                out.raw("event: ").raw(type).raw("\ndata: {\"type\":\"").raw(type);
                out.raw("\",\"b64_json\":\"")
                        .raw(PICTURE)
                        .raw("\",\"created_at\":")
                        .number(call.created());
                usage(call, choice == 0 ? call.usage().prompt() : 0, call.steps(), out);
                out.raw("}\n\n");
            }
        }

        @Override
        public void fail(Call call, JsonText out) {
            Protocol.CHAT.shape().fail(call, out);
        }
    }

    /** OpenAI's {@code /v1/audio/speech}: the words themselves in place of sound. */
    static final class Speech implements Protocol.Shape {
        @Override
        public String type(Call call) {
            String format = call.ask().format();
            return format.isEmpty() || format.equals("mp3") ? "audio/mpeg" : "audio/" + format;
        }

        @Override
        public void whole(Call call, JsonText out) {
            call.text(0, out);
        }

        @Override
        public void token(Call call, int token, JsonText out) {
            byte[] word = Call.Words.token(token);
            out.raw("data: {\"type\":\"speech.audio.delta\",\"audio\":\"");
            out.raw(new String(Base64.getEncoder().encode(word), StandardCharsets.US_ASCII))
                    .raw("\"}\n\n");
        }

        @Override
        public void end(Call call, JsonText out) {
            out.raw("data: {\"type\":\"speech.audio.done\"");
            if (!call.byPieces()) {
                int input = call.usage().prompt();
                int output = call.usage().output();
                out.raw(",\"usage\":{\"input_tokens\":").number(input);
                out.raw(",\"output_tokens\":").number(output);
                out.raw(",\"total_tokens\":").number((long) input + output).raw("}");
            }
            out.raw("}\n\n");
        }

        @Override
        public void fail(Call call, JsonText out) {
            Protocol.CHAT.shape().fail(call, out);
        }
    }

    /** OpenAI's {@code /v1/audio/transcriptions} and {@code /v1/audio/translations}. */
    static final class Transcripts implements Protocol.Shape {
        @Override
        public String type(Call call) {
            return isJson(call) ? "application/json" : "text/plain; charset=utf-8";
        }

        private static boolean isJson(Call call) {
            return call.ask().format().isEmpty() || call.ask().format().endsWith("json");
        }

        @Override
        public void whole(Call call, JsonText out) {
            if (!isJson(call)) {
                call.text(0, out);
                return;
            }
            out.raw("{");
            if (call.ask().format().equals("verbose_json")) {
                out.raw("\"task\":\"transcribe\",\"language\":\"english\",\"segments\":[],\"duration\":")
                        .number(call.ask().seconds())
                        .raw(",");
            }
            out.raw("\"text\":\"");
            call.text(0, out);
            out.raw("\"");
            usage(call, out);
            out.raw("}");
        }

        private static void usage(Call call, JsonText out) {
            if (call.byPieces()) {
                out.raw(",\"usage\":{\"type\":\"duration\",\"seconds\":")
                        .number(call.ask().seconds())
                        .raw("}");
                return;
            }
            int input = call.usage().prompt();
            int output = call.usage().output();
            int audio = call.ask().seconds() * Ask.SOUND_TOKENS;
            out.raw(",\"usage\":{\"type\":\"tokens\",\"input_tokens\":").number(input);
            out.raw(",\"input_token_details\":{\"text_tokens\":").number(input - audio);
            out.raw(",\"audio_tokens\":")
                    .number(audio)
                    .raw("},\"output_tokens\":")
                    .number(output);
            out.raw(",\"total_tokens\":").number((long) input + output).raw("}");
        }

        @Override
        public void token(Call call, int token, JsonText out) {
            out.raw("data: {\"type\":\"transcript.text.delta\",\"delta\":\"");
            call.token(token, out);
            out.raw("\"}\n\n");
        }

        @Override
        public void end(Call call, JsonText out) {
            out.raw("data: {\"type\":\"transcript.text.done\",\"text\":\"");
            call.text(0, out);
            out.raw("\"");
            usage(call, out);
            out.raw("}\n\n");
        }

        @Override
        public void fail(Call call, JsonText out) {
            Protocol.CHAT.shape().fail(call, out);
        }
    }

    /** {@code /v1/rerank}: the documents in their order, billed by searches as Cohere tells it, or by tokens as Jina does. */
    static final class Rerank implements Protocol.Shape {
        @Override
        public void whole(Call call, JsonText out) {
            out.raw("{\"id\":\"rerank-")
                    .raw(call.key())
                    .raw("\",\"model\":")
                    .quoted(call.model().name());
            out.raw(",\"results\":[");
            for (int i = 0; i < call.ask().documents(); i++) {
                out.raw(i == 0 ? "" : ",").raw("{\"index\":").number(i);
                out.raw(",\"relevance_score\":")
                        .raw(Double.toString(1.0 / (i + 1)))
                        .raw("}");
            }
            if (call.byPieces()) {
                out.raw("],\"meta\":{\"billed_units\":{\"search_units\":")
                        .number(call.usage().pieces())
                        .raw("}}}");
            } else {
                out.raw("],\"usage\":{\"total_tokens\":")
                        .number(call.usage().prompt())
                        .raw("}}");
            }
        }
    }
}
