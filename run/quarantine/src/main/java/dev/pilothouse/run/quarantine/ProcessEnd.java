package dev.pilothouse.run.quarantine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;

/**
 * How an earlier process of this server ended: by a crash of native code, which its supervisor saw or of which the Java
 * machine left a report, or in a way that says nothing against a model, such as a power cut or {@code kill -9}.
 *
 * @param previousPid pid of the process that the supervisor saw end; 0 where there was none
 * @param previousExit its exit code
 * @param reports folders in which the Java machine may have left {@code hs_err_pid<pid>.log}
 */
public record ProcessEnd(long previousPid, OptionalInt previousExit, List<Path> reports) {
    /** Properties by which {@code pilot up} tells the next server how the one before ended. */
    private static final String PID = "pilothouse.previous-pid";

    private static final String EXIT = "pilothouse.previous-exit";
    /** Shells and Java report the end by signal n as 128 + n: these are SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV. */
    private static final List<Integer> CRASHES = List.of(128 + 4, 128 + 5, 128 + 6, 128 + 7, 128 + 8, 128 + 11);

    public ProcessEnd {
        reports = List.copyOf(reports);
    }

    /** What the supervisor said when it started this process. */
    public static ProcessEnd ofThisStart(Path data) {
        Integer exit = Integer.getInteger(EXIT);
        return new ProcessEnd(
                Long.getLong(PID, 0L),
                exit == null ? OptionalInt.empty() : OptionalInt.of(exit),
                List.of(data.resolve("crashes"), data, Path.of("").toAbsolutePath(), Path.of("/tmp")));
    }

    /** Whether a process that was alive at a time then crashed. */
    boolean crashed(long pid, Instant aliveAt) {
        if (pid == previousPid && previousExit.isPresent()) {
            return CRASHES.contains(previousExit.getAsInt());
        }
        return reports.stream().anyMatch(folder -> isSince(folder.resolve("hs_err_pid" + pid + ".log"), aliveAt));
    }

    private static boolean isSince(Path report, Instant time) {
        try {
            // A second's grace, since file systems keep coarser times than markers.
            return Files.exists(report)
                    && !Files.getLastModifiedTime(report)
                            .toInstant()
                            .plusSeconds(1)
                            .isBefore(time);
        } catch (IOException e) {
            return false;
        }
    }
}
