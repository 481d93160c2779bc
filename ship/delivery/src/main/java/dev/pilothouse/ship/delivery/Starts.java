package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
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
import java.util.Optional;

/** Starts releases, within a transaction. Thread-safe. */
final class Starts {
    private final Surroundings surroundings;
    private final Ids ids;
    private final InstantSource clock;

    Starts(Surroundings surroundings, Ids ids, InstantSource clock) {
        this.surroundings = surroundings;
        this.ids = ids;
        this.clock = clock;
    }

    /** What to release, given the service and the release's number. */
    interface Choice {
        Chosen of(ServiceRow row, long number);
    }

    /**
     * What is released.
     *
     * @param spec the declaration that the release keeps
     * @param candidate the content
     * @param origin the release that is promoted, if any
     */
    record Chosen(ServiceSpec spec, Candidate candidate, Optional<Release.Origin> origin) {}

    /**
     * Starts a release.
     *
     * @param supersede whether it takes the place of one in motion, which is then aborted
     * @throws dev.pilothouse.kernel.PilothouseException CONFLICT where one is in motion or the version is in production
     */
    Release start(Tx tx, Caller by, ServiceRow.View view, Choice choice, String note, boolean supersede) {
        Instant now = clock.instant();
        ServiceRow row = view.row();
        long number = row.lastNumber() + 1;
        view.moving().ifPresent(moving -> {
            if (!supersede) {
                throw CommonError.CONFLICT.because(
                        "Release " + moving.number() + " (" + moving.candidate().title()
                                + ") of '" + row.name() + "' is in motion ("
                                + moving.state().phase().label()
                                + "). Wait for its end, abort it, or release with supersede.");
            }
            Release ended =
                    moving.with(moving.state().to(Phase.ABORTED, "Superseded by release " + number + ".", now), now);
            SqlReleases.update(tx, ended);
            surroundings.ledger().append(tx, Entries.moved(by, ended, "release.aborted"));
        });
        Chosen chosen = choice.of(row, number);
        Candidate candidate = chosen.candidate();
        view.stable()
                .filter(s -> s.candidate().label().equals(candidate.label())
                        && s.candidate().title().equals(candidate.title()))
                .ifPresent(_ -> {
                    throw CommonError.CONFLICT.because(
                            candidate.title() + " is in production already; register a new version to release.");
                });
        var release = new Release(
                by.tenant(),
                ids.next(),
                row.name(),
                number,
                chosen.spec(),
                candidate,
                chosen.origin(),
                row.stable(),
                by,
                note,
                new Release.State(Phase.GATING, 0, false, Optional.empty(), "", Optional.empty(), now),
                0,
                now,
                now,
                Optional.empty());
        SqlReleases.insert(tx, release);
        SqlServices.update(tx, row.moving(Optional.of(release.id()), number, now));
        String stable = view.stable().map(s -> s.candidate().title()).orElse("");
        surroundings.ledger().append(tx, Entries.started(release, row.environmentName(), stable));
        return release;
    }
}
