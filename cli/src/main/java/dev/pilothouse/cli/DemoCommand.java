package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Exit;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code pilot demo}: hands over to the card-payments example, which the launcher puts on the class path. */
@Command(
        name = "demo",
        description = "Do the main job here, from data to a rolled-back bad version.",
        headerHeading = "Example: pilot demo --keep%n",
        footer = {
            "",
            "Options: --keep (stay up afterwards), --dir DIR, --seed N,",
            "--data FILE --target COLUMN [--no-header] (your own CSV), --task classification|regression,",
            "--yaml FILE (keep the service file)"
        },
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    private static final String DEMO = "dev.pilothouse.examples.cardpayments.Demo";

    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws ReflectiveOperationException {
        try {
            Class.forName(DEMO).getMethod("main", String[].class).invoke(null, (Object)
                    arguments.toArray(new String[0]));
            return 0;
        } catch (ClassNotFoundException _) {
            throw new Exit(Exit.USAGE, "This installation comes without the example. Run ./pilot demo in a checkout.");
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof RuntimeException unchecked
                    ? unchecked
                    : new Exit(Exit.NOT_SO, "The demo failed: " + e.getCause());
        }
    }
}
