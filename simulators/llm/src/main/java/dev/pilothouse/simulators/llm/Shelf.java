package dev.pilothouse.simulators.llm;

import dev.pilothouse.platform.json.Json;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * OpenAI's {@code /v1/files} and {@code /v1/batches}. The lines of a batch are answered, each with a line of the invoice, when it is
 * asked for after its time. A batch's {@code metadata} steers it: {@code sim-millis} is how long it takes, {@code sim-ends} how it ends
 * ({@code completed}, {@code expired} or {@code failed}), {@code sim-lines} how many lines are answered before it expires or is
 * cancelled. Thread-safe.
 */
final class Shelf {
    private static final String FILES = "/v1/files";
    private static final String BATCHES = "/v1/batches";
    private static final String JSON = "application/json";
    private static final int DAY_SECONDS = 24 * 60 * 60;
    private static final int USUAL_PAGE = 20;

    private final InstantSource clock;
    private final Map<String, File> files = new HashMap<>();
    /** By the number in their ids. */
    private final TreeMap<Long, Batch> batches = new TreeMap<>();

    private long made;

    Shelf(InstantSource clock) {
        this.clock = clock;
    }

    /** What a line is answered with. */
    record Answer(int status, byte[] body) {}

    private record File(ObjectNode told, byte[] content) {}

    private record Batch(ObjectNode told, List<JsonNode> lines, long readyMillis) {
        String control(String name, String otherwise) {
            return told.path("metadata").path(name).asString(otherwise);
        }

        boolean isOpen() {
            String status = told.path("status").asString();
            return status.equals("validating") || status.equals("in_progress");
        }
    }

    /** Whether a path is one of these. */
    static boolean has(String path) {
        return isBelow(path, FILES) || isBelow(path, BATCHES);
    }

    private static boolean isBelow(String path, String prefix) {
        return path.equals(prefix) || path.startsWith(prefix + "/");
    }

    /**
     * Answers.
     *
     * @param work answers a line by its path and body
     */
    synchronized void answer(
            Connection connection,
            HttpMethod method,
            String uri,
            String contentType,
            byte[] body,
            BiFunction<String, byte[], Answer> work) {
        var query = new QueryStringDecoder(uri);
        String path = query.path();
        boolean file = isBelow(path, FILES);
        String[] rest = path.substring(file ? FILES.length() : BATCHES.length()).split("/", -1);
        String id = rest.length > 1 ? rest[1] : "";
        String what = method + (id.isEmpty() ? "" : " ID") + (rest.length > 2 ? " " + rest[2] : "");
        switch (what) {
            case "POST" -> send(connection, file ? upload(contentType, body) : begin(body));
            case "GET" -> send(connection, file ? listed() : listed(query, work));
            case "GET ID" -> send(connection, file ? file(id).told : look(batch(id), work));
            case "GET ID content" -> send(connection, "application/octet-stream", file(id).content);
            case "DELETE ID" -> {
                file(id);
                files.remove(id);
                send(
                        connection,
                        Json.object().put("id", id).put("object", "file").put("deleted", true));
            }
            case "POST ID cancel" -> send(connection, cancel(batch(id), work));
            default -> throw ProviderError.NO_SUCH_PATH.because("Unknown request URL: " + method + " " + path + ".");
        }
    }

    private File file(String id) {
        File file = files.get(id);
        if (file == null) {
            throw ProviderError.NO_SUCH_PATH.because("No such File object: " + id, "id");
        }
        return file;
    }

    private Batch batch(String id) {
        return batches.values().stream()
                .filter(batch -> batch.told.path("id").asString().equals(id))
                .findFirst()
                .orElseThrow(() -> ProviderError.NO_SUCH_PATH.because("No batch found with id '" + id + "'.", "id"));
    }

    private ObjectNode upload(String contentType, byte[] body) {
        Protocol.Form form = Protocol.Form.read(contentType, body, body.length);
        if (form.files() != 1 || !form.texts().has("purpose")) {
            throw ProviderError.INVALID.because("A file and its purpose are required.", "file");
        }
        return keep(form.texts().path("purpose").asString(), form.content());
    }

    private ObjectNode keep(String purpose, byte[] content) {
        String id = "file-sim" + ++made;
        ObjectNode told = Json.object()
                .put("id", id)
                .put("object", "file")
                .put("bytes", content.length)
                .put("created_at", seconds())
                .put("filename", id + ".jsonl")
                .put("purpose", purpose)
                .put("status", "processed");
        files.put(id, new File(told, content));
        return told;
    }

    private ObjectNode listed() {
        ObjectNode list = Json.object().put("object", "list");
        var data = list.putArray("data");
        files.values().forEach(file -> data.add(file.told));
        return list.put("has_more", false);
    }

    private ObjectNode listed(QueryStringDecoder query, BiFunction<String, byte[], Answer> work) {
        int limit = number(query.parameters()
                .getOrDefault("limit", List.of(Integer.toString(USUAL_PAGE)))
                .getFirst());
        String after = query.parameters().getOrDefault("after", List.of("")).getFirst();
        List<ObjectNode> behind = batches.descendingMap().values().stream()
                .map(batch -> look(batch, work))
                .dropWhile(
                        told -> !after.isEmpty() && !told.path("id").asString().equals(after))
                .skip(after.isEmpty() ? 0 : 1)
                .toList();
        ObjectNode list = Json.object().put("object", "list");
        var data = list.putArray("data");
        behind.stream().limit(limit).forEach(data::add);
        return list.put("has_more", behind.size() > limit);
    }

