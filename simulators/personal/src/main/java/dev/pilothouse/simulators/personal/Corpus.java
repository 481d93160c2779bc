package dev.pilothouse.simulators.personal;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * Labelled texts: values with check digits of its own making, and what only looks like them. Kinds are named as in the declarations of
 * guards, such as {@code payment-card}. The same seed makes the same texts. For one thread.
 */
public final class Corpus {
    private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";
    private static final String UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final String DIGITS = "0123456789";
    private static final String ALNUM = DIGITS + UPPER + LOWER;
    private static final List<String> SENTENCES = List.of(
            "Please update the record: %s.",
            "%s",
            "{\"note\": \"%s\"}",
            "Hello, I wrote to you about %s yesterday, and nobody answered.",
            "id;value\n17;%s\n",
            "(%s)",
            "Das ist %s, bitte prüfen.",
            "{\\\"text\\\": \\\"see\\n%s\\\"}",
            "见 %s 谢谢");

    private final SplittableRandom random;

    /** Texts of a seed. */
    public Corpus(long seed) {
        random = new SplittableRandom(seed);
    }

    /** A text and the value in it. */
    public record Sample(String text, String value) {}

    /**
     * A text with a value of a kind in it.
     *
     * @throws IllegalArgumentException where the kind is not known
     */
    public Sample positive(String kind) {
        String value = value(kind);
        String told = announce(kind, value);
        return new Sample(pick(SENTENCES).replace("%s", told), value);
    }

    /** What stands before a value, where its form alone does not tell it. */
    private String announce(String kind, String value) {
        return switch (kind) {
            case "de-tax-id" -> pick(List.of("Steuer-ID ", "IdNr. ", "Tax ID: ")) + value;
            case "uk-nhs" -> pick(List.of("NHS number ", "patient ")) + value;
            case "nl-bsn" -> pick(List.of("BSN ", "burgerservicenummer: ")) + value;
            case "pl-pesel" -> "PESEL " + value;
            case "br-cpf" -> value.indexOf('.') > 0 ? value : "CPF " + value;
            case "phone" -> value.startsWith("0") ? pick(List.of("phone ", "Tel. ", "call me: ")) + value : value;
            case "credential" -> pick(List.of("password = ", "API_KEY=", "client_secret: ", "db.password=")) + value;
            case "connection-password" ->
                pick(List.of("postgres", "mysql", "mongodb+srv", "redis", "amqp")) + "://app:" + value
                        + "@db.internal/x";
            default -> value;
        };
    }

    private String value(String kind) {
        return switch (kind) {
            case "private-key" -> pem();
            case "jwt" -> jwt();
            case "aws-key" -> pick(List.of("AKIA", "ASIA")) + of(UPPER + "234567", 16);
            case "github-token" -> checked(pick(List.of("ghp_", "gho_", "ghs_", "ghr_")));
            case "npm-token" -> checked("npm_");
            case "gitlab-token" -> "glpat-" + of(ALNUM + "-_", 19) + "a";
            case "slack-token" -> "xoxb-" + of(DIGITS, 12) + "-" + of(DIGITS, 13) + "-" + of(ALNUM, 24);
            case "google-key" -> "AIza" + of(ALNUM + "-_", 34) + "a";
            case "stripe-key" -> pick(List.of("sk_live_", "rk_live_", "sk_test_")) + of(ALNUM, 24);
            case "openai-key" -> pick(List.of("sk-", "sk-proj-")) + of(ALNUM, 20) + "T3BlbkFJ" + of(ALNUM, 20);
            case "anthropic-key" -> "sk-ant-api03-" + of(ALNUM + "-_", 93) + "AA";
            case "azure-key" -> of(ALNUM, 52) + "JQQJ99" + of(ALNUM, 26);
            case "pypi-token" -> "pypi-AgEIcHlwaS5vcmc" + of(ALNUM + "-_", 120) + "a";
            case "huggingface-token" -> "hf_" + of(UPPER + LOWER, 34);
            case "pilothouse-key" -> own();
            case "connection-password" -> of(ALNUM + "!$", 12) + "x7";
            case "credential" -> of(LOWER + UPPER + DIGITS, 20) + "7aQ9x";
            case "email" -> email();
            case "phone" -> phone();
            case "payment-card" -> card();
            case "iban" -> iban();
            case "ip-address" -> address();
            case "us-ssn" -> ssn();
            case "es-dni" -> dni();
            case "de-tax-id" -> taxId();
            case "uk-nhs" -> nhs();
            case "br-cpf" -> cpf();
            case "nl-bsn" -> bsn();
            case "fr-nir" -> nir();
            case "it-fiscal-code" -> fiscalCode();
            case "pl-pesel" -> pesel();
            default -> throw new IllegalArgumentException("No value of the kind '" + kind + "' is known here");
        };
    }

