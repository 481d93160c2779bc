package dev.pilothouse.cli;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Commands on people, service accounts, agents and their keys. */
final class AccessCommands {
    private AccessCommands() {}

    private static ObjectNode withRoles(ObjectNode body, List<String> roles) {
        var list = body.putArray("roles");
        roles.forEach(list::add);
        return body;
    }

    @Command(
            name = "keys",
            description = "Make, list and revoke API keys.",
            headerHeading = "Example: pilot keys create ci --role engineer --expires 30d%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class KeysCommand {
        @ParentCommand
        private Pilot pilot;

        @Command(
                name = "create",
                description = "Make a key; it is shown this once.",
                headerHeading = "Example: pilot keys create ci --role engineer%n",
                mixinStandardHelpOptions = true)
        int create(
                @Parameters(paramLabel = "NAME", description = "What the key is for.") String name,
                @Option(
                                names = "--principal",
                                paramLabel = "ID",
                                defaultValue = "",
                                description = "Whose key (default: yours).")
                        String principal,
                @Option(
                                names = "--role",
                                paramLabel = "ROLE",
                                arity = "1",
                                description = "viewer, invoker, engineer, approver, auditor or admin; repeatable.")
                        List<String> roles,
                @Option(
                                names = "--expires",
                                paramLabel = "TIME",
                                defaultValue = "",
                                description = "Such as 30d or 12h (default: never).")
                        String expires) {
            ObjectNode body = withRoles(Json.object().put("name", name), roles == null ? List.of() : roles);
            if (!principal.isEmpty()) {
                body.put("principal", principal);
            }
            if (!expires.isEmpty()) {
                body.put("expiresIn", expires);
            }
            JsonNode answer = pilot.api().post("/api/v1/keys", body);
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line(Show.text(answer, "key"));
                pilot.terminal().talk("Keep it: it is not shown again. Id " + Show.text(answer, "id") + ".");
            }
            return 0;
        }

        @Command(
                name = "list",
                description = "List keys without their secrets.",
                headerHeading = "Example: pilot keys list%n",
                mixinStandardHelpOptions = true)
        int list() {
            JsonNode answer = pilot.api().get("/api/v1/keys");
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal()
                        .table(
                                List.of("ID", "NAME", "PRINCIPAL", "ROLES", "LAST USED", "EXPIRES"),
                                Show.rows(
                                        answer.path("items"),
                                        "id",
                                        "name",
                                        "principal",
                                        "roles",
                                        "lastUsedAt:ago",
                                        "expiresAt"));
            }
            return 0;
        }

        @Command(
                name = "revoke",
                description = "End a key at once.",
                headerHeading = "Example: pilot keys revoke ID%n",
                mixinStandardHelpOptions = true)
        int revoke(@Parameters(paramLabel = "ID", description = "Key id, from 'pilot keys list'.") String id) {
            pilot.api().delete("/api/v1/keys/" + Api.encode(id));
            pilot.terminal().line("revoked " + id);
            return 0;
        }
    }

    @Command(
            name = "people",
            description = "Add and list people, service accounts and agents.",
            headerHeading = "Example: pilot people add ada --kind person --role approver%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class PeopleCommand {
        @ParentCommand
        private Pilot pilot;

        @Command(
                name = "add",
                description = "Add a principal.",
                headerHeading = "Example: pilot people add ada --kind person --role approver%n",
                mixinStandardHelpOptions = true)
        int add(
                @Parameters(paramLabel = "NAME", description = "What people call it.") String name,
                @Option(
                                names = "--kind",
                                paramLabel = "KIND",
                                defaultValue = "person",
                                description = "person, service or agent.")
                        String kind,
                @Option(names = "--role", paramLabel = "ROLE", arity = "1", description = "Repeatable.")
                        List<String> roles) {
            JsonNode answer = pilot.api()
                    .post(
                            "/api/v1/principals",
                            withRoles(
                                    Json.object().put("name", name).put("kind", kind),
                                    roles == null ? List.of() : roles));
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line(Show.text(answer, "id"));
                pilot.terminal().next("pilot keys create NAME --principal " + Show.text(answer, "id") + " --role ROLE");
            }
            return 0;
        }

        @Command(
                name = "list",
                description = "List principals.",
                headerHeading = "Example: pilot people list%n",
                mixinStandardHelpOptions = true)
        int list() {
            JsonNode answer = pilot.api().get("/api/v1/principals");
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal()
                        .table(
                                List.of("ID", "NAME", "KIND", "ROLES"),
                                Show.rows(answer.path("items"), "id", "name", "kind", "roles"));
            }
            return 0;
        }
    }

    @Command(
            name = "whoami",
            description = "Show who the key speaks for.",
            headerHeading = "Example: pilot whoami%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class WhoamiCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Override
        public Integer call() {
            Api api = pilot.api();
            JsonNode answer = api.get("/api/v1/whoami");
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal()
                        .line(Show.text(answer, "name") + "  " + Show.text(answer, "kind") + " of "
                                + Show.text(answer, "tenant") + "  roles " + Show.text(answer, "roles") + "  at "
                                + api.base());
            }
            return 0;
        }
    }

    @Command(
            name = "health",
            description = "Ask a server whether it is ready.",
            headerHeading = "Example: pilot health%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class HealthCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Override
        public Integer call() {
            JsonNode answer = pilot.api().get("/health/ready");
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal()
                        .line(pilot.terminal().state("ready") + "  "
                                + pilot.api().base());
            }
            return 0;
        }
    }
}