    private static int number(String text) {
        try {
            return Draw.whole(text);
        } catch (NumberFormatException e) {
            throw ProviderError.INVALID.because("'" + text + "' is no whole number that can be counted.");
        }
    }

    private long seconds() {
        return Math.floorDiv(clock.millis(), 1000L);
    }

    private ObjectNode begin(byte[] body) {
        ObjectNode asked = Json.parseObject(body);
        File input = file(asked.path("input_file_id").asString(""));
        List<JsonNode> lines = new String(input.content, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .map(Json::parse)
                .toList();
        long number = ++made;
        ObjectNode told = Json.object()
                .put("id", "batch_sim" + number)
                .put("object", "batch")
                .put("endpoint", asked.path("endpoint").asString(""))
                .putNull("errors")
                .put("input_file_id", asked.path("input_file_id").asString())
                .put("completion_window", asked.path("completion_window").asString("24h"))
                .put("status", "validating")
                .putNull("output_file_id")
                .putNull("error_file_id")
                .put("created_at", seconds())
                .put("expires_at", seconds() + DAY_SECONDS);
        told.set("metadata", asked.path("metadata").isObject() ? asked.path("metadata") : Json.object());
        counted(told, lines.size(), 0, 0);
        var batch = new Batch(told, lines, 0);
        long ready = clock.millis() + number(batch.control("sim-millis", "0"));
        batches.put(number, new Batch(told, lines, ready));
        return told.deepCopy();
    }

    private static void counted(ObjectNode told, int total, int completed, int failed) {
        told.putObject("request_counts")
                .put("total", total)
                .put("completed", completed)
                .put("failed", failed);
    }

    private ObjectNode look(Batch batch, BiFunction<String, byte[], Answer> work) {
        if (batch.isOpen() && clock.millis() >= batch.readyMillis) {
            String ends = batch.control("sim-ends", "completed");
            int all = batch.lines.size();
            end(batch, ends, ends.equals("failed") ? 0 : ends.equals("expired") ? some(batch, all / 2) : all, work);
        } else if (batch.isOpen()) {
            batch.told.put("status", "in_progress");
        }
        return batch.told;
    }

    private static int some(Batch batch, int otherwise) {
        return Math.min(batch.lines.size(), number(batch.control("sim-lines", Integer.toString(otherwise))));
    }

    private ObjectNode cancel(Batch batch, BiFunction<String, byte[], Answer> work) {
        String status = look(batch, work).path("status").asString();
        if (!batch.isOpen()) {
            throw ProviderError.INVALID.because("Cannot cancel a batch with status '" + status + "'.");
        }
        end(batch, "cancelled", some(batch, 0), work);
        ObjectNode told = batch.told.deepCopy();
        return told.put("status", "cancelling").putNull("output_file_id").putNull("error_file_id");
    }

    private void end(Batch batch, String status, int answered, BiFunction<String, byte[], Answer> work) {
        var output = new ByteArrayOutputStream();
        var errors = new ByteArrayOutputStream();
        int completed = 0;
        for (int i = 0; i < batch.lines.size(); i++) {
            JsonNode line = batch.lines.get(i);
            ObjectNode told = Json.object()
                    .put("id", "batch_req_sim" + i)
                    .put("custom_id", line.path("custom_id").asString(""));
            boolean good = false;
            if (i < answered) {
                Answer answer = work.apply(line.path("url").asString(""), Json.bytes(line.path("body")));
                good = answer.status == 200;
                told.putObject("response")
                        .put("status_code", answer.status)
                        .put("request_id", "req_sim" + i)
                        .set("body", Json.parse(answer.body));
                told.putNull("error");
            } else {
                told.putNull("response")
                        .putObject("error")
                        .put("code", "batch_" + status)
                        .put("message", "This request was not executed: the batch was " + status + ".");
            }
            completed += good ? 1 : 0;
            (good ? output : errors).writeBytes((Json.write(told) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        ObjectNode told = batch.told;
        if (status.equals("failed")) {
            told.putObject("errors")
                    .put("object", "list")
                    .putArray("data")
                    .addObject()
                    .put("code", "invalid_request")
                    .put("message", "The simulator was told to fail.");
            errors.reset();
        }
        counted(told, batch.lines.size(), completed, batch.lines.size() - completed);
        kept(told, "output_file_id", output);
        kept(told, "error_file_id", errors);
        told.put("status", status).put(status + "_at", seconds());
    }

    private void kept(ObjectNode told, String member, ByteArrayOutputStream content) {
        if (content.size() > 0) {
            told.set(member, keep("batch_output", content.toByteArray()).path("id"));
        }
    }

    private static void send(Connection connection, ObjectNode told) {
        send(connection, JSON, Json.bytes(told));
    }

    private static void send(Connection connection, String type, byte[] bytes) {
        JsonText out = connection.text();
        connection.head(out, 200, type, "", false);
        out.lengthAndBody();
        connection.finish(out.raw(bytes, 0, bytes.length).endBody());
    }
}
