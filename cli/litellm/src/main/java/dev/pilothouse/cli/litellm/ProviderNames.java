package dev.pilothouse.cli.litellm;

import dev.pilothouse.platform.json.Json;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** Providers of a plan: deployments at one address with one key are of one provider, others get a number behind the name. */
final class ProviderNames {
    private final Plan plan;

    ProviderNames(Plan plan) {
        this.plan = plan;
    }

    /**
     * The name of the provider that a deployment is at, which is planned where it was not yet.
     *
     * @param url empty for the kind's own
     * @param secret the name of its key's secret, or empty
     * @param ownPrices whether its models are priced under its own name, because no price list knows the address
     */
    String of(Origin origin, String url, String secret, boolean ownPrices) {
        String base = Words.slug(origin.prefix());
        for (int number = 1; ; number++) {
            String name = number == 1 ? base : base + "-" + number;
            ObjectNode wanted = Json.object().put("kind", origin.kindAt(url));
            if (!url.isEmpty()) {
                wanted.put("url", url);
            }
            if (!secret.isEmpty()) {
                wanted.put("secret", secret);
            }
            wanted.put("prices", ownPrices ? name : origin.prices());
            ObjectNode before = plan.providers().putIfAbsent(name, wanted);
            if (before == null || before.equals(wanted)) {
                return name;
            }
        }
    }

    /**
     * The name of the secret that holds a key, which is planned where it was not yet.
     *
     * @param variable the environment variable that is the key, or empty where the file says it itself
     * @param prefix of the provider, after which a key of the file itself is named
     */
    String secret(String variable, String prefix, String value) {
        String base = Words.slug(variable.isEmpty() ? prefix + "-key" : variable);
        var wanted = new Plan.Secret(value, variable.isEmpty() ? "the file" : variable);
        Map<String, Plan.Secret> secrets = plan.secrets();
        for (int number = 1; ; number++) {
            String name = number == 1 ? base : base + "-" + number;
            Plan.Secret before = secrets.putIfAbsent(name, wanted);
            if (before == null || before.equals(wanted)) {
                return name;
            }
        }
    }
}
