package dev.pilothouse.trust.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.simulators.personal.Corpus;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DetectorTest {
    private final Detector all = Detector.of(EnumSet.allOf(Kind.class));

    private static String told(String text, Finding finding) {
        return finding.kind().label() + " " + text.substring(finding.from(), finding.to());
    }

    private List<String> told(String text) {
        return all.find(text).stream().map(finding -> told(text, finding)).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    card 4111 1111 1111 1111 12/27 | payment-card 4111 1111 1111 1111
                    Amex 378282246310005, thanks | payment-card 378282246310005
                    IBAN GB82 WEST 1234 5698 7654 32. | iban GB82 WEST 1234 5698 7654 32
                    pay to DE89370400440532013000 now | iban DE89370400440532013000
                    my SSN: 536-90-4399 | us-ssn 536-90-4399
                    NIE X1234567L | es-dni X1234567L
                    Steuer-ID 86095742719 | de-tax-id 86095742719
                    NHS number 943 476 5919 | uk-nhs 943 476 5919
                    CPF 529.982.247-25 | br-cpf 529.982.247-25
                    BSN: 111222333 | nl-bsn 111222333
                    NIR 2 55 08 14 168 025 38 | fr-nir 2 55 08 14 168 025 38
                    codice RSSMRA85T10A562S | it-fiscal-code RSSMRA85T10A562S
                    PESEL 44051401359 | pl-pesel 44051401359
                    mail to <anna.o'neil+x@mail.example.org>! | email anna.o'neil+x@mail.example.org
                    call +44 20 7946 0958 or ask | phone +44 20 7946 0958
                    from 93.184.216.34: denied | ip-address 93.184.216.34
                    at 2001:db8::8a2e:370:7334. | ip-address 2001:db8::8a2e:370:7334
                    key AKIAIOSFODNN7EXAMPLE here | aws-key AKIAIOSFODNN7EXAMPLE
                    postgres://app:s3cr3t-x@db/x | connection-password s3cr3t-x
                    "password": "hunter2!" | credential hunter2!
                    DB_PASSWORD=c0rrecthorse | credential c0rrecthorse
                    my password is Tr0ub4dor&3. | credential Tr0ub4dor
                    Authorization: Bearer 9aF3kLm20PqRs7TuVwXy | credential 9aF3kLm20PqRs7TuVwXy
                    """)
    void whatIsThereIsFoundAndNothingBeside(String text, String finding) {
        assertThat(told(text)).containsExactly(finding);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4111 1111 1111 1112",
                "order 4111111111111112345678",
                "550e8400-e29b-41d4-a716-446655440000",
                "GB82 WEST 1234 5698 7654 33",
                "666-12-3456 and 078-05-1120",
                "git@github.com:acme/app.git",
                "upgrade to version 10.0.19.45",
                "password: ${DB_PASSWORD}",
                "token = request.getHeader(\"x\")",
                "[EMAIL_1] and password=[CREDENTIAL_1]",
                "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUEZy8S3V5\n-----END CERTIFICATE-----",
                "2026-11-27T12:28:45.123456789Z",
            })
    void whatOnlyLooksLikeItIsNotFound(String text) {
        assertThat(told(text)).isEmpty();
    }

    @Test
    void onlyWhatIsAskedForIsFound() {
        String text = "anna@example.org 4111 1111 1111 1111";
        assertThat(Detector.of(EnumSet.of(Kind.EMAIL)).find(text)).hasSize(1);
        assertThat(Detector.of(EnumSet.noneOf(Kind.class)).find(text)).isEmpty();
        assertThat(Detector.of(EnumSet.of(Kind.EMAIL), 96).find(text)).isEmpty();
    }

    @Test
    void aFindingNeverShowsWhatWasFound() {
        assertThat(all.find("anna@example.org").toString()).doesNotContain("anna");
    }

    /** What is settled in a growing text is found as in the whole, however it grows. */
    @Test
    void aTextReadInPiecesHasTheFindingsOfTheWhole() {
        for (long seed = 1; seed <= 300; seed++) {
            var random = new SplittableRandom(seed);
            var corpus = new Corpus(seed);
            var text = new StringBuilder();
            while (text.length() < 3_000) {
                text.append(
                        random.nextBoolean()
                                ? corpus.negative()
                                : corpus.positive(corpus.pick(List.of(Kind.values()))
                                                .label())
                                        .text());
                text.append(corpus.pick(List.of(" ", "\n", ", ", "", ". ")));
            }
            String whole = text.toString();
            var pieces = new ArrayList<String>();
            int shown = 0;
            for (int end = 0; shown < whole.length(); ) {
                end = Math.min(whole.length(), end + 1 + random.nextInt(60));
                int begin = Math.max(0, shown - Detector.CONTEXT);
                String window = whole.substring(begin, end);
                int settled = end == whole.length() ? window.length() : Detector.settled(window);
                for (Finding finding : all.find(window)) {
                    if (finding.from() + begin >= shown && finding.from() < settled) {
                        assertThat(finding.to()).as("seed " + seed).isLessThanOrEqualTo(settled);
                        pieces.add(told(window, finding));
                    }
                }
                shown = Math.max(shown, begin + settled);
            }
            assertThat(pieces).as("seed " + seed).containsExactlyElementsOf(told(whole));
        }
    }

    @Test
    void aValueKeepsItsNameAndIsPutBack() {
        var redactor = new Redactor();
        String first = "Ask anna@example.org or bo@example.org, anna@example.org first.";
        String redacted = redactor.redact(first, all.find(first));
        assertThat(redacted).isEqualTo("Ask [EMAIL_1] or [EMAIL_2], [EMAIL_1] first.");
        String second = "From: bo@example.org [EMAIL_3] cy@example.org";
        assertThat(redactor.redact(second, all.find(second))).isEqualTo("From: [EMAIL_2] [EMAIL_3] [EMAIL_4]");
        assertThat(redactor.restore("Dear [EMAIL_1], [EMAIL_3] [EMAIL_9] [[EMAIL_4]] [EMAIL_"))
                .isEqualTo("Dear anna@example.org, [EMAIL_3] [EMAIL_9] [cy@example.org] [EMAIL_");
        assertThat(redactor.restore(redacted)).isEqualTo(first);
    }
}