    /** A text with none of the kinds in it. */
    public String negative() {
        return switch (random.nextInt(24)) {
            case 0 -> "Order " + of(DIGITS, 10) + " was shipped with tracking number " + of(DIGITS, 12) + ".";
            case 1 -> "request id " + new UUID(random.nextLong(), random.nextLong());
            case 2 -> "sha256:" + hex(32) + " commit " + hex(20);
            case 3 ->
                "Upgrade to version " + n(20) + "." + n(300) + "." + n(100) + "." + n(99) + " from v1." + n(9) + ".2";
            case 4 ->
                "2026-0" + (1 + n(9)) + "-1" + n(9) + "T1" + n(9) + ":2" + n(9) + ":3" + n(9) + ".12" + n(9) + "Z took "
                        + n(100_000) + " ms, epoch 17" + of(DIGITS, 8) + " and 17" + of(DIGITS, 11);
            case 5 -> "for (int i = 0; i < " + n(1000) + "; i++) { total += values[i] * 0." + of(DIGITS, 12) + "; }";
            case 6 -> "password = getPassword(user);  String token = request.token; secret: ${SECRET_" + n(100) + "}";
            case 7 -> "apiKey: process.env.API_KEY, token: string, password: str = Field(...)";
            case 8 -> "git clone git@github.com:acme/app" + n(100) + ".git && npm i left-pad@1." + n(20) + ".0";
            case 9 ->
                "The paper arXiv:24" + of(DIGITS, 2) + "." + of(DIGITS, 5) + " and ISBN 978-3-" + of(DIGITS, 2) + "-"
                        + of(DIGITS, 6) + "-" + n(9) + ", doi:10." + of(DIGITS, 4) + "/" + of(DIGITS, 9);
            case 10 ->
                "{\"id\": " + random.nextLong(100_000_000L, 999_999_999L) + ", \"count\": " + n(1_000_000)
                        + ", \"lat\": 52." + of(DIGITS, 7) + ", \"lon\": -13." + of(DIGITS, 7) + "}";
            case 11 -> "max_tokens=" + n(5000) + " temperature=0." + n(99) + " seed=" + n(1_000_000_000);
            case 12 ->
                "Meeting at 10:" + (10 + n(49)) + ":00, room 3.2.1.4, at +02:00; 12:30:45:99; a + 4" + of(DIGITS, 6);
            case 13 ->
                "MAC 00:1a:2b:" + hex(1) + ":" + hex(1) + ":" + hex(1) + " and std::vector<int> face::feed(cafe::bar)";
            case 14 -> "data:image/png;base64," + of(ALNUM + "+/", 400);
            case 15 ->
                "The task is " + of(LOWER, 8) + "-" + of(LOWER, 9) + "; sk-" + of(LOWER, 6)
                        + " and xoxb-test, hf_model";
            case 16 -> "price 1.234.567,89 EUR, 12 345 678 inhabitants, 1,234,567 rows, +15 % and -3.25e+10";
            case 17 -> "My password is wrong and the password is required; token is invalid. Bearer of bad news.";
            case 18 ->
                "@Override public void x(@Nullable Foo foo) {} icon@2x.png user@localhost @media (min-width: 100px)";
            case 19 ->
                "https://example.org/a/" + of(DIGITS, 16) + "?page=" + n(99) + "&sid=" + of(LOWER, 12) + "#L" + n(999);
            case 20 ->
                "Invoice 2026-" + of(DIGITS, 5) + ", customer K" + of(DIGITS, 6) + ", article 4" + of(DIGITS, 7) + "-B";
            case 21 -> "AKIAEXAMPLE, eyJust a word, ghp_short, -----BEGIN CERTIFICATE-----\nMIIB" + of(ALNUM, 60);
            case 22 -> "0x" + hex(16) + " 0b1011 #" + hex(3) + " \\u00e9 E=mc2 C3PO ABC12 DE12 OK " + of(UPPER, 8);
            default -> "127.0.0.1:8080 0.0.0.0/0 ::1 255.255.255.0 10." + n(9) + ".x.y 3.11.2 1.2.3.4.5 300.1.2.3";
        };
    }

