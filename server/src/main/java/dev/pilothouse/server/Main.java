package dev.pilothouse.server;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the server and waits for SIGTERM or SIGINT. Exit code 2 means that a restart cannot help. */
public final class Main {
    private static final Logger log = LoggerFactory.getLogger(Main.class);
    private static final int USED_WRONGLY = 2;
    private static final int FAILED = 1;

    private Main() {}

    /** Runs until stopped; arguments are settings of the form {@code --key=value}. */
    public static void main(String[] args) {
        long start = System.nanoTime();
        try {
            var config = ServerConfig.read(System.getenv(), List.of(args));
            var wiring = Wiring.start(config);
            Runtime.getRuntime().addShutdownHook(new Thread(wiring::close, "shutdown"));
            announce(config, wiring, Duration.ofNanos(System.nanoTime() - start));
            wiring.prepare();
            new CountDownLatch(1).await();
        } catch (PilothouseException e) {
            System.err.println("error: " + e.detail());
            for (Problem problem : e.problems()) {
                System.err.println("  " + problem);
            }
            log.debug("The server did not start.", e);
            System.exit(e.code().retryable() ? FAILED : USED_WRONGLY);
        } catch (InterruptedException _) {
            System.exit(0);
        } catch (RuntimeException | Error e) {
            log.error("The server did not start.", e);
            System.exit(FAILED);
        }
    }

    private static void announce(ServerConfig config, Wiring wiring, Duration took) {
        var text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT, "Pilothouse is ready at %s (%.1f s)%n", wiring.address(), took.toMillis() / 1000.0));
        text.append("  data in ").append(config.data()).append('\n');
        wiring.firstKey()
                .ifPresent(key -> text.append("  admin key, shown this once: ")
                        .append(key)
                        .append("\n  keep it: pilot login --url ")
                        .append(wiring.address())
                        .append('\n'));
        System.out.print(text);
        System.out.flush();
    }
}
