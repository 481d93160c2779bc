package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.PilothouseException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The models of one configuration with how each behaves. Thread-safe. */
final class Models {
    /** A model, and how a call that names it so is answered. */
    record Choice(SimulatedModel model, Behaviour behaviour) {}

    /** Names with controls that are remembered; others are read anew each time. */
    private static final int REMEMBERED = 1000;

    private final Map<String, SimulatedModel> models;
    private final Behaviour server;
    private final Map<String, Choice> choices = new ConcurrentHashMap<>();

    Models(SimulatorConfig config) {
        models = config.models();
        server = Behaviour.instant().with(config.controls());
    }

    Collection<SimulatedModel> all() {
        return new TreeMap<>(models).values();
    }

    /**
     * Empty where there is no such model.
     *
     * @throws PilothouseException where a control in the name is wrong
     */
    Optional<Choice> find(String name) {
        Choice known = choices.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        String[] parts = name.split(";", -1);
        SimulatedModel model = models.get(parts[0]);
        if (model == null) {
            return Optional.empty();
        }
        Behaviour behaviour = server.with(model.controls());
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            behaviour = behaviour.with(
                    equals < 0 ? parts[i] : parts[i].substring(0, equals),
                    equals < 0 ? "" : parts[i].substring(equals + 1));
        }
        var choice = new Choice(model, behaviour);
        if (choices.size() < REMEMBERED) {
            choices.put(name, choice);
        }
        return Optional.of(choice);
    }
}
