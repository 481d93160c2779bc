package dev.pilothouse.pay.usage;

/**
 * What a client asked for; texts are kept as in {@link Who}.
 *
 * @param requestId the id that the response and logs carry too, by which outcomes are told
 * @param operation protocol and operation, such as {@code openai.chat} or {@code anthropic.messages}
 * @param alias the model as the client named it
 * @param streamed whether it asked for a stream
 * @param startedMicros when the request came, in microseconds of the epoch, at least 0
 */
public record Asked(String requestId, String operation, String alias, boolean streamed, long startedMicros) {
    public Asked {
        requestId = Texts.kept(requestId);
        operation = Texts.kept(operation);
        alias = Texts.kept(alias);
        if (startedMicros < 0) {
            throw new IllegalArgumentException("A request began before 1970: " + startedMicros);
        }
    }

    void write(Fields.Writer to) {
        to.text(requestId).text(operation).text(alias).number(streamed ? 1 : 0).number(startedMicros);
    }

    static Asked read(Fields.Reader from) {
        return new Asked(from.text(), from.text(), from.text(), from.number() == 1, from.number());
    }
}
