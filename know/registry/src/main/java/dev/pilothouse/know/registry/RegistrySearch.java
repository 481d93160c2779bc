package dev.pilothouse.know.registry;

import dev.pilothouse.know.mlflow.MlflowError;
import dev.pilothouse.know.mlflow.SearchClause;
import dev.pilothouse.know.mlflow.SearchClause.Kind;
import dev.pilothouse.know.mlflow.SearchGrammar;
import dev.pilothouse.know.mlflow.SearchOrder;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Searches of registered models and versions by MLflow's grammar. Stateless. */
final class RegistrySearch {
    private static final Set<Kind> KINDS = EnumSet.of(Kind.ATTRIBUTE, Kind.TAG);

    private static final SearchGrammar MODELS = new SearchGrammar(
            KINDS,
            Set.of("name"),
            Set.of(),
            Set.of("name"),
            Set.of(),
            Set.of("name", "creation_timestamp", "last_updated_timestamp", "timestamp"),
            Map.of());

    private static final SearchGrammar VERSIONS = new SearchGrammar(
            KINDS,
            Set.of("name", "run_id", "source_path"),
            Set.of("version_number", "creation_timestamp", "last_updated_timestamp"),
            Set.of("name", "run_id"),
            Set.of(),
            Set.of("name", "version_number", "creation_timestamp", "last_updated_timestamp", "timestamp"),
            Map.of());

    private RegistrySearch() {}

    /** A search that parsed. */
    record Query(List<SearchClause> clauses, List<SearchOrder> orders) {
        /** The one name that all results have, where the filter says so. */
        Optional<String> name() {
            return clauses.stream()
                    .filter(c -> c.kind() == Kind.ATTRIBUTE && c.key().equals("name"))
                    .filter(c -> c.comparator() == SearchClause.Comparator.EQUAL)
                    .flatMap(c -> c.operand() instanceof SearchClause.Operand.Text text
                            ? java.util.stream.Stream.of(text.value())
                            : java.util.stream.Stream.empty())
                    .findFirst();
        }
    }

    static Query models(String filter, List<String> orderBy) {
        return query(MODELS, filter, orderBy);
    }

    static Query versions(String filter, List<String> orderBy) {
        return query(VERSIONS, filter, orderBy);
    }

    private static Query query(SearchGrammar grammar, String filter, List<String> orderBy) {
        List<SearchOrder> orders = grammar.order(orderBy);
        var seen = new HashSet<String>();
        for (SearchOrder order : orders) {
            if (order.kind() != Kind.ATTRIBUTE) {
                throw MlflowError.INVALID_PARAMETER_VALUE.because(
                        "Invalid order_by entity: " + order.key() + ". Order by " + grammar.orderBy() + ".");
            }
            if (!seen.add(order.key())) {
                throw MlflowError.INVALID_PARAMETER_VALUE.because("`order_by` contains duplicate fields: " + orderBy);
            }
        }
        return new Query(grammar.filter(filter), orders);
    }

    static List<RegisteredModel> models(List<RegisteredModel> all, Query query) {
        Comparator<RegisteredModel> natural = Comparator.comparing(RegisteredModel::name);
        return all.stream()
                .filter(model ->
                        query.clauses().stream().allMatch(clause -> passes(clause, model.tags(), key -> model.name())))
                .sorted(order(query.orders(), natural, key -> switch (key) {
                    case "name" -> natural;
                    case "creation_timestamp" -> Comparator.comparingLong(RegisteredModel::createdAt);
                    default -> Comparator.comparingLong(RegisteredModel::updatedAt);
                }))
                .toList();
    }

    static List<StoredVersion> versions(List<StoredVersion> all, Query query) {
        Comparator<StoredVersion> natural = query.orders().isEmpty()
                ? Comparator.comparingLong(StoredVersion::updatedAt).reversed()
                : (_, _) -> 0;
        natural = natural.thenComparing(StoredVersion::model)
                .thenComparing(Comparator.comparingInt(StoredVersion::version).reversed());
        return all.stream()
                .filter(version -> query.clauses().stream()
                        .allMatch(clause -> passes(clause, version.tags(), key -> attribute(version, key))))
                .sorted(order(query.orders(), natural, key -> switch (key) {
                    case "name" -> Comparator.comparing(StoredVersion::model);
                    case "version_number" -> Comparator.comparingInt(StoredVersion::version);
                    case "creation_timestamp" -> Comparator.comparingLong(StoredVersion::createdAt);
                    default -> Comparator.comparingLong(StoredVersion::updatedAt);
                }))
                .toList();
    }

    private static @Nullable String attribute(StoredVersion version, String key) {
        return switch (key) {
            case "name" -> version.model();
            case "run_id" -> version.run().isEmpty() ? null : version.run();
            case "source_path" -> version.source();
            case "version_number" -> Integer.toString(version.version());
            case "creation_timestamp" -> Long.toString(version.createdAt());
            default -> Long.toString(version.updatedAt());
        };
    }

    private interface Attributes {
        @Nullable
        String value(String key);
    }

    private static boolean passes(SearchClause clause, Map<String, String> tags, Attributes attributes) {
        if (clause.kind() == Kind.ATTRIBUTE) {
            return clause.passes(attributes.value(clause.key()));
        }
        String value = tags.get(clause.key());
        // Models were there before prompts and lack the tag: they are no prompts.
        return clause.passes(value == null && clause.key().equals(RegisteredModel.PROMPT_TAG) ? "false" : value);
    }

    private static <T> Comparator<T> order(
            List<SearchOrder> orders, Comparator<T> natural, Function<String, Comparator<T>> byKey) {
        Comparator<T> all = natural;
        for (SearchOrder order : orders.reversed()) {
            Comparator<T> by = byKey.apply(order.key());
            all = (order.ascending() ? by : by.reversed()).thenComparing(all);
        }
        return all;
    }
}