    private String pem() {
        var lines = new StringBuilder("-----BEGIN RSA PRIVATE KEY-----\n");
        for (int i = 0; i < 10; i++) {
            lines.append(of(ALNUM + "+/", 64)).append('\n');
        }
        return lines.append("-----END RSA PRIVATE KEY-----").toString();
    }

    private String jwt() {
        String header = "{\"alg\":\"RS256\",\"kid\":\"" + of(ALNUM, 8) + "\"}";
        String claims = "{\"sub\":\"" + of(DIGITS, 10) + "\"}";
        var base64 = Base64.getUrlEncoder().withoutPadding();
        return base64.encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + "." + of(ALNUM + "-_", 85) + "a";
    }

    private String checked(String prefix) {
        String body = of(ALNUM, 30);
        return prefix + body + crc(body);
    }

    private String own() {
        String head = "ph_" + hex(8) + "_" + of(ALNUM, 43);
        return head + crc(head);
    }

    private static String crc(String of) {
        var crc = new CRC32();
        crc.update(of.getBytes(StandardCharsets.US_ASCII));
        var text = new StringBuilder();
        for (long rest = crc.getValue(); text.length() < 6; rest /= 62) {
            text.append(ALNUM.charAt((int) (rest % 62)));
        }
        return text.reverse().toString();
    }

    private String email() {
        String local = pick(List.of("anna", "b.meier", "o'neil", "info+news", "x_1", "müller", "joão.silva")) + n(100);
        return local + "@"
                + pick(List.of("example.org", "mail.acme.co.uk", "firma.de", "xn--bcher-kva.example", "a-b.io"));
    }

    private String phone() {
        return switch (random.nextInt(6)) {
            case 0 -> "+49 30 " + (1 + n(9)) + of(DIGITS, 7);
            case 1 -> "+1 (415) 5" + (20 + n(70)) + "-" + of(DIGITS, 4);
            case 2 -> "+33 6 " + two() + " " + two() + " " + two() + " " + two();
            case 3 -> "(212) 4" + (20 + n(70)) + "-" + of(DIGITS, 4);
            case 4 -> "+4479" + of(DIGITS, 8);
            default -> "030 " + (1 + n(9)) + of(DIGITS, 6);
        };
    }

    private String two() {
        return of(DIGITS, 2);
    }

    private String card() {
        return switch (random.nextInt(4)) {
            case 0 -> grouped(luhn("4" + of(DIGITS, 14)), pick(List.of(" ", "-")), 4, 4, 4, 4);
            case 1 -> luhn("5" + (1 + n(5)) + of(DIGITS, 13));
            case 2 -> grouped(luhn("37" + of(DIGITS, 12)), " ", 4, 6, 5);
            default -> luhn("6011" + of(DIGITS, 11));
        };
    }

    private static String luhn(String body) {
        for (char check = '0'; check <= '9'; check++) {
            int sum = 0;
            String number = body + check;
            for (int i = number.length() - 1, twice = 0; i >= 0; i--, twice ^= 1) {
                int d = (number.charAt(i) - '0') << twice;
                sum += d / 10 + d % 10;
            }
            if (sum % 10 == 0) {
                return number;
            }
        }
        throw new AssertionError(body);
    }

    private static String grouped(String text, String by, int... lengths) {
        var grouped = new StringBuilder();
        int at = 0;
        for (int length : lengths) {
            int end = Math.min(text.length(), at + length);
            grouped.append(at == 0 || at == end ? "" : by).append(text, at, end);
            at = end;
        }
        return grouped.toString();
    }

    private String iban() {
        String body =
                switch (random.nextInt(3)) {
                    case 0 -> "DE" + of(DIGITS, 18);
                    case 1 -> "GB" + of(UPPER, 4) + of(DIGITS, 14);
                    default -> "FR" + of(DIGITS, 20) + of(UPPER, 1) + two();
                };
        var number = new StringBuilder();
        (body.substring(2) + body.substring(0, 2) + "00").chars().forEach(c -> number.append(Character.digit(c, 36)));
        int check = 98
                - new BigInteger(number.toString()).mod(BigInteger.valueOf(97)).intValue();
        String iban = body.substring(0, 2) + padded(check) + body.substring(2);
        return random.nextBoolean() ? iban : grouped(iban, " ", 4, 4, 4, 4, 4, 4, 4, 4);
    }

    private String address() {
        return switch (random.nextInt(3)) {
            case 0 -> (20 + n(100)) + "." + n(256) + "." + n(256) + "." + n(256);
            case 1 -> "192.168." + n(256) + "." + n(256);
            default -> "2001:db8:" + Integer.toHexString(n(65_536)) + "::" + Integer.toHexString(1 + n(65_535));
        };
    }

