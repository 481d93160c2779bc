package dev.pilothouse.ship.delivery;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.store.Tx;
import java.net.URI;

/** Tells people about releases, in the transaction of the state they are told about. Thread-safe. */
@FunctionalInterface
interface Notices {
    /**
     * @param release what it is about
     * @param event {@code promoted}, {@code rolled-back}, {@code rejected}, {@code paused}, {@code awaiting-approval}
     * @param sentence what happened, for people
     */
    void tell(Tx tx, Release release, String event, String sentence);

    /** By the webhook that the service names, if it names one. */
    static Notices by(Notifications notifications) {
        return (tx, release, event, sentence) -> release.spec()
                .webhook()
                .ifPresent(url -> notifications.send(
                        tx,
                        release.tenant(),
                        URI.create(url),
                        "release." + event,
                        Json.object()
                                .put("service", release.service())
                                .put("release", release.id())
                                .put("number", release.number())
                                .put("candidate", release.candidate().title())
                                .put("sentence", sentence)));
    }
}
