package dev.pilothouse.platform.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalJsonTest {
    @Test
    void membersSortByUtf16CodeUnitsAsInTheRfcsExample() {
        // RFC 8785, section 3.2.3
        var node = Json.parse("""
                {"\\u20ac": "Euro Sign", "\\r": "Carriage Return", "\\ufb33": "Hebrew Letter Dalet With Dagesh",
                 "1": "One", "\\ud83d\\ude00": "Emoji: Grinning Face", "\\u0080": "Control",
                 "\\u00f6": "Latin Small Letter O With Diaeresis"}""");
        assertThat(CanonicalJson.text(node))
                .isEqualTo("{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
                        + "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
                        + "\"\ud83d\ude00\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
    }

    @Test
    void controlCharactersTakeTheirShortestEscape() {
        var node = Json.parse("{\"string\":\"\\u20ac$\\u000F\\nA'\\u0042\\u0022\\\\\\\\\\\"\\/\"}");
        assertThat(CanonicalJson.text(node)).isEqualTo("{\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    }

    @Test
    void whiteSpaceAndOrderDoNotMatter() {
        assertThat(CanonicalJson.text(Json.parse("{ \"b\" : [ 1, true , null ], \"a\" : { } }")))
                .isEqualTo(CanonicalJson.text(Json.parse("{\"a\":{},\"b\":[1,true,null]}")))
                .isEqualTo("{\"a\":{},\"b\":[1,true,null]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.1", "1e400", "9007199254740992", "-9007199254740992", "1.0"})
    void numbersWhoseFormWouldDependOnADoubleAreRefused(String number) {
        assertThatThrownBy(() -> CanonicalJson.text(Json.parse("[" + number + "]")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("decimal string");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1,\"a\":2}", "{\"a\":NaN}", "{} {}", "{\"a\":", "[1,]"})
    void brokenTextIsRefusedWithItsPlace(String text) {
        assertThatThrownBy(() -> Json.parse(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(PilothouseException.class)
                .hasMessageContaining("not valid JSON")
                .hasMessageContaining("line 1");
    }

    @Test
    void deepNestingIsRefusedAndDoesNotOverflow() {
        assertThatThrownBy(() -> Json.parse("[".repeat(100_000))).isInstanceOf(PilothouseException.class);
    }
}
