package dev.pilothouse.run.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FormTest {
    private static final String TYPE = "multipart/form-data; boundary=\"a b'c\"";
    private static final String FORM = """
            a word for those who know no forms
            --a b'c
            Content-Disposition: form-data; name="model"

            voice
            --a b'c \t
            content-disposition: form-data; name="prompt"

            Käpt'n
            --a b'cd is no boundary
            --a b'c
            Content-Disposition: form-data; name="file"; filename="a;b.mp3"
            Content-Type: audio/mpeg

            --a b'
            --a b'c
            Content-Disposition: form-data; name="timestamp_granularities[]"

            word
            --a b'c
            Content-Disposition: form-data; name="timestamp_granularities[]"

            segment
            --a b'c
            Content-Disposition: form-data; name="stream"

            true
            --a b'c--
            and one behind it""";

    private static byte[] bytes(String form) {
        return form.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] form) {
        return new String(form, StandardCharsets.UTF_8).replace("\r\n", "\n");
    }

    @Test
    void onlyTheModelsNameChanges() {
        Asked asked = Form.read(TYPE, bytes(FORM)).asked(Dialect.TRANSCRIPTIONS);
        assertThat(asked.model()).isEqualTo("voice");
        assertThat(asked.stream()).isTrue();
        assertThat(text(Edits.of(bytes(FORM), asked, true, "whisper-1", -1)))
                .isEqualTo(FORM.replace("voice\n", "whisper-1\n"));
    }

    @Test
    void textsCanBeReplacedAndFilesStay() {
        Form form = Form.read(TYPE, bytes(FORM));
        String texts = new String(form.texts(), StandardCharsets.UTF_8);
        assertThat(form.with(form.texts())).isEqualTo(bytes(FORM));
        byte[] changed = form.with(texts.replace("Käpt'n", "[NAME_1]").getBytes(StandardCharsets.UTF_8));
        assertThat(text(changed)).isEqualTo(FORM.replace("Käpt'n", "[NAME_1]"));
    }

    @Test
    void choicesAreCountedAndMustBeANumber() {
        String images = part("model", "draw") + part("n", "3") + "--x--\n";
        assertThat(Form.read("multipart/form-data;boundary=x", bytes(images))
                        .asked(Dialect.IMAGE_EDITS)
                        .choices())
                .isEqualTo(3);
        refused("multipart/form-data;boundary=x", part("model", "draw") + part("n", "many") + "--x--\n", "'n' must be");
        refused("multipart/form-data;boundary=x", part("model", "draw") + part("n", "0") + "--x--\n", "'n' must be");
    }

    @Test
    void whatIsNoWholeFormIsRefused() {
        String model = part("model", "voice");
        String form = "multipart/form-data; boundary=x";
        refused("application/json", "{}", "must be 'multipart/form-data'");
        refused("", model, "must be 'multipart/form-data'");
        refused("multipart/form-data", model + "--x--", "names no boundary");
        refused("multipart/form-data; boundary=\"\"", model + "--x--", "names no boundary");
        refused("multipart/form-data; boundary=" + "x".repeat(71), model, "names no boundary");
        refused("multipart/form-data; boundary=x; boundary=y", model, "boundary twice");
        refused("multipart/form-data; boundary=\"x", model, "cannot be read from");
        refused("multipart/form-data; boundary=y", model + "--x--", "does not hold the boundary");
        refused(form, "", "does not hold the boundary");
        refused(form, model, "in part");
        refused(form, model + "--x\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\n\nabc", "in part");
        refused(form, "--x\nContent-Disposition: form-data; name=\"model\"", "cut off");
        refused(form, "--x--", "names no 'model'");
        refused(form, part("language", "en") + "--x--", "names no 'model'");
        refused(form, model + part("model", "other") + "--x--", "'model' twice");
        refused(form, "--x\nContent-Disposition: form-data\n\nvoice\n--x--", "with a name");
        refused(form, "--x\nContent-Type: text/plain\n\nvoice\n--x--", "with a name");
        refused(form, "--x\n\nvoice\n--x--", "with a name");
        refused(form, model.replace("\"model\"", "\"model\"; filename=\"m\"") + "--x--", "'model' is a file");
        refused(form, part("model", "a\nb") + "--x--", "no control characters");
        refused(form, part("a[]", "b").repeat(Form.MOST_PARTS + 1) + "--x--", "more than 256 parts");
    }

    @Test
    void aTextThatIsNoUtf8IsRefused() {
        byte[] form = bytes(part("model", "vo?ce") + "--x--");
        form[new String(form, StandardCharsets.UTF_8).indexOf('?')] = (byte) 0xff;
        assertThatThrownBy(() -> Form.read("multipart/form-data; boundary=x", form))
                .isInstanceOf(PilothouseException.class)
                .hasMessageContaining("must be UTF-8");
    }

    /** Wherever a form is cut off, it is refused and never read in part. */
    @Test
    void noBeginOfAFormIsAForm() {
        byte[] whole = bytes(FORM.substring(0, FORM.lastIndexOf("--") + 2));
        for (int length = 0; length < whole.length; length++) {
            byte[] begin = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Form.read(TYPE, begin)).isInstanceOf(PilothouseException.class);
        }
    }

    @Test
    void emptyTextsAreTexts() {
        byte[] form = bytes(part("prompt", "") + part("model", "voice") + "--x--");
        assertThat(Form.read("Multipart/Form-Data; charset=utf-8; BOUNDARY=x", form)
                        .asked(Dialect.TRANSCRIPTIONS)
                        .model())
                .isEqualTo("voice");
    }

    private static String part(String name, String text) {
        return "--x\nContent-Disposition: form-data; name=\"" + name + "\"\n\n" + text + "\n";
    }

    private static void refused(String type, String form, String why) {
        assertThatThrownBy(() -> Form.read(type, bytes(form)).asked(Dialect.IMAGE_EDITS))
                .as(form)
                .isInstanceOf(PilothouseException.class)
                .hasMessageContaining(why);
    }
}
