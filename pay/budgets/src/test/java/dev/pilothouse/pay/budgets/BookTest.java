package dev.pilothouse.pay.budgets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class BookTest {
    private static final Account.Key TEAM = new Account.Key("team", 0);
    private static final Account.Key KEY = new Account.Key("key", 0);
    private static final List<Book.Wanted> BOTH =
            List.of(new Book.Wanted(TEAM, Unit.NANO_USD), new Book.Wanted(KEY, Unit.OUTPUT_TOKENS));

    private final AtomicLong now = new AtomicLong();
    private final Book book = new Book(now::get, 1_000);

    @Test
    void aCallHoldsOnAllAccountsOrOnNone() {
        book.leased(TEAM, Unit.NANO_USD, 100);
        book.leased(KEY, Unit.OUTPUT_TOKENS, 5);

        Book.Try tooMuch = book.hold(BOTH, Ceiling.of(new Amounts(60, 1, 8)));
        Book.Try first = book.hold(BOTH, Ceiling.of(new Amounts(100, 1, 5)));

        assertThat(tooMuch.hold()).isNull();
        assertThat(tooMuch.shortages()).containsExactly(new Book.Shortage(KEY, 3));
        assertThat(first.hold()).isNotNull();
        assertThat(book.hold(BOTH, Ceiling.of(new Amounts(1, 0, 1))).shortages())
                .containsExactly(new Book.Shortage(TEAM, 1), new Book.Shortage(KEY, 1));
    }

    @Test
    void whatACallDidNotCostIsFreeAgainAndASecondSettlementChangesNothing() {
        book.leased(TEAM, Unit.NANO_USD, 100);
        book.leased(KEY, Unit.OUTPUT_TOKENS, 100);
        Hold hold = held(Ceiling.of(new Amounts(100, 1, 5)));

        assertThat(book.settle(hold, new Amounts(30, 1, 2))).isTrue();
        assertThat(book.settle(hold, new Amounts(30, 1, 2))).isFalse();

        assertThat(held(Ceiling.of(new Amounts(70, 1, 5)))).isNotNull();
        assertThat(book.aboveCeiling()).isZero();
    }

    @Test
    void theOutputIsCutToWhatTheAccountsBuy() {
        book.leased(TEAM, Unit.NANO_USD, 1_000);
        book.leased(KEY, Unit.OUTPUT_TOKENS, 500);
        var ceiling = new Ceiling(10, 4_000, output -> new Amounts(100 + 3 * output, 20, output));

        Book.Try outcome = book.holdWhatFits(BOTH, ceiling);

        assertThat(Objects.requireNonNull(outcome.hold()).outputTokens()).isEqualTo(300);
        assertThat(book.holdWhatFits(BOTH, ceiling).shortages()).containsExactly(new Book.Shortage(TEAM, 130));
    }

    @Test
    void aCallAboveItsCeilingIsChargedInFullAndCounted() {
        book.leased(TEAM, Unit.NANO_USD, 100);
        book.leased(KEY, Unit.OUTPUT_TOKENS, 100);
        Hold hold = held(Ceiling.of(new Amounts(100, 1, 5)));

        book.settle(hold, new Amounts(130, 1, 5));

        assertThat(book.aboveCeiling()).isOne();
        assertThat(book.report(Map.of())).contains(new Book.Line(TEAM, 130, 0, 0));
        assertThat(book.hold(BOTH, Ceiling.of(new Amounts(1, 0, 1))).shortages())
                .containsExactly(new Book.Shortage(TEAM, 31));
    }

    @Test
    void whatIsHeldIsNotGivenBack() {
        book.leased(TEAM, Unit.NANO_USD, 100);
        book.leased(KEY, Unit.OUTPUT_TOKENS, 10);
        Hold _ = held(Ceiling.of(new Amounts(60, 1, 5)));

        assertThat(book.report(Map.of(TEAM, 7L))).containsExactly(new Book.Line(TEAM, 0, 40, 7));
        now.set(2_000);
        assertThat(book.report(Map.of())).containsExactly(new Book.Line(KEY, 0, 5, 0));
    }

    @Test
    void nothingIsHeldOfAClosedAccountUntilMoreIsGranted() {
        book.leased(TEAM, Unit.NANO_USD, 100);
        book.leased(KEY, Unit.OUTPUT_TOKENS, 100);
        book.close(List.of(TEAM));

        assertThat(book.hold(BOTH, Ceiling.of(new Amounts(60, 1, 5))).shortages())
                .containsExactly(new Book.Shortage(TEAM, 60));
        assertThat(book.holdWhatFits(BOTH, new Ceiling(1, 5, output -> new Amounts(output, 1, output)))
                        .shortages())
                .containsExactly(new Book.Shortage(TEAM, 1));

        book.leased(TEAM, Unit.NANO_USD, 60);
        assertThat(held(Ceiling.of(new Amounts(160, 1, 5)))).isNotNull();
        assertThat(book.held()).isEqualTo(Map.of(TEAM, 160L, KEY, 5L));
    }

    /** Against a plain model: free = leased - held - spent at every step, whatever the order of events. */
    @Test
    void leasesHoldsAndReportsAlwaysAddUp() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        List<Hold> open = new ArrayList<>();
        long leased = 0;
        long spent = 0;
        long held = 0;
        for (int i = 0; i < 20_000; i++) {
            switch (random.nextInt(5)) {
                case 0 -> {
                    long amount = random.nextInt(1_000);
                    book.leased(TEAM, Unit.NANO_USD, amount);
                    leased += amount;
                }
                case 1, 2 -> {
                    long amount = random.nextInt(300);
                    Hold hold = book.hold(
                                    List.of(new Book.Wanted(TEAM, Unit.NANO_USD)),
                                    Ceiling.of(new Amounts(amount, 0, 0)))
                            .hold();
                    assertThat(hold != null).as("seed %d, step %d", seed, i).isEqualTo(amount <= leased - held - spent);
                    if (hold != null) {
                        open.add(hold);
                        held += amount;
                    }
                }
                case 3 -> {
                    if (!open.isEmpty()) {
                        Hold hold = open.remove(random.nextInt(open.size()));
                        long ceiling = hold.ceiling().nanoUsd();
                        long cost = ceiling == 0 ? 0 : random.nextLong(ceiling + 1);
                        book.settle(hold, new Amounts(cost, 0, 0));
                        held -= ceiling;
                        spent += cost;
                    }
                }
                default -> {
                    List<Book.Line> lines = book.report(random.nextBoolean() ? Map.of(TEAM, 1L) : Map.of());
                    for (Book.Line line : lines) {
                        assertThat(line.spent()).as("seed %d, step %d", seed, i).isEqualTo(spent);
                        leased -= line.returned() + line.spent();
                        spent -= line.spent();
                    }
                    book.reported(lines);
                }
            }
            now.addAndGet(random.nextInt(40));
        }
    }

    private Hold held(Ceiling ceiling) {
        return Objects.requireNonNull(book.hold(BOTH, ceiling).hold());
    }
}
