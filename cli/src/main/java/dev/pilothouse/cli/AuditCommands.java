package dev.pilothouse.cli;

import dev.pilothouse.cli.machine.Profiles;
import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.NoteKey;
import dev.pilothouse.trust.transparency.OfflineVerifier;
import dev.pilothouse.trust.transparency.Verification;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code pilot audit}: checks and exports the ledger. */
@Command(
        name = "audit",
        description = "Verify and export the ledger.",
        headerHeading = "Example: pilot audit verify%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
final class AuditCommands {
    @ParentCommand
    private Pilot pilot;

    @Command(
            name = "verify",
            description = {
                "Check every hash and signature of a running server's ledger, or of an exported copy, on this machine.",
                "The last head seen is remembered, so that a ledger that was rewritten since is found."
            },
            headerHeading = "Example: pilot audit verify --copy ledger.tar%n",
            mixinStandardHelpOptions = true)
    int verify(
            @Option(names = "--copy", paramLabel = "FILE|DIR", description = "An export instead of the running server.")
                    Path copy,
            @Option(
                            names = "--public-key",
                            paramLabel = "KEY",
                            defaultValue = "",
                            description = "The key that must have signed, known from elsewhere.")
                    String key)
            throws IOException {
        Terminal terminal = pilot.terminal();
        LongConsumer progress = n -> terminal.progress("checked " + Show.count(n) + " entries");
        Verification result;
        if (copy != null) {
            if (!Files.exists(copy)) {
                throw new Exit(Exit.USAGE, copy + " is not there. Make an export with 'pilot audit export FILE'.");
            }
            result = OfflineVerifier.copy(copy, known(key, Optional.empty()), progress);
        } else {
            Api api = pilot.api();
            Path seen = seenFile(api);
            result = OfflineVerifier.server(
                    path -> api.find("/api/v1/ledger/" + path), known(key, read(seen)), progress);
            if (result instanceof Verification.Verified verified) {
                Files.createDirectories(seen.getParent());
                Files.writeString(seen, verified.head().text());
            }
        }
        terminal.progressDone();
        return print(terminal, result);
    }

    @Command(
            name = "export",
            description = "Write the ledger with your tenant's payloads to a tar file.",
            headerHeading = "Example: pilot audit export ledger.tar%n",
            mixinStandardHelpOptions = true)
    int export(@Parameters(paramLabel = "FILE", description = "Where to write; must not exist.") Path file)
            throws IOException {
        if (Files.exists(file)) {
            throw new Exit(Exit.USAGE, file + " is there already; name a file that is not.");
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (InputStream in = pilot.api().stream("/api/v1/ledger/export")) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        }
        Files.move(part, file);
        pilot.terminal().line(file + "  " + Show.count(Files.size(file)) + " bytes");
        pilot.terminal().next("pilot audit verify --copy " + file);
        return 0;
    }

    private static int print(Terminal terminal, Verification result) {
        return switch (result) {
            case Verification.Verified verified -> {
                var answer = Json.object()
                        .put("verified", true)
                        .put("entries", verified.head().size())
                        .put("root", verified.head().root().toString())
                        .put("key", verified.key())
                        .put("payloads", verified.payloads())
                        .put("erased", verified.erased())
                        .put("withheld", verified.withheld());
                if (!terminal.printedJson(answer)) {
                    terminal.line(terminal.state("verified") + "  "
                            + Show.count(verified.head().size())
                            + " entries, root " + verified.head().root().brief() + ", "
                            + Show.count(verified.payloads())
                            + " payloads checked, " + verified.erased() + " erased");
                    terminal.talk("signed by " + verified.key());
                }
                yield 0;
            }
            case Verification.Broken broken -> {
                var answer = Json.object().put("verified", false);
                var list = answer.putArray("findings");
                for (Verification.Finding finding : broken.findings()) {
                    var one = list.addObject().put("where", finding.where()).put("what", finding.what());
                    finding.entry().ifPresent(n -> one.put("entry", n));
                }
                if (!terminal.printedJson(answer)) {
                    terminal.line(terminal.state("broken") + "  the ledger does not verify");
                    for (Verification.Finding finding : broken.findings()) {
                        terminal.line("  "
                                + (finding.entry().isPresent()
                                        ? "entry " + finding.entry().getAsLong() + ", "
                                        : "")
                                + finding.where() + ": " + finding.what());
                    }
                }
                yield Exit.NOT_SO;
            }
        };
    }

    private static OfflineVerifier.Known known(String key, Optional<Checkpoint> seen) {
        try {
            return new OfflineVerifier.Known(key.isEmpty() ? Optional.empty() : Optional.of(NoteKey.parse(key)), seen);
        } catch (IllegalArgumentException e) {
            throw new Exit(Exit.USAGE, String.valueOf(e.getMessage()));
        }
    }

    private static Optional<Checkpoint> read(Path seen) throws IOException {
        return Files.exists(seen) ? Optional.of(Checkpoint.parse(Files.readString(seen))) : Optional.empty();
    }

    /** Heads are remembered per server and ledger, so that a fresh installation at an old address is no forgery. */
    private Path seenFile(Api api) {
        String origin = new String(api.bytes("/api/v1/ledger/key"), java.nio.charset.StandardCharsets.UTF_8);
        return Profiles.file(pilot.environment())
                .resolveSibling("ledgers")
                .resolve(dev.pilothouse.kernel.Digest.of(api.base() + " " + origin)
                        .brief());
    }
}
