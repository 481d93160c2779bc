package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import dev.pilothouse.run.providers.Provider;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Providers and aliases as they are declared, each with its ledger entry, in transactions of whoever asks; {@link
 * Gateway#reload} then makes them count. Thread-safe.
 */
public final class GatewayBook {
    /** Providers, and aliases, that one organisation may declare. */
    public static final int MAX_COUNT = 1_000;

    private final Ledger ledger;
    private final InstantSource clock;

    GatewayBook(Ledger ledger, InstantSource clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /** A provider of a tenant. */
    public Optional<Provider> provider(Tx tx, String tenant, String name) {
        return SqlGateway.find(tx, tenant, SqlGateway.Kind.PROVIDER, name)
                .map(document -> Declarations.provider(name, json(document)));
    }

    /** An alias of a tenant. */
    public Optional<ModelRoute> route(Tx tx, String tenant, String alias) {
        return SqlGateway.find(tx, tenant, SqlGateway.Kind.ROUTE, alias)
                .map(document -> Declarations.route(alias, json(document)));
    }

    private static ObjectNode json(String document) {
        return Json.parseObject(document.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Declares a provider, or declares it anew; the same once more changes nothing.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role {@link Role#ENGINEER}; CONFLICT where there are
     *     {@link #MAX_COUNT}
     */
    public void put(Tx tx, Caller by, Provider provider) {
        by.require(Role.ENGINEER);
        put(tx, by, SqlGateway.Kind.PROVIDER, provider.name(), Declarations.json(provider));
    }

    /**
     * Declares an alias, or declares it anew, which makes it the next version; the same once more changes nothing.
     *
     * @return the alias with its version
     * @throws dev.pilothouse.kernel.PilothouseException as {@link #put(Tx, Caller, Provider)}; as {@link #check}
     */
    public ModelRoute put(Tx tx, Caller by, ModelRoute wished) {
        by.require(Role.ENGINEER);
        check(tx, by.tenant(), wished);
        Optional<ModelRoute> before = route(tx, by.tenant(), wished.alias());
        int version = before.map(ModelRoute::version).orElse(0);
        if (before.isPresent() && before.get().equals(wished.withVersion(version))) {
            return before.get();
        }
        ModelRoute route = wished.withVersion(version + 1);
        put(tx, by, SqlGateway.Kind.ROUTE, route.alias(), Declarations.json(route));
        return route;
    }

    /**
     * Refuses an alias that cannot be asked.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID where a target's provider is not declared, or is outside of the
     *     regions that the alias stays in; where the alias that embeds texts for its cache is not declared
     */
    public void check(Tx tx, String tenant, ModelRoute route) {
        for (List<Target> targets : List.of(route.targets(), route.fallbacks())) {
            for (Target target : targets) {
                Provider provider = provider(tx, tenant, target.provider())
                        .orElseThrow(() -> CommonError.INVALID.because("The alias '" + route.alias()
                                + "' names the provider '" + target.provider() + "', which is not declared."
                                + Nearest.hint(
                                        target.provider(), SqlGateway.names(tx, tenant, SqlGateway.Kind.PROVIDER))));
                if (!route.allows(provider)) {
                    throw CommonError.INVALID.because("The alias '" + route.alias() + "' stays in "
                            + String.join(", ", route.residency()) + ", but its provider '" + provider.name()
                            + "' is in "
                            + (provider.region().isEmpty() ? "no declared region" : "'" + provider.region() + "'")
                            + ". Say the provider's 'region', or take it out.");
                }
            }
        }
        String embedding = route.cache().embedding();
        if (!embedding.isEmpty() && route(tx, tenant, embedding).isEmpty()) {
            throw CommonError.INVALID.because("The cache of '" + route.alias() + "' embeds texts with the alias '"
                    + embedding + "', which is not declared."
                    + Nearest.hint(embedding, SqlGateway.names(tx, tenant, SqlGateway.Kind.ROUTE)));
        }
    }

    private void put(Tx tx, Caller by, SqlGateway.Kind kind, String name, ObjectNode document) {
        Optional<String> before = SqlGateway.find(tx, by.tenant(), kind, name);
        String text = Json.write(document);
        if (before.equals(Optional.of(text))) {
            return;
        }
        if (before.isEmpty() && SqlGateway.names(tx, by.tenant(), kind).size() >= MAX_COUNT) {
            throw CommonError.CONFLICT.because("There are " + MAX_COUNT + " of the kind '" + kind.label()
                    + "', as many as an organisation may declare; remove those that nothing uses.");
        }
        SqlGateway.put(tx, by.tenant(), kind, name, text, clock.millis());
        entry(tx, by, kind, name, "declared", document);
    }

    /** Names of a tenant's providers, in order. */
    public List<String> providers(Tx tx, String tenant) {
        return SqlGateway.names(tx, tenant, SqlGateway.Kind.PROVIDER);
    }

    /** A tenant's aliases, in order. */
    public List<String> aliases(Tx tx, String tenant) {
        return SqlGateway.names(tx, tenant, SqlGateway.Kind.ROUTE);
    }

    /**
     * Removes a provider.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role {@link Role#ENGINEER}; NOT_FOUND; CONFLICT where
     *     an alias names it
     */
    public void removeProvider(Tx tx, Caller by, String name) {
        by.require(Role.ENGINEER);
        for (SqlGateway.Row row : SqlGateway.of(tx, by.tenant(), SqlGateway.Kind.ROUTE)) {
            ModelRoute route = Declarations.route(row.name(), json(row.document()));
            if (Stream.concat(route.targets().stream(), route.fallbacks().stream())
                    .anyMatch(target -> target.provider().equals(name))) {
                throw CommonError.CONFLICT.because("The alias '" + route.alias() + "' asks the provider '" + name
                        + "'. Change or remove the alias first.");
            }
        }
        remove(tx, by, SqlGateway.Kind.PROVIDER, name);
    }

    /**
     * Removes an alias; requests that it answers go on.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role {@link Role#ENGINEER}; NOT_FOUND
     */
    public void removeRoute(Tx tx, Caller by, String alias) {
        by.require(Role.ENGINEER);
        remove(tx, by, SqlGateway.Kind.ROUTE, alias);
    }

    private void remove(Tx tx, Caller by, SqlGateway.Kind kind, String name) {
        if (SqlGateway.find(tx, by.tenant(), kind, name).isEmpty()) {
            throw CommonError.NOT_FOUND.because("There is no " + kind.label() + " '" + name + "'."
                    + Nearest.hint(name, SqlGateway.names(tx, by.tenant(), kind)));
        }
        SqlGateway.remove(tx, by.tenant(), kind, name);
        entry(tx, by, kind, name, "removed", Json.object());
    }

    private void entry(Tx tx, Caller by, SqlGateway.Kind kind, String name, String what, ObjectNode payload) {
        ledger.append(
                tx, new LedgerEntry(by, "gateway." + kind.label() + "." + what, kind.label() + "/" + name, payload));
    }
}