    private String ssn() {
        return String.format("%03d-%02d-%04d", 1 + n(600), 1 + n(99), 1 + n(9999));
    }

    private String dni() {
        int number = n(100_000_000);
        String letters = "TRWAGMYFPDXBNJZSQVHLCKE";
        if (random.nextBoolean()) {
            return String.format("%08d", number) + letters.charAt(number % 23);
        }
        int sign = n(3);
        int body = n(10_000_000);
        return "XYZ".charAt(sign) + String.format("%07d", body) + letters.charAt((sign * 10_000_000 + body) % 23);
    }

    private String taxId() {
        while (true) {
            String digits = (1 + n(9)) + of(DIGITS, 9);
            long most = DIGITS.chars()
                    .map(d -> (int) digits.chars().filter(c -> c == d).count())
                    .filter(c -> c > 1)
                    .count();
            if (most == 1 && digits.chars().distinct().count() >= 8) {
                int product = 10;
                for (int i = 0; i < 10; i++) {
                    int sum = (digits.charAt(i) - '0' + product) % 10;
                    product = 2 * (sum == 0 ? 10 : sum) % 11;
                }
                int check = 11 - product;
                String id = digits + (check == 10 ? 0 : check);
                return random.nextBoolean() ? id : grouped(id, " ", 2, 3, 3, 3);
            }
        }
    }

    private String nhs() {
        while (true) {
            String digits = of(DIGITS, 9);
            int sum = 0;
            for (int i = 0; i < 9; i++) {
                sum += (digits.charAt(i) - '0') * (10 - i);
            }
            int check = (11 - sum % 11) % 11;
            if (check != 10) {
                return grouped(digits + check, random.nextBoolean() ? " " : "", 3, 3, 4);
            }
        }
    }

    private String cpf() {
        String digits = of(DIGITS, 8) + "7";
        for (int round = 0; round < 2; round++) {
            int sum = 0;
            for (int i = 0; i < digits.length(); i++) {
                sum += (digits.charAt(i) - '0') * (digits.length() + 1 - i);
            }
            int rest = sum % 11;
            digits += rest < 2 ? 0 : 11 - rest;
        }
        return random.nextBoolean()
                ? digits
                : digits.substring(0, 3) + "." + digits.substring(3, 6) + "." + digits.substring(6, 9) + "-"
                        + digits.substring(9);
    }

    private String bsn() {
        while (true) {
            String digits = of(DIGITS, 8);
            int sum = 0;
            for (int i = 0; i < 8; i++) {
                sum += (digits.charAt(i) - '0') * (9 - i);
            }
            if (sum % 11 < 10 && sum > 0) {
                return digits + sum % 11;
            }
        }
    }

    private String nir() {
        String number = (1 + n(2)) + two() + padded(1 + n(12)) + padded(1 + n(95)) + of(DIGITS, 6);
        String key = padded(97 - Long.parseLong(number) % 97);
        return random.nextBoolean() ? number + key : grouped(number + key, " ", 1, 2, 2, 2, 3, 3, 2);
    }

    private String fiscalCode() {
        String body = of(UPPER, 6) + two() + pick(List.of("A", "B", "H", "T")) + two() + of(UPPER, 1) + of(DIGITS, 3);
        int[] odd = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
        int sum = 0;
        for (int i = 0; i < 15; i++) {
            int value = Character.isDigit(body.charAt(i)) ? body.charAt(i) - '0' : body.charAt(i) - 'A';
            sum += i % 2 == 0 ? odd[value] : value;
        }
        return body + UPPER.charAt(sum % 26);
    }

    private String pesel() {
        String digits = two() + padded(1 + n(12)) + padded(1 + n(28)) + of(DIGITS, 4);
        int[] weights = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
        int sum = 0;
        for (int i = 0; i < 10; i++) {
            sum += weights[i] * (digits.charAt(i) - '0');
        }
        return digits + (10 - sum % 10) % 10;
    }

    private static String padded(long number) {
        return number < 10 ? "0" + number : Long.toString(number);
    }

    private int n(int bound) {
        return random.nextInt(bound);
    }

    private String hex(int bytes) {
        byte[] some = new byte[bytes];
        random.nextBytes(some);
        return HexFormat.of().formatHex(some);
    }

    private String of(String characters, int count) {
        var text = new StringBuilder(count);
        for (int i = 0; i < count; i++) {
            text.append(characters.charAt(random.nextInt(characters.length())));
        }
        return text.toString();
    }

    /** One of several. */
    public <T> T pick(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }
}
