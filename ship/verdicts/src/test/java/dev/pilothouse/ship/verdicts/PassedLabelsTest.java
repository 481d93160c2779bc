package dev.pilothouse.ship.verdicts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PassedLabelsTest {
    private final ManualClock clock = new ManualClock();

    private PassedLabels replica(Store store) {
        return new PassedLabels(store, clock, Ids.secure(clock));
    }

    private static PassedLabels.Label label(String request) {
        return new PassedLabels.Label("acme", "fraud", request, "", "1");
    }

    @Test
    void aLabelReachesTheReplicaThatAnsweredOnceAndIsForgottenWhereNobodyDid() {
        try (var server = TestPostgres.start();
                Store store = TestStore.postgres(server, "verdicts")) {
            PassedLabels one = replica(store);
            PassedLabels two = replica(store);
            assertThat(two.pass(List.of(label("of one"), label("of nobody")))).isEqualTo(2);
            var askedTwo = new ArrayList<String>();
            two.take(label -> !askedTwo.add(label.requestId()));
            var joined = new ArrayList<String>();
            for (int round = 0; round < 3; round++) {
                one.take(label -> label.requestId().equals("of one") && joined.add(label.requestId()));
                two.take(label -> !askedTwo.add(label.requestId()));
            }
            assertThat(joined).containsExactly("of one");
            assertThat(askedTwo).as("each is looked at once").containsExactlyInAnyOrder("of one", "of nobody");
            clock.advance(Duration.ofMinutes(2));
            replica(store).take(label -> {
                throw new AssertionError("is too old: " + label);
            });
            assertThat(store.read(SqlLabels::count)).as("old ones are gone").isZero();
            assertThat(two.pass(List.of(label("refused")))).isEqualTo(1);
            one.take(_ -> {
                throw CommonError.INVALID.because("No single value.");
            });
            assertThat(store.read(SqlLabels::count)).isZero();
            assertThat(one.pass(Collections.nCopies(PassedLabels.MOST + 5, label("many"))))
                    .isEqualTo(PassedLabels.MOST);
        }
    }

    @Test
    void aServerAloneSaysAtOnceThatItDoesNotKnow(@TempDir Path folder) {
        try (Store store = TestStore.sqlite(folder, "verdicts")) {
            assertThat(replica(store).pass(List.of(label("x")))).isZero();
            replica(store).take(_ -> {
                throw new AssertionError("there is none");
            });
        }
    }
}
