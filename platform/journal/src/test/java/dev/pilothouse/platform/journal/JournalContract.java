package dev.pilothouse.platform.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.platform.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the journal does on every store. */
abstract class JournalContract {
    private final List<Journal> all = new ArrayList<>();

    abstract Store store();

    private Journal journal() {
        var journal = new Journal(store());
        all.add(journal);
        return journal;
    }

    @AfterEach
    void stop() {
        all.forEach(Journal::close);
    }

    static JournalRecord entry(String id, String tenant, String subject) {
        byte[] leaf = ("leaf of " + id).getBytes(StandardCharsets.UTF_8);
        return new JournalRecord(id, tenant, "thing.done", subject, 7, leaf, Arrays.copyOf(leaf, 32), leaf);
    }

    private void append(Journal journal, String id, String tenant, String subject) {
        store().writeAndWait(tx -> {
            journal.append(tx, entry(id, tenant, subject));
            return id;
        });
    }

    private List<JournalEntry> number(Journal journal, int max) {
        return store().writeAndWait(tx -> journal.number(tx, max));
    }

    private static List<String> ids(List<JournalEntry> entries) {
        return entries.stream().map(e -> e.record().id()).toList();
    }

    @Test
    void aRecordIsFoundAtOnceAndReadOnceItHasItsNumber() {
        Journal journal = journal();
        append(journal, "a", "t", "run/1");
        assertThat(journal.find("t", "a").orElseThrow().numbered()).isFalse();
        assertThat(journal.find("other", "a")).isEmpty();
        assertThat(journal.read(-1, 10)).isEmpty();
        assertThat(journal.bySubject("t", "run/1", Long.MAX_VALUE, 10)).isEmpty();
        assertThat(number(journal, 10))
                .hasSize(1)
                .first()
                .satisfies(e -> assertThat(e.sequence()).isZero());
        assertThat(number(journal, 10)).isEmpty();
        JournalEntry found = journal.find("t", "a").orElseThrow();
        assertThat(found.sequence()).isZero();
        assertThat(found.record()).usingRecursiveComparison().isEqualTo(entry("a", "t", "run/1"));
        assertThat(journal.size()).isEqualTo(1);
    }

