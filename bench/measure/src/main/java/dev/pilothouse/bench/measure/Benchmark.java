package dev.pilothouse.bench.measure;

import java.nio.file.Path;
import java.util.List;

/** One benchmark. */
public interface Benchmark {
    /** Its name on the command line. */
    String name();

    /** What it measures, in one line for {@code bench/run --list}. */
    String about();

    /**
     * Measures.
     *
     * @param scratch an empty folder to work in
     * @param arguments what followed the name, such as {@code --full}
     */
    void run(Path scratch, List<String> arguments, Report report) throws Exception;
}
