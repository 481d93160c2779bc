package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What names, roles and durations are allowed. */
final class Rules {
    private static final int MAX_NAME = 200;
    private static final Pattern LIFE = Pattern.compile("([1-9][0-9]{0,8})([smhd])");
    private static final List<Caller.Kind> MAKEABLE =
            List.of(Caller.Kind.PERSON, Caller.Kind.SERVICE, Caller.Kind.AGENT);

    private Rules() {}

    static void checkName(String field, String name) {
        if (name.isBlank()
                || name.length() > MAX_NAME
                || !name.equals(name.strip())
                || name.chars().anyMatch(c -> c < ' ')) {
            throw CommonError.INVALID.because("The " + field + " must have 1 to " + MAX_NAME
                    + " characters, without spaces around it or control characters.");
        }
    }

    static void checkRoles(Set<Role> roles) {
        if (roles.isEmpty()) {
            throw CommonError.INVALID.because("A key needs at least one role in 'roles', such as [\"engineer\"].");
        }
    }

    /** How long a key lives whose maker wants this. */
    static Optional<Duration> life(KeyLife wanted, AccessConfig config) {
        return switch (wanted) {
            case KeyLife.Usual _ -> config.usualLife();
            case KeyLife.Endless _ -> {
                if (config.longest().isPresent()) {
                    throw tooLong(config);
                }
                yield Optional.empty();
            }
            case KeyLife.For(Duration life) -> {
                if (life.isNegative() || life.isZero() || life.compareTo(Access.MAX_LIFE) > 0) {
                    throw CommonError.INVALID.because("A key's life must be more than nothing and at most "
                            + Access.MAX_LIFE.toDays() + " days; write 'never' for a key without end.");
                }
                if (config.longest()
                        .filter(longest -> life.compareTo(longest) > 0)
                        .isPresent()) {
                    throw tooLong(config);
                }
                yield Optional.of(life);
            }
        };
    }

    private static PilothouseException tooLong(AccessConfig config) {
        return AccessError.LIFE_TOO_LONG.because("Keys live at most "
                + config.longest().orElseThrow().toHours() + "h here (access.max-key-life). Ask for less in"
                + " 'expiresIn', and rotate the key before it ends.");
    }

    /** The same life, no longer than keys may live now. */
    static Optional<Duration> within(Optional<Duration> life, AccessConfig config) {
        return config.longest().isEmpty()
                ? life
                : Optional.of(
                        life.filter(given -> given.compareTo(config.longest().get()) < 0)
                                .orElse(config.longest().get()));
    }

    /** Those of a key's roles that its owner still holds. */
    static Set<Role> stillHeld(Principal owner, Set<Role> roles) {
        return roles.stream().filter(owner::holds).collect(Collectors.toUnmodifiableSet());
    }

    static void checkMayGive(Caller by, Set<Role> roles) {
        for (Role role : roles) {
            if (!by.has(role)) {
                throw AccessError.ROLE_NOT_HELD.because("'" + by.name() + "' does not hold the role '" + role.label()
                        + "' with this key and so cannot give it. Ask someone who holds it.");
            }
        }
    }

    static void checkHolds(Principal owner, Set<Role> roles) {
        for (Role role : roles) {
            if (!owner.holds(role)) {
                throw AccessError.ROLE_NOT_HELD.because("'" + owner.name() + "' does not hold the role '" + role.label()
                        + "', so a key of it cannot either. Give it the role first, or leave the role out.");
            }
        }
    }

    /** Whether a principal of that kind can hold the roles: approving is for persons. */
    static void checkFits(Caller.Kind kind, Set<Role> roles) {
        if (kind != Caller.Kind.PERSON && roles.contains(Role.APPROVER)) {
            throw AccessError.ROLE_NOT_FOR_KIND.because(
                    "A principal of kind '" + label(kind) + "' cannot be an approver: only persons approve.");
        }
    }

    static String label(Caller.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    static Caller.Kind kind(String label) {
        return MAKEABLE.stream()
                .filter(kind -> label(kind).equals(label))
                .findFirst()
                .orElseThrow(() -> CommonError.INVALID.because("There is no kind of principal '" + label + "'."
                        + Nearest.hint(
                                label, MAKEABLE.stream().map(Rules::label).toList())));
    }

    /** Reads how long an old key still works, {@code 0s} being at once. */
    static Duration overlap(String text) {
        return text.matches("0[smhd]?") ? Duration.ZERO : life(text);
    }

    /** Reads {@code 30d}, {@code 12h}, {@code 15m} or {@code 90s}. */
    static Duration life(String text) {
        Matcher matcher = LIFE.matcher(text);
        if (!matcher.matches()) {
            throw CommonError.INVALID.because(
                    "'" + text + "' is no duration; write a number and one of s, m, h, d, such as 30d.");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }
}
