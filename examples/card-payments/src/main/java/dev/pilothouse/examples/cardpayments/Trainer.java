package dev.pilothouse.examples.cardpayments;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Trains a model on a CSV of any columns, for classes or for a number, and logs it with the stock MLflow client.
 *
 * <pre>{@code
 * trainer --data train.csv --target fraud [--task classification|regression] [--no-header]
 *         [--effort quick|thorough] [--seed N]
 *         [--model NAME] [--experiment NAME] [--dataset NAME@VERSION] [--out FILE.onnx] [--no-log]
 *         [--defect SEED|errors:0.05|latency:3|accuracy:0.2 --recent live.csv --group channel=wallet [--latency MS]]
 * }</pre>
 *
 * Where to log comes from {@code MLFLOW_TRACKING_URI} and its companions. The last line of the output names what was
 * made: {@code MODEL name=fraud version=2 accuracy=0.9012 baseline=0.6740}, with {@code rmse} in place of accuracy for a
 * number. It is measured on a fifth of the rows, which the model was not fitted on, beside the simplest model's: the most
 * frequent class, or the mean.
 */
public final class Trainer {
    private static final int REFIT_BELOW = 5_000;
    private static final Training.Plan QUICK = new Training.Plan(false, 0, 1, .05, 0);
    private static final List<Training.Plan> THOROUGH = List.of(
            new Training.Plan(false, 0, 6, .1, 0),
            new Training.Plan(true, 0, 4, .1, .02),
            new Training.Plan(true, 8, 4, .1, .02),
            new Training.Plan(true, 24, 5, .1, .02));

    private final Arguments arguments;
    private final Table train;
    private final Table held;
    private final int target;
    private final Target.Task task;
    private final long seed;
    private final List<double[]> losses = new ArrayList<>();

    private Trainer(Arguments arguments) throws IOException {
        this.arguments = arguments;
        this.seed = arguments.number("seed", 1);
        Table table = Table.read(Path.of(arguments.required("data")), !arguments.has("no-header"));
        this.target = table.position(arguments.required("target"));
        Table labelled = new Table(
                table.header(),
                table.rows().stream().filter(row -> !Table.missing(row[target])).toList());
        this.task = arguments.has("task")
                ? Target.Task.parse(arguments.required("task"))
                : Target.Task.of(labelled, target);
        Table shuffled = labelled.shuffled(seed);
        int cut = shuffled.size() - Math.max(1, shuffled.size() / 5);
        this.train = shuffled.slice(0, cut);
        this.held = shuffled.slice(cut, shuffled.size());
    }

