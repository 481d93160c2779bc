package dev.pilothouse.platform.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.edge.IdempotentReplies.Claim;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What answers to repeated requests keep on every store, between processes that come after or beside each other. */
abstract class RepliesContract {
    private static final IdempotentReplies.Key KEY =
            new IdempotentReplies.Key("acme", "ada", "k1", "POST /api/v1/things");
    private static final Digest BODY = Digest.of("body");
    private static final Reply MADE =
            Reply.json(201, Json.object().put("id", "t1")).with("location", "/things/t1");

    final ManualClock clock = new ManualClock();
    /** Monotonic time of whoever waits for others. */
    final AtomicLong time = new AtomicLong();

    private final List<Replica> replicas = new ArrayList<>();

    abstract Store store();

    IdempotentReplies process(String id) {
        var replica = new Replica(store(), new Leases(store(), time::get), id);
        replicas.add(replica);
        return IdempotentReplies.stored(store(), replica, TestEdge.PLAIN, clock, Duration.ofHours(24), 3);
    }

    @AfterEach
    void end() {
        replicas.forEach(Replica::close);
    }

    /** Ends a process in good order. */
    void stop(String id) {
        replicas.stream().filter(replica -> replica.id().equals(id)).forEach(Replica::close);
    }

    /** A request that changes something in one transaction. */
    Reply change() {
        return store().writeAndWait(_ -> MADE);
    }

    @Test
    void theFirstAnswerIsGivenAgainByWhoeverIsAsked() throws Exception {
        IdempotentReplies one = process("one");
        assertThat(one.claim(KEY, BODY)).isEqualTo(new Claim.Fresh());
        assertThat(one.claim(KEY, BODY)).isEqualTo(new Claim.Running());
        one.save(KEY, one.run(KEY, this::change));
        for (IdempotentReplies asked : List.of(one, process("two"))) {
            assertThat(asked.claim(KEY, BODY)).isInstanceOfSatisfying(Claim.Answered.class, answered -> {
                assertThat(answered.reply().status()).isEqualTo(201);
                assertThat(answered.reply().headers()).containsEntry("location", "/things/t1");
                assertThat(answered.reply().body())
                        .isInstanceOfSatisfying(
                                Reply.Body.Bytes.class,
                                body -> assertThat(new String(body.bytes(), java.nio.charset.StandardCharsets.UTF_8))
                                        .isEqualTo("{\"id\":\"t1\"}"));
            });
            assertThat(asked.claim(KEY, Digest.of("other"))).isEqualTo(new Claim.OtherBody());
        }
    }

    @Test
    void aKeyAnswersNobodyElseAndNothingElse() throws Exception {
        IdempotentReplies one = process("one");
        one.claim(KEY, BODY);
        one.save(KEY, one.run(KEY, this::change));
        for (var other : List.of(
                new IdempotentReplies.Key("other", "ada", "k1", KEY.operation()),
                new IdempotentReplies.Key("acme", "bob", "k1", KEY.operation()),
                new IdempotentReplies.Key("acme", "ada", "k2", KEY.operation()),
                new IdempotentReplies.Key("acme", "ada", "k1", "POST /api/v1/others"))) {
            assertThat(one.claim(other, BODY)).isEqualTo(new Claim.Fresh());
        }
    }

    @Test
    void aFailedRequestMayBeTriedAgain() {
        IdempotentReplies one = process("one");
        one.claim(KEY, BODY);
        one.forget(KEY);
        assertThat(one.claim(KEY, BODY)).isEqualTo(new Claim.Fresh());
    }

    @Test
    void whatADeadProcessHadNotChangedIsDoneAgainAndTheDeadOneCannotChangeItLate() throws Exception {
        IdempotentReplies dead = process("dead");
        dead.claim(KEY, BODY);
        IdempotentReplies next = process("next");
        afterDeathOf("dead", next);
        assertThat(next.claim(KEY, BODY)).isEqualTo(new Claim.Fresh());
        assertThatThrownBy(() -> dead.run(KEY, this::change))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.CONFLICT));
        next.save(KEY, next.run(KEY, this::change));
        assertThat(next.claim(KEY, BODY)).isInstanceOf(Claim.Answered.class);
    }

    @Test
    void whatADeadProcessHadChangedIsNotDoneAgain() throws Exception {
        IdempotentReplies dead = process("dead");
        dead.claim(KEY, BODY);
        Reply _ = dead.run(KEY, this::change);
        IdempotentReplies next = process("next");
        afterDeathOf("dead", next);
        assertThat(next.claim(KEY, BODY)).isEqualTo(new Claim.Unknown());
    }

    /** Makes a process that began a request with {@link #KEY} count as dead. */
    abstract void afterDeathOf(String process, IdempotentReplies seenBy);

    @Test
    void oldAnswersGoAndOfManyTheOldest() throws Exception {
        IdempotentReplies one = process("one");
        for (int i = 0; i < 6; i++) {
            var key = new IdempotentReplies.Key("acme", "ada", "n" + i, KEY.operation());
            assertThat(one.claim(key, BODY)).isEqualTo(new Claim.Fresh());
            one.save(key, one.run(key, this::change));
            clock.advance(Duration.ofSeconds(1));
        }
        clock.advance(Duration.ofMinutes(2));
        assertThat(one.claim(new IdempotentReplies.Key("acme", "ada", "n5", KEY.operation()), BODY))
                .isInstanceOf(Claim.Answered.class);
        // They go beside the claims, not before one.
        await().until(() -> one.claim(new IdempotentReplies.Key("acme", "ada", "n0", KEY.operation()), BODY)
                .equals(new Claim.Fresh()));
        clock.advance(Duration.ofHours(24));
        assertThat(one.claim(new IdempotentReplies.Key("acme", "ada", "n5", KEY.operation()), BODY))
                .isEqualTo(new Claim.Fresh());
    }
}
