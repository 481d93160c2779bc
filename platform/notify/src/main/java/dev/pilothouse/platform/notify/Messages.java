package dev.pilothouse.platform.notify;

import dev.pilothouse.platform.json.Json;
import java.time.Instant;
import tools.jackson.databind.node.ObjectNode;

/** News in the form of each channel. Stateless. */
final class Messages {
    /** Limits of Slack's blocks; longer texts are refused there. */
    private static final int HEADER = 150;

    private static final int SECTION = 3_000;
    private static final int FIELD = 2_000;
    private static final int FIELDS = 10;
    private static final int SUBJECT = 200;

    private Messages() {}

    static String of(Channel.Form form, News news, Instant now) {
        return Json.write(
                switch (form) {
                    case WEBHOOK -> webhook(news, now);
                    case SLACK -> slack(news);
                    case EMAIL -> email(news);
                });
    }

    private static ObjectNode webhook(News news, Instant now) {
        ObjectNode body = Json.object().put("type", news.type()).put("timestamp", now.toString());
        body.set("data", news.data());
        return body;
    }

    /** {@code text} is what notifications and screen readers show; the blocks are what the channel shows. */
    private static ObjectNode slack(News news) {
        ObjectNode body = Json.object().put("text", cut(escaped(news.title() + ": " + news.sentence()), SECTION));
        var blocks = body.putArray("blocks");
        blocks.addObject()
                .put("type", "header")
                .putObject("text")
                .put("type", "plain_text")
                .put("text", cut(line(news.title()), HEADER));
        blocks.addObject()
                .put("type", "section")
                .putObject("text")
                .put("type", "mrkdwn")
                .put("text", cut(escaped(news.sentence()), SECTION));
        if (!news.facts().isEmpty()) {
            var fields = blocks.addObject().put("type", "section").putArray("fields");
            news.facts().entrySet().stream()
                    .limit(FIELDS)
                    .forEach(fact -> fields.addObject()
                            .put("type", "mrkdwn")
                            .put("text", cut("*" + escaped(fact.getKey()) + "*\n" + escaped(fact.getValue()), FIELD)));
        }
        return body;
    }

    private static ObjectNode email(News news) {
        var text = new StringBuilder(news.sentence()).append("\n\n");
        var rows = new StringBuilder();
        news.facts().forEach((name, value) -> {
            text.append(name).append(": ").append(value).append('\n');
            rows.append("<tr><th style=\"text-align:left;padding:2px 12px 2px 0\">")
                    .append(html(name))
                    .append("</th><td>")
                    .append(html(value))
                    .append("</td></tr>");
        });
        return Json.object()
                .put("subject", cut(line(news.title()), SUBJECT))
                .put("text", text.toString())
                .put(
                        "html",
                        "<!doctype html><html lang=\"en\"><body><h1 style=\"font-size:18px\">"
                                + html(line(news.title()))
                                + "</h1><p>" + html(news.sentence()) + "</p><table>" + rows
                                + "</table></body></html>");
    }

    /** On one line, so that no text can add a header. */
    private static String line(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    /** Slack's three reserved characters. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String html(String text) {
        return escaped(text).replace("\"", "&quot;");
    }

    private static String cut(String text, int longest) {
        return text.length() <= longest ? text : text.substring(0, longest - 1) + "…";
    }
}