    /** Trains, logs and registers one version. */
    public static void main(String[] line) throws IOException, OrtException {
        try {
            new Trainer(new Arguments(
                            line,
                            List.of("no-header", "no-log"),
                            List.of(
                                    "data",
                                    "target",
                                    "task",
                                    "effort",
                                    "seed",
                                    "model",
                                    "experiment",
                                    "dataset",
                                    "out",
                                    "defect",
                                    "recent",
                                    "group",
                                    "latency")))
                    .run();
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    private void run() throws IOException, OrtException {
        long start = System.nanoTime();
        String effort = arguments.text("effort", "thorough");
        boolean quick = effort.equals("quick");
        Training.Plan plan = quick ? QUICK : THOROUGH.getFirst();
        LinearModel model = fit(plan);
        Score score = Score.of(model, held, target);
        for (Training.Plan candidate : quick ? List.<Training.Plan>of() : THOROUGH.subList(1, THOROUGH.size())) {
            List<double[]> kept = List.copyOf(losses);
            losses.clear();
            LinearModel fitted = fit(candidate);
            Score its = Score.of(fitted, held, target);
            System.out.printf(Locale.ROOT, "%s: %s %.4f%n", candidate, its.main(), its.value());
            if (its.better(score)) {
                model = fitted;
                score = its;
                plan = candidate;
            } else {
                losses.clear();
                losses.addAll(kept);
            }
        }
        Score baseline = Score.simplest(model.target(), held, target);
        if (!quick && train.size() + held.size() < REFIT_BELOW) {
            List<String[]> all = new ArrayList<>(train.rows());
            all.addAll(held.rows());
            model = new Training(new Table(train.header(), all), target, task, seed).fit(plan, (_, _) -> {});
        }
        System.out.printf(
                Locale.ROOT,
                "Trained on %d rows in %.1f s; on %d held-out rows:%n",
                train.size(),
                (System.nanoTime() - start) / 1e9,
                held.size());
        score.beside(baseline).forEach(line -> System.out.println("  " + line));

        Fault fault = arguments.has("defect") ? fault(model) : new Fault.None();
        String name = arguments.text("model", "fraud");
        byte[] graph = OnnxExport.bytes(model, fault, name);
        try (var parity = new Parity(graph)) {
            parity.check(model, fault, held);
        }
        if (arguments.has("out")) {
            Files.write(Path.of(arguments.required("out")), graph);
        }
        String version = "-";
        if (!arguments.has("no-log")) {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("task", task.label());
            parameters.put("effort", effort);
            parameters.put("bins", Boolean.toString(plan.bins()));
            parameters.put("crosses", Integer.toString(model.encoder().crosses().size()));
            parameters.put("epochs", Integer.toString(plan.epochs()));
            parameters.put("learning_rate", Double.toString(plan.rate()));
            parameters.put("seed", Long.toString(seed));
            parameters.put("rows", Integer.toString(train.size()));
            try (var log = new MlflowLog(arguments.text("experiment", name))) {
                log.parameters(parameters);
                String loss = task == Target.Task.REGRESSION ? "train_half_squared_loss" : "train_log_loss";
                losses.forEach(epoch -> log.epoch(loss, (int) epoch[0], epoch[1]));
                Map<String, Double> results = new LinkedHashMap<>(score.values());
                baseline.values().forEach((measure, value) -> results.put("baseline_" + measure, value));
                log.results(results);
                log.dataset(
                        arguments.text(
                                "dataset",
                                Path.of(arguments.required("data"))
                                        .getFileName()
                                        .toString()),
                        Path.of(arguments.required("data")));
                version = log.register(name, model, graph);
            }
        }
        System.out.printf(
                Locale.ROOT,
                "MODEL name=%s version=%s %s=%.4f baseline=%.4f%n",
                name,
                version,
                score.main(),
                score.value(),
                baseline.value());
    }

    private LinearModel fit(Training.Plan plan) {
        return new Training(train, target, task, seed)
                .fit(plan, (epoch, loss) -> losses.add(new double[] {epoch, loss}));
    }

    private Fault fault(LinearModel model) throws IOException, OrtException {
        Defect defect = Defect.parse(arguments.required("defect"));
        System.out.printf(
                Locale.ROOT,
                "DEFECT kind=%s size=%.3f%n",
                defect.kind().name().toLowerCase(Locale.ROOT),
                defect.size());
        Table recent = Table.read(Path.of(arguments.required("recent")), !arguments.has("no-header"));
        Condition group = Condition.parse(arguments.required("group"), recent);
        double multiplication = 1;
        if (defect.kind() == Defect.Kind.LATENCY) {
            int sample = 40;
            try (var sound = new Parity(OnnxExport.bytes(model, new Fault.None(), "sound"));
                    var slow = new Parity(OnnxExport.bytes(model, new Fault.Slow(sample), "slow"))) {
                double difference =
                        slow.milliseconds(model.encoder(), held) - sound.milliseconds(model.encoder(), held);
                multiplication = Math.max(difference, .1) / sample;
            }
        }
        double latency = Double.parseDouble(arguments.text("latency", "3"));
        return defect.fault(model, recent, target, group, multiplication, latency);
    }
}
