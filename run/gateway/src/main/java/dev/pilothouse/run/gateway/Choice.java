package dev.pilothouse.run.gateway;

import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Who is asked.
 *
 * @param order the targets in the order in which they are asked
 * @param preferred who would be asked first if no budget made it a cheaper model
 * @param isDegraded whether a budget made it a cheaper model than the one asked for
 */
record Choice(List<Target> order, Target preferred, boolean isDegraded) {
    static Choice of(Gateway gateway, LlmRequest request) {
        List<Target> order = request.side().route().order(draw(request.identity()));
        ModelRoute cheaper = request.budgets().isEmpty() ? null : cheaper(gateway, request);
        return cheaper == null
                ? new Choice(order, order.getFirst(), false)
                : new Choice(cheaper.order(draw(request.identity())), order.getFirst(), true);
    }

    /** The alias that a budget's ladder puts in the place of the one asked for; null where it need not. */
    private static @Nullable ModelRoute cheaper(Gateway gateway, LlmRequest request) {
        Identity identity = request.identity();
        String together = identity.session().isEmpty() ? request.info().requestId() : identity.session();
        return gateway.paces()
                .step(request.budgets(), together)
                .flatMap(step -> gateway.routeIfAny(identity.tenant(), step.alias()))
                .filter(other -> !other.alias().equals(request.route().alias()))
                .filter(other -> isWithin(gateway, request, other))
                .orElse(null);
    }

    /** Whether at least one of an alias' targets is where the alias asked for may go. */
    private static boolean isWithin(Gateway gateway, LlmRequest request, ModelRoute other) {
        return other.targets().stream()
                .flatMap(target -> gateway.upstream(request.identity().tenant(), target).stream())
                .anyMatch(upstream -> request.route().allows(upstream.provider()));
    }

    /** A session stays with its target; other requests are spread. */
    private static long draw(Identity identity) {
        return identity.session().isEmpty()
                ? ThreadLocalRandom.current().nextLong()
                : (identity.tenant() + "/" + identity.session()).hashCode();
    }
}
