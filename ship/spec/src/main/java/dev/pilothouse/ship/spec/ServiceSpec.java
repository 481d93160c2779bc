package dev.pilothouse.ship.spec;

import dev.pilothouse.ship.gates.GateSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A service as its file declares it, every default filled in.
 *
 * @param name {@code [a-z][a-z0-9-]*}; see {@link Declaration#address()} for the endpoint's name
 * @param workload what answers requests
 * @param dataset reference of the data whose expectations must hold before a release, where declared
 * @param gates gates in order, without the one that {@code dataset} implies
 * @param rollout how a release meets traffic
 * @param serving limits of the endpoint
 * @param told who is told of promotions, rollbacks and waiting approvals
 */
public record ServiceSpec(
        String name,
        Workload workload,
        Optional<String> dataset,
        List<GateSpec> gates,
        Rollout rollout,
        Serving serving,
        List<Notify> told) {
    public ServiceSpec {
        gates = List.copyOf(gates);
        told = List.copyOf(told);
    }

    /** The same with another workload. */
    public ServiceSpec with(Workload other) {
        return new ServiceSpec(name, other, dataset, gates, rollout, serving, told);
    }

    /** All gates of a release, in order: data first. */
    public List<GateSpec> allGates() {
        if (dataset.isEmpty()) {
            return gates;
        }
        var all = new java.util.ArrayList<GateSpec>();
        all.add(new GateSpec.Data(dataset.get()));
        all.addAll(gates);
        return List.copyOf(all);
    }

    /** What answers requests. */
    public sealed interface Workload {
        /**
         * A registered ONNX model, run in process.
         *
         * @param reference what a release without another reference takes, such as {@code fraud} (its newest version)
         * @param alias alias that follows what is in production
         * @param file path of the graph in the version, where it holds several
         */
        record Model(String reference, String alias, Optional<String> file) implements Workload {}

        /**
         * A supervised command that serves the Open Inference Protocol v2.
         *
         * @param command program and arguments; {@code {port}} is replaced by the port to listen on, {@code {model-dir}}
         *     by the folder with the files
         * @param model the model's name at that server
         * @param files registered model whose files the command is given, where declared
         * @param replicas processes that share the requests
         * @param readyPath path that answers 2xx once it is ready
         * @param environment variables, with the same replacements
         * @param secrets names of stored secrets whose values become variables, by variable
         * @param directory working directory
         * @param startWithin how long it may take to be ready
         */
        record Container(
                List<String> command,
                String model,
                Optional<Files> files,
                int replicas,
                String readyPath,
                Map<String, String> environment,
                Map<String, String> secrets,
                String directory,
                Duration startWithin)
                implements Workload {
            public Container {
                command = List.copyOf(command);
                environment = Map.copyOf(environment);
                secrets = Map.copyOf(secrets);
            }
        }

        /**
         * A registered model whose files a command is given.
         *
         * @param reference what a release without another reference takes
         * @param alias alias that follows what is in production
         */
        record Files(String reference, String alias) {}
    }

    /**
     * How a release meets traffic.
     *
     * @param shadowRequests requests the candidate answers as a shadow first; 0 for no shadow
     * @param steps percentages of the traffic, rising, the last 100
     * @param minRequests requests the candidate must answer in each step
     * @param maxWait time in one step after which the rollout pauses
     * @param alpha bound on the chance that a release which is not worse is rolled back, shared by the three outcomes
     * @param beta bound on the chance, per outcome, that a release which is worse by the margin is promoted
     * @param slowAfter requests that take longer are slow; {@link #AUTO} for those that take longer than twice the median
     *     of what the version in production took lately
     * @param errors bounds for failed requests
     * @param slow bounds for slow requests
     * @param accuracy bounds for wrongly answered requests among those whose label came back
     * @param wrongBeyond a number that misses its label by more is a wrong answer; empty for twice the median miss of the
     *     version in production
     * @param labelsRequired whether the last step needs evidence of accuracy even where no label comes back
     * @param signatureMayChange whether the candidate may take other inputs or give other outputs than production
     * @param keepPrevious how long the version before stays loaded after a promotion
     */
    public record Rollout(
            int shadowRequests,
            List<Integer> steps,
            int minRequests,
            Duration maxWait,
            double alpha,
            double beta,
            Duration slowAfter,
            Bounds errors,
            Bounds slow,
            Bounds accuracy,
            OptionalDouble wrongBeyond,
            boolean labelsRequired,
            boolean signatureMayChange,
            Duration keepPrevious) {
        /** Stands for {@code auto}: what counts as slow follows the version in production. */
        public static final Duration AUTO = Duration.ZERO;

        public Rollout {
            steps = List.copyOf(steps);
        }
    }

    /**
     * Bounds of one outcome, as differences of shares between candidate and stable version.
     *
     * @param tolerance up to this the candidate is not rolled back
     * @param margin this much worse must be ruled out before the last step
     */
    public record Bounds(double tolerance, double margin) {}

    /**
     * Limits of the endpoint.
     *
     * @param maxConcurrency requests in flight per version before 429
     * @param logSampleRate share of requests logged with inputs and outputs
     */
    public record Serving(int maxConcurrency, double logSampleRate) {}
}
