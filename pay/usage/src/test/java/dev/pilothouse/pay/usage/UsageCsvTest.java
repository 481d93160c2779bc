package dev.pilothouse.pay.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.platform.segments.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UsageCsvTest {
    @Test
    void cellsThatASpreadsheetWouldRunAreDefusedAndQuoted() {
        assertThat(UsageCsv.safe("=1+1")).isEqualTo("'=1+1");
        assertThat(UsageCsv.safe("+49")).isEqualTo("'+49");
        assertThat(UsageCsv.safe("-2")).isEqualTo("'-2");
        assertThat(UsageCsv.safe("@SUM(A1)")).isEqualTo("'@SUM(A1)");
        assertThat(UsageCsv.safe("\t=1")).isEqualTo("'\t=1");
        assertThat(UsageCsv.safe("a=b")).isEqualTo("a=b");
        assertThat(UsageCsv.safe("")).isEmpty();
        assertThat(UsageCsv.quoted("a,b")).isEqualTo("\"a,b\"");
        assertThat(UsageCsv.quoted("say \"no\"")).isEqualTo("\"say \"\"no\"\"\"");
        assertThat(UsageCsv.quoted("plain text")).isEqualTo("plain text");
    }

    @Test
    void anExportIsReadAPageAtATimeFromWhereTheLastPageEnded() throws Exception {
        var samples = new Samples(4);
        int rows = 2 * UsageCsv.ROWS_PER_PAGE + 17;
        UsageOpening opening = samples.opening("acme", "r");
        UsageEnd end = samples.end();
        List<Optional<UsageCursor>> asked = new ArrayList<>();
        byte[] all;
        try (var csv = new UsageCsv(after -> {
            asked.add(after);
            long first = after.map(cursor -> cursor.at().offset()).orElse(0L) + 1;
            List<UsageRecord> page = new ArrayList<>();
            for (long i = first; i <= Math.min(rows, first + UsageCsv.ROWS_PER_PAGE - 1); i++) {
                page.add(new UsageRecord("log", new Position(1, i), opening, end, List.of(), i, i));
            }
            return page;
        })) {
            all = csv.readAllBytes();
        }
        List<String> lines = List.of(new String(all, StandardCharsets.UTF_8).split("\r\n"));
        assertThat(lines).hasSize(rows + 1);
        assertThat(asked).hasSize(3).first().isEqualTo(Optional.empty());
        assertThat(lines.getLast()).contains("," + "0.000020017,");
        int columns = lines.getFirst().split(",").length;
        assertThat(columns).isEqualTo(43);
    }

    @Test
    void whatCannotBeReadFailsBeforeTheFirstByte() {
        assertThatThrownBy(() -> new UsageCsv(_ -> {
                    throw new IllegalStateException("no rows");
                }))
                .hasMessage("no rows");
    }
}
