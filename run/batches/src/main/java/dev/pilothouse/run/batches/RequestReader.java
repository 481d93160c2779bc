package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.pay.prices.PriceRow;
import dev.pilothouse.pay.prices.PriceTable;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.guards.GuardError;
import dev.pilothouse.run.llm.Asked;
import dev.pilothouse.run.llm.Dialect;
import dev.pilothouse.run.llm.Edits;
import dev.pilothouse.run.llm.Preface;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.Prompt;
import dev.pilothouse.run.providers.Provider;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of requests twice: first to refuse what cannot be asked, and to bound what can; then to put the provider's names of
 * models, and limits of output where there are none, in their places. For one thread.
 *
 * <p>All lines go to the provider of the first, which is the heaviest target of its alias that can be asked. Bounds are those of
 * calls (see {@link dev.pilothouse.run.providers.Overheads}); what has none is refused.
 */
final class RequestReader {
    /** Requests of a file, as at OpenAI. */
    static final int MOST_LINES = 50_000;
    /** End users of a file. */
    private static final int MOST_USERS = 1_000;

    private static final Set<String> USUAL_TIERS = Set.of("", "auto", "default");

    private final Map<String, ModelRoute> routes;
    private final Map<String, Provider> providers;
    private final PriceTable table;
    private final Instant now;
    private final BatchGuards guards;
    private String wanted;
    private @Nullable Provider provider;
    private final Map<String, ModelRoute.Target> targets = new LinkedHashMap<>();

    /** A request as it goes upstream. */
    private record Ready(RequestLine line, Asked asked, byte[] body, ModelRoute.Target target, long outputTokens) {}

    /**
     * @param wanted the provider that the client named; empty where the aliases decide
     * @param guards look at each request
     */
    RequestReader(
            List<ModelRoute> routes,
            List<Provider> providers,
            String wanted,
            PriceTable table,
            Instant now,
            BatchGuards guards) {
        this.routes = new LinkedHashMap<>();
        routes.forEach(route -> this.routes.put(route.alias(), route));
        this.providers = new LinkedHashMap<>();
        providers.forEach(each -> this.providers.put(each.name(), each));
        this.wanted = wanted;
        this.table = table;
        this.now = now;
        this.guards = guards;
    }

    /** Who is asked, once a file was measured. */
    Provider provider() {
        if (provider == null) {
            throw new IllegalStateException("No line was read yet");
        }
        return provider;
    }

