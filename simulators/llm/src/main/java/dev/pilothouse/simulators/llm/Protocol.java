package dev.pilothouse.simulators.llm;

/** What is asked, and in whose language. */
enum Protocol {
    CHAT,
    COMPLETIONS,
    RESPONSES,
    EMBEDDINGS,
    MODERATIONS,
    MESSAGES,
    COUNT_TOKENS;

    private static final Shape CHAT_SHAPE = new ChatShape();
    private static final Shape COMPLETIONS_SHAPE = new CompletionsShape();
    private static final Shape RESPONSES_SHAPE = new ResponsesShape();
    private static final Shape EMBEDDINGS_SHAPE = new InputShapes.Embeddings();
    private static final Shape MODERATIONS_SHAPE = new InputShapes.Moderations();
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
            case EMBEDDINGS, MODERATIONS, COUNT_TOKENS -> false;
        };
    }

    /** How a protocol writes what is answered. Without state, so that one serves all. */
    interface Shape {
        /** The whole body. */
        void whole(Call call, JsonText out);

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
}
