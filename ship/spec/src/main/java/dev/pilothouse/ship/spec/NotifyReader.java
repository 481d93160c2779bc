package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.notify.Notifications;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads {@code notify}: one target or a list of them, each with what it wants to hear. */
final class NotifyReader {
    private static final int MOST = 20;
    private static final List<String> KINDS = List.of("webhook", "slack", "email");

    private NotifyReader() {}

    static List<Notify> read(Fields top) {
        if (!top.isList("notify")) {
            return top.has("notify") ? item(top.mapping("notify")).stream().toList() : List.of();
        }
        List<Notify> all =
                top.list("notify", (node, path) -> item(top.of(node, path))).orElse(List.of());
        if (all.size() > MOST) {
            top.problem("notify", "More than " + MOST + " targets; let one of them pass the news on.");
        }
        return all;
    }

    private static Optional<Notify> item(Fields fields) {
        List<String> kinds = KINDS.stream().filter(fields::has).toList();
        Set<String> on = events(fields);
        Optional<? extends Notify.Target> target = Optional.empty();
        if (kinds.size() == 1) {
            target = switch (kinds.getFirst()) {
                case "webhook" -> webhook(fields);
                case "slack" -> slack(fields);
                default -> email(fields);
            };
        } else {
            fields.problemHere("A target has one of the keys " + String.join(", ", KINDS) + ".");
        }
        fields.done();
        return target.map(found -> new Notify(found, on));
    }

    private static Set<String> events(Fields fields) {
        if (!fields.has("on")) {
            return Set.copyOf(Notify.EVENTS);
        }
        var events = new LinkedHashSet<String>(fields.texts("on", "event"));
        for (String event : events) {
            if (!Notify.EVENTS.contains(event)) {
                fields.problem("on", "There is no event '" + event + "'." + Nearest.hint(event, Notify.EVENTS));
            }
        }
        if (events.isEmpty()) {
            fields.problem("on", "Name at least one event of " + String.join(", ", Notify.EVENTS) + ".");
        }
        return events;
    }

    private static Optional<Notify.Target.Webhook> webhook(Fields fields) {
        return url(fields, "webhook").map(Notify.Target.Webhook::new);
    }

    private static Optional<? extends Notify.Target> slack(Fields fields) {
        if (!fields.isMapping("slack")) {
            return url(fields, "slack").map(Notify.Target.Slack::new);
        }
        Fields below = fields.mapping("slack");
        below.required("secret", "slack-webhook");
        String secret = below.matching("secret", "", SpecReader.NAME, SpecReader.NAME_RULE);
        below.done();
        return Optional.of(new Notify.Target.SlackSecret(secret));
    }

    private static Optional<String> url(Fields fields, String key) {
        return fields.parsed(
                key,
                Optional.empty(),
                url -> Optional.of(Notifications.parse(url).toString()));
    }

    private static Optional<Notify.Target.Email> email(Fields fields) {
        var to = new ArrayList<String>();
        List<String> given = fields.isList("email")
                ? fields.texts("email", "address")
                : fields.text("email").stream().toList();
        for (String address : given) {
            if (Notifications.isMailAddress(address)) {
                to.add(address);
            } else {
                fields.problem("email", "'" + address + "' is no e-mail address such as oncall@example.com.");
            }
        }
        if (given.isEmpty() || given.size() > MOST) {
            fields.problem("email", "Give 1 to " + MOST + " addresses.");
        }
        return Optional.of(new Notify.Target.Email(to));
    }
}
