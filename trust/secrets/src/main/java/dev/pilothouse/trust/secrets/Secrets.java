package dev.pilothouse.trust.secrets;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Problem;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/** Front door of secrets. Thread-safe; calls block. */
public final class Secrets {
    /** The tables of this module. */
    public static final Migrations MIGRATIONS = new Migrations("secrets");

    /** Largest value, in bytes of UTF-8; what an environment variable takes everywhere. */
    public static final int MAX_BYTES = 32 << 10;

    /** Secrets that one organisation may keep. */
    public static final int MAX_COUNT = 500;

    private static final Pattern NAME = Pattern.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?");

    private final Store store;
    private final Ledger ledger;
    private final KeyFolder keys;
    private final InstantSource clock;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Secrets in a store that was opened with {@link #MIGRATIONS}, encrypted with the installation's master key. */
    public Secrets(Store store, Ledger ledger, KeyFolder keys, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.keys = keys;
        this.clock = clock;
    }

    /** Calls somebody after a secret was set or removed by this process. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /**
     * Stores a value, in the place of the one before.
     *
     * @param environment environment it counts in; empty for all that have none of this name of their own
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role {@link Role#KEEPER}; INVALID with all
     *     problems; CONFLICT where there are {@link #MAX_COUNT}
     */
    public Secret set(Caller by, String environment, String name, String value) {
        by.require(Role.KEEPER);
        check(environment, name, value);
        Instant now = Instant.ofEpochMilli(clock.millis());
        byte[] sealed = keys.wrap(value.getBytes(StandardCharsets.UTF_8), purpose(by.tenant(), environment, name));
        Secret stored = store.writeAndWait(tx -> {
            Optional<SqlSecrets.Sealed> before = SqlSecrets.find(tx, by.tenant(), environment, name);
            if (before.isEmpty() && SqlSecrets.count(tx, by.tenant()) >= MAX_COUNT) {
                throw CommonError.CONFLICT.because("There are " + MAX_COUNT
                        + " secrets, as many as an organisation may keep; remove those that nothing uses.");
            }
            long version = before.map(row -> row.secret().version()).orElse(0L) + 1;
            var secret = new Secret(environment, name, version, by.name(), now);
            SqlSecrets.put(tx, by.tenant(), new SqlSecrets.Sealed(secret, sealed));
            ledger.append(tx, entry(by, "secret.set", environment, name, version));
            return secret;
        });
        listeners.forEach(Runnable::run);
        return stored;
    }

    /**
     * Removes a value. Processes that were given it keep it until they end.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN; NOT_FOUND that names the nearest
     */
    public void remove(Caller by, String environment, String name) {
        by.require(Role.KEEPER);
        store.writeAndWait(tx -> {
            SqlSecrets.Sealed row = SqlSecrets.find(tx, by.tenant(), environment, name)
                    .orElseThrow(() -> unknown(tx, by.tenant(), environment, name));
            SqlSecrets.remove(tx, by.tenant(), environment, name);
            return ledger.append(
                    tx,
                    entry(by, "secret.removed", environment, name, row.secret().version()));
        });
        listeners.forEach(Runnable::run);
    }

    /**
     * Puts the id of a removed principal in the place of its name.
     *
     * @param name the name it had
     */
    public static void forget(Tx tx, String tenant, String id, String name) {
        SqlSecrets.forget(tx, tenant, id, name);
    }

    /** What may be known of a tenant's secrets, by name. */
    public List<Secret> list(String tenant) {
        return store.read(tx -> SqlSecrets.list(tx, tenant).stream()
                .map(SqlSecrets.Sealed::secret)
                .toList());
    }

    /**
     * Values by name, of those names that have one in the environment, or else one that counts everywhere. For handing to
     * programs only.
     *
     * @throws dev.pilothouse.kernel.PilothouseException where the master key is not the one they were stored with
     */
    public Map<String, String> values(String tenant, String environment, Collection<String> names) {
        List<SqlSecrets.Sealed> found = store.read(tx -> names.stream()
                .distinct()
                .flatMap(name ->
                        SqlSecrets.find(tx, tenant, environment, name)
                                .or(() -> SqlSecrets.find(tx, tenant, "", name))
                                .stream())
                .toList());
        var values = new TreeMap<String, String>();
        for (SqlSecrets.Sealed row : found) {
            Secret secret = row.secret();
            byte[] value = keys.unwrap(row.sealed(), purpose(tenant, secret.environment(), secret.name()));
            values.put(secret.name(), new String(value, StandardCharsets.UTF_8));
        }
        return values;
    }

    private static void check(String environment, String name, String value) {
        var problems = new ArrayList<Problem>();
        String rule = "; use a lower-case letter, then letters, digits and dashes, at most 63.";
        if (!NAME.matcher(name).matches()) {
            problems.add(new Problem("name", "'" + name + "' cannot be a secret's name" + rule));
        }
        if (!environment.isEmpty() && !NAME.matcher(environment).matches()) {
            problems.add(new Problem("environment", "'" + environment + "' cannot be an environment's name" + rule));
        }
        int bytes = value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > MAX_BYTES) {
            problems.add(new Problem("value", "A value has 1 to " + MAX_BYTES + " bytes; this one has " + bytes + "."));
        }
        if (value.indexOf('\0') >= 0) {
            problems.add(new Problem("value", "A value holds no NUL character, since no variable can."));
        }
        if (!problems.isEmpty()) {
            throw CommonError.invalid("The secret was not stored.", problems);
        }
    }

    private static RuntimeException unknown(Tx tx, String tenant, String environment, String name) {
        List<String> names = SqlSecrets.list(tx, tenant).stream()
                .map(SqlSecrets.Sealed::secret)
                .filter(secret -> secret.environment().equals(environment))
                .map(Secret::name)
                .toList();
        return CommonError.NOT_FOUND.because("There is no secret '" + name + "'"
                + (environment.isEmpty() ? " for all environments." : " in the environment '" + environment + "'.")
                + Nearest.hint(name, names));
    }

    /** Binds a sealed value to its row, so that one row's value cannot be put into another. */
    private static String purpose(String tenant, String environment, String name) {
        return "secret " + tenant + "/" + environment + "/" + name;
    }

    private static LedgerEntry entry(Caller by, String kind, String environment, String name, long version) {
        String subject = "secret/" + (environment.isEmpty() ? "" : environment + "/") + name;
        return new LedgerEntry(
                by,
                kind,
                subject,
                Json.object().put("environment", environment).put("name", name).put("version", Long.toString(version)));
    }
}
