package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.Disk;
import dev.pilothouse.run.gateway.Identity;
import dev.pilothouse.run.providers.Provider;
import dev.pilothouse.run.providers.ProviderAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Files that providers keep for tenants. Thread-safe; waits for providers.
 *
 * <p>A file is written to disk while it comes and then goes on to the provider, so that memory never holds it, and a file of
 * requests with a mistake is refused before a provider has seen any of it.
 */
final class ProviderFiles {
    /** The purpose of a file of requests. */
    static final String BATCH = "batch";
    /** Files that one organisation may keep. */
    static final int MOST = 100_000;

    private static final List<String> PURPOSES =
            List.of("assistants", BATCH, "evals", "fine-tune", "user_data", "vision");
    /** Uploads of an organisation at a time, each of which may need as much disk as a file may be long. */
    static final int MOST_UPLOADS = 8;

    private static final int OK = 200;
    private static final InputStream NOTHING = InputStream.nullInputStream();

    private final Batches.Sources of;
    private final Path folder;
    private final Map<String, Semaphore> uploads = new ConcurrentHashMap<>();

    /**
     * @param folder where uploads are while they come; this process's alone
     */
    ProviderFiles(Batches.Sources of, Path folder) {
        this.of = of;
        this.folder = folder;
        try {
            Files.createDirectories(folder);
            try (Stream<Path> rests = Files.list(folder)) {
                for (Path rest : rests.toList()) {
                    Files.delete(rest);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Keeps a file at a provider.
     *
     * @param wanted the provider's name; empty where the models of its requests, or there being but one, decide
     * @param contentType with the form's boundary
     * @throws PilothouseException INVALID where it is no such form, or a request in it cannot be asked; CONFLICT where there are
     *     {@link #MOST}; TOO_MANY_REQUESTS where too many come at once
     */
    Told upload(Identity by, String wanted, String contentType, InputStream form) {
        String tenant = by.tenant();
        if (of.store().read(tx -> SqlBatches.countFiles(tx, tenant)) >= MOST) {
            throw CommonError.CONFLICT.because(
                    "There are " + MOST + " files already. Delete some: DELETE /v1/files/ID.");
        }
        Semaphore room = uploads.computeIfAbsent(tenant, _ -> new Semaphore(MOST_UPLOADS));
        if (!room.tryAcquire()) {
            throw CommonError.TOO_MANY_REQUESTS.because("A server takes " + MOST_UPLOADS
                    + " uploads of an organisation at a time. Send the file again once one is through.");
        }
        try {
            Path file = Files.createTempFile(folder, "upload", "");
            try {
                return upload(by, wanted, Upload.receive(form, contentType, file), file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // Of the client's sending nobody hears; else it is the disk.
            throw Disk.refusal(e, folder, "The upload");
        } finally {
            room.release();
        }
    }

    private Told upload(Identity by, String wanted, Upload upload, Path file) throws IOException {
        String purpose = upload.purpose();
        if (!PURPOSES.contains(purpose)) {
            throw CommonError.INVALID.because("The form's 'purpose' is one of " + String.join(", ", PURPOSES)
                    + ", and not '" + RequestLine.brief(purpose) + "'." + Nearest.hint(purpose, PURPOSES));
        }
        if (!purpose.equals(BATCH)) {
            Provider provider = provider(by.tenant(), wanted);
            try (InputStream content = Files.newInputStream(file)) {
                return sent(by.tenant(), provider.name(), upload, content, "");
            }
        }
        var reader = new RequestReader(
                of.gateway().routes(by.tenant()),
                of.gateway().providers(by.tenant()),
                wanted,
                of.prices().current(by.tenant()),
                of.clock().instant(),
                new BatchGuards(of.guards(), by));
        RequestFile requests;
        try (InputStream content = Files.newInputStream(file)) {
            requests = reader.measure(content);
        }
        try (InputStream content = Files.newInputStream(file)) {
            return sent(by.tenant(), reader.provider().name(), upload, reader.rewritten(content), requests.json());
        }
    }

    private Told sent(String tenant, String provider, Upload upload, InputStream content, String requests) {
        String boundary = of.ids().next();
        Told told = Told.of(of.gateway()
                .ask(
                        tenant,
                        provider,
                        "POST",
                        "/files",
                        "multipart/form-data; boundary=" + boundary,
                        upload.form(boundary, content)));
        if (told.isOk()) {
            ObjectNode document = told.document(provider);
            var file = new StoredFile(
                    tenant,
                    Told.id(document, "id"),
                    provider,
                    Json.write(document),
                    requests,
                    of.clock().millis());
            of.store().writeAndWait(tx -> {
                SqlBatches.put(tx, file);
                return file;
            });
        }
        return told.shown(provider);
    }

    private Provider provider(String tenant, String wanted) {
        List<Provider> able = of.gateway().providers(tenant).stream()
                .filter(RequestReader::keepsBatches)
                .toList();
        List<Provider> meant = able.stream()
                .filter(provider -> wanted.isEmpty() || provider.name().equals(wanted))
                .toList();
        if (meant.size() == 1) {
            return meant.getFirst();
        }
        List<String> names = able.stream().map(Provider::name).toList();
        throw CommonError.INVALID.because((wanted.isEmpty()
                        ? "There are " + able.size() + " providers that keep files."
                        : "There is no provider '" + RequestLine.brief(wanted) + "' that keeps files."
                                + Nearest.hint(wanted, names))
                + " Name the one that is to keep it by the header '" + BatchRoutes.PROVIDER + "'"
                + (names.isEmpty() ? "." : ": " + String.join(", ", names) + "."));
    }

    /**
     * A file of a tenant.
     *
     * @throws PilothouseException NOT_FOUND
     */
    StoredFile find(String tenant, String id) {
        return of.store()
                .read(tx -> SqlBatches.file(tx, tenant, id, false))
                .orElseThrow(() -> CommonError.NOT_FOUND.because("No such File object: " + RequestLine.brief(id)));
    }

    /** The newest of a tenant's files, from behind one on, and whether more follow. */
    ObjectNode list(Caller caller, String after, int limit) {
        Optional<StoredFile> last = after.isEmpty() ? Optional.empty() : Optional.of(find(caller.tenant(), after));
        List<StoredFile> found = of.store()
                .read(tx -> SqlBatches.files(
                        tx, caller.tenant(), last.map(StoredFile::createdAt).orElse(Long.MAX_VALUE), after, limit + 1));
        return Page.of(found, limit, StoredFile::id, StoredFile::document);
    }

    /** A file as its provider has it now. */
    Told get(Caller caller, String id) {
        StoredFile file = find(caller.tenant(), id);
        return ask(file, "GET").shown(file.provider());
    }

    /**
     * Removes a file from its provider, and from here.
     *
     * @throws PilothouseException CONFLICT where a batch's usage is still being read from it
     */
    Told delete(Caller caller, String id) {
        StoredFile file = find(caller.tenant(), id);
        if (of.store().read(tx -> SqlBatches.isNeeded(tx, file.tenant(), id))) {
            throw CommonError.CONFLICT.because(
                    "What the batch used is still being read from this file. Delete it in some seconds.");
        }
        Told told = ask(file, "DELETE");
        if (told.isOk() || told.status() == CommonError.NOT_FOUND.status()) {
            of.store().writeAndWait(tx -> {
                SqlBatches.delete(tx, file.tenant(), id);
                return file;
            });
        }
        return told.shown(file.provider());
    }

    private Told ask(StoredFile file, String method) {
        return Told.of(of.gateway().ask(file.tenant(), file.provider(), method, "/files/" + file.id(), "", NOTHING));
    }

    /**
     * What a file holds, as it comes; of what a batch was answered, what the guards let pass.
     *
     * @throws PilothouseException FORBIDDEN where a guard counts for its models that cannot guard batches
     */
    ProviderAnswer content(Caller caller, String id) {
        StoredFile file = find(caller.tenant(), id);
        Optional<GuardedAnswers> guarded = guarded(caller.tenant(), id);
        ProviderAnswer answer =
                of.gateway().ask(file.tenant(), file.provider(), "GET", "/files/" + id + "/content", "", NOTHING);
        return answer.status() == OK && guarded.isPresent()
                ? new ProviderAnswer(OK, answer.contentType(), guarded.get().of(answer.body()))
                : answer;
    }

    private Optional<GuardedAnswers> guarded(String tenant, String id) {
        if (!of.guards().has(tenant)) {
            return Optional.empty();
        }
        return of.store().read(tx -> SqlBatches.answeredBy(tx, tenant, id)).map(batch -> {
            StoredFile asked = of.store()
                    .read(tx -> SqlBatches.file(tx, tenant, batch.inputFile(), true))
                    .orElseThrow(() -> CommonError.FORBIDDEN.because("The file of the batch's requests was deleted, so"
                            + " that nobody knows which guards count for its answers."));
            var by = Account.parse(batch.account()).maker();
            return new GuardedAnswers(new BatchGuards(of.guards(), by), RequestFile.parse(asked.requests()));
        });
    }
}
