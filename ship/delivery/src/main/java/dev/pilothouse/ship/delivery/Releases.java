package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.registry.ModelVersion;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.Candidate;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.ship.spec.ServiceSpec;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** What people ask of releases: start one, and steer the one in motion. Thread-safe. */
final class Releases {
    static final List<String> ACTIONS = List.of("pause", "resume", "abort", "retry", "skip", "promote", "rollback");

    private final Store store;
    private final Surroundings surroundings;
    private final Steps steps;
    private final Starts starts;
    private final InstantSource clock;
    private final Notices notices;

    Releases(Store store, Surroundings surroundings, Steps steps, Starts starts, InstantSource clock, Notices notices) {
        this.store = store;
        this.surroundings = surroundings;
        this.steps = steps;
        this.starts = starts;
        this.clock = clock;
        this.notices = notices;
    }

    /**
     * Starts a release.
     *
     * @param reference model to release, else the one the service names
     * @param supersede whether it takes the place of one in motion, which is then aborted
     * @throws dev.pilothouse.kernel.PilothouseException CONFLICT where one is in motion or the version is in production
     */
    Release start(Caller by, String service, Optional<String> reference, String note, boolean supersede) {
        ServiceRow.View seen = store.read(tx -> Services.find(tx, by.tenant(), service));
        Starts.Choice choice =
                switch (seen.row().spec().workload()) {
                    case ServiceSpec.Workload.Model workload -> {
                        Candidate model = Candidates.of(workload, resolve(by, reference.orElse(workload.reference())));
                        yield (row, _) -> new Starts.Chosen(row.spec(), model, Optional.empty());
                    }
                    case ServiceSpec.Workload.Container container -> {
                        if (reference.isPresent() && container.files().isEmpty()) {
                            throw CommonError.INVALID.because("The service '" + service
                                    + "' runs a command without a registered model's files, so a release takes no model;"
                                    + " change 'container' in its file, apply it, and release again.");
                        }
                        Optional<Candidates.Given> given = container
                                .files()
                                .map(files -> Candidates.Given.of(resolve(by, reference.orElse(files.reference()))));
                        yield (row, number) -> new Starts.Chosen(
                                row.spec(), Candidates.of(row.name(), row.spec(), number, given), Optional.empty());
                    }
                };
        return store.writeAndWait(
                tx -> starts.start(tx, by, Services.find(tx, by.tenant(), service), choice, note, supersede));
    }

    private ModelVersion resolve(Caller by, String reference) {
        return surroundings.models().resolve(by.tenant(), reference);
    }

    /**
     * Steers a service's rollout.
     *
     * @param action one of {@link #ACTIONS}
     * @param reason why, for the ledger; skip and promote need one
     * @throws dev.pilothouse.kernel.PilothouseException CONFLICT where the action does not fit where the release stands
     */
    Release act(Caller by, String service, String action, Optional<String> reason) {
        if (!ACTIONS.contains(action)) {
            throw CommonError.INVALID.because("There is no action '" + action + "'." + Nearest.hint(action, ACTIONS));
        }
        if (action.equals("skip") || action.equals("promote")) {
            // These put a person's word in the place of evidence.
            by.require(Role.APPROVER);
        }
        return store.writeAndWait(tx -> {
            ServiceRow.View view = Services.find(tx, by.tenant(), service);
            return switch (action) {
                case "pause" -> pause(tx, by, moving(view), reason);
                case "resume" -> resume(tx, by, moving(view), reason);
                case "abort" -> back(tx, by, moving(view), Phase.ABORTED, "Aborted", reason);
                case "rollback" ->
                    view.moving().isPresent()
                            ? back(tx, by, moving(view), Phase.ROLLED_BACK, "Rolled back", reason)
                            : takeBack(tx, by, view, reason);
                case "skip" -> skip(tx, by, moving(view), required(action, reason));
                case "promote" -> promote(tx, by, moving(view), required(action, reason));
                default -> retry(tx, by, view, reason);
            };
        });
    }

    private Release pause(Tx tx, Caller by, Release release, Optional<String> reason) {
        if (release.state().paused()) {
            throw CommonError.CONFLICT.because("Release " + release.number() + " is paused already.");
        }
        if (release.state().phase() == Phase.PROMOTING || release.state().phase() == Phase.ROLLING_BACK) {
            throw CommonError.CONFLICT.because("Release " + release.number() + " is "
                    + release.state().phase().label() + ", which takes moments and cannot be paused.");
        }
        String why = "Paused by " + by.name() + said(reason);
        return store(
                tx,
                by,
                release,
                release.state().paused(true, why, release.state().since()),
                "rollout.paused");
    }

    private Release resume(Tx tx, Caller by, Release release, Optional<String> reason) {
        if (!release.state().paused()) {
            throw CommonError.CONFLICT.because("Release " + release.number() + " is not paused.");
        }
        // An approval keeps telling what it waits for; elsewhere the counts do.
        String why = reason.map(text -> "Resumed by " + by.name() + ": " + text).orElse("");
        return store(tx, by, release, release.state().paused(false, why, clock.instant()), "rollout.resumed");
    }

