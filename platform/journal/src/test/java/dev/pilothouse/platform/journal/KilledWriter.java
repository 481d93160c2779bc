package dev.pilothouse.platform.journal;

import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** The program that {@link KillTest} kills: writes until then, and prints each id once it was acknowledged. */
final class KilledWriter {
    private KilledWriter() {}

    public static void main(String[] args) {
        Store store = TestStore.sqlite(Path.of(args[0]), "journal", "probe");
        var journal = new Journal(store);
        Thread.startVirtualThread(() -> {
            while (true) {
                LockSupport.parkNanos(5_000_000);
                store.<Integer>writeAndWait(tx -> journal.number(tx, 1000).size());
            }
        });
        for (int c = 0; c < 16; c++) {
            String caller = args[1] + "-" + c + "-";
            Thread.startVirtualThread(() -> {
                for (int i = 0; ; i++) {
                    String id = caller + i;
                    store.<Integer>writeAndWait(tx -> {
                        journal.append(tx, JournalContract.entry(id, "t", "run/" + caller));
                        return SqlProbeState.put(tx, id, "state");
                    });
                    System.out.println(id);
                }
            });
        }
        LockSupport.park();
    }
}