    @Test
    void aRolledBackRecordLeavesNoGap() {
        Journal journal = journal();
        append(journal, "a", "t", "run/1");
        assertThatThrownBy(() -> store().writeAndWait(tx -> {
                    journal.append(tx, entry("b", "t", "run/1"));
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        append(journal, "c", "t", "run/1");
        assertThat(number(journal, 10)).extracting(JournalEntry::sequence).containsExactly(0L, 1L);
        assertThat(ids(journal.read(-1, 10))).containsExactlyInAnyOrder("a", "c");
    }

    @Test
    void theSameIdTwiceIsRefused() {
        Journal journal = journal();
        append(journal, "a", "t", "run/1");
        assertThatThrownBy(() -> append(journal, "a", "t", "run/1")).isInstanceOf(RuntimeException.class);
        assertThat(number(journal, 10)).hasSize(1);
    }

    @Test
    void anErasedBodyIsGoneAndTheLeafStays() {
        Journal journal = journal();
        append(journal, "a", "t", "run/1");
        assertThat(store().<Boolean>writeAndWait(tx -> journal.eraseBody(tx, "other", "a")))
                .isFalse();
        assertThat(store().<Boolean>writeAndWait(tx -> journal.eraseBody(tx, "t", "a")))
                .isTrue();
        JournalRecord left = journal.find("t", "a").orElseThrow().record();
        assertThat(left.body()).isNull();
        assertThat(new String(left.leaf(), StandardCharsets.UTF_8)).isEqualTo("leaf of a");
    }

    @Test
    void aFollowerSeesEveryEntryInOrderAndGoesOnWhereItLeftOff() {
        Journal first = journal();
        var seen = new CopyOnWriteArrayList<Long>();
        append(first, "a", "t", "run/1");
        number(first, 10);
        first.follow("index", (entries, _) -> entries.forEach(e -> seen.add(e.sequence())));
        await().untilAsserted(() -> assertThat(seen).containsExactly(0L));
        append(first, "b", "t", "run/1");
        number(first, 10);
        await().untilAsserted(() -> assertThat(seen).containsExactly(0L, 1L));
        first.close();
        Journal second = journal();
        append(second, "c", "t", "run/1");
        number(second, 10);
        second.follow("index", (entries, _) -> entries.forEach(e -> seen.add(e.sequence())));
        await().untilAsserted(() -> assertThat(seen).containsExactly(0L, 1L, 2L));
        await().untilAsserted(
                        () -> assertThat(second.followers().getFirst().behind()).isZero());
    }

    @Test
    void aFollowerFromNowSkipsWhatWasBefore() {
        Journal journal = journal();
        append(journal, "a", "t", "run/1");
        number(journal, 10);
        var seen = new CopyOnWriteArrayList<String>();
        journal.followFromNow("notify", (entries, _) -> seen.addAll(ids(entries)));
        append(journal, "b", "t", "run/1");
        number(journal, 10);
        await().untilAsserted(() -> assertThat(seen).containsExactly("b"));
    }

    @Test
    void aFollowerThatFailsIsReportedAndGivenTheSameEntriesUntilItSucceeds() {
        Journal journal = journal();
        var attempts = new AtomicInteger();
        var done = new CopyOnWriteArrayList<String>();
        for (String id : List.of("a", "b", "c")) {
            append(journal, id, "t", "run/1");
        }
        number(journal, 10);
        journal.follow("index", (entries, cursor) -> {
            for (JournalEntry e : entries) {
                store().writeAndWait(tx -> {
                    SqlProbeState.put(tx, e.record().id(), "followed");
                    cursor.advance(tx, e.sequence());
                    return 1;
                });
                done.add(e.record().id());
                if (e.sequence() == 1 && attempts.incrementAndGet() == 1) {
                    throw new IllegalStateException("b is not liked yet");
                }
            }
        });
        await().untilAsserted(() -> assertThat(done).containsExactly("a", "b", "c"));
        assertThat(store().<Long>read(SqlProbeState::count)).isEqualTo(3);
        await().untilAsserted(() ->
                assertThat(journal.followers().getFirst().failure()).isNull());
    }

    @Test
    void theSameFollowerInTwoReplicasTakesEffectOnce() {
        Journal one = journal();
        Journal two = journal();
        Follower follower = (entries, cursor) -> {
            for (JournalEntry e : entries) {
                store().writeAndWait(tx -> {
                    cursor.advance(tx, e.sequence());
                    return SqlProbeState.put(tx, e.record().id(), "followed");
                });
            }
        };
        one.follow("index", follower);
        two.follow("index", follower);
        for (int i = 0; i < 60; i++) {
            append(one, "e" + i, "t", "run/1");
            if (i % 7 == 0) {
                number(i % 2 == 0 ? one : two, 100);
            }
        }
        number(one, 100);
        // A second row with the same id would break the key and stop a follower for good.
        await().atMost(java.time.Duration.ofSeconds(20))
                .untilAsserted(() ->
                        assertThat(store().<Long>read(SqlProbeState::count)).isEqualTo(60));
    }

    @Test
    void randomOperationsAgreeWithAPlainList() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("journal model seed " + seed + " (repeat with -Dseed=" + seed + ")");
        var random = new Random(seed);
        Journal journal = journal();
        List<JournalRecord> pending = new ArrayList<>();
        List<JournalRecord> numbered = new ArrayList<>();
        List<String> erased = new ArrayList<>();
        for (int step = 0; step < 300; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    int many = 1 + random.nextInt(4);
                    boolean fails = random.nextInt(4) == 0;
                    List<JournalRecord> unit = new ArrayList<>();
                    for (int i = 0; i < many; i++) {
                        unit.add(entry("e" + step + "." + i, "t" + random.nextInt(3), "run/" + random.nextInt(4)));
                    }
                    try {
                        store().writeAndWait(tx -> {
                            unit.forEach(r -> journal.append(tx, r));
                            if (fails) {
                                throw new IllegalStateException("rolled back");
                            }
                            return many;
                        });
                        pending.addAll(unit);
                    } catch (IllegalStateException e) {
                        assertThat(e).hasMessage("rolled back");
                    }
                }
                case 3 -> {
                    List<JournalEntry> got = number(journal, 1 + random.nextInt(6));
                    for (JournalEntry e : got) {
                        assertThat(e.sequence()).isEqualTo(numbered.size());
                        JournalRecord model = pending.stream()
                                .filter(r -> r.id().equals(e.record().id()))
                                .findFirst()
                                .orElseThrow();
                        pending.remove(model);
                        numbered.add(model);
                    }
                }
                case 4 -> {
                    long after = random.nextInt(numbered.size() + 1) - 1L;
                    int limit = 1 + random.nextInt(10);
                    assertThat(ids(journal.read(after, limit)))
                            .isEqualTo(numbered.stream()
                                    .skip(after + 1)
                                    .limit(limit)
                                    .map(JournalRecord::id)
                                    .toList());
                }
                case 5 -> {
                    String tenant = "t" + random.nextInt(3);
                    String subject = "run/" + random.nextInt(4);
                    List<String> expected = new ArrayList<>();
                    numbered.stream()
                            .filter(r ->
                                    r.tenant().equals(tenant) && r.subject().equals(subject))
                            .forEach(r -> expected.add(r.id()));
                    Collections.reverse(expected);
                    assertThat(ids(journal.bySubject(tenant, subject, Long.MAX_VALUE, 1000)))
                            .isEqualTo(expected);
                    assertThat(ids(journal.read(tenant, -1, 1000)))
                            .isEqualTo(numbered.stream()
                                    .filter(r -> r.tenant().equals(tenant))
                                    .map(JournalRecord::id)
                                    .toList());
                }
                case 6 -> {
                    JournalRecord some = pick(random, numbered);
                    if (some != null) {
                        assertThat(store().<Boolean>writeAndWait(tx -> journal.eraseBody(tx, some.tenant(), some.id())))
                                .isTrue();
                        erased.add(some.id());
                    }
                }
                default -> {
                    JournalRecord some = pick(random, random.nextBoolean() ? numbered : pending);
                    if (some != null) {
                        JournalEntry found =
                                journal.find(some.tenant(), some.id()).orElseThrow();
                        assertThat(found.sequence()).isEqualTo(numbered.indexOf(some));
                        assertThat(found.record().body() == null).isEqualTo(erased.contains(some.id()));
                    }
                }
            }
            assertThat(journal.size()).isEqualTo(numbered.size());
        }
    }

    private static @Nullable JournalRecord pick(Random random, List<JournalRecord> from) {
        return from.isEmpty() ? null : from.get(random.nextInt(from.size()));
    }
}
