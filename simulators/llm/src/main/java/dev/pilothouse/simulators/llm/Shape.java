package dev.pilothouse.simulators.llm;

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

    /** The body of an answer that never ends: a string of JSON whose end does not come. */
    final class Unending implements Shape {
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
