package dev.pilothouse.trust.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.simulators.personal.Corpus;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Precision and recall of each kind over a generated, labelled corpus. */
class DetectorQualityTest {
    private static final long SEED = 20_261_127;
    private static final int POSITIVES = 300;
    private static final int NEGATIVES = 30_000;

    private final Detector all = Detector.of(EnumSet.allOf(Kind.class));

    @Test
    void eachKindIsFoundAndWhatLooksLikeItIsNot() {
        var corpus = new Corpus(SEED);
        Map<Kind, Integer> hits = new EnumMap<>(Kind.class);
        Map<Kind, Integer> wrong = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            for (int i = 0; i < POSITIVES; i++) {
                Corpus.Sample sample = corpus.positive(kind.label());
                boolean found = false;
                for (Finding finding : all.find(sample.text())) {
                    String value = sample.text().substring(finding.from(), finding.to());
                    if (finding.kind() == kind && value.equals(sample.value())) {
                        found = true;
                    } else {
                        wrong.merge(finding.kind(), 1, Integer::sum);
                        show("wrong", finding.kind(), wrong, sample.text());
                    }
                }
                if (found) {
                    hits.merge(kind, 1, Integer::sum);
                } else {
                    show("missed", kind, wrong, sample.text());
                }
            }
        }
        for (int i = 0; i < NEGATIVES; i++) {
            String text = corpus.negative();
            for (Finding finding : all.find(text)) {
                wrong.merge(finding.kind(), 1, Integer::sum);
                show("false", finding.kind(), wrong, text);
            }
        }
        System.out.printf(
                "%-20s %9s %9s (seed %d, %d texts with it, %d without any)%n",
                "kind", "precision", "recall", SEED, POSITIVES, NEGATIVES);
        for (Kind kind : Kind.values()) {
            int right = hits.getOrDefault(kind, 0);
            double recall = right / (double) POSITIVES;
            double precision = right / (double) Math.max(1, right + wrong.getOrDefault(kind, 0));
            System.out.printf("%-20s %9.4f %9.4f%n", kind.label(), precision, recall);
        }
        assertThat(List.of(Kind.values())).allSatisfy(kind -> {
            int right = hits.getOrDefault(kind, 0);
            assertThat(right / (double) POSITIVES)
                    .as("recall of " + kind.label())
                    .isGreaterThan(0.98);
            assertThat(right / (double) (right + wrong.getOrDefault(kind, 0)))
                    .as("precision of " + kind.label())
                    .isGreaterThan(0.97);
        });
    }

    private static void show(String what, Kind kind, Map<Kind, Integer> wrong, String text) {
        if (wrong.getOrDefault(kind, 0) <= 3) {
            System.out.println(what + " " + kind.label() + ": " + text);
        }
    }
}
