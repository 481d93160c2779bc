package dev.pilothouse.platform.columns;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A table of the hot window.
 *
 * @param key whose rows it holds
 * @param name its name in the schema {@code hot}
 * @param types its columns' types, after {@code at}
 * @param rows committed rows
 */
record HotTable(SeriesKey key, String name, List<Signal.Type> types, AtomicLong rows) {}
