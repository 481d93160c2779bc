package dev.pilothouse.trust.ledger;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.transparency.Checkpoint;
import dev.pilothouse.trust.transparency.EntryProof;
import dev.pilothouse.trust.transparency.TilePath;
import java.util.Base64;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The ledger over HTTP. Head, key and tiles follow C2SP tlog-tiles below {@code /api/v1/ledger} and are for any caller:
 * they hold hashes only, and a leaf cannot be guessed from its hash because it names a salted digest.
 *
 * <p>All organisations share one tree, and leaves say what happened to whose subject, so bundles of entries are for
 * auditors: those of the operator, the organisation that runs the installation, see all leaves; those of other
 * organisations see their own, the others withheld as empty. Payloads are only ever those of the caller's organisation.
 */
public final class LedgerRoutes {
    private static final String FOREVER = "private, max-age=31536000, immutable";
    private static final String BYTES = "application/octet-stream";

    private final Ledger ledger;
    private final String operator;

    /**
     * Routes of a ledger.
     *
     * @param operator tenant whose auditors see the envelopes of all tenants
     */
    public LedgerRoutes(Ledger ledger, String operator) {
        this.ledger = ledger;
        this.operator = operator;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/ledger/checkpoint", Access.caller(), "getLedgerCheckpoint", this::checkpoint)
                .on("GET", "/api/v1/ledger/key", Access.caller(), "getLedgerKey", this::key)
                .on(
                        "GET",
                        "/api/v1/ledger/tile/entries/{*index}",
                        Access.role(Role.AUDITOR),
                        "getLedgerBundle",
                        this::bundle)
                .on("GET", "/api/v1/ledger/tile/{level}/{*index}", Access.caller(), "getLedgerTile", this::tile)
                .on(
                        "GET",
                        "/api/v1/ledger/payloads/{*index}",
                        Access.role(Role.AUDITOR),
                        "getLedgerPayloads",
                        this::payloads)
                .on("GET", "/api/v1/ledger/export", Access.role(Role.AUDITOR), "exportLedger", this::export)
                .on("GET", "/api/v1/ledger/entries", Access.caller(), "listLedgerEntries", this::entries)
                .on("GET", "/api/v1/ledger/entries/{id}", Access.caller(), "getLedgerEntry", this::entry)
                .on(
                        "POST",
                        "/api/v1/ledger/entries/{id}/erase",
                        Access.role(Role.ADMIN),
                        "eraseLedgerEntry",
                        this::erase);
    }

    private Reply checkpoint(Call call) {
        return Reply.text(ledger.head()).with("cache-control", "no-cache");
    }

    private Reply key(Call call) {
        return Reply.text(ledger.key() + "\n");
    }

    private Reply tile(Call call) {
        TilePath path = TilePath.parse(call.param("index"));
        int level = level(call.param("level"));
        byte[] hashes = ledger.reader().tile(level, path).orElseThrow(() -> notThere(path.tile(level)));
        return Reply.of(200, BYTES, hashes).with("cache-control", FOREVER);
    }

    private Reply bundle(Call call) {
        TilePath path = TilePath.parse(call.param("index"));
        Caller caller = call.caller();
        byte[] leaves = ledger.reader()
                .bundle(path, caller.tenant(), seesAll(caller))
                .orElseThrow(() -> notThere(path.entries()));
        return Reply.of(200, BYTES, leaves).with("cache-control", FOREVER);
    }

    private Reply payloads(Call call) {
        TilePath path = TilePath.parse(call.param("index"));
        long size = Checkpoint.ofNote(ledger.head()).size();
        return Reply.of(
                        200,
                        "application/jsonl",
                        ledger.reader().payloads(path, call.caller().tenant(), size))
                .with("cache-control", "no-store");
    }

    private Reply export(Call call) {
        Caller caller = call.caller();
        return Reply.stream("application/x-tar", ledger.export(caller.tenant(), seesAll(caller)))
                .with("content-disposition", "attachment; filename=\"pilothouse-ledger.tar\"");
    }

    private Reply entries(Call call) {
        mayRead(call.caller());
        var filter = new EntryFilter(
                call.query("kind"), call.query("subject"), before(call), call.intQuery("limit", 100, 1, 1000));
        EntryPage page = ledger.entries(call.caller().tenant(), filter);
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        page.entries().forEach(entry -> items.add(json(entry)));
        OptionalLong next = page.next();
        body.put("next", next.isPresent() ? Long.toString(next.getAsLong()) : null);
        return Reply.json(body);
    }

    private Reply entry(Call call) {
        mayRead(call.caller());
        String tenant = call.caller().tenant();
        String id = call.param("id");
        RecordedEntry entry = ledger.entry(tenant, id)
                .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no ledger entry '" + id + "'."));
        ObjectNode body = json(entry);
        if (entry.number().isPresent()) {
            EntryProof proof = ledger.proof(tenant, id);
            body.put("leaf", Base64.getEncoder().encodeToString(proof.leaf()));
            ObjectNode inclusion = body.putObject("proof")
                    .put("index", proof.inclusion().index())
                    .put("size", proof.inclusion().size())
                    .put("checkpoint", proof.note())
                    .put("key", ledger.key().toString());
            ArrayNode path = inclusion.putArray("path");
            proof.inclusion()
                    .path()
                    .forEach(hash -> path.add(Base64.getEncoder().encodeToString(hash)));
        }
        return Reply.json(body);
    }

    private Reply erase(Call call) {
        String reason = call.json().path("reason").asString("").strip();
        if (reason.isEmpty()) {
            throw CommonError.INVALID.because("An erasure needs a 'reason', which stays on the ledger, such as"
                    + " {\"reason\": \"request of the person, case 17\"}.");
        }
        ledger.erase(call.caller(), call.param("id"), reason);
        return Reply.empty();
    }

    private boolean seesAll(Caller caller) {
        return caller.tenant().equals(operator);
    }

    private static void mayRead(Caller caller) {
        if (!caller.has(Role.AUDITOR)) {
            caller.require(Role.VIEWER);
        }
    }

    private static long before(Call call) {
        Optional<String> cursor = call.query("cursor");
        if (cursor.isEmpty()) {
            return Long.MAX_VALUE;
        }
        try {
            return Long.parseLong(cursor.get());
        } catch (NumberFormatException e) {
            throw CommonError.INVALID.because("The cursor '" + cursor.get()
                    + "' is not one that a page of entries named as 'next'. Leave it out to begin with the newest.");
        }
    }

    private static int level(String text) {
        if (text.length() == 1 && text.charAt(0) >= '0' && text.charAt(0) <= '7') {
            return text.charAt(0) - '0';
        }
        throw notThere("tile/" + text);
    }

    private static PilothouseException notThere(String path) {
        return CommonError.NOT_FOUND.because("The ledger has no " + path
                + " at its present size. The checkpoint tells the size, and with it which tiles there are.");
    }

    private static ObjectNode json(RecordedEntry entry) {
        ObjectNode body = Json.object().put("id", entry.id());
        if (entry.number().isPresent()) {
            body.put("number", entry.number().getAsLong());
        } else {
            body.putNull("number");
        }
        body.put("kind", entry.kind())
                .put("subject", entry.subject())
                .put("at", entry.at().toString());
        body.putObject("actor")
                .put("principal", entry.principal())
                .put("name", entry.actorName().orElse(null))
                .put("kind", entry.actorKind());
        if (entry.payload().isPresent()) {
            body.set("payload", entry.payload().get());
        } else {
            body.putNull("payload");
        }
        return body.put("erased", entry.payload().isEmpty());
    }
}
