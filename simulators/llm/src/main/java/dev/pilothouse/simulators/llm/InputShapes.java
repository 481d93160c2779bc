package dev.pilothouse.simulators.llm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.SplittableRandom;

/** The shapes of what is not generated but follows from the input. */
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
}