    private Release back(Tx tx, Caller by, Release release, Phase end, String word, Optional<String> reason) {
        if (release.state().phase() == Phase.ROLLING_BACK) {
            throw CommonError.CONFLICT.because("Release " + release.number() + " is rolling back already.");
        }
        String why = word + " by " + by.name() + said(reason);
        Release.State next = release.state().back(end, why, clock.instant());
        notices.tell(tx, release, end.label(), why);
        return store(tx, by, release, next, end == Phase.ABORTED ? "rollout.aborted" : "rollout.rolled-back");
    }

    /** Takes the release in production back to the one before it. */
    private Release takeBack(Tx tx, Caller by, ServiceRow.View view, Optional<String> reason) {
        if (view.stable().isEmpty() || view.previous().isEmpty()) {
            throw CommonError.CONFLICT.because("There is no version before "
                    + view.stable().map(s -> s.candidate().title()).orElse("the first") + " of '"
                    + view.row().name()
                    + "' to go back to.");
        }
        Instant now = clock.instant();
        Release bad = view.stable().get();
        Release good = view.previous().get();
        String why = "Rolled back after promotion by " + by.name() + said(reason);
        Release ended = bad.with(bad.state().to(Phase.ROLLED_BACK, why, now), now);
        SqlReleases.update(tx, ended);
        // What was in production before the good one is the next way back; it is loaded only if it is asked for.
        var row = view.row().stable(Optional.of(good.id()), good.baseline().filter(id -> !id.equals(bad.id())), now);
        SqlServices.update(tx, row.notKept());
        steps.alias(tx, good);
        surroundings.ledger().append(tx, Entries.moved(by, ended, "rollout.rolled-back"));
        notices.tell(tx, ended, "rolled-back", why);
        return ended;
    }

    private Release skip(Tx tx, Caller by, Release release, String reason) {
        if (release.state().phase() != Phase.SHADOW && release.state().phase() != Phase.CANARY) {
            throw CommonError.CONFLICT.because("Release " + release.number() + " is "
                    + release.state().phase().label()
                    + "; only a shadow or a canary step can be skipped. A gate never can.");
        }
        Instant now = clock.instant();
        Release.State next = TrafficSteps.following(release, now);
        String why = "Step skipped by " + by.name() + ": " + reason;
        var told = new Release.State(next.phase(), next.step(), false, Optional.empty(), why, Optional.empty(), now);
        return store(tx, by, release, told, "rollout.skipped");
    }

    private Release promote(Tx tx, Caller by, Release release, String reason) {
        if (release.state().phase() != Phase.SHADOW && release.state().phase() != Phase.CANARY) {
            throw CommonError.CONFLICT.because("Release " + release.number() + " is "
                    + release.state().phase().label() + "; it can be promoted by hand once it is in shadow or canary.");
        }
        String why = "Promoted by " + by.name() + ": " + reason;
        return store(tx, by, release, release.state().to(Phase.PROMOTING, why, clock.instant()), "rollout.skipped");
    }

    private Release retry(Tx tx, Caller by, ServiceRow.View view, Optional<String> reason) {
        Release last = SqlReleases.list(tx, by.tenant(), view.row().name(), Long.MAX_VALUE, 1).stream()
                .findFirst()
                .orElseThrow(() -> CommonError.CONFLICT.because(
                        "The service '" + view.row().name() + "' has had no release to try again."));
        if (last.state().phase().inMotion() || last.state().phase() == Phase.PROMOTED) {
            throw CommonError.CONFLICT.because(
                    "Release " + last.number() + " is " + last.state().phase().label()
                            + "; only one that was rolled back, rejected or aborted can be tried again.");
        }
        Candidate tried = last.candidate();
        // A promoted release keeps what it was promoted with; the declaration may change in between.
        Starts.Choice same = (row, number) -> {
            ServiceSpec spec = last.origin().isPresent() ? last.spec() : row.spec();
            return new Starts.Chosen(
                    spec, tried.onnx().isPresent() ? tried : again(row, spec, number, last), last.origin());
        };
        return starts.start(tx, by, view, same, "Retry of release " + last.number() + said(reason), false);
    }

    private static Candidate again(ServiceRow row, ServiceSpec spec, long number, Release last) {
        Candidate tried = last.candidate();
        Candidate fresh = Candidates.of(
                row.name(),
                spec,
                number,
                Optional.of(new Candidates.Given(tried.model(), tried.version(), tried.files()))
                        .filter(given -> given.version() > 0));
        return last.origin().isPresent() ? fresh.with(tried.digest()) : fresh;
    }

    private Release store(Tx tx, Caller by, Release release, Release.State next, String kind) {
        Release changed = release.with(next, clock.instant());
        SqlReleases.update(tx, changed);
        surroundings.ledger().append(tx, Entries.moved(by, changed, kind));
        return changed;
    }

    private static Release moving(ServiceRow.View view) {
        return view.moving()
                .orElseThrow(() -> CommonError.CONFLICT.because(
                        "No release of '" + view.row().name() + "' is in motion. Start one with 'pilot release "
                                + view.row().name() + "'."));
    }

    private static String required(String action, Optional<String> reason) {
        return reason.orElseThrow(() -> CommonError.INVALID.because(
                "'" + action + "' puts your word in the place of evidence, so it needs a 'reason' for the ledger."));
    }

    private static String said(Optional<String> reason) {
        return reason.map(text -> ": " + text).orElse("") + ".";
    }
}
