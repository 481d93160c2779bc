package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Channel;
import dev.pilothouse.platform.notify.News;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.ship.spec.Notify;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** Tells people about releases, in the transaction of the state they are told about. Thread-safe. */
@FunctionalInterface
interface Notices {
    /**
     * @param release what it is about
     * @param event of {@link Notify#EVENTS}
     * @param sentence what happened, for people
     */
    void tell(Tx tx, Release release, String event, String sentence);

    /** By what the service names, each target hearing of what it asked for. */
    static Notices by(Notifications notifications) {
        return (tx, release, event, sentence) -> {
            String environment = SqlServices.find(tx, release.tenant(), release.service())
                    .map(ServiceRow::environmentName)
                    .orElse("");
            News news = news(release, environment, event, sentence);
            for (Notify notify : release.spec().told()) {
                if (notify.on().contains(event)) {
                    notifications.send(tx, release.tenant(), channel(notify.target(), environment), news);
                }
            }
        };
    }

    private static Channel channel(Notify.Target target, String environment) {
        return switch (target) {
            case Notify.Target.Webhook webhook -> new Channel.Webhook(URI.create(webhook.url()));
            case Notify.Target.Slack slack -> new Channel.Slack(URI.create(slack.url()));
            case Notify.Target.SlackSecret slack -> new Channel.StoredSlack(environment, slack.secret());
            case Notify.Target.Email email -> new Channel.Email(email.to());
        };
    }

    private static News news(Release release, String environment, String event, String sentence) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Service", release.service());
        if (!environment.isEmpty()) {
            facts.put("Environment", environment);
        }
        facts.put("Release", Long.toString(release.number()));
        facts.put("Candidate", release.candidate().title());
        facts.put("Asked by", release.by().name());
        release.origin().ifPresent(from -> facts.put("Promoted from", from.service() + ", release " + from.number()));
        facts.put("Command", "pilot status " + release.service());
        var data = Json.object()
                .put("service", release.service())
                .put("release", release.id())
                .put("number", release.number())
                .put("candidate", release.candidate().title())
                .put("sentence", sentence);
        if (!environment.isEmpty()) {
            data.put("environment", environment);
        }
        return new News(
                "release." + event,
                "service/" + release.service(),
                release.service() + ": release " + release.number() + " " + event.replace('-', ' '),
                sentence,
                facts,
                data);
    }
}
