package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Names;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Commands on people, service accounts, agents and their keys, and on who one is. */
final class AccessCommands {
    private AccessCommands() {}

    static ObjectNode withRoles(ObjectNode body, List<String> roles) {
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
                                description = "Such as 30d, 12h or never (default: as the server is set, a year).")
                        String expires,
                @Option(
                                names = "--unit",
                                paramLabel = "ID",
                                defaultValue = "",
                                description =
                                        "Department, team or project whose budgets count it, from 'pilot units list' (default: that of your key).")
                        String unit) {
            ObjectNode body = withRoles(Json.object().put("name", name), roles == null ? List.of() : roles);
            if (!unit.isEmpty()) {
                body.put("unit", unit);
            }
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
                var names = new Names(pilot.api());
                answer.path("items")
                        .forEach(key -> ((ObjectNode) key)
                                .put("ends", ends(key))
                                .put("owner", names.principal(Show.text(key, "principal"))));
                pilot.terminal()
                        .table(
                                List.of("ID", "NAME", "OWNER", "ROLES", "LAST USED", "ENDS"),
                                Show.rows(
                                        answer.path("items"),
                                        "id",
                                        "name",
                                        "owner",
                                        "roles",
                                        "lastUsedAt:ago",
                                        "ends"));
            }
            return 0;
        }

        private static String ends(JsonNode key) {
            if (!Show.text(key, "revokedAt").isEmpty()) {
                return "revoked " + Show.ago(Show.text(key, "revokedAt"));
            }
            String at = Show.text(key, "expiresAt");
            return at.isEmpty() ? "never" : Show.until(at);
        }

        @Command(
                name = "rotate",
                description = "Make a key that takes another's place; the old one works on for a while and then ends.",
                headerHeading = "Example: pilot keys rotate ID --overlap 24h%n",
                mixinStandardHelpOptions = true)
        int rotate(
                @Parameters(paramLabel = "ID", description = "Key id, from 'pilot keys list'.") String id,
                @Option(
                                names = "--overlap",
                                paramLabel = "TIME",
                                defaultValue = "24h",
                                description =
                                        "How long the old key still works, 0s to end it now (default: ${DEFAULT-VALUE}).")
                        String overlap) {
            JsonNode answer = pilot.api()
                    .post(
                            "/api/v1/keys/" + Api.encode(id) + "/rotate",
                            Json.object().put("overlap", overlap));
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line(Show.text(answer, "key"));
                pilot.terminal()
                        .talk("Keep it: it is not shown again. Id " + Show.text(answer, "id") + ". The old key " + id
                                + " ends in " + overlap + ".");
            }
            return 0;
        }

        @Command(
                name = "move",
                description = "Give a key to a department, team or project, whose budgets count it from then on.",
                headerHeading = "Example: pilot keys move ID --unit UNIT%n",
                mixinStandardHelpOptions = true)
        int move(
                @Parameters(paramLabel = "ID", description = "Key id, from 'pilot keys list'.") String id,
                @Option(
                                names = "--unit",
                                paramLabel = "ID",
                                defaultValue = "",
                                description = "Id from 'pilot units list' (default: none).")
                        String unit) {
            ObjectNode body = Json.object().put("unit", unit.isEmpty() ? null : unit);
            JsonNode answer = pilot.api().patch("/api/v1/keys/" + Api.encode(id), body);
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal()
                        .line(unit.isEmpty() ? id + " belongs to no unit" : id + " belongs to the unit " + unit);
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

    /** {@code pilot people}: people, service accounts and agents, from their invitation to their removal. */
    @Command(
            name = "people",
            description = "Invite, add, list, rest and remove people, service accounts and agents.",
            headerHeading = "Example: pilot people invite ada --role engineer%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class PeopleCommand {
        private static final String PRINCIPALS = "/api/v1/principals/";
        private static final String INVITATIONS = "/api/v1/invitations";

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
            ObjectNode body = Json.object().put("name", name).put("kind", kind);
            JsonNode answer = pilot.api().post("/api/v1/principals", withRoles(body, given(roles)));
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line(Show.text(answer, "id"));
                pilot.terminal().next("pilot keys create NAME --principal " + Show.text(answer, "id") + " --role ROLE");
            }
            return 0;
        }

        @Command(
                name = "invite",
                description = "Make a link that works once; whoever opens it becomes a person with a key of their own.",
                headerHeading = "Example: pilot people invite ada --role engineer --expires 24h%n",
                mixinStandardHelpOptions = true)
        int invite(
                @Parameters(paramLabel = "NAME", description = "What the person will be called.") String name,
                @Option(
                                names = "--role",
                                paramLabel = "ROLE",
                                arity = "1",
                                description = "viewer, invoker, engineer, approver, auditor or admin; repeatable.")
                        List<String> roles,
                @Option(
                                names = "--expires",
                                paramLabel = "TIME",
                                defaultValue = "3d",
                                description = "How long the link works, at most 30d (default: ${DEFAULT-VALUE}).")
                        String expires) {
            ObjectNode body = Json.object().put("name", name).put("expiresIn", expires);
            JsonNode answer = pilot.api().post(INVITATIONS, withRoles(body, given(roles)));
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line(pilot.api().base() + Show.text(answer, "path"));
                pilot.terminal()
                        .talk("Send it to " + name + " alone: it works once, until " + Show.text(answer, "expiresAt")
                                + ", and is not shown again. Without a browser: pilot people accept LINK");
            }
            return 0;
        }

        @Command(
                name = "accept",
                description = "Accept an invitation and store the key that it gives.",
                headerHeading = "Example: pilot people accept 'http://127.0.0.1:8787/console/invitation#phi_...'%n",
                mixinStandardHelpOptions = true)
        int accept(
                @Parameters(paramLabel = "LINK", description = "The link, or its part from phi_ on.") String link,
                @Option(names = "--print", description = "Print the key instead of storing it.") boolean print) {
            int page = link.indexOf("/console/");
            Api api = page > 0
                    ? new Api(link.substring(0, page), "")
                    : new Api(pilot.api().base().toString(), "");
            JsonNode answer = api.post(INVITATIONS + "/accept", Json.object().put("token", link));
            String key = Show.text(answer, "key");
            if (pilot.terminal().printedJson(answer)) {
                return 0;
            }
            if (print) {
                pilot.terminal().line(key);
                pilot.terminal().talk("Keep it: it is not shown again.");
                return 0;
            }
            pilot.keep(api.base().toString(), key);
            pilot.terminal().line("Welcome. Your key is stored; its roles are " + Show.text(answer, "roles") + ".");
            pilot.terminal().next("pilot whoami");
            return 0;
        }

        @Command(
                name = "invitations",
                description = "List invitations, or take one back.",
                headerHeading = "Example: pilot people invitations --revoke ID%n",
                mixinStandardHelpOptions = true)
        int invitations(
                @Option(names = "--revoke", paramLabel = "ID", defaultValue = "", description = "Take this one back.")
                        String revoked) {
            if (!revoked.isEmpty()) {
                pilot.api().delete(INVITATIONS + "/" + Api.encode(revoked));
                pilot.terminal().line("taken back " + revoked);
                return 0;
            }
            JsonNode answer = pilot.api().get(INVITATIONS);
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal()
                        .table(
                                List.of("ID", "NAME", "STATE", "ROLES", "EXPIRES"),
                                Show.rows(answer.path("items"), "id", "name", "state", "roles", "expiresAt"));
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
                answer.path("items").forEach(one -> ((ObjectNode) one).put("state", state(one)));
                pilot.terminal()
                        .table(
                                List.of("ID", "NAME", "KIND", "STATE", "ROLES"),
                                Show.rows(answer.path("items"), "id", "name", "kind", "state", "roles"));
            }
            return 0;
        }

        private static String state(JsonNode principal) {
            return !Show.text(principal, "removedAt").isEmpty()
                    ? "removed"
                    : principal.path("active").asBoolean() ? "active" : "deactivated";
        }

        @Command(
                name = "deactivate",
                description = "Stop all keys and end all sessions of a principal; it can be taken back.",
                headerHeading = "Example: pilot people deactivate ada%n",
                mixinStandardHelpOptions = true)
        int deactivate(@Parameters(paramLabel = "NAME", description = "Name or id.") String name) {
            return activate(name, false, "deactivated " + name + "; its keys and sessions stopped");
        }

        @Command(
                name = "reactivate",
                description = "Let a deactivated principal's keys work again; it logs in anew.",
                headerHeading = "Example: pilot people reactivate ada%n",
                mixinStandardHelpOptions = true)
        int reactivate(@Parameters(paramLabel = "NAME", description = "Name or id.") String name) {
            return activate(name, true, "reactivated " + name);
        }

        private int activate(String name, boolean active, String done) {
            JsonNode answer = pilot.api()
                    .patch(PRINCIPALS + Api.encode(name), Json.object().put("active", active));
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line(done);
            }
            return 0;
        }

        @Command(
                name = "roles",
                description = "Give a principal other roles; its keys keep those that it still holds.",
                headerHeading = "Example: pilot people roles ada --role engineer --role approver%n",
                mixinStandardHelpOptions = true)
        int roles(
                @Parameters(paramLabel = "NAME", description = "Name or id.") String name,
                @Option(names = "--role", paramLabel = "ROLE", arity = "1", description = "Repeatable; none takes all.")
                        List<String> roles) {
            JsonNode answer = pilot.api().patch(PRINCIPALS + Api.encode(name), withRoles(Json.object(), given(roles)));
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line(name + " holds " + Show.text(answer, "roles"));
            }
            return 0;
        }

        @Command(
                name = "remove",
                description = "Remove a principal for good and erase what is kept of its name.",
                headerHeading = "Example: pilot people remove ada --confirm ada%n",
                mixinStandardHelpOptions = true)
        int remove(
                @Parameters(paramLabel = "NAME", description = "Name or id.") String name,
                @Option(
                                names = "--confirm",
                                paramLabel = "NAME",
                                defaultValue = "",
                                description = "The name once more, since it cannot be taken back.")
                        String confirmed) {
            if (!confirmed.equals(name)) {
                throw new Exit(
                        Exit.USAGE,
                        "This ends all keys and sessions of '" + name
                                + "', forgets the name, and erases the details of the"
                                + " ledger's entries that it made or that are about it. What happened to what, when and by"
                                + " which id stays. It cannot be taken back; 'pilot people deactivate' can. Repeat the name: pilot"
                                + " people remove " + name + " --confirm " + name);
            }
            JsonNode answer = pilot.api().delete(PRINCIPALS + Api.encode(name));
            if (!pilot.terminal().printedJson(answer)) {
                pilot.terminal().line("removed " + name + "; its id " + Show.text(answer, "id") + " stays");
            }
            return 0;
        }

        /** What picocli gave, which is null where an option was not. */
        @SuppressWarnings("NullAway") // picocli's null
        private static List<String> given(List<String> roles) {
            return roles == null ? List.of() : roles;
        }
    }
}
