package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.Candidate;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.ship.spec.ServiceSpec;
import java.util.List;
import java.util.Optional;

/**
 * Promotes what is stable in one environment of a service to a later one: by digest, as a release there that refers to the one
 * it came from, under the later environment's own configuration. Thread-safe.
 */
final class Promotions {
    private final Store store;
    private final Starts starts;

    Promotions(Store store, Starts starts) {
        this.store = store;
        this.starts = starts;
    }

    /**
     * What somebody asks for.
     *
     * @param service the service, or its environment to promote to, such as {@code fraud@production}
     * @param from environment to promote from; the one before where empty
     * @param to environment to promote to; the one that the service names, else the last
     * @param digest what the caller means to promote; whatever is stable where empty
     * @param note what they say about it
     * @param supersede whether it takes the place of a release in motion
     */
    record Request(
            String service,
            Optional<String> from,
            Optional<String> to,
            Optional<Digest> digest,
            String note,
            boolean supersede) {}

    /**
     * Starts the release that promotes.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND for an unknown service or environment; CONFLICT where the
     *     digest is not stable in the earlier environment, or is in the later one already
     */
    Release promote(Caller by, Request request) {
        return store.writeAndWait(tx -> {
            int at = request.service().indexOf('@');
            String service = at < 0 ? request.service() : request.service().substring(0, at);
            List<ServiceRow> rows = SqlServices.environments(tx, by.tenant(), service).stream()
                    .filter(row -> row.environment().isPresent() && row.declared())
                    .toList();
            if (rows.size() < 2) {
                // an unknown service is refused with its nearest name
                ServiceRow.View _ = Services.find(tx, by.tenant(), request.service());
                throw CommonError.CONFLICT.because(
                        "The service '" + service + "' has one environment, so there is none to"
                                + " promote from. Declare 'environments: [staging, production]' in its file, and apply it.");
            }
            Optional<String> to = request.to()
                    .or(() -> at < 0
                            ? Optional.empty()
                            : Optional.of(request.service().substring(at + 1)));
            ServiceRow target = to.map(name -> named(rows, service, name)).orElse(rows.getLast());
            ServiceRow source = source(rows, service, request.from(), target);
            Release stable = stable(tx, source, request.digest());
            ServiceRow.View view =
                    SqlServices.view(tx, by.tenant(), target.name()).orElseThrow();
            refuseRepetition(view, source, stable);
            return starts.start(
                    tx,
                    by,
                    view,
                    (row, number) -> chosen(tx, row, number, source, stable),
                    request.note(),
                    request.supersede());
        });
    }

