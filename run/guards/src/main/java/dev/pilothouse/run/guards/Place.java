package dev.pilothouse.run.guards;

import java.util.Set;

/** Where a string stands in a body, and so what is looked for in it. */
enum Place {
    /** What a model reads or wrote: messages, prompts, tool calls and their results. Everything is looked for. */
    CONTENT,
    /** What a program tells a model of its tools and of the form of answers. Everything is looked for. */
    DEFINITION,
    /** Any other, such as a role, a user or metadata: secrets and personal data are looked for. */
    LABEL,
    /** Names a thing or leads to it: an id, a link. Only secrets are looked for, since digits that chance made are nobody's number. */
    REFERENCE;

    /** Members of a body that hold content. */
    private static final Set<String> CONTENTS = Set.of(
            "messages",
            "input",
            "instructions",
            "system",
            "prompt",
            "suffix",
            "prediction",
            "query",
            "documents",
            "choices",
            "output",
            "content",
            "delta",
            "content_block",
            "item",
            "part",
            "text",
            "message",
            "response",
            "arguments",
            "refusal",
            "transcript",
            "segments",
            "words",
            "error");

    /** Members that define something, wherever they stand but in what a tool is called with. */
    private static final Set<String> DEFINITIONS =
            Set.of("tools", "functions", "tool_choice", "response_format", "format", "json_schema", "output_config");

    private static final Set<String> LABELS = Set.of(
            "type",
            "role",
            "name",
            "object",
            "model",
            "index",
            "finish_reason",
            "stop_reason",
            "stop_sequence",
            "status",
            "filename",
            "media_type",
            "detail",
            "service_tier",
            "user",
            "safety_identifier",
            "usage",
            "cache_control",
            "metadata",
            "truncation",
            "code",
            "param");

    private static final Set<String> REFERENCES = Set.of(
            "id",
            "call_id",
            "tool_call_id",
            "tool_use_id",
            "item_id",
            "request_id",
            "response_id",
            "previous_response_id",
            "file_id",
            "container_id",
            "conversation",
            "system_fingerprint",
            "url",
            "image_url",
            "file_url",
            "audio_url",
            "server_url");

    /** Members whose strings may be the bytes of a picture, of sound, of a file, or of what only its maker can read. */
    private static final Set<String> BYTES = Set.of(
            "data",
            "url",
            "image_url",
            "file_data",
            "b64_json",
            "partial_image_b64",
            "result",
            "embedding",
            "audio",
            "signature",
            "encrypted_content",
            "obfuscation");

    private static final int FEWEST_BYTES = 256;
    private static final int LONGEST_PLAIN = 40;
    private static final int MOST_PLAIN_DIGITS = 5;

    /** Where a member of the body itself is. */
    static Place ofTop(String member) {
        return CONTENTS.contains(member) ? CONTENT : LABEL.of(member);
    }

    /** Where a member of an object is that is here itself. */
    Place of(String member) {
        if (this == DEFINITION) {
            return DEFINITION;
        }
        if (DEFINITIONS.contains(member)) {
            return DEFINITION;
        }
        if (REFERENCES.contains(member)) {
            return REFERENCE;
        }
        return LABELS.contains(member) ? LABEL : this;
    }

    /** Whether the members of an object may have any name, so that their names are looked at, too. */
    static boolean isFree(String member) {
        return member.equals("metadata") || member.equals("variables") || DEFINITIONS.contains(member);
    }

    /** Whether a string is bytes in base 64 (RFC 4648, sections 4 and 5), with or without the begin of a data URL (RFC 2397). */
    static boolean isBytes(String member, String value) {
        if (value.length() < FEWEST_BYTES || !BYTES.contains(member)) {
            return false;
        }
        int from = value.startsWith("data:") ? value.indexOf(";base64,") + ";base64,".length() : 0;
        for (int i = from; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!digit && "+/-_=".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether the name of a member is a word of a protocol, in which nothing is looked for. */
    static boolean isPlain(String member) {
        int digits = 0;
        for (int i = 0; i < member.length(); i++) {
            char c = member.charAt(i);
            if (c >= '0' && c <= '9') {
                digits++;
            } else if ((c < 'a' || c > 'z') && "_.-$".indexOf(c) < 0) {
                return false;
            }
        }
        return digits <= MOST_PLAIN_DIGITS && member.length() <= LONGEST_PLAIN;
    }
}
