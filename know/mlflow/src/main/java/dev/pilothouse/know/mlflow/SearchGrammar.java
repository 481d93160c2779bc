package dev.pilothouse.know.mlflow;

import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.know.mlflow.SearchClause.Comparator;
import dev.pilothouse.know.mlflow.SearchClause.Kind;
import dev.pilothouse.know.mlflow.SearchClause.Operand;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * MLflow's search grammar: comparisons joined by AND, each of a metric, parameter, tag, attribute or dataset with a
 * literal. One value describes what one kind of thing can be searched by; {@link #filter} and {@link #order} parse
 * against it. Immutable.
 *
 * @param kinds kinds of clauses it takes
 * @param texts attributes that are texts
 * @param numbers attributes that are numbers
 * @param lists attributes that take IN with a list
 * @param nulls kinds that take IS NULL and IS NOT NULL
 * @param orderBy attributes an order may name
 * @param aliases other spellings of attributes
 */
public record SearchGrammar(
        Set<Kind> kinds,
        Set<String> texts,
        Set<String> numbers,
        Set<String> lists,
        Set<Kind> nulls,
        Set<String> orderBy,
        Map<String, String> aliases) {
    private static final Set<Comparator> SIZES = EnumSet.of(
            Comparator.EQUAL,
            Comparator.NOT_EQUAL,
            Comparator.LESS,
            Comparator.LESS_OR_EQUAL,
            Comparator.GREATER,
            Comparator.GREATER_OR_EQUAL);
    private static final Set<Comparator> WORDS =
            EnumSet.of(Comparator.EQUAL, Comparator.NOT_EQUAL, Comparator.LIKE, Comparator.ILIKE);
    private static final Set<String> DATASET_KEYS = Set.of("name", "digest", "context");
    private static final Map<String, Kind> ENTITIES = Map.ofEntries(
            Map.entry("metric", Kind.METRIC),
            Map.entry("metrics", Kind.METRIC),
            Map.entry("parameter", Kind.PARAM),
            Map.entry("parameters", Kind.PARAM),
            Map.entry("param", Kind.PARAM),
            Map.entry("params", Kind.PARAM),
            Map.entry("tag", Kind.TAG),
            Map.entry("tags", Kind.TAG),
            Map.entry("attribute", Kind.ATTRIBUTE),
            Map.entry("attributes", Kind.ATTRIBUTE),
            Map.entry("attr", Kind.ATTRIBUTE),
            Map.entry("run", Kind.ATTRIBUTE),
            Map.entry("dataset", Kind.DATASET),
            Map.entry("datasets", Kind.DATASET));

    public SearchGrammar {
        kinds = Set.copyOf(kinds);
        texts = Set.copyOf(texts);
        numbers = Set.copyOf(numbers);
        lists = Set.copyOf(lists);
        nulls = Set.copyOf(nulls);
        orderBy = Set.copyOf(orderBy);
        aliases = Map.copyOf(aliases);
    }

    /**
     * Parses a filter; an empty one has no clauses.
     *
     * @throws PilothouseException INVALID_PARAMETER_VALUE that names the clause
     */
    public List<SearchClause> filter(String filter) {
        var parser = new Parser(filter, SearchLexer.tokens(filter));
        var clauses = new ArrayList<SearchClause>();
        while (parser.more()) {
            if (!clauses.isEmpty()) {
                parser.expectAnd();
            }
            clauses.add(parser.clause());
        }
        return clauses;
    }

    /**
     * Parses orders such as {@code metrics.accuracy DESC}.
     *
     * @throws PilothouseException INVALID_PARAMETER_VALUE that names the order
     */
    public List<SearchOrder> order(List<String> orders) {
        return orders.stream().map(this::order).toList();
    }

    private SearchOrder order(String order) {
        List<SearchLexer.Token> tokens = SearchLexer.tokens(order);
        if (tokens.isEmpty() || tokens.size() > 2 || tokens.getFirst().type() != SearchLexer.Type.NAME) {
            throw invalid("Invalid order_by clause '" + order + "'. Write it as 'metrics.accuracy DESC'.");
        }
        boolean ascending = tokens.size() == 1 || tokens.get(1).is("asc");
        if (!ascending && !tokens.get(1).is("desc")) {
            throw invalid("Invalid ordering key in order_by clause '" + order + "'. Use ASC or DESC.");
        }
        Kind kind = kind(tokens.getFirst());
        String key = key(kind, tokens.getFirst(), orderBy);
        if (kind == Kind.DATASET) {
            throw invalid("Invalid order_by entity type 'dataset' in '" + order
                    + "'. Order by a metric, parameter, tag or" + " attribute.");
        }
        return new SearchOrder(kind, key, ascending);
    }

    private Kind kind(SearchLexer.Token name) {
        if (name.entity().isEmpty()) {
            return Kind.ATTRIBUTE;
        }
        Kind kind = ENTITIES.get(name.entity());
        if (kind == null || !kinds.contains(kind)) {
            List<String> known = ENTITIES.keySet().stream()
                    .filter(e -> kinds.contains(ENTITIES.get(e)))
                    .sorted()
                    .toList();
            throw invalid("Invalid entity type '" + name.entity() + "'. Valid values are " + known + "."
                    + Nearest.of(name.entity(), known)
                            .map(n -> " Did you mean '" + n + "'?")
                            .orElse(""));
        }
        return kind;
    }

    private String key(Kind kind, SearchLexer.Token name, Set<String> attributes) {
        String key = name.text();
        if (kind == Kind.ATTRIBUTE) {
            key = aliases.getOrDefault(key, key);
            if (!attributes.contains(key)) {
                throw invalid("Invalid attribute key '" + key + "' specified. Valid keys are "
                        + attributes.stream().sorted().toList() + "."
                        + Nearest.of(key, attributes)
                                .map(n -> " Did you mean '" + n + "'?")
                                .orElse(""));
            }
        } else if (kind == Kind.DATASET && !DATASET_KEYS.contains(key)) {
            throw invalid(
                    "Invalid dataset key '" + key + "' specified. Valid keys are 'name', 'digest' and 'context'.");
        } else if (key.isEmpty()) {
            throw invalid("'" + name.raw() + "' names no key. Write it as " + name.entity() + ".key.");
        }
        return key;
    }

    private static PilothouseException invalid(String message) {
        return MlflowError.INVALID_PARAMETER_VALUE.because(message);
    }

    /** Reads one filter's tokens from left to right. */
    private final class Parser {
        private final String filter;
        private final List<SearchLexer.Token> tokens;
        private int at;

        Parser(String filter, List<SearchLexer.Token> tokens) {
            this.filter = filter;
            this.tokens = tokens;
        }

        boolean more() {
            return at < tokens.size();
        }

        void expectAnd() {
            if (!next("AND").is("AND")) {
                throw invalid("Invalid clause(s) in filter string: '"
                        + tokens.get(at - 1).raw() + "' in '" + filter
                        + "'. Join comparisons by AND; OR and NOT are not part of the grammar.");
            }
        }

        SearchClause clause() {
            SearchLexer.Token name = next("a name");
            if (name.type() != SearchLexer.Type.NAME) {
                throw invalid("Invalid comparison clause in '" + filter + "'. Expected a name such as metrics.accuracy,"
                        + " found " + name.raw() + ".");
            }
            Kind kind = kind(name);
            var attributes = new LinkedHashSet<>(texts);
            attributes.addAll(numbers);
            String key = key(kind, name, attributes);
            Comparator comparator = comparator();
            Set<Comparator> valid = valid(kind, key);
            if (!valid.contains(comparator)) {
                throw invalid("Invalid comparator '" + comparator.text() + "' for " + name.raw() + ", not one of "
                        + valid.stream().map(Comparator::text).toList() + ".");
            }
            return new SearchClause(kind, key, comparator, operand(kind, key, comparator));
        }

        private Set<Comparator> valid(Kind kind, String key) {
            Set<Comparator> valid = EnumSet.copyOf(numeric(kind, key) ? SIZES : WORDS);
            if (kind == Kind.DATASET || (kind == Kind.ATTRIBUTE && lists.contains(key))) {
                valid.add(Comparator.IN);
                valid.add(Comparator.NOT_IN);
            }
            if (nulls.contains(kind)) {
                valid.add(Comparator.IS_NULL);
                valid.add(Comparator.IS_NOT_NULL);
            }
            return valid;
        }

        private boolean numeric(Kind kind, String key) {
            return kind == Kind.METRIC || (kind == Kind.ATTRIBUTE && numbers.contains(key));
        }

        private Comparator comparator() {
            SearchLexer.Token token = next("a comparison");
            if (token.is("IS")) {
                SearchLexer.Token second = next("NULL");
                if (second.is("NULL")) {
                    return Comparator.IS_NULL;
                }
                if (second.is("NOT") && next("NULL").is("NULL")) {
                    return Comparator.IS_NOT_NULL;
                }
            } else if (token.is("NOT")) {
                if (next("IN").is("IN")) {
                    return Comparator.NOT_IN;
                }
            } else {
                String text = token.type() == SearchLexer.Type.SIGN ? token.text() : token.raw();
                for (Comparator comparator : Comparator.values()) {
                    if (comparator.text().equalsIgnoreCase(text)) {
                        return comparator;
                    }
                }
            }
            throw invalid("Invalid comparison clause in '" + filter
                    + "'. Expected a comparison such as =, != or LIKE, found " + token.raw() + ".");
        }

        private Operand operand(Kind kind, String key, Comparator comparator) {
            if (comparator == Comparator.IS_NULL || comparator == Comparator.IS_NOT_NULL) {
                return new Operand.Nothing();
            }
            if (comparator == Comparator.IN || comparator == Comparator.NOT_IN) {
                return list();
            }
            SearchLexer.Token value = next("a value");
            if (numeric(kind, key)) {
                if (value.type() != SearchLexer.Type.NUMBER) {
                    throw invalid("Expected numeric value type for " + kind.label() + " '" + key + "'. Found "
                            + value.raw() + ".");
                }
                return new Operand.Amount(Double.parseDouble(value.text()));
            }
            if (value.type() != SearchLexer.Type.TEXT) {
                throw invalid("Expected a quoted string value for " + kind.label() + " '" + key
                        + "' (e.g. 'my-value'). Got value " + value.raw() + ".");
            }
            return switch (comparator) {
                case LIKE -> new Operand.Like(SearchClause.like(value.text(), false));
                case ILIKE -> new Operand.Like(SearchClause.like(value.text(), true));
                default -> new Operand.Text(value.text());
            };
        }

        private Operand list() {
            var values = new LinkedHashSet<String>();
            if (next("(").type() != SearchLexer.Type.OPEN) {
                throw badList();
            }
            while (true) {
                SearchLexer.Token value = next("a value");
                if (value.type() == SearchLexer.Type.CLOSE && !values.isEmpty()) {
                    return new Operand.Texts(values);
                }
                if (value.type() != SearchLexer.Type.TEXT) {
                    throw badList();
                }
                values.add(value.text());
                SearchLexer.Token after = next(")");
                if (after.type() == SearchLexer.Type.CLOSE) {
                    return new Operand.Texts(values);
                }
                if (after.type() != SearchLexer.Type.COMMA) {
                    throw badList();
                }
            }
        }

        private PilothouseException badList() {
            return invalid(
                    "While parsing a list in the query, expected a non-empty list of quoted string values such as"
                            + " ('a', 'b'), but got '" + filter + "'.");
        }

        private SearchLexer.Token next(String expected) {
            if (at == tokens.size()) {
                throw invalid("Invalid clause(s) in filter string: '" + filter + "' ends where " + expected
                        + " was expected.");
            }
            return tokens.get(at++);
        }
    }
}
