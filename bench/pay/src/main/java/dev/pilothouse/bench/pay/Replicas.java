package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Api;
import dev.pilothouse.bench.measure.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Servers on one database and one folder of blobs and keys, one of which is killed now and then and started again. */
final class Replicas {
    private final Program program;
    private final Path folder;
    private final String database;
    private final AtomicReferenceArray<Program.Server> servers;
    private final Api admin;
    private final List<Outage> outages = new ArrayList<>();

    /** When one was away, in microseconds of the epoch. */
    record Outage(long from, long to) {}

    private Replicas(Program program, Path folder, String database, Program.Server first, int count) {
        this.program = program;
        this.folder = folder;
        this.database = database;
        this.servers = new AtomicReferenceArray<>(count);
        this.admin = Api.of(first);
        servers.set(0, first);
    }

    /** Starts them; the first makes the database's tables. */
    static Replicas start(Program program, Path folder, String database, int count)
            throws IOException, InterruptedException {
        var first = program.serve(folder.resolve("replica-0"), settings(folder, database));
        var replicas = new Replicas(program, folder, database, first, count);
        for (int i = 1; i < count; i++) {
            // It has a folder already, and prints no key, which the first has made.
            Files.createDirectories(folder.resolve("replica-" + i));
            replicas.begin(i);
        }
        return replicas;
    }

    private static String[] settings(Path folder, String database) {
        return new String[] {
            "--store.url=" + database,
            "--blobs.dir=" + folder.resolve("shared/blobs"),
            "--keys.dir=" + folder.resolve("shared/keys")
        };
    }

    private void begin(int which) throws IOException, InterruptedException {
        servers.set(which, program.serve(folder.resolve("replica-" + which), settings(folder, database)));
    }

    /** Kills one with -9 every so many seconds and starts it again, until the load is over; all are there then. */
    void killAndStartAgain(Random random, int seconds, CountDownLatch over) throws IOException, InterruptedException {
        while (!over.await(seconds, TimeUnit.SECONDS)) {
            int which = random.nextInt(servers.length());
            long from = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());
            servers.get(which).process().destroyForcibly().waitFor();
            begin(which);
            synchronized (outages) {
                outages.add(new Outage(from, TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis())));
            }
        }
    }

    /** When one was away so far. */
    List<Outage> outages() {
        synchronized (outages) {
            return List.copyOf(outages);
        }
    }

    /** Where one of them listens now. */
    String address(int which) {
        return servers.get(which).address();
    }

    int count() {
        return servers.length();
    }

    /** Calls of an administrator at one of them. */
    Api api(int which) {
        return new Api(address(which), admin.key(), admin.http());
    }

    /** Ends them all. */
    void end() {
        for (int i = 0; i < servers.length(); i++) {
            program.end(servers.get(i).process());
        }
    }
}