    private static ServiceRow named(List<ServiceRow> rows, String service, String name) {
        return rows.stream()
                .filter(row -> row.environmentName().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    List<String> names =
                            rows.stream().map(ServiceRow::environmentName).toList();
                    return CommonError.NOT_FOUND.because("The service '" + service + "' has no environment '" + name
                            + "'; it has " + String.join(", ", names) + "." + Nearest.hint(name, names));
                });
    }

    private static ServiceRow source(List<ServiceRow> rows, String service, Optional<String> from, ServiceRow target) {
        int place = rows.indexOf(target);
        if (place == 0) {
            throw CommonError.CONFLICT.because(
                    "'" + target.environmentName() + "' is the first environment of '" + service
                            + "', so nothing is promoted to it. Release there: pilot release " + service + " --env "
                            + target.environmentName());
        }
        ServiceRow source = from.map(name -> named(rows, service, name)).orElse(rows.get(place - 1));
        if (rows.indexOf(source) >= place) {
            throw CommonError.CONFLICT.because("'" + source.environmentName() + "' does not come before '"
                    + target.environmentName() + "'; releases are promoted in the file's order: "
                    + String.join(
                            ", ", rows.stream().map(ServiceRow::environmentName).toList()) + ".");
        }
        return source;
    }

    private static Release stable(Tx tx, ServiceRow source, Optional<Digest> digest) {
        ServiceRow.View view =
                SqlServices.view(tx, source.tenant(), source.name()).orElseThrow();
        String there = "'" + source.environmentName() + "' of '" + source.service() + "'";
        Optional<Release> asked = view.moving()
                .filter(moving ->
                        digest.isEmpty() || moving.candidate().digest().equals(digest.get()));
        String moving = asked.map(release -> " Its release " + release.number() + " ("
                        + release.candidate().title() + ") is "
                        + release.state().phase().label() + "; promote it once it is promoted there.")
                .orElse("");
        Release stable = view.stable()
                .orElseThrow(() -> CommonError.CONFLICT.because("Nothing is stable in " + there + " yet."
                        + (moving.isEmpty()
                                ? " Release there first: pilot release " + source.service() + " --env "
                                        + source.environmentName()
                                : moving)));
        if (digest.isPresent() && !stable.candidate().digest().equals(digest.get())) {
            throw CommonError.CONFLICT.because(digest.get() + " is not stable in " + there + ", so it is not promoted."
                    + " Stable there is " + stable.candidate().title() + " ("
                    + stable.candidate().digest() + ")." + moving);
        }
        return stable;
    }

    private static void refuseRepetition(ServiceRow.View target, ServiceRow source, Release promoted) {
        target.stable()
                .filter(stable ->
                        stable.candidate().digest().equals(promoted.candidate().digest())
                                && stable.spec().equals(spec(target.row(), source, promoted)))
                .ifPresent(stable -> {
                    throw CommonError.CONFLICT.because(stable.candidate().title() + " ("
                            + stable.candidate().digest().toString().substring(0, 19)
                            + "…) is stable in '" + target.row().environmentName()
                            + "' already, with the same configuration.");
                });
    }

    private static Starts.Chosen chosen(Tx tx, ServiceRow row, long number, ServiceRow source, Release stable) {
        ServiceSpec spec = spec(row, source, stable);
        Candidate from = stable.candidate();
        Candidate candidate = from.onnx().isPresent()
                ? from
                : Candidates.of(
                                row.name(),
                                spec,
                                number,
                                Optional.of(new Candidates.Given(from.model(), from.version(), from.files()))
                                        .filter(given -> given.version() > 0))
                        .with(from.digest());
        String entry = SqlReleases.promotedBy(tx, stable).orElse("");
        return new Starts.Chosen(
                spec,
                candidate,
                Optional.of(new Release.Origin(
                        stable.id(), stable.service(), source.environmentName(), stable.number(), entry)));
    }

    /** The later environment's declaration, running what the earlier one runs. */
    private static ServiceSpec spec(ServiceRow target, ServiceRow source, Release promoted) {
        ServiceSpec spec = target.spec();
        return switch (promoted.spec().workload()) {
            case ServiceSpec.Workload.Model _ -> {
                if (spec.workload() instanceof ServiceSpec.Workload.Container) {
                    throw differ(target, source);
                }
                yield spec;
            }
            case ServiceSpec.Workload.Container program -> {
                if (!(spec.workload() instanceof ServiceSpec.Workload.Container own)) {
                    throw differ(target, source);
                }
                yield spec.with(new ServiceSpec.Workload.Container(
                        program.command(),
                        program.model(),
                        own.files(),
                        own.replicas(),
                        program.readyPath(),
                        own.environment(),
                        own.secrets(),
                        program.directory(),
                        own.startWithin()));
            }
        };
    }

    private static RuntimeException differ(ServiceRow target, ServiceRow source) {
        return CommonError.CONFLICT.because("What is stable in '" + source.environmentName() + "' and what '"
                + target.environmentName() + "' declares are not of one kind (model and container); release there again"
                + " with the file as it is now, then promote.");
    }

    /** The environments of a service in order, those first that its file names no more. */
    static List<ServiceRow> of(Tx tx, String tenant, String service) {
        ServiceRow.View found = Services.find(tx, tenant, service);
        return SqlServices.environments(tx, tenant, found.row().service());
    }

    /** The environment that a release is promoted from by default; empty for the first, and where there is one only. */
    static Optional<ServiceRow> before(List<ServiceRow> rows, ServiceRow row) {
        List<ServiceRow> declared = rows.stream().filter(ServiceRow::declared).toList();
        int place = declared.indexOf(row);
        return place <= 0 ? Optional.empty() : Optional.of(declared.get(place - 1));
    }
}
