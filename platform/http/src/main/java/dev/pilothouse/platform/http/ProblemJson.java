package dev.pilothouse.platform.http;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;

/** RFC 9457, section 3. */
final class ProblemJson {
    private ProblemJson() {}

    static Reply render(PilothouseException refusal, String requestId) {
        var body = Json.object()
                .put("type", "about:blank")
                .put("title", title(refusal.code().code()))
                .put("status", refusal.code().status())
                .put("detail", refusal.detail())
                .put("code", refusal.code().code())
                .put("requestId", requestId);
        if (!refusal.problems().isEmpty()) {
            var problems = body.putArray("problems");
            for (var problem : refusal.problems()) {
                problems.addObject().put("where", problem.where()).put("what", problem.what());
            }
        }
        return Reply.of(refusal.code().status(), "application/problem+json", Json.bytes(body));
    }

    private static String title(String code) {
        String words = code.replace('-', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
