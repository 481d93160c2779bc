package dev.pilothouse.ship.spec;

import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.Provider;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** What a file declares beside services, every default filled in; each counts at once when it is applied. */
public sealed interface Resource {
    /** The kinds, as files name them. */
    List<String> KINDS = List.of("Provider", "Route", "Budget");

    /** Unique among those of its kind. */
    String name();

    /** One of {@link #KINDS}. */
    String kind();

    /** Where it stands, such as {@code pilothouse.yaml:3:1}. */
    String place();

    /** Who runs language models. */
    record OfProvider(Provider provider, String place) implements Resource {
        @Override
        public String name() {
            return provider.name();
        }

        @Override
        public String kind() {
            return "Provider";
        }
    }

    /**
     * A model's alias.
     *
     * @param plan how a change of who answers meets traffic; empty where it counts at once
     */
    record OfRoute(ModelRoute route, Optional<RoutePlan> plan, String place) implements Resource {
        @Override
        public String name() {
            return route.alias();
        }

        @Override
        public String kind() {
            return "Route";
        }
    }

    /**
     * A budget.
     *
     * @param body as its HTTP API takes it
     */
    record OfBudget(String name, ObjectNode body, String place) implements Resource {
        @Override
        public String kind() {
            return "Budget";
        }
    }
}