    /**
     * Reads all of a file.
     *
     * @throws PilothouseException INVALID where a line cannot be asked, which it names
     */
    RequestFile measure(InputStream content) {
        var lines = new Lines(content);
        var found = new ArrayList<RequestFile.Line>();
        Set<String> ids = new HashSet<>();
        Map<String, Integer> models = new LinkedHashMap<>();
        Map<String, Integer> users = new LinkedHashMap<>();
        String url = "";
        long input = 0;
        long output = 0;
        for (Optional<byte[]> next = lines.next(); next.isPresent(); next = lines.next()) {
            long number = lines.number();
            try {
                Ready ready = ready(RequestLine.parse(next.get()), false);
                RequestLine line = ready.line;
                check(found.size() < MOST_LINES, "A batch has at most " + MOST_LINES + " requests.");
                check(ids.add(line.customId()), "Its 'custom_id' is that of an earlier line.");
                check(
                        url.isEmpty() || url.equals(line.url()),
                        "It asks '" + line.url() + "', the lines before '" + url + "'. Make a batch of each.");
                url = line.url();
                long in = input(ready);
                int model = models.computeIfAbsent(ready.asked.model(), _ -> models.size());
                int user = users.computeIfAbsent(ready.asked.user().strip(), _ -> users.size());
                check(users.size() <= MOST_USERS, "A batch is for at most " + MOST_USERS + " end users.");
                long out = Math.multiplyExact(Math.max(0, ready.outputTokens), ready.asked.choices());
                input += in;
                output += out;
                check(input <= Usage.MOST && output <= Usage.MOST, "All lines together have too many tokens.");
                found.add(new RequestFile.Line(line.customId(), model, user, in, out));
            } catch (PilothouseException wrong) {
                ErrorCode code = wrong.code() == GuardError.GUARD_BLOCKED ? wrong.code() : CommonError.INVALID;
                throw code.because("Line " + number + ": " + wrong.detail(), wrong);
            }
        }
        if (found.isEmpty()) {
            throw CommonError.INVALID.because("The file has no requests. Write one as JSON on each line.");
        }
        return new RequestFile(
                url,
                models.keySet().stream()
                        .map(alias -> new RequestFile.Model(alias, target(alias).model(), guards.input(alias)))
                        .toList(),
                List.copyOf(users.keySet()),
                found);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw CommonError.INVALID.because(otherwise);
        }
    }

    private ModelRoute.Target target(String alias) {
        ModelRoute.Target known = targets.get(alias);
        if (known != null) {
            return known;
        }
        ModelRoute route = routes.get(alias);
        if (route == null) {
            throw CommonError.INVALID.because("The model '" + RequestLine.brief(alias) + "' does not exist here."
                    + Nearest.hint(alias, routes.keySet()) + " GET /v1/models lists those that do.");
        }
        guards.check(alias);
        List<ModelRoute.Target> able = route.targets().stream()
                .filter(target -> target.weight() > 0 && keepsBatches(target))
                .sorted(Comparator.comparingInt(ModelRoute.Target::weight).reversed())
                .toList();
        ModelRoute.Target chosen = able.stream()
                .filter(target -> wanted.isEmpty() || target.provider().equals(wanted))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because(
                        able.isEmpty()
                                ? "No provider of the model '" + alias
                                        + "' speaks OpenAI's protocol, which batches are of."
                                : "The model '" + alias + "' is answered by '"
                                        + able.getFirst().provider() + "', and the batch goes to '" + wanted
                                        + "': a batch is worked on by one provider. Make one for each."));
        wanted = chosen.provider();
        provider = providers.get(wanted);
        targets.put(alias, chosen);
        return chosen;
    }

    private boolean keepsBatches(ModelRoute.Target target) {
        Provider known = providers.get(target.provider());
        return known != null && keepsBatches(known);
    }

    /** Whether a provider has files and batches where OpenAI has them; Azure's older addresses have them elsewhere. */
    static boolean keepsBatches(Provider provider) {
        return provider.kind().family() == Dialect.Family.OPENAI && !provider.namesModelInPath();
    }

    private Ready ready(RequestLine line, boolean again) {
        Dialect dialect = line.dialect();
        byte[] wished = Json.bytes(line.body());
        Asked said = Asked.read(dialect, wished);
        ModelRoute.Target target = target(said.model());
        byte[] body = guards.request(said.model(), wished, again);
        Optional<Prompt> prompt = Optional.ofNullable(routes.get(said.model())).flatMap(ModelRoute::prompt);
        byte[] whole =
                prompt.map(before -> Preface.put(dialect, body, before.text())).orElse(body);
        Asked asked = Arrays.equals(whole, wished) ? said : Asked.read(dialect, whole);
        check(!asked.stream(), "A request of a batch has no stream. Leave 'stream' out.");
        check(
                USUAL_TIERS.contains(asked.serviceTier()),
                "A batch is a level of service itself. Leave 'service_tier' out.");
        check(
                !asked.isBoundless(),
                "It lets the provider read more than it holds (tools of its own, documents, a conversation that it keeps), so"
                        + " that nobody can say what it costs at most. Leave these out.");
        long each = !dialect.generates()
                ? -1
                : asked.limit() >= 0 ? asked.limit() : provider().mostOutput(row(target.model()));
        return new Ready(line, asked, whole, target, each);
    }

    private Optional<PriceRow> row(String model) {
        return Bill.row(table, provider().prices(), model, now);
    }

    private long input(Ready ready) {
        OptionalLong bound = provider()
                .overheads()
                .inputBound(
                        ready.asked,
                        row(ready.target.model()).map(PriceRow::maxInputTokens).orElse(0L));
        return bound.orElseThrow(() -> CommonError.INVALID.because("Nobody can say what it costs at most."));
    }

    /** The file as it goes upstream, made while it is read; of a file that was measured. */
    InputStream rewritten(InputStream content) {
        return new LineStream(content, this::upstream);
    }

    private byte[] upstream(byte[] line) {
        Ready ready = ready(RequestLine.parse(line), true);
        return ready.line.with(Edits.of(
                ready.body, ready.asked, provider().kind().isOpenAiItself(), ready.target.model(), ready.outputTokens));
    }
}
