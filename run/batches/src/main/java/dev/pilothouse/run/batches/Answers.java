package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.budgets.Amounts;
import dev.pilothouse.pay.budgets.Reservations;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.pay.usage.Outcome;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.llm.AnswerReader;
import dev.pilothouse.run.providers.ProviderAnswer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * What the provider tells of each request of a batch that has ended (OpenAI API reference, "Batch", "The request output object"),
 * with what it cost. Reads the same from the same files however often it is asked.
 *
 * @param files ids of the files that tell; none where nobody can tell, so that each request costs its ceiling
 * @param lost whether nobody can tell
 */
record Answers(RequestFile asked, Bill bill, List<String> files, boolean lost) {
    /** Of a request that the provider answered. */
    private static final int OK = 200;
    /** A response that was not given, as logs of servers note it. */
    private static final int NONE = 0;

    Answers {
        files = List.copyOf(files);
    }

    /**
     * What became of one request.
     *
     * @param line as it was asked
     * @param status of its answer; 0 for none
     * @param error its code, or empty
     */
    record Answer(RequestFile.Line line, Outcome outcome, int status, String error, Usage usage, Amounts cost) {}

    /** All answers together: what each end user's cost, and in all. */
    record Sum(List<Reservations.Part> parts, long nanoUsd, long answers) {}

    /**
     * Tells each answer.
     *
     * @param content opens a file of the provider
     * @throws PilothouseException where a file cannot be had, or is none of answers
     */
    void each(Function<String, ProviderAnswer> content, Consumer<Answer> then) {
        if (lost) {
            asked.lines().forEach(line -> then.accept(bounded(line, NONE)));
            return;
        }
        Map<String, RequestFile.Line> lines = new HashMap<>();
        asked.lines().forEach(line -> lines.put(line.customId(), line));
        for (String file : files) {
            try (ProviderAnswer answer = content.apply(file)) {
                if (answer.status() != OK) {
                    throw CommonError.UNAVAILABLE.because("The file '" + file
                            + "' of the batch's answers was answered with " + answer.status() + ".");
                }
                var read = new Lines(answer.body());
                for (Optional<byte[]> next = read.next(); next.isPresent(); next = read.next()) {
                    then.accept(answer(lines, Json.parseObject(next.get())));
                }
            }
        }
    }

    private Answer answer(Map<String, RequestFile.Line> lines, JsonNode told) {
        RequestFile.Line line = lines.get(told.path("custom_id").asString(""));
        if (line == null) {
            throw CommonError.UNPROCESSABLE.because("An answer is of no request of the batch.");
        }
        JsonNode response = told.path("response");
        int status = response.path("status_code").asInt(NONE);
        AnswerReader read = AnswerReader.of(asked.dialect(), Json.bytes(response.path("body")));
        if (status != OK && read.usage().isEmpty()) {
            String code = told.path("error").path("code").asString("");
            String error = code.isEmpty() ? response.at("/body/error/code").asString("failed") : code;
            return new Answer(line, Outcome.ERROR, status, error, Usage.NONE, Amounts.NONE);
        }
        if (asked.dialect().free()) {
            return new Answer(line, Outcome.OK, status, "", Usage.NONE, Amounts.NONE);
        }
        return read.usage()
                .flatMap(usage -> bill.cost(line.model(), usage)
                        .map(cost ->
                                new Answer(line, status == OK ? Outcome.OK : Outcome.ERROR, status, "", usage, cost)))
                .orElseGet(() -> bounded(line, status));
    }

    private Answer bounded(RequestFile.Line line, int status) {
        return new Answer(line, Outcome.BOUNDED, status, "", Usage.NONE, bill.ceiling(line));
    }

    /** What they cost on the budgets of an account. */
    Sum sum(Account account, Function<String, ProviderAnswer> content) {
        Map<Integer, Cost> byUser = new TreeMap<>();
        each(content, answer -> byUser.merge(answer.line.user(), Cost.of(answer.cost), Cost::plus));
        return sum(account, asked, byUser);
    }

    /** What all requests can cost at most on the budgets of an account. */
    static Sum ceiling(Account account, RequestFile asked, Bill bill) {
        Map<Integer, Cost> byUser = new TreeMap<>();
        asked.lines().forEach(line -> byUser.merge(line.user(), Cost.of(bill.ceiling(line)), Cost::plus));
        return sum(account, asked, byUser);
    }

    private static Sum sum(Account account, RequestFile asked, Map<Integer, Cost> byUser) {
        var parts = new ArrayList<Reservations.Part>();
        Cost all = Cost.NOTHING;
        for (var each : byUser.entrySet()) {
            Cost cost = each.getValue();
            var scopes = account.scopes(asked.users().get(each.getKey()));
            parts.add(new Reservations.Part(scopes, cost.amounts(), cost.calls));
            all = all.plus(cost);
        }
        return new Sum(parts, all.nanoUsd, all.calls);
    }

    /** Of some requests together; one that cost nothing at all is none that counts as a call. */
    private record Cost(long nanoUsd, long inputTokens, long outputTokens, long calls) {
        static final Cost NOTHING = new Cost(0, 0, 0, 0);

        static Cost of(Amounts amounts) {
            long calls = amounts.equals(Amounts.NONE) ? 0 : 1;
            return new Cost(amounts.nanoUsd(), amounts.inputTokens(), amounts.outputTokens(), calls);
        }

        Cost plus(Cost other) {
            return new Cost(
                    Math.addExact(nanoUsd, other.nanoUsd),
                    Math.addExact(inputTokens, other.inputTokens),
                    Math.addExact(outputTokens, other.outputTokens),
                    calls + other.calls);
        }

        Amounts amounts() {
            return new Amounts(nanoUsd, inputTokens, outputTokens);
        }
    }
}
