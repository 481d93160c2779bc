package dev.pilothouse.run.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.pilothouse.run.openinference.InferReader;
import dev.pilothouse.run.openinference.InferRequest;
import dev.pilothouse.run.openinference.ServedModel;
import dev.pilothouse.testkit.MemoryBlobs;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which models run where the request is. */
class OnnxDirectTest {
    @TempDir
    Path folder;

    @Test
    void aBriefModelAnswersAtOnceAsSoonAsItIsKnownToBeBrief() {
        assertThat(answeredAtOnce(OnnxBytes.adding(1, 4), 2_000)).isPositive();
    }

    @Test
    void aLongOneNeverDoes() {
        assertThat(answeredAtOnce(OnnxBytes.slow(20), 20)).isZero();
    }

    @Test
    void loopsAreFoundInBranchesAndFunctionsToo() throws IOException {
        byte[] loop = field(4, "Loop".getBytes(StandardCharsets.UTF_8));
        byte[] branch = field(5, field(6, field(1, loop)));

        assertThat(hasLoops(OnnxBytes.fraud())).isFalse();
        assertThat(hasLoops(field(7, field(1, loop)))).isTrue();
        assertThat(hasLoops(field(7, field(1, branch)))).isTrue();
        assertThat(hasLoops(field(25, field(7, loop)))).isTrue();
        assertThat(hasLoops(field(7, field(2, "Loop".getBytes(StandardCharsets.UTF_8)))))
                .isFalse();
    }

    private boolean hasLoops(byte[] model) throws IOException {
        return OnnxGraph.hasLoops(Files.write(folder.resolve("model.onnx"), model));
    }

    private static byte[] field(int number, byte[] value) throws IOException {
        var bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeBytes(number, ByteString.copyFrom(value));
        out.flush();
        return bytes.toByteArray();
    }

    private static int answeredAtOnce(byte[] graph, int requests) {
        // Under target, for native libraries are kept beside the scratch folder.
        Path scratch = Path.of("target", "onnx", UUID.randomUUID().toString());
        var blobs = new MemoryBlobs();
        ServedModel model = new OnnxLoader(blobs, OnnxConfig.of(scratch), LoadGuard.none())
                .load("acme", "Model 'm'", blobs.add(graph), Map.of());
        int atOnce = 0;
        try {
            for (int i = 0; i < requests; i++) {
                var answer = model.infer(
                        request(model.info().inputs().getFirst().shape().size()),
                        new ServedModel.Passage(
                                System.nanoTime() + Duration.ofSeconds(30).toNanos(), "r", ""));
                atOnce += answer.isDone() ? 1 : 0;
                answer.join();
            }
        } finally {
            model.close();
        }
        return atOnce;
    }

    private static InferRequest request(int dimensions) {
        String shape = dimensions == 2 ? "[1,4]" : "[1]";
        String data = dimensions == 2 ? "[1,2,3,4]" : "[1]";
        byte[] body = ("{\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":" + shape + ",\"data\":" + data
                        + "}]}")
                .getBytes(StandardCharsets.UTF_8);
        return InferReader.request(new InferRequest.RestBody(body, body.length));
    }
}
