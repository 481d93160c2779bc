package dev.pilothouse.ship.spec;

import java.util.List;

/**
 * All that a file declares, each kind in the order of the file.
 *
 * @param services the services, once for each environment
 * @param resources providers, then routes, then budgets, since a route names providers
 */
public record ServiceFile(List<Declaration> services, List<Resource> resources) {
    public ServiceFile {
        services = List.copyOf(services);
        resources = List.copyOf(resources);
    }
}
