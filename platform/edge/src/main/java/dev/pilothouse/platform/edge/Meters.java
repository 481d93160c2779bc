package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.logging.RequestLog;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The program's meters, shown at {@code /metrics} in Prometheus' text format. Modules register theirs at {@link
 * #registry()} before the edge starts. Thread-safe.
 */
public final class Meters implements AutoCloseable {
    private static final int CLASSES = 6;
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30)
    };

    private record Slot(HttpMethod method, int statusClass) {}

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final AtomicInteger active = new AtomicInteger();

    private final String operator;

    /** Meters of this Java process, shown to every organisation; modules add their own. */
    public Meters() {
        this("");
    }

    /**
     * Meters of this Java process; modules add their own.
     *
     * @param operator the organisation that runs the installation; the others may not read them, since they name what all
     *     have; empty where everyone may
     */
    public Meters(String operator) {
        this.operator = operator;
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        collections.bindTo(registry);
        registry.gauge("http.server.requests.active", active);
    }

    /** Refuses who may not read them. */
    void refuseOthers(Caller caller) {
        if (!operator.isEmpty() && !operator.equals(caller.tenant())) {
            throw CommonError.FORBIDDEN.because("Only the organisation '" + operator
                    + "', which runs this installation, reads its metrics: they name what all organisations have.");
        }
    }

    /** Where modules register their meters. */
    public MeterRegistry registry() {
        return registry;
    }

    /** All meters in Prometheus' text format, version 0.0.4. */
    public String text() {
        return registry.scrape();
    }

    /** The timers of one operation. */
    Operation operation(String protocol, String name) {
        return new Operation(protocol, name);
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }

    /** Times the requests of one operation by method and status class. */
    final class Operation {
        private final String protocol;
        private final String name;
        private final Map<Slot, Timer> timers = new ConcurrentHashMap<>();

        private Operation(String protocol, String name) {
            this.protocol = protocol;
            this.name = name;
        }

        /** Counts and times this request once it is answered. */
        void watch(ServiceRequestContext context) {
            active.incrementAndGet();
            var _ = context.log().whenComplete().thenAccept(this::record);
        }

        private void record(RequestLog log) {
            active.decrementAndGet();
            int status = log.responseHeaders().status().code();
            // gRPC answers failures with 200 and a status of its own in the trailers, or in the headers where it has no
            // body
            String grpc = log.responseTrailers()
                    .get("grpc-status", log.responseHeaders().get("grpc-status", "0"));
            int statusClass = grpc.equals("0") ? Math.clamp(status / 100, 0, CLASSES - 1) : grpcClass(grpc);
            timers.computeIfAbsent(new Slot(log.requestHeaders().method(), statusClass), this::timer)
                    .record(log.totalDurationNanos(), TimeUnit.NANOSECONDS);
        }

        private Timer timer(Slot slot) {
            return Timer.builder("http.server.requests")
                    .description("Requests by protocol, operation, method and status class")
                    .tag("protocol", protocol)
                    .tag("operation", name)
                    .tag("method", slot.method().name())
                    .tag("status", slot.statusClass() == 0 ? "none" : slot.statusClass() + "xx")
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry);
        }

        /** The class of HTTP statuses that a gRPC status stands for: faults of the server are 5, all others 4. */
        private static int grpcClass(String status) {
            return switch (status) {
                case "2", "4", "12", "13", "14", "15" -> 5;
                default -> 4;
            };
        }
    }
}
