package dev.pilothouse.ship.spec;

/**
 * One of the environments of a service, in the order in which releases pass them.
 *
 * @param name its name, such as {@code staging}
 * @param place its place in the file, from 0
 * @param last whether no other follows, which makes its endpoint the service's own name
 */
public record Environment(String name, int place, boolean last) {
    /** The name of a service's endpoint here: {@code fraud} in the last environment, {@code fraud@staging} in another. */
    public String address(String service) {
        return last ? service : service + "@" + name;
    }
}
