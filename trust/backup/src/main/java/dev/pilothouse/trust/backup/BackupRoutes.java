package dev.pilothouse.trust.backup;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import java.io.IOException;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Backups over HTTP. */
public final class BackupRoutes {
    private static final String CHOICES =
            " Send {\"keys\": \"encrypted\", \"passphrase\": \"…\"}, or {\"keys\": \"left-out\"} and keep the folder of the keys"
                    + " yourself.";

    private final Backups backups;

    /** Routes to backups. */
    public BackupRoutes(Backups backups) {
        this.backups = backups;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api().maxBody(4096).on("POST", "/api/v1/backup", Access.role(Role.ADMIN), "makeBackup", this::make);
    }

    private Reply make(Call call) throws IOException {
        String keys = call.json().path("keys").asString("");
        JsonNode passphrase = call.json().path("passphrase");
        Optional<String> secret =
                switch (keys) {
                    case "encrypted" -> {
                        if (!passphrase.isString()) {
                            throw CommonError.INVALID.because("The field 'passphrase' is missing." + CHOICES);
                        }
                        yield Optional.of(passphrase.stringValue());
                    }
                    case "left-out" -> Optional.empty();
                    default ->
                        throw CommonError.INVALID.because(
                                "The field 'keys' must say what becomes of the installation's keys, and is '" + keys
                                        + "'." + CHOICES);
                };
        return Reply.stream("application/x-tar", backups.make(call.caller(), secret))
                .with("content-disposition", "attachment; filename=\"pilothouse-backup.tar\"")
                .with("cache-control", "no-store");
    }
}
