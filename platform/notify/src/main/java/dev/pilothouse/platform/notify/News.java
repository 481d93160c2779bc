package dev.pilothouse.platform.notify;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something to tell.
 *
 * @param type what happened, such as {@code release.promoted}
 * @param subject what it is about, such as {@code service/fraud}; its messages can be listed by it
 * @param title one line for people
 * @param sentence what happened, in full
 * @param facts further facts for people, in order
 * @param data the facts for programs: the {@code data} of a webhook
 */
public record News(
        String type, String subject, String title, String sentence, Map<String, String> facts, ObjectNode data) {
    public News {
        facts = new LinkedHashMap<>(facts);
    }
}
