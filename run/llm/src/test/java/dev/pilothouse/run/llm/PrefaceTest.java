package dev.pilothouse.run.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefaceTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "CHAT|{\"model\":\"m\", \"messages\": [{\"role\":\"user\"}]}"
                        + "|{\"model\":\"m\", \"messages\": [{\"role\":\"system\",\"content\":\"Be é \\\"kind\\\"\"},{\"role\":\"user\"}]}",
                "CHAT|{\"messages\":[],\"model\":\"m\"}|{\"messages\":[{\"role\":\"system\",\"content\":\"Be é \\\"kind\\\"\"}],\"model\":\"m\"}",
                "RESPONSES|{\"model\":\"m\",\"input\":\"x\"}|{\"instructions\":\"Be é \\\"kind\\\"\",\"model\":\"m\",\"input\":\"x\"}",
                "RESPONSES|{ \"instructions\" : \"a\\u00e9\" ,\"model\":\"m\"}|{ \"instructions\" : \"Be é \\\"kind\\\"\\n\\naé\" ,\"model\":\"m\"}",
                "RESPONSES|{\"instructions\":null,\"model\":\"m\"}|{\"instructions\":\"Be é \\\"kind\\\"\",\"model\":\"m\"}",
                "MESSAGES|{\"system\":[{\"type\":\"text\",\"text\":\"b\"}],\"model\":\"m\"}"
                        + "|{\"system\":[{\"type\":\"text\",\"text\":\"Be é \\\"kind\\\"\"},{\"type\":\"text\",\"text\":\"b\"}],\"model\":\"m\"}",
                "COUNT_TOKENS|{\"model\":\"m\"}|{\"system\":\"Be é \\\"kind\\\"\",\"model\":\"m\"}",
                "EMBEDDINGS|{\"model\":\"m\",\"input\":\"x\"}|{\"model\":\"m\",\"input\":\"x\"}"
            })
    void instructionsStandInFrontAndAllElseStaysAsItCame(Dialect dialect, String body, String expected) {
        byte[] put = Preface.put(dialect, body.getBytes(StandardCharsets.UTF_8), "Be é \"kind\"");
        assertThat(new String(put, StandardCharsets.UTF_8)).isEqualTo(expected);
        Asked.read(dialect, put);
    }

    @Test
    void anInnerMemberOfThatNameIsNotTouched() {
        String body = "{\"model\":\"m\",\"metadata\":{\"messages\":[1]},\"messages\":[{\"role\":\"user\"}]}";
        assertThat(new String(
                        Preface.put(Dialect.CHAT, body.getBytes(StandardCharsets.UTF_8), "x"), StandardCharsets.UTF_8))
                .startsWith("{\"model\":\"m\",\"metadata\":{\"messages\":[1]},\"messages\":[{\"role\":\"system\"");
    }

    @Test
    void whatHasNoPlaceForInstructionsIsRefused() {
        byte[] body = "{\"model\":\"m\",\"messages\":5}".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Preface.put(Dialect.CHAT, body, "x"))
                .isInstanceOfSatisfying(
                        PilothouseException.class,
                        refusal -> assertThat(refusal.detail()).isEqualTo("'messages' must be a list of messages."));
    }
}
