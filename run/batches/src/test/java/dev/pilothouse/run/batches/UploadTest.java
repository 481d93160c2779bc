package dev.pilothouse.run.batches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadTest {
    private static final String TYPE = "multipart/form-data; boundary=b";

    @TempDir
    private Path folder;

    /** A stream that gives what it has in parts of any length. */
    private static InputStream inParts(byte[] bytes, Random random) {
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                return super.read(into, from, Math.min(length, 1 + random.nextInt(40)));
            }
        };
    }

    private static byte[] form(String text, byte[] file) {
        byte[] head = text.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
        byte[] end = "\r\n--b--\r\n".getBytes(StandardCharsets.UTF_8);
        byte[] form = new byte[head.length + file.length + end.length];
        System.arraycopy(head, 0, form, 0, head.length);
        System.arraycopy(file, 0, form, head.length, file.length);
        System.arraycopy(end, 0, form, head.length + file.length, end.length);
        return form;
    }

    @Test
    void whatAFileHoldsPassesUnchangedHoweverItComesAndGoesOn() throws IOException {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int run = 0; run < 100; run++) {
            byte[] file = new byte[random.nextInt(300)];
            for (int i = 0; i < file.length; i++) {
                // Much that looks like the begin of a boundary.
                file[i] = (byte) "\r\n--bx".charAt(random.nextInt(6));
            }
            String whole = new String(file, StandardCharsets.UTF_8);
            if (whole.contains("\r\n--b") || whole.startsWith("--b")) {
                continue;
            }
            Path to = folder.resolve("file");
            byte[] form = form("""
                    A text for those who know no forms.
                    --b
                    Content-Disposition: form-data; name="purpose"

                    batch
                    --b
                    Content-Type: application/jsonl
                    content-disposition: form-data; name="file"; filename="a\\b.jsonl"

                    """, file);

            Upload upload = Upload.receive(inParts(form, random), TYPE, to);

            assertThat(Files.readAllBytes(to)).as("seed %d", seed).isEqualTo(file);
            assertThat(upload.purpose()).isEqualTo("batch");
            assertThat(upload.filename()).isEqualTo("a_b.jsonl");
            Upload again = Upload.receive(
                    upload.form("c", Files.newInputStream(to)),
                    "multipart/form-data; boundary=c",
                    folder.resolve("again"));
            assertThat(again).isEqualTo(upload);
            assertThat(Files.readAllBytes(folder.resolve("again")))
                    .as("seed %d", seed)
                    .isEqualTo(file);
        }
    }

    @Test
    void whatIsNoSuchFormIsRefused() {
        String purpose = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n";
        String file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx\r\n";
        for (List<String> each : List.of(
                List.of("", "ends before its last boundary"),
                List.of(purpose + file, "ends before its last boundary"),
                List.of(purpose + "--b--", "no part 'file'"),
                List.of(purpose + purpose + file + "--b--", "says 'purpose' twice"),
                List.of(file + file + "--b--", "several files"),
                List.of(file + "--b no line's end", "followed by something else"),
                List.of(file.replace("\"file\"", "\"other\"") + "--b--", "no part 'other'"),
                List.of(file.replace("Content-Disposition", "X") + "--b--", "no header 'content-disposition'"),
                List.of(file.replace("Content-", "X: " + "y".repeat(9_000) + "\r\nContent-") + "--b--", "longer than"),
                List.of(purpose.replace("batch", "b".repeat(100_000)) + file + "--b--", "at most 1000 bytes"))) {
            var form = new ByteArrayInputStream(each.getFirst().getBytes(StandardCharsets.UTF_8));
            assertThatThrownBy(() -> Upload.receive(form, TYPE, folder.resolve("file")))
                    .as(each.getFirst())
                    .isInstanceOf(PilothouseException.class)
                    .hasMessageContaining(each.getLast());
        }
    }
}
