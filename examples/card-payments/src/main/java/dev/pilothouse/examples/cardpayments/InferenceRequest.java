package dev.pilothouse.examples.cardpayments;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Writes one row as a request of the Open Inference Protocol v2 (REST): one input per raw column, text as BYTES, numbers as
 * the type the model's metadata names, a missing number as null.
 */
final class InferenceRequest {
    private static final Pattern INPUT =
            Pattern.compile("\\{\"name\":\"((?:[^\"\\\\]|\\\\.)*)\",\"datatype\":\"(\\w+)\"");

    private record Input(String name, String datatype, int position) {}

    private final List<Input> inputs;

    private InferenceRequest(List<Input> inputs) {
        this.inputs = inputs;
    }

    /**
     * Asks the server what the model takes.
     *
     * @throws IllegalArgumentException where the model needs a column that the data lacks
     */
    static InferenceRequest of(HttpClient http, URI model, String key, Table data)
            throws java.io.IOException, InterruptedException {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(model)
                        .header("authorization", "Bearer " + key)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(model + " answered " + answer.statusCode() + ": " + answer.body());
        }
        String compact = answer.body().replaceAll("\\s+(?=[\"{\\[:,}\\]])", "");
        int start = compact.indexOf("\"inputs\":");
        int end = compact.indexOf("\"outputs\":");
        String part = end > start ? compact.substring(start, end) : compact.substring(start);
        var found = new ArrayList<Input>();
        var matcher = INPUT.matcher(part);
        while (matcher.find()) {
            String name = matcher.group(1).replace("\\\"", "\"").replace("\\\\", "\\");
            found.add(new Input(name, matcher.group(2), data.position(name)));
        }
        if (found.isEmpty()) {
            throw new IllegalStateException("The model names no inputs: " + answer.body());
        }
        return new InferenceRequest(List.copyOf(found));
    }

    /** The request's JSON. */
    String json(String[] row) {
        var text = new StringBuilder(64 * inputs.size()).append("{\"inputs\":[");
        for (int i = 0; i < inputs.size(); i++) {
            Input input = inputs.get(i);
            text.append(i == 0 ? "{\"name\":" : ",{\"name\":");
            quote(input.name(), text);
            text.append(",\"shape\":[1,1],\"datatype\":\"")
                    .append(input.datatype())
                    .append("\",\"data\":[");
            String cell = row[input.position()];
            if (input.datatype().equals("BYTES")) {
                quote(cell, text);
            } else {
                double value = Encoder.number(cell);
                text.append(Double.isFinite(value) ? Double.toString(value) : "null");
            }
            text.append("]}");
        }
        return text.append("]}").toString();
    }

    /** Appends a JSON string. */
    static void quote(String value, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
