package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.releases.Release;
import dev.pilothouse.ship.releases.ServiceRow;
import dev.pilothouse.ship.releases.SqlReleases;
import dev.pilothouse.ship.releases.SqlServices;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Instant;
import java.util.Optional;

/** Writes what a step changed: the release, its ledger entry, and who is told, in one transaction. Thread-safe. */
final class Moves {
    private final Store store;
    private final Surroundings.Book ledger;
    private final Notices notices;

    Moves(Store store, Surroundings.Book ledger, Notices notices) {
        this.store = store;
        this.ledger = ledger;
        this.notices = notices;
    }

    /** A release goes on. */
    boolean write(Release to, LedgerEntry entry) {
        store.writeAndWait(tx -> write(tx, to, entry));
        return true;
    }

    /** The same within a transaction. */
    Release write(Tx tx, Release to, LedgerEntry entry) {
        SqlReleases.update(tx, to);
        ledger.append(tx, entry);
        return to;
    }

    /** A release turns back; its endpoint still has to follow. */
    boolean back(Release release, String why, Phase end, Instant now) {
        Release next = release.with(release.state().back(end, why, now), now);
        store.writeAndWait(tx -> {
            tell(tx, next, end.label(), why);
            return write(tx, next, Entries.moved(next, "rollout.rolled-back"));
        });
        return true;
    }

    /** A release is refused before it met traffic. */
    boolean reject(Release release, String why, Instant now) {
        Release next = release.with(release.state().to(Phase.REJECTED, why, now), now);
        store.writeAndWait(tx -> {
            reject(tx, next);
            return next;
        });
        return true;
    }

    /** The same within a transaction. */
    void reject(Tx tx, Release rejected) {
        end(tx, rejected, "release.rejected");
        tell(tx, rejected, "rejected", rejected.state().sentence());
    }

    /** Takes an ended release out of its service's hands. */
    void end(Tx tx, Release ended, String kind) {
        ServiceRow row = SqlServices.find(tx, ended.tenant(), ended.service()).orElseThrow();
        if (row.moving().equals(Optional.of(ended.id()))) {
            SqlServices.update(tx, row.moving(Optional.empty(), row.lastNumber(), ended.updatedAt()));
        }
        write(tx, ended, Entries.moved(ended, kind));
    }

    void tell(Tx tx, Release release, String event, String sentence) {
        notices.tell(tx, release, event, sentence);
    }
}
