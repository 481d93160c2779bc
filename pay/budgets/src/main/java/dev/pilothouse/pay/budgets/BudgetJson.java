package dev.pilothouse.pay.budgets;

import dev.pilothouse.pay.pacing.Ladder;
import dev.pilothouse.pay.pacing.Pace;
import dev.pilothouse.pay.pacing.Share;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Channel;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Budgets as JSON: of requests, answers, rows and entries of the ledger. Stateless. */
final class BudgetJson {
    private BudgetJson() {}

    static String text(JsonNode node) {
        return Json.write(node);
    }

    static ArrayNode ladder(Ladder ladder) {
        ArrayNode rungs = Json.array();
        ladder.rungs()
                .forEach(rung -> rungs.addObject()
                        .put("model", rung.alias())
                        .put("from", rung.from())
                        .put("price", rung.price()));
        return rungs;
    }

    static Ladder ladder(String stored) {
        JsonNode rungs = Json.parse(stored);
        return new Ladder(IntStream.range(0, rungs.size())
                .mapToObj(rungs::get)
                .map(rung -> new Ladder.Rung(
                        rung.path("model").asString(),
                        rung.path("from").asInt(),
                        rung.path("price").asInt()))
                .toList());
    }

    static ArrayNode told(List<Channel> told) {
        ArrayNode channels = Json.array();
        for (Channel channel : told) {
            ObjectNode each = channels.addObject();
            switch (channel) {
                case Channel.Webhook webhook ->
                    each.put("webhook", webhook.url().toString());
                case Channel.Slack slack -> each.put("slack", slack.url().toString());
                case Channel.StoredSlack stored -> each.put("slackSecret", stored.name());
                case Channel.Email email -> {
                    ArrayNode to = each.putArray("email");
                    email.to().forEach(to::add);
                }
            }
        }
        return channels;
    }

    /** Who is told, for people: the address of Slack holds its key, so only the host is shown. */
    private static ArrayNode shown(List<Channel> told) {
        return told(told.stream().map(BudgetJson::shown).toList());
    }

    private static Channel shown(Channel channel) {
        return channel instanceof Channel.Slack slack
                ? new Channel.Slack(
                        URI.create(slack.url().getScheme() + "://" + slack.url().getHost()))
                : channel;
    }

    static List<Channel> told(String stored) {
        JsonNode channels = Json.parse(stored);
        return IntStream.range(0, channels.size())
                .mapToObj(i -> BudgetReader.channel(channels.get(i)))
                .toList();
    }

    /** What the ledger keeps of a budget, amounts as text. */
    static ObjectNode facts(Budget budget) {
        ObjectNode facts = Json.object()
                .put("name", budget.name())
                .put("scope", budget.scope().label())
                .put("window", budget.window().label())
                .put("zone", budget.zone().getId())
                .put("unit", budget.unit().label())
                .put("limit", budget.unit().text(budget.limit()));
        ArrayNode thresholds = facts.putArray("thresholds");
        budget.thresholds().forEach(thresholds::add);
        facts.set("ladder", ladder(budget.ladder()));
        facts.set("notify", shown(budget.told()));
        return facts;
    }

    /** The answer about a budget, and about where its calls go where some go to a cheaper model. */
    static ObjectNode json(Standing standing, Optional<Pace> pace) {
        Budget budget = standing.budget();
        Unit unit = budget.unit();
        ObjectNode body = Json.object().put("id", budget.id()).setAll(facts(budget));
        amount(body, unit, "limit", budget.limit());
        amount(body, unit, "raised", standing.raised());
        amount(body, unit, "settled", standing.settled());
        amount(body, unit, "held", standing.held());
        amount(body, unit, "leased", standing.leased());
        amount(body, unit, "remaining", standing.remaining());
        amount(body, unit, "burnPerHour", standing.burnPerHour());
        amount(body, unit, "forecast", standing.forecast());
        pace.filter(Pace::degrades).ifPresent(now -> {
            ObjectNode degrading = body.putObject("degrading")
                    .put("keptPercent", (int) Share.of(now.kept(), 100, Pace.POSITIONS))
                    .put(
                            "model",
                            now.ladder().alias(now.level(Pace.POSITIONS - 1)).orElse(""));
            amount(degrading, unit, "undegraded", now.forecast());
        });
        boolean ends = !standing.until().equals(Instant.MAX);
        return body.put("percent", standing.percent())
                .put(
                        "windowStart",
                        ends ? standing.from().toString() : standing.since().toString())
                .put("windowEnd", ends ? standing.until().toString() : null)
                .put("state", standing.state().label());
    }

    /** An amount as exact text and, where it is money, as a whole number of nano-USD beside it. */
    static void amount(ObjectNode body, Unit unit, String name, long amount) {
        body.put(name, unit.text(amount));
        if (unit == Unit.NANO_USD) {
            body.put(name + "NanoUsd", amount);
        }
    }
}
