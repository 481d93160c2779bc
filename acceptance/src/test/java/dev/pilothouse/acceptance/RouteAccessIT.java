package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.SessionProtocol;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.server.RouteMap;
import inference.GRPCInferenceServiceGrpc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who may call what, beside our own API: every route of every other protocol, gRPC's methods included, with no key, a wrong
 * one, and a key of each single role. {@code routes.tsv} says who may; a route without a row there fails.
 */
class RouteAccessIT {
    private static final List<String> ROLES = List.of("viewer", "invoker", "engineer", "approver", "auditor", "admin");
    private static final Map<String, List<String>> ENOUGH = Map.of(
            "viewer", List.of("viewer", "engineer", "approver", "auditor", "admin"),
            "invoker", List.of("invoker", "engineer", "admin"),
            "engineer", List.of("engineer", "admin"),
            "caller", ROLES);
    private static final String REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

    @TempDir
    private static Path data;

    private static PackagedServer server;
    private static final Map<String, String> KEYS = new LinkedHashMap<>();

    /** One row: method, path and who may call. */
    private record Row(String method, String path, String role) {
        boolean admits(String held) {
            return role.equals("open") || ENOUGH.getOrDefault(role, List.of()).contains(held);
        }

        String callable() {
            return path.replaceAll("\\{[^}]*\\}", "none");
        }
    }

    @BeforeAll
    static void start() {
        server = PackagedServer.start("--access.failed-logins=1000000");
        for (String role : ROLES) {
            KEYS.put(role, server.client().principal("only-" + role, role).key());
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void everyRouteHasItsRowAndNoRowIsLeftOver() throws IOException {
        Map<String, String> answered = new TreeMap<>();
        for (Route route : RouteMap.of(data)) {
            if (!route.protocol().equals("api")) {
                // A route is the same under all its prefixes, so one of them is enough.
                answered.put(route.method() + " " + route.prefixes().getFirst() + route.path(), role(route.access()));
            }
        }
        Map<String, String> told = new TreeMap<>();
        rows().forEach(row -> told.put(row.method() + " " + row.path(), row.role()));
        if (Boolean.getBoolean("routes.print")) {
            answered.forEach((place, role) -> System.out.println("ROW " + place.replace(' ', '\t') + "\t" + role));
        }
        assertThat(told).isEqualTo(answered);
    }

    private static String role(Access access) {
        return switch (access) {
            case Access.Open _ -> "open";
            case Access.AnyCaller _ -> "caller";
            case Access.Holder(var role) -> role.label();
        };
    }

    private static List<Row> rows() throws IOException {
        var rows = new ArrayList<Row>();
        try (var in = RouteAccessIT.class.getResourceAsStream("/routes.tsv")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                String[] cells = line.split("\t", -1);
                rows.add(new Row(cells[0], cells[1], cells[2]));
            }
        }
        return rows;
    }

    @TestFactory
    List<DynamicTest> noRouteIsOpenToWhoLacksItsRole() throws IOException {
        return rows().stream()
                .map(row -> DynamicTest.dynamicTest(row.method() + " " + row.path(), () -> {
                    for (String key : List.of("", "ph_0000000000000000_wrong")) {
                        int status = call(row, key);
                        if (row.role().equals("open")) {
                            assertThat(status).isNotIn(401).isLessThan(500);
                        } else {
                            assertThat(status).isEqualTo(401);
                        }
                    }
                    for (String role : ROLES) {
                        int status = call(row, KEYS.get(role));
                        if (row.admits(role)) {
                            assertThat(status).as(role).isNotIn(401, 405, 500);
                            // Signed addresses refuse by their signature, whoever calls.
                            assertThat(status == 403 && !row.role().equals("open"))
                                    .as(role)
                                    .isFalse();
                        } else {
                            assertThat(status).as(role).isEqualTo(403);
                        }
                    }
                }))
                .toList();
    }

    private static int call(Row row, String key) {
        boolean body = !row.method().equals("GET") && !row.method().equals("HEAD");
        return server.client()
                .as(key)
                .send(
                        row.method(),
                        row.callable(),
                        body ? "application/json" : "",
                        body ? "{}".getBytes(StandardCharsets.UTF_8) : new byte[0])
                .status();
    }

    /** Who may call each method of gRPC; a method without a row fails. */
    private static final Map<String, String> GRPC = Map.of(
            "ServerLive", "open",
            "ServerReady", "open",
            "ServerMetadata", "invoker",
            "ModelReady", "invoker",
            "ModelMetadata", "invoker",
            "ModelConfig", "invoker",
            "ModelInfer", "invoker",
            "ModelStreamInfer", "invoker",
            "RepositoryIndex", "invoker");

    @TestFactory
    List<DynamicTest> everyMethodOfGrpcAsksForItsRole() {
        var tests = new ArrayList<DynamicTest>();
        var service = GRPCInferenceServiceGrpc.getServiceDescriptor();
        assertThat(service.getMethods().stream().map(method -> method.getBareMethodName()))
                .containsExactlyInAnyOrderElementsOf(GRPC.keySet());
        for (var method : service.getMethods()) {
            String role = GRPC.get(method.getBareMethodName());
            tests.add(grpcTest("/" + method.getFullMethodName(), role));
        }
        tests.add(grpcTest(REFLECTION, "caller"));
        return tests;
    }

    private static DynamicTest grpcTest(String path, String role) {
        return DynamicTest.dynamicTest(path, () -> {
            var row = new Row("POST", path, role);
            for (String key : List.of("", "ph_0000000000000000_wrong")) {
                if (role.equals("open")) {
                    assertThat(grpc(path, key)).isNotIn(7, 16);
                } else {
                    assertThat(grpc(path, key)).as("UNAUTHENTICATED").isEqualTo(16);
                }
            }
            for (String held : ROLES) {
                if (row.admits(held)) {
                    assertThat(grpc(path, KEYS.get(held))).as(held).isNotIn(7, 16);
                } else {
                    assertThat(grpc(path, KEYS.get(held)))
                            .as(held + " is PERMISSION_DENIED")
                            .isEqualTo(7);
                }
            }
        });
    }

    /** The status of a call with an empty message. */
    private static int grpc(String path, String key) {
        var headers = RequestHeaders.builder(HttpMethod.POST, path)
                .add("content-type", "application/grpc")
                .add("te", "trailers");
        if (!key.isEmpty()) {
            headers.add("authorization", "Bearer " + key);
        }
        var answer = WebClient.of(
                        SessionProtocol.H2C,
                        com.linecorp.armeria.client.Endpoint.of(
                                server.address().getHost(), server.address().getPort()))
                .execute(headers.build(), HttpData.wrap(new byte[5]))
                .aggregate()
                .join();
        String status = answer.headers().get("grpc-status", answer.trailers().get("grpc-status", "0"));
        return Integer.parseInt(status);
    }
}
