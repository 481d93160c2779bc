package dev.pilothouse.know.mlflow;

/**
 * One element of an order.
 *
 * @param kind what is ordered by
 * @param key its key, aliases resolved
 * @param ascending whether small ones come first; what has no value comes last either way
 */
public record SearchOrder(SearchClause.Kind kind, String key, boolean ascending) {}
