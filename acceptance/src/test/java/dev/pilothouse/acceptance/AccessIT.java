package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Who may call what: each operation of the published document, without a key and with a key of each single role. That the
 * document names all routes is the guard's to check.
 */
class AccessIT {
    private static final List<String> ROLES = List.of("viewer", "invoker", "engineer", "approver", "auditor", "keeper");
    /** Roles that are enough where the other is asked for; admin is everywhere. */
    private static final Map<String, List<String>> ALSO = Map.of(
            "viewer", List.of("engineer", "approver", "auditor", "keeper"),
            "invoker", List.of("engineer"));

    private static final String OPEN = "open";
    private static final String CALLER = "caller";

    private static PackagedServer server;
    private static JsonNode document;
    private static final Map<String, Client> HOLDERS = new LinkedHashMap<>();

    /** One operation of the document; {@code roles} is empty where any key will do. */
    private record Operation(String method, String path, String role, List<String> roles, String mediaType) {
        Client.Answer call(Client client) {
            byte[] body = mediaType.isEmpty() ? new byte[0] : "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
            return client.send(method, path, mediaType, body);
        }

        boolean admits(String held) {
            return roles.stream()
                    .anyMatch(needed -> needed.equals(held)
                            || ALSO.getOrDefault(needed, List.of()).contains(held));
        }
    }

    @BeforeAll
    static void start() {
        // Each route is called with wrong keys, more often than an attacker may.
        server = PackagedServer.start("--access.failed-logins=1000000");
        Client admin = server.client();
        document = YAMLMapper.builder()
                .build()
                .readTree(admin.as("").get("/api/v1/openapi.yaml").expect(200).bytes());
        for (String role : ROLES) {
            HOLDERS.put(role, admin.principal("only-" + role, role));
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<Operation> operations() {
        var operations = new ArrayList<Operation>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    JsonNode operation = method.getValue();
                    var roles = new ArrayList<String>();
                    operation.path("x-any-role").forEach(role -> roles.add(role.asString()));
                    String role = operation.path("x-role").asString();
                    if (roles.isEmpty() && !role.equals(OPEN) && !role.equals(CALLER)) {
                        roles.add(role);
                    }
                    operations.add(new Operation(
                            method.getKey().toUpperCase(Locale.ROOT),
                            path.getKey()
                                    .replace("{level}", "0")
                                    .replace("{index}", "000")
                                    .replaceAll("\\{\\w+\\}", "none"),
                            role,
                            roles,
                            operation.path("requestBody").path("content").propertyNames().stream()
                                    .findFirst()
                                    .orElse("")));
                }));
        assertThat(operations).hasSizeGreaterThan(40);
        return operations;
    }

    @TestFactory
    List<DynamicTest> everyOperationIsRefusedWithoutAKeyAndWithAnUnknownOne() {
        return operations().stream()
                .filter(operation -> !operation.role().equals(OPEN))
                .map(operation -> DynamicTest.dynamicTest(operation.method() + " " + operation.path(), () -> {
                    Client nobody = server.client().as("");
                    problem(operation.call(nobody), 401);
                    problem(operation.call(nobody.as("ph_0000000000000000_unknown")), 401);
                }))
                .toList();
    }

    @TestFactory
    List<DynamicTest> everyOperationIsRefusedToKeysThatLackItsRole() {
        return operations().stream()
                .filter(operation -> !operation.roles().isEmpty())
                .map(operation -> DynamicTest.dynamicTest(operation.method() + " " + operation.path(), () -> {
                    for (var holder : HOLDERS.entrySet()) {
                        if (!operation.admits(holder.getKey())) {
                            problem(operation.call(holder.getValue()), 403);
                        }
                    }
                }))
                .toList();
    }

    @TestFactory
    List<DynamicTest> noOperationFailsForThoseWhoMayCallIt() {
        return operations().stream()
                .filter(operation -> !operation.path().endsWith("/watch")
                        && !operation.path().endsWith("/events"))
                .map(operation -> DynamicTest.dynamicTest(operation.method() + " " + operation.path(), () -> {
                    var callers = new ArrayList<Client>();
                    HOLDERS.forEach((role, client) -> {
                        if (operation.admits(role)) {
                            callers.add(client);
                        }
                    });
                    callers.add(operation.role().equals(OPEN) ? server.client().as("") : server.client());
                    for (Client caller : callers) {
                        var answer = operation.call(caller);
                        assertThat(answer.status())
                                .as(answer.text())
                                .isLessThan(500)
                                .isNotIn(401, 403, 405);
                        if (answer.status() >= 400) {
                            problem(answer, answer.status());
                        }
                    }
                }))
                .toList();
    }

    private static void problem(Client.Answer answer, int status) {
        answer.expect(status);
        assertThat(answer.header("content-type")).startsWith("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("detail").asString())
                .isNotBlank()
                .doesNotContain("Exception", "dev.pilothouse", "java.");
        assertThat(problem.path("requestId").asString()).isNotBlank();
    }
}
