package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Arguments;
import dev.pilothouse.bench.measure.Benchmark;
import dev.pilothouse.bench.measure.Report;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.guards.Action;
import dev.pilothouse.run.guards.AnswerRule;
import dev.pilothouse.run.guards.Checks;
import dev.pilothouse.run.guards.GuardPolicy;
import dev.pilothouse.run.guards.GuardedCall;
import dev.pilothouse.run.guards.Guards;
import dev.pilothouse.run.guards.StreamGuard;
import dev.pilothouse.simulators.personal.Corpus;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.privacy.Detector;
import dev.pilothouse.trust.privacy.Finding;
import dev.pilothouse.trust.privacy.InjectionDetector;
import dev.pilothouse.trust.privacy.Kind;
import dev.pilothouse.trust.secrets.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What each guard costs for a KiB of request or answer, and how often its detector is wrong: over clean public text (prompts of
 * PIGuard's sets and of XSTest's safe half, regulations in this project's words) it should find nothing, and in texts made from a seed
 * it should find the value that is in each. Costs are the processor's time of the server's own code, on one thread: the
 * median of the rounds.
 *
 * <p>Options: {@code --samples N} for each kind (default 1000), {@code --seed N} (default 1), {@code --millis N} for each round (default
 * 400).
 */
final class GuardsBenchmark implements Benchmark {
    private static final String TENANT = "bench";
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int WARM_ROUNDS = 5;
    private static final int ROUNDS = 7;
    private static final int KIB = 1_024;
    private static final int THRESHOLD = 60;

    @Override
    public String name() {
        return "guards";
    }

    @Override
    public String about() {
        return "what each guard of the gateway costs for a KiB, and how often its detector is wrong";
    }

    @Override
    public void run(Path scratch, List<String> arguments, Report report) throws Exception {
        Path data = Path.of(System.getenv("PILOTHOUSE_DATA"));
        int samples = Arguments.number(arguments, "--samples", 1_000);
        long seed = Arguments.number(arguments, "--seed", 1);
        long nanos = 1_000_000L * Arguments.number(arguments, "--millis", 400);
        List<String> chat = prompts(data, "agents/injection/wildguard.json");
        chat.addAll(safe(data));
        List<String> wary = prompts(data, "agents/injection/NotInject_one.json");
        wary.addAll(prompts(data, "agents/injection/NotInject_two.json"));
        List<String> prose = regulations(data);
        report.note("clean text: " + chat.size()
                + " chat prompts (wildguard.json, the safe ones of xstest-prompts.csv), " + wary.size()
                + " prompts with words of injections (NotInject_one.json, NotInject_two.json), " + prose.size()
                + " paragraphs (regulation/*.md)");
        costs(scratch, chat, nanos, report);
        falsePositives(Map.of("chat", chat, "wary", wary, "prose", prose), report);
        recall(samples, seed, report);
    }

    private static List<String> prompts(Path data, String file) throws IOException {
        var texts = new ArrayList<String>();
        for (JsonNode one : Json.parse(Files.readAllBytes(data.resolve(file)))) {
            texts.add(one.path("prompt").asString(""));
        }
        return texts;
    }

    /** The prompts of XSTest that are safe, by their column {@code label}. */
    private static List<String> safe(Path data) throws IOException {
        return Files.readAllLines(data.resolve("agents/injection/xstest-prompts.csv")).stream()
                .filter(line -> line.contains(",safe,"))
                .toList();
    }

    private static List<String> regulations(Path data) throws IOException {
        var texts = new ArrayList<String>();
        try (Stream<Path> files = Files.list(data.resolve("regulation"))) {
            for (Path file : files.filter(each -> each.toString().endsWith(".md"))
                    .sorted()
                    .toList()) {
                texts.addAll(List.of(Files.readString(file).split("\n\n")));
            }
        }
        return texts;
    }

    private static Checks kinds(Set<Kind> kinds) {
        Map<Kind, Action> actions = new EnumMap<>(Kind.class);
        kinds.forEach(kind -> actions.put(kind, Action.REDACT));
        return new Checks(actions, false, Action.DETECT, 0, List.of(), List.of(), 0, List.of());
    }

    private static Checks denying(int phrases) {
        List<String> deny = Stream.iterate(0, i -> i + 1)
                .limit(phrases)
                .map(i -> "forbidden phrase " + i)
                .toList();
        return new Checks(Map.of(), false, Action.DETECT, 0, deny, List.of(), 0, List.of());
    }

    private static Checks rule(AnswerRule.Kind kind, String text) {
        return new Checks(
                Map.of(),
                false,
                Action.DETECT,
                0,
                List.of(),
                List.of(),
                0,
                List.of(new AnswerRule(kind, Action.DETECT, text)));
    }

    private static GuardPolicy policy(String name, Checks input, Checks output) {
        return new GuardPolicy(name, Set.of(name), Set.of(), Set.of(), input, output, GuardPolicy.Limits.NONE, null);
    }

    /** One guard at a time, each for an alias of its own name. */
    private static void costs(Path scratch, List<String> chat, long nanos, Report report) {
        InstantSource clock = InstantSource.system();
        String text = String.join(" ", chat);
        String four = text.substring(0, Math.min(text.length(), 4 * KIB));
        byte[] request = Json.bytes(Json.object()
                .put("model", "m")
                .set(
                        "messages",
                        Json.array().add(Json.object().put("role", "user").put("content", four))));
        byte[] answer = answer(four);
        byte[] json = answer(Json.write(Json.object().set("items", items())));
        Checks injection = new Checks(Map.of(), false, Action.DETECT, THRESHOLD, List.of(), List.of(), 0, List.of());
        String schema =
                "{\"type\": \"object\", \"properties\": {\"items\": {\"type\": \"array\", \"items\": {\"type\": \"object\","
                        + " \"required\": [\"name\"], \"properties\": {\"name\": {\"type\": \"string\", \"pattern\": \"^[a-z0-9]+$\"},"
                        + " \"size\": {\"type\": \"integer\"}}}}}}";
        try (Store store = TestStore.sqlite(scratch.resolve("store"), "journal", "ledger", "secrets", "guards");
                var journal = new Journal(store)) {
            KeyFolder keys = KeyFolder.open(scratch.resolve("keys"));
            try (Ledger ledger = Ledger.open(store, journal, new Leases(store), keys, clock);
                    var guards = new Guards(
                            store,
                            ledger,
                            new Secrets(store, ledger, keys, clock),
                            new SimpleMeterRegistry(),
                            Set.of(),
                            clock)) {
                List<GuardPolicy> policies = List.of(
                        policy("secrets", kinds(Kind.secrets()), Checks.NONE),
                        policy("personal", kinds(Kind.personalData()), Checks.NONE),
                        policy("injection", injection, Checks.NONE),
                        policy("deny-100", denying(100), Checks.NONE),
                        policy("answer-all-kinds", Checks.NONE, kinds(EnumSet.allOf(Kind.class))),
                        policy("stream-all-kinds", Checks.NONE, kinds(EnumSet.allOf(Kind.class))),
                        policy("json", Checks.NONE, rule(AnswerRule.Kind.JSON, "")),
                        policy("schema", Checks.NONE, rule(AnswerRule.Kind.SCHEMA, schema)),
                        policy(
                                "forbid",
                                Checks.NONE,
                                rule(AnswerRule.Kind.FORBID, "(?i)internal[- ]use|do not (share|copy)")));
                policies.forEach(policy -> guards.put(Caller.system(TENANT, "bench"), policy));
                for (GuardPolicy policy : policies) {
                    String name = policy.name();
                    byte[] body = !policy.input().equals(Checks.NONE)
                            ? request
                            : name.equals("json") || name.equals("schema") ? json : answer;
                    double each = median(nanos, () -> look(guards, name, body));
                    double kib = each * KIB / body.length;
                    report.say("%-18s %8.0f ns for a KiB, %8.1f us for %d bytes", name, kib, each / 1_000, body.length);
                    report.atMost("cost_" + name.replace('-', '_'), kib, "ns/KiB", limit(name));
                }
            }
        }
    }

    /**
     * Of the 200 us of processor that a request may take in all, a text of 4 KiB leaves detectors 80, and what folds texts or reads
     * them by rules of the user's own all of it; an event of a stream may take 10 us, of which a KiB here has 64.
     */
    private static double limit(String name) {
        return switch (name) {
            case "injection", "schema" -> 50_000;
            case "forbid" -> 80_000;
            case "stream-all-kinds" -> 640_000;
            default -> 20_000;
        };
    }

    private static void look(Guards guards, String name, byte[] body) {
        GuardedCall call = guards.admit(TENANT, name, "", "", "r");
        if (name.startsWith("stream")) {
            stream(Objects.requireNonNull(call.stream(), "this guard looks at streams"), body);
        } else {
            call.request(body);
            call.answer(body);
        }
    }

    /** The answer in events of some 16 characters, as providers send them. */
    private static void stream(StreamGuard guard, byte[] answer) {
        String text = Json.parse(answer).at("/choices/0/message/content").asString();
        var out = new ByteArrayOutputStream(answer.length);
        for (int at = 0; at < text.length(); at += 16) {
            String piece = text.substring(at, Math.min(text.length(), at + 16));
            var chunk = Json.object();
            chunk.putArray("choices")
                    .addObject()
                    .put("index", 0)
                    .putObject("delta")
                    .put("content", piece);
            byte[] event = ("data: " + Json.write(chunk) + "\n\n").getBytes(StandardCharsets.UTF_8);
            guard.event(event, 0, event.length, out);
        }
        byte[] done = "data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8);
        guard.event(done, 0, done.length, out);
        guard.end(Runnable::run).join();
    }

    private static byte[] answer(String said) {
        var json = Json.object();
        json.putArray("choices")
                .addObject()
                .put("index", 0)
                .putObject("message")
                .put("role", "assistant")
                .put("content", said);
        return Json.bytes(json);
    }

    private static JsonNode items() {
        var items = Json.array();
        for (int i = 0; i < 120; i++) {
            items.addObject().put("name", "item" + i).put("size", i);
        }
        return items;
    }

    /** Nanoseconds of this thread's processor for one look, the median of the rounds behind those that warm up. */
    private static double median(long nanos, Runnable look) {
        double[] rounds = new double[ROUNDS];
        for (int round = -WARM_ROUNDS; round < ROUNDS; round++) {
            long started = THREADS.getCurrentThreadCpuTime();
            int looks = 0;
            while (THREADS.getCurrentThreadCpuTime() - started < nanos) {
                look.run();
                looks++;
            }
            if (round >= 0) {
                rounds[round] = (double) (THREADS.getCurrentThreadCpuTime() - started) / looks;
            }
        }
        Arrays.sort(rounds);
        return rounds[ROUNDS / 2];
    }

    private static void falsePositives(Map<String, List<String>> clean, Report report) {
        var injection = new InjectionDetector();
        for (String what : List.of("chat", "wary", "prose")) {
            List<String> texts = clean.getOrDefault(what, List.of());
            report.atMost("false_secrets_" + what, share(texts, Detector.of(Kind.secrets())), "of texts", 0.002);
            report.atMost("false_personal_" + what, share(texts, Detector.of(Kind.personalData())), "of texts", 0.002);
            double told = texts.stream()
                    .filter(text -> injection.look(text).score() >= THRESHOLD)
                    .count();
            report.atMost(
                    "false_injection_" + what, told / texts.size(), "of texts", what.equals("wary") ? 0.03 : 0.01);
        }
    }

    private static double share(List<String> texts, Detector detector) {
        double found =
                texts.stream().filter(text -> !detector.find(text).isEmpty()).count();
        return found / texts.size();
    }

    private static void recall(int samples, long seed, Report report) {
        var corpus = new Corpus(seed);
        Detector all = Detector.of(EnumSet.allOf(Kind.class));
        double least = 1;
        double sum = 0;
        report.say("%-20s %8s (seed %d, %d texts)", "kind", "recall", seed, samples);
        for (Kind kind : Kind.values()) {
            int hits = 0;
            for (int i = 0; i < samples; i++) {
                Corpus.Sample sample = corpus.positive(kind.label());
                hits += finds(all, kind, sample) ? 1 : 0;
            }
            double recall = hits / (double) samples;
            report.say("%-20s %8.4f", kind.label(), recall);
            least = Math.min(least, recall);
            sum += recall;
        }
        int wrong = 0;
        for (int i = 0; i < 30 * samples; i++) {
            wrong += all.find(corpus.negative()).isEmpty() ? 0 : 1;
        }
        report.atLeast("recall_least", least, "of texts", 0.98);
        report.atLeast("recall_mean", sum / Kind.values().length, "of texts", 0.99);
        report.atMost("false_look_alikes", wrong / (30.0 * samples), "of texts", 0.002);
    }

    private static boolean finds(Detector all, Kind kind, Corpus.Sample sample) {
        for (Finding finding : all.find(sample.text())) {
            if (finding.kind() == kind
                    && sample.text().substring(finding.from(), finding.to()).equals(sample.value())) {
                return true;
            }
        }
        return false;
    }
}
