package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the fields of requests about people and keys, and writes pages of them. */
public final class RequestFields {
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1000;

    private RequestFields() {}

    /** Rows that a page shall have. */
    public static int limit(Call call) {
        return call.intQuery("limit", PAGE, 1, MAX_PAGE);
    }

    /** Where a page begins; empty for the first. */
    public static String cursor(Call call) {
        return call.query("cursor").orElse("");
    }

    /** A page, which names the next where it is full. */
    public static <T> Reply page(List<T> items, int limit, Function<T, ObjectNode> json, Function<T, String> id) {
        ObjectNode body = Json.object();
        ArrayNode array = body.putArray("items");
        items.forEach(item -> array.add(json.apply(item)));
        body.put("next", items.size() == limit ? id.apply(items.getLast()) : null);
        return Reply.json(body);
    }

    /** The body, refused with all unknown fields at once. */
    public static ObjectNode fields(Call call, String... known) {
        ObjectNode body = call.json();
        List<String> names = List.of(known);
        List<Problem> problems = body.propertyNames().stream()
                .filter(name -> !names.contains(name))
                .map(name -> new Problem(name, "There is no such field." + Nearest.hint(name, names)))
                .toList();
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request has fields that mean nothing here.", problems);
        }
        return body;
    }

    /** A text, empty where it is missing or null. */
    public static Optional<String> text(ObjectNode body, String field) {
        JsonNode value = body.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw CommonError.INVALID.because("The field '" + field + "' must be a text.");
        }
        return Optional.of(value.stringValue());
    }

    /** A length of time such as {@code 30d}, empty where it is missing or null. */
    public static Optional<Duration> duration(ObjectNode body, String field) {
        return text(body, field).map(Rules::life);
    }

    /** A text that must be there. */
    public static String required(ObjectNode body, String field) {
        return text(body, field)
                .orElseThrow(() -> CommonError.INVALID.because("The field '" + field + "' is missing."));
    }

    /** The roles that the body lists, all wrong ones refused at once. */
    public static Set<Role> roles(ObjectNode body) {
        if (!(body.path("roles") instanceof ArrayNode array)) {
            throw CommonError.INVALID.because("The field 'roles' must be a list of roles, such as [\"engineer\"].");
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        var problems = new ArrayList<Problem>();
        for (int i = 0; i < array.size(); i++) {
            try {
                roles.add(Role.parse(array.get(i).asString("")));
            } catch (PilothouseException e) {
                problems.add(new Problem("roles[" + i + "]", e.detail()));
            }
        }
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The request names roles that do not exist.", problems);
        }
        return roles;
    }
}
