package dev.pilothouse.acceptance;

import java.time.Instant;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Begins no further flows on PostgreSQL after a moment, {@code -Dpostgresql.until=SECONDS} since 1970, and says so: a run in CI
 * ends at a fixed time, however slow its machine is.
 */
public final class OnTime implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        boolean postgres = "postgresql".equals(System.getProperty("pilothouse.test.store", ""));
        Long until = Long.getLong("postgresql.until");
        if (!postgres || until == null || Instant.now().getEpochSecond() < until) {
            return ConditionEvaluationResult.enabled("there is time");
        }
        if (context.getTestMethod().isEmpty()) {
            System.out.println(
                    "skipped: " + context.getDisplayName() + " on PostgreSQL, since this run has little time left");
        }
        return ConditionEvaluationResult.disabled("this run has little time left");
    }
}
