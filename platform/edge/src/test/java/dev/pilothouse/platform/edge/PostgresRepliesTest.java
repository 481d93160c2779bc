package dev.pilothouse.platform.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.edge.IdempotentReplies.Claim;
import dev.pilothouse.platform.replicas.Replica;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresRepliesTest extends RepliesContract {
    private TestPostgres server;
    private Store store;

    @BeforeAll
    void startServer() {
        server = TestPostgres.start();
    }

    @AfterAll
    void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void open() {
        store = TestStore.postgres(server, "edge");
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Override
    Store store() {
        return store;
    }

    @Override
    void afterDeathOf(String process, IdempotentReplies seenBy) {
        stop(process);
    }

    @Test
    void whatALivingReplicaDoesIsWaitedForHoweverLong() {
        IdempotentReplies one = process("one");
        IdempotentReplies two = process("two");
        var key = new IdempotentReplies.Key("acme", "ada", "k", "POST /x");
        assertThat(one.claim(key, Digest.of("b"))).isEqualTo(new Claim.Fresh());
        assertThat(two.claim(key, Digest.of("b"))).isEqualTo(new Claim.Running());
        time.addAndGet(Replica.SILENT.minusSeconds(1).toNanos());
        assertThat(two.claim(key, Digest.of("b"))).isEqualTo(new Claim.Running());
    }
}
