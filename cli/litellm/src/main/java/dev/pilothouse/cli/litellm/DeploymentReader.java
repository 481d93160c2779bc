package dev.pilothouse.cli.litellm;

import dev.pilothouse.platform.json.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Reads {@code model_list}: each deployment is a target of the alias of its name, at a provider with an address and a key. */
final class DeploymentReader {
    private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);
    private static final Map<String, String> PRICES = prices();

    private final Plan plan;
    private final Environment environment;
    private final ProviderNames names;
    private final Map<String, String> priced = new HashMap<>();

    DeploymentReader(Plan plan, Environment environment) {
        this.plan = plan;
        this.environment = environment;
        this.names = new ProviderNames(plan);
    }

    /**
     * A model at a provider.
     *
     * @param weight as the file says it; 1 where it does not
     */
    record Target(String provider, String model, BigDecimal weight) {}

    /** Where a deployment is, and what the file says of its model there. */
    private record At(Origin origin, String model, String base) {}

    /** Targets by the name that clients ask for, in the order of the file. */
    Map<String, List<Target>> read(List<Yaml> deployments) {
        var byName = new LinkedHashMap<String, List<Target>>();
        for (Yaml deployment : deployments) {
            var members = new Members(deployment);
            Optional<String> name = members.text("model_name");
            Optional<Yaml> params = members.mapping("litellm_params");
            Optional<Yaml> info = members.mapping("model_info");
            if (name.isEmpty() || params.isEmpty()) {
                plan.note(deployment.place(), "Left out: a deployment needs 'model_name' and 'litellm_params'.");
                continue;
            }
            members.leave(plan, Reasons.DEPLOYMENT);
            if (name.get().contains("*")) {
                plan.note(deployment.place(), "Left out: an alias is one name; declare each that clients ask for.");
                continue;
            }
            target(params.get(), info)
                    .ifPresent(target -> byName.computeIfAbsent(name.get(), _ -> new ArrayList<>())
                            .add(target));
        }
        return byName;
    }

    private Optional<Target> target(Yaml params, Optional<Yaml> info) {
        var members = new Members(params);
        Optional<At> at = at(params, members);
        Optional<String> key = members.text("api_key");
        BigDecimal weight = weight(params, members);
        ObjectNode rates = Json.object();
        rates(params, members, rates);
        info.map(Members::new).ifPresent(about -> {
            rates(params, about, rates);
            about.leave(plan, Reasons.MODEL_INFO);
        });
        members.leave(plan, Reasons.DEPLOYMENT);
        return at.map(where -> {
            String secret = secret(where.origin(), key);
            boolean ownPrices =
                    where.origin().isAnywhere() && where.origin().variable().isEmpty();
            String provider = names.of(where.origin(), where.base(), secret, ownPrices);
            price(params, ownPrices ? provider : where.origin().prices(), where.model(), rates);
            return new Target(provider, where.model(), weight);
        });
    }

    private Optional<At> at(Yaml params, Members members) {
        String model = members.text("model").orElse("");
        Optional<String> said = members.text("custom_llm_provider");
        Optional<String> otherBase = members.text("base_url");
        Optional<String> base = members.text("api_base").or(() -> otherBase);
        int slash = model.indexOf('/');
        String prefix = said.orElse(slash < 0 ? "" : model.substring(0, slash));
        Optional<Origin> origin = prefix.isEmpty() ? Origin.ofModel(model) : Origin.of(prefix);
        String bare = model.startsWith(prefix + "/") ? model.substring(prefix.length() + 1) : model;
        if (bare.contains("*")) {
            plan.note(params.place(), "Left out: a target is one model; '" + model + "' stands for many.");
            return Optional.empty();
        }
        if (origin.isEmpty() || bare.isEmpty()) {
            plan.note(
                    params.place(),
                    "Left out: '" + model
                            + "' is at no provider that the gateway speaks to. It speaks the protocols of OpenAI"
                            + " and Anthropic; declare an address that does: pilot providers set NAME --kind compatible --url"
                            + " URL.");
            return Optional.empty();
        }
        Optional<String> address = base.map(text -> environment.value(text).orElse(""));
        if (address.isPresent() && address.get().isEmpty()) {
            plan.note(
                    params.place(),
                    "Left out: the address is '" + base.get()
                            + "', which is not set here. Set the variable, and run again.");
            return Optional.empty();
        }
        String version = members.text("api_version").flatMap(environment::value).orElse("");
        String url = address.map(text -> origin.get().url(text, version))
                .orElse(origin.get().url());
        if (url.isEmpty() && origin.get().isAnywhere()) {
            plan.note(
                    params.place(),
                    "Left out: no 'api_base' says where '" + model
                            + "' is. Add it, or declare the provider: pilot providers"
                            + " set NAME --kind compatible --url URL.");
            return Optional.empty();
        }
        return Optional.of(new At(origin.get(), bare, url));
    }

    /** The secret of a key that the file says, or that LiteLLM takes from the provider's usual variable. */
    private String secret(Origin origin, Optional<String> key) {
        Optional<String> variable = key.isPresent()
                ? Environment.variable(key.get())
                : Optional.of(origin.variable()).filter(name -> !name.isEmpty());
        if (variable.isPresent()) {
            return names.secret(
                    variable.get(),
                    origin.prefix(),
                    environment.value(Environment.PREFIX + variable.get()).orElse(""));
        }
        return key.map(value -> names.secret("", origin.prefix(), value)).orElse("");
    }

    private BigDecimal weight(Yaml params, Members members) {
        Optional<String> said = members.text("weight");
        Optional<BigDecimal> weight = said.flatMap(Words::number).filter(number -> number.signum() >= 0);
        if (said.isPresent() && weight.isEmpty()) {
            plan.note(params.place(), "Counted as 1: the weight '" + said.get() + "' is no number from 0 on.");
        }
        return weight.orElse(BigDecimal.ONE);
    }

    private void rates(Yaml params, Members members, ObjectNode rates) {
        PRICES.forEach((theirs, ours) -> members.text(theirs)
                .ifPresent(text -> Words.number(text)
                        .ifPresentOrElse(
                                price -> rates.put(ours, price.multiply(MILLION).stripTrailingZeros()),
                                () -> plan.note(
                                        params.place(), "Left out: " + theirs + " '" + text + "' is no price."))));
    }

    private void price(Yaml params, String under, String model, ObjectNode rates) {
        if (rates.isEmpty()) {
            return;
        }
        String before = priced.putIfAbsent(under + "/" + model, rates.toString());
        if (before == null) {
            ObjectNode price = plan.prices().addObject().put("provider", under).put("model", model);
            price.set("usd-per-million", rates);
        } else if (!before.equals(rates.toString())) {
            plan.note(
                    params.place(),
                    "Left out: this price of " + under + "/" + model
                            + " differs from the one that stands above it; a model" + " has one price.");
        }
    }

    private static Map<String, String> prices() {
        var prices = new LinkedHashMap<String, String>();
        prices.put("input_cost_per_token", "input");
        prices.put("output_cost_per_token", "output");
        prices.put("cache_read_input_token_cost", "cache-read");
        prices.put("cache_creation_input_token_cost", "cache-write-5m");
        prices.put("cache_creation_input_token_cost_above_1hr", "cache-write-1h");
        prices.put("output_cost_per_reasoning_token", "reasoning");
        prices.put("input_cost_per_audio_token", "audio-input");
        prices.put("output_cost_per_audio_token", "audio-output");
        return prices;
    }
}
