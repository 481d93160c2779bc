package dev.pilothouse.run.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Models outside any endpoint, run on raw columns. */
class OpenColumnsTest {
    private static final ModelServer server = new ModelServer();

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void gatesRunRawColumns() {
        ModelSource fraud = server.onnx(OnnxBytes.fraud());
        try (var model = server.endpoints.open(ModelServer.TENANT, fraud).join()) {
            assertThat(model.inputs()).containsExactly("amount", "channel");
            Map<String, List<?>> columns = new LinkedHashMap<>();
            columns.put("amount", Arrays.asList(3.0, 3L, "3", null));
            columns.put("channel", Arrays.asList("web", "branch", null, "web"));
            columns.put("unused", List.of(1, 2, 3, 4));
            Map<String, List<Object>> out = model.run(columns).join();
            assertThat(of(out, "label").subList(0, 3)).containsExactly(1L, 0L, 0L);
            assertThat((double[]) of(out, "probability").getFirst()).hasSize(2);
            assertThat(of(out, "probability_labels").getFirst()).isEqualTo(List.of("fine", "fraud"));
            columns.remove("channel");
            assertThatThrownBy(() -> model.run(columns).join()).hasMessageContaining("no columns [channel]");
        }
        try (var model = server.endpoints
                .open(ModelServer.TENANT, server.onnx(OnnxBytes.adding(1, 2)))
                .join()) {
            Map<String, List<?>> columns = new LinkedHashMap<>();
            List<Double> many = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                many.add((double) i);
            }
            columns.put("a", many);
            columns.put("name", many.stream().map(String::valueOf).toList());
            columns.put("b", many);
            List<Object> y = of(model.run(columns).join(), "y");
            assertThat(y).hasSize(3_000);
            assertThat((double[]) y.get(2_999)).containsExactly(3_000, 3_000);
        }
    }

    @Test
    void columnsGoToAServerThatTellsItsInputsAndNotToOneThatDoesNot() throws IOException {
        try (var behind = new ModelServer().serve("inner", OnnxBytes.table(10, 20, 30))) {
            URI withKey = URI.create(behind.uri().toString().replace("//", "//key:" + ModelServer.KEY + "@"));
            try (var model = server.endpoints
                    .open(ModelServer.TENANT, new ModelSource.Remote(withKey, "inner"))
                    .join()) {
                assertThat(of(model.run(Map.of("x", List.of(2L, 0L))).join(), "y"))
                        .containsExactly(30.0, 10.0);
            }
        }
        var silent = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        silent.createContext("/", exchange -> {
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().endsWith("/ready") ? 200 : 404, -1);
            exchange.close();
        });
        silent.start();
        URI address = URI.create("http://127.0.0.1:" + silent.getAddress().getPort());
        try (var model = server.endpoints
                .open(ModelServer.TENANT, new ModelSource.Remote(address, "m"))
                .join()) {
            assertThatThrownBy(() -> model.run(Map.of("x", List.of(1L))).join())
                    .hasMessageContaining("does not tell what it takes");
        } finally {
            silent.stop(0);
        }
    }

    private static List<Object> of(Map<String, List<Object>> outputs, String name) {
        return Objects.requireNonNull(outputs.get(name));
    }
}
