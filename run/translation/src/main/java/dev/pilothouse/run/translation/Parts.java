package dev.pilothouse.run.translation;

import dev.pilothouse.platform.json.Json;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a message is made of: OpenAI's content parts and Anthropic's content blocks. Stateless. */
final class Parts {
    private static final Set<String> TEXT = Set.of("type", "text");
    private static final Set<String> REFUSAL = Set.of("type", "refusal");
    private static final Set<String> PICTURE = Set.of("type", "image_url");
    private static final Set<String> PICTURE_URL = Set.of("url", "detail");
    private static final Set<String> FILE = Set.of("type", "file");
    private static final Set<String> FILE_DATA = Set.of("file_data", "filename", "file_id");
    private static final String DATA = "data:";
    private static final String BASE64 = ";base64,";
    private static final String PDF = "application/pdf";
    private static final String KINDS = "a user says texts, pictures and documents in both protocols, and nothing else";

    /** Of a block, with hints to the cache. */
    private static final Set<String> TEXT_BLOCK = Set.of("type", "text", "cache_control", "citations");

    private static final Set<String> IMAGE_BLOCK = Set.of("type", "source", "cache_control");
    private static final Set<String> DOCUMENT_BLOCK = Set.of("type", "source", "title", "citations", "cache_control");
    private static final Set<String> BASE64_SOURCE = Set.of("type", "media_type", "data");
    private static final Set<String> URL_SOURCE = Set.of("type", "url");

    private Parts() {}

    /** A part of what a user says, as a block. */
    static ObjectNode block(Place part) {
        return switch (part.at("type").text()) {
            case "text" -> textBlock(part.only(TEXT).at("text"));
            case "image_url" ->
                image(part.only(PICTURE).at("image_url").only(PICTURE_URL).at("url"));
            case "file" -> document(part.only(FILE).at("file").only(FILE_DATA));
            default -> throw part.at("type").cannot(KINDS);
        };
    }

    private static ObjectNode textBlock(Place text) {
        return Json.object().put("type", "text").put("text", text.text());
    }

    /** A text, or parts of text, as blocks; Anthropic takes no empty ones. */
    static void texts(Place content, ArrayNode into) {
        if (!content.exists()) {
            return;
        }
        if (content.value().isString()) {
            if (!content.text().isEmpty()) {
                into.add(textBlock(content));
            }
            return;
        }
        for (Place part : content.elements()) {
            into.add(
                    switch (part.at("type").text()) {
                        case "text" -> textBlock(part.only(TEXT).at("text"));
                        case "refusal" -> textBlock(part.only(REFUSAL).at("refusal"));
                        default -> throw part.at("type").cannot("only a user's turn has more than text");
                    });
        }
    }

    private static ObjectNode image(Place url) {
        ObjectNode block = Json.object().put("type", "image");
        String text = url.text();
        if (text.startsWith("http://") || text.startsWith("https://")) {
            block.putObject("source").put("type", "url").put("url", text);
        } else {
            data(url, block);
        }
        return block;
    }

    /** The source of a {@code data:} address (RFC 2397). */
    private static String data(Place url, ObjectNode block) {
        String text = url.text();
        int data = text.indexOf(BASE64);
        if (!text.startsWith(DATA) || data < 0) {
            throw url.mustBe("an address of the web, or one that begins with 'data:', a media type and ';base64,'");
        }
        String type = text.substring(DATA.length(), data);
        block.putObject("source")
                .put("type", "base64")
                .put("media_type", type)
                .put("data", text.substring(data + BASE64.length()));
        return type;
    }

    private static ObjectNode document(Place file) {
        if (file.at("file_id").exists()) {
            throw file.at("file_id").cannot("the file is kept by another provider");
        }
        ObjectNode block = Json.object().put("type", "document");
        if (!data(file.at("file_data"), block).equals(PDF)) {
            throw file.at("file_data").cannot("both protocols know documents of " + PDF + " only");
        }
        if (file.at("filename").exists()) {
            block.put("title", file.at("filename").text());
        }
        return block;
    }

    /** A block of what a user says, as a part. */
    static ObjectNode part(Place block) {
        return switch (block.at("type").text()) {
            case "text" -> textPart(block);
            case "image" -> {
                ObjectNode part = Json.object().put("type", "image_url");
                part.putObject("image_url")
                        .put("url", url(block.only(IMAGE_BLOCK).at("source")));
                yield part;
            }
            case "document" -> file(block.only(DOCUMENT_BLOCK));
            default -> throw block.at("type").cannot(KINDS);
        };
    }

    /** A block of text as a part. */
    static ObjectNode textPart(Place block) {
        return Json.object().put("type", "text").put("text", text(block));
    }

    /** The text of a block that must be one; what it cites is kept by the client. */
    static String text(Place block) {
        if (!block.at("type").text().equals("text")) {
            throw block.at("type").cannot("OpenAI's chat completions have only text here");
        }
        return block.only(TEXT_BLOCK).at("text").text();
    }

    private static String url(Place source) {
        return switch (source.at("type").text()) {
            case "url" -> source.only(URL_SOURCE).at("url").text();
            case "base64" -> dataUrl(source.only(BASE64_SOURCE));
            default -> throw source.at("type").cannot("the file is kept by another provider");
        };
    }

    private static String dataUrl(Place source) {
        return DATA
                + source.at("media_type").text()
                + BASE64
                + source.at("data").text();
    }

    private static ObjectNode file(Place document) {
        if (document.at("citations").at("enabled").flag()) {
            throw document.at("citations").cannot("OpenAI's chat completions cite no documents");
        }
        Place source = document.at("source");
        return switch (source.at("type").text()) {
            case "text" ->
                Json.object().put("type", "text").put("text", source.at("data").text());
            case "base64" -> {
                ObjectNode part = Json.object().put("type", "file");
                part.putObject("file")
                        .put("filename", document.at("title").text("document.pdf"))
                        .put("file_data", dataUrl(source.only(BASE64_SOURCE)));
                yield part;
            }
            default -> throw source.at("type").cannot("OpenAI's chat completions take a document with its data only");
        };
    }
}
