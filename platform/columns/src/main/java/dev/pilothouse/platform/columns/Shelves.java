package dev.pilothouse.platform.columns;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Where each series lies now: hot tables and sealed files. A query takes a consistent picture and keeps what is in it
 * from being removed until it ends. Thread-safe.
 */
final class Shelves {
    /** One series: each of its rows is in exactly one of these. */
    record Shelf(List<HotTable> hot, List<ParquetFile> files) {
        static final Shelf EMPTY = new Shelf(List.of(), List.of());

        Shelf {
            hot = List.copyOf(hot);
            files = List.copyOf(files);
        }
    }

    /** A query's picture: a shelf for each signal it names. */
    record Picture(long ticket, Map<String, Shelf> shelves) {}

    private record Retired(long ticket, Runnable removal) {}

    private final Map<SeriesKey, Shelf> shelves = new HashMap<>();
    private final TreeSet<Long> running = new TreeSet<>();
    private final ArrayDeque<Retired> retired = new ArrayDeque<>();
    private long tickets;

    Shelves(Collection<ParquetFile> files) {
        replace(List.of(), files, List.of());
    }

    synchronized Picture enter(String tenant, Collection<String> signals) {
        var picture = new HashMap<String, Shelf>();
        for (String signal : signals) {
            picture.put(signal, shelves.getOrDefault(new SeriesKey(signal, tenant), Shelf.EMPTY));
        }
        long ticket = ++tickets;
        running.add(ticket);
        return new Picture(ticket, picture);
    }

    void leave(Picture picture) {
        synchronized (this) {
            running.remove(picture.ticket());
        }
        sweep();
    }

    synchronized void addHot(Collection<HotTable> tables) {
        for (HotTable table : tables) {
            Shelf old = shelves.getOrDefault(table.key(), Shelf.EMPTY);
            var hot = new ArrayList<>(old.hot());
            hot.add(table);
            shelves.put(table.key(), new Shelf(hot, old.files()));
        }
    }

    /** Swaps sealed tables for their files, or old files for a merged one, in one step for all queries. */
    synchronized void replace(
            Collection<HotTable> tables, Collection<ParquetFile> added, Collection<ParquetFile> removed) {
        var touched = new HashMap<SeriesKey, Draft>();
        for (HotTable table : tables) {
            edit(touched, table.key()).hot().removeIf(table::equals);
        }
        for (ParquetFile file : removed) {
            edit(touched, file.key()).files().removeIf(file::equals);
        }
        for (ParquetFile file : added) {
            edit(touched, file.key()).files().add(file);
        }
        touched.forEach((key, draft) -> {
            if (draft.hot().isEmpty() && draft.files().isEmpty()) {
                shelves.remove(key);
            } else {
                shelves.put(key, new Shelf(draft.hot(), draft.files()));
            }
        });
    }

    private record Draft(List<HotTable> hot, List<ParquetFile> files) {}

    private Draft edit(Map<SeriesKey, Draft> touched, SeriesKey key) {
        return touched.computeIfAbsent(key, k -> {
            Shelf old = shelves.getOrDefault(k, Shelf.EMPTY);
            return new Draft(new ArrayList<>(old.hot()), new ArrayList<>(old.files()));
        });
    }

    /** Removes something once no query that may have seen it runs any more. */
    void retire(Runnable removal) {
        synchronized (this) {
            retired.add(new Retired(tickets, removal));
        }
        sweep();
    }

    private void sweep() {
        var due = new ArrayList<Retired>();
        synchronized (this) {
            Predicate<Retired> free = r -> running.isEmpty() || running.first() > r.ticket();
            while (!retired.isEmpty() && free.test(retired.element())) {
                due.add(retired.remove());
            }
        }
        due.forEach(r -> r.removal().run());
    }

    synchronized Map<String, Long> rowsBySignal() {
        var rows = new HashMap<String, Long>();
        shelves.forEach((key, shelf) -> {
            long count = shelf.hot().stream().mapToLong(t -> t.rows().get()).sum()
                    + shelf.files().stream().mapToLong(ParquetFile::rows).sum();
            rows.merge(key.signal(), count, Long::sum);
        });
        return rows;
    }
}
