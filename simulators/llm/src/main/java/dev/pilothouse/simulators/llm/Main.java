package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * The simulator as a program: {@code --port=8790}, {@code --threads=1}, {@code --config=FILE} with the JSON of {@link
 * SimulatorConfig#with}, {@code --api-key=KEY} and {@code --control.NAME=VALUE}, each also as two arguments. Prints {@code ready
 * http://127.0.0.1:PORT} once it listens, and runs until it is ended.
 */
public final class Main {
    private Main() {}

    /** Exit code 2 where an argument is wrong. */
    public static void main(String[] args) {
        try {
            var simulator = LlmSimulator.start(config(args));
            Runtime.getRuntime().addShutdownHook(new Thread(simulator::close, "shutdown"));
            System.out.println("ready " + simulator.address());
            System.out.flush();
            new CountDownLatch(1).await();
        } catch (PilothouseException e) {
            System.err.println("error: " + e.detail());
            System.exit(2);
        } catch (InterruptedException _) {
            System.exit(0);
        }
    }

    /** What the arguments say; the file first, whatever their order. */
    static SimulatorConfig config(String... args) {
        var config = SimulatorConfig.standard();
        var said = Json.object();
        var controls = Json.object();
        for (int i = 0; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            if (!args[i].startsWith("--") || (equals < 0 && i + 1 == args.length)) {
                throw CommonError.INVALID.because("'" + args[i] + "' is no flag with a value, such as --port=8790.");
            }
            String name = args[i].substring(2, equals < 0 ? args[i].length() : equals);
            String value = equals < 0 ? args[++i] : args[i].substring(equals + 1);
            switch (name) {
                case "config" -> config = config.with(Json.parseObject(read(Path.of(value))));
                case "port", "threads", "max-lines", "max-body" -> said.put(name, number(name, value));
                case String n when n.startsWith("control.") -> controls.put(n.substring("control.".length()), value);
                default -> said.put(name, value);
            }
        }
        if (!controls.isEmpty()) {
            var all = Json.object();
            config.controls().forEach(all::put);
            said.set("controls", all.setAll(controls));
        }
        return config.with(said);
    }

    private static int number(String name, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw CommonError.INVALID.because("'--" + name + "' must be a whole number, and is '" + value + "'.", e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw CommonError.INVALID.because("The file " + file + " cannot be read.", e);
        }
    }
}
