package dev.pilothouse.trust.privacy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32;

/** Finds keys and tokens by the form that their makers gave them, and by its checksum where it has one. Stateless. */
final class Keys {
    private static final String BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int LONGEST_TOKEN = 4_096;
    private static final int LONGEST_HEADER = 1_024;
    private static final int CASK_LENGTH = 84;
    private static final int CASK_MARK = 52;

    /** What must be true of a key beside its characters. */
    private enum Proof {
        NONE,
        /** The last six characters are a CRC-32 of the thirty before, in base 62. */
        CRC,
        /** There are letters, and digits or letters of both cases. */
        MIXED,
        /** It holds the mark of OpenAI, {@code OpenAI} in base 64. */
        MARKED
    }

    /** A form: how a key begins, and how many of which characters follow. */
    private record Form(Kind kind, String begin, Chars of, int least, int most, Proof proof, int confidence) {}

    private static final List<Form> FORMS = List.of(
            new Form(Kind.AWS_KEY, "AKIA", Chars.BASE32, 16, 16, Proof.NONE, 90),
            new Form(Kind.AWS_KEY, "ASIA", Chars.BASE32, 16, 16, Proof.NONE, 90),
            new Form(Kind.GITHUB_TOKEN, "ghp_", Chars.ALNUM, 36, 36, Proof.CRC, 99),
            new Form(Kind.GITHUB_TOKEN, "gho_", Chars.ALNUM, 36, 36, Proof.CRC, 99),
            new Form(Kind.GITHUB_TOKEN, "ghu_", Chars.ALNUM, 36, 36, Proof.CRC, 99),
            new Form(Kind.GITHUB_TOKEN, "ghs_", Chars.ALNUM, 36, 36, Proof.CRC, 99),
            new Form(Kind.GITHUB_TOKEN, "ghr_", Chars.ALNUM, 36, 36, Proof.CRC, 99),
            new Form(Kind.GITHUB_TOKEN, "github_pat_", Chars.WORD, 82, 82, Proof.MIXED, 95),
            new Form(Kind.GITLAB_TOKEN, "glpat-", Chars.BASE64URL.or(Chars.of(".")), 20, 300, Proof.NONE, 90),
            new Form(Kind.GITLAB_TOKEN, "gldt-", Chars.BASE64URL, 20, 64, Proof.NONE, 90),
            new Form(Kind.GITLAB_TOKEN, "glrt-", Chars.BASE64URL.or(Chars.of(".")), 20, 300, Proof.NONE, 90),
            new Form(Kind.SLACK_TOKEN, "xoxb-", Chars.BASE64URL, 20, 255, Proof.MIXED, 92),
            new Form(Kind.SLACK_TOKEN, "xoxp-", Chars.BASE64URL, 20, 255, Proof.MIXED, 92),
            new Form(Kind.SLACK_TOKEN, "xoxa-", Chars.BASE64URL, 20, 255, Proof.MIXED, 92),
            new Form(Kind.SLACK_TOKEN, "xoxr-", Chars.BASE64URL, 20, 255, Proof.MIXED, 92),
            new Form(Kind.SLACK_TOKEN, "xoxs-", Chars.BASE64URL, 20, 255, Proof.MIXED, 92),
            new Form(Kind.SLACK_TOKEN, "xoxe-", Chars.BASE64URL, 20, 255, Proof.MIXED, 92),
            new Form(Kind.SLACK_TOKEN, "xapp-", Chars.BASE64URL, 20, 255, Proof.MIXED, 92),
            new Form(Kind.GOOGLE_KEY, "AIza", Chars.BASE64URL, 35, 35, Proof.MIXED, 92),
            new Form(Kind.GOOGLE_KEY, "GOCSPX-", Chars.BASE64URL, 28, 28, Proof.MIXED, 95),
            new Form(Kind.GOOGLE_KEY, "ya29.", Chars.BASE64URL, 40, LONGEST_TOKEN, Proof.MIXED, 88),
            new Form(Kind.STRIPE_KEY, "sk_live_", Chars.ALNUM, 16, 247, Proof.MIXED, 95),
            new Form(Kind.STRIPE_KEY, "sk_test_", Chars.ALNUM, 16, 247, Proof.MIXED, 90),
            new Form(Kind.STRIPE_KEY, "rk_live_", Chars.ALNUM, 16, 247, Proof.MIXED, 95),
            new Form(Kind.STRIPE_KEY, "rk_test_", Chars.ALNUM, 16, 247, Proof.MIXED, 90),
            new Form(Kind.STRIPE_KEY, "whsec_", Chars.BASE64, 24, 100, Proof.MIXED, 90),
            new Form(Kind.ANTHROPIC_KEY, "sk-ant-", Chars.BASE64URL, 32, 255, Proof.MIXED, 96),
            new Form(Kind.OPENAI_KEY, "sk-", Chars.BASE64URL, 40, 255, Proof.MARKED, 98),
            new Form(Kind.OPENAI_KEY, "sk-", Chars.BASE64URL, 32, 255, Proof.MIXED, 75),
            new Form(Kind.NPM_TOKEN, "npm_", Chars.ALNUM, 36, 36, Proof.CRC, 99),
            new Form(Kind.PYPI_TOKEN, "pypi-AgE", Chars.BASE64URL, 50, 1_000, Proof.MIXED, 96),
            new Form(Kind.HUGGINGFACE_TOKEN, "hf_", Chars.LETTER, 34, 34, Proof.NONE, 92));

    /** Characters that a form begins with. */
    private static final Chars BEGINS = Chars.of("AGghnprswxy");

    private static final String OPENAI_MARK = "T3BlbkFJ";
    private static final String CASK = "JQQJ99";

    private Keys() {}

    /** Looks at a letter at which a name begins. */
    static void look(Scan scan, int from) {
        if (BEGINS.has(scan.at(from))) {
            for (Form form : FORMS) {
                if (scan.starts(from, form.begin)) {
                    key(scan, from, form);
                }
            }
            if (scan.starts(from, "ph_")) {
                own(scan, from);
            }
        } else if (scan.starts(from, "eyJ")) {
            jwt(scan, from);
        }
    }

    private static void key(Scan scan, int from, Form form) {
        int body = from + form.begin.length();
        int to = scan.run(body, form.of, form.most + 1);
        // A full stop behind a key ends its sentence.
        to -= scan.at(to - 1) == '.' ? 1 : 0;
        if (to - body < form.least || to - body > form.most || Chars.WORD.has(scan.at(to))) {
            return;
        }
        String key = scan.part(body, to);
        switch (form.proof) {
            case NONE -> scan.found(form.kind, from, to, form.confidence);
            case CRC -> {
                boolean proven = crc(key.substring(0, 30)).equals(key.substring(30));
                if (proven || mixed(key)) {
                    scan.found(form.kind, from, to, proven ? form.confidence : 60);
                }
            }
            case MIXED -> {
                if (mixed(key)) {
                    scan.found(form.kind, from, to, form.confidence);
                }
            }
            case MARKED -> {
                if (key.contains(OPENAI_MARK)) {
                    scan.found(form.kind, from, to, form.confidence);
                }
            }
        }
    }

    /** Letters and digits, in no order that people type. */
    private static boolean mixed(String key) {
        boolean digits = false;
        boolean upper = false;
        boolean lower = false;
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            digits |= Chars.DIGIT.has(c);
            upper |= Chars.UPPER.has(c);
            lower |= Chars.LETTER.has(c) && !Chars.UPPER.has(c);
        }
        return (upper || lower) && (digits || (upper && lower)) && Assignments.bitsPerCharacter(key) >= 2.8;
    }

    /** A CRC-32 in six digits of base 62. */
    static String crc(String of) {
        var crc = new CRC32();
        crc.update(of.getBytes(StandardCharsets.US_ASCII));
        char[] digits = new char[6];
        long rest = crc.getValue();
        for (int i = digits.length - 1; i >= 0; i--) {
            digits[i] = BASE62.charAt((int) (rest % BASE62.length()));
            rest /= BASE62.length();
        }
        return new String(digits);
    }

    /** A key of this program: an id of 16 hexadecimal digits, a secret of 43 and a checksum of 6 in base 62. */
    private static void own(Scan scan, int from) {
        int id = from + 3;
        int secret = id + 17;
        int check = secret + 43;
        boolean fits = scan.run(id, Chars.HEX, 17) == id + 16
                && scan.at(id + 16) == '_'
                && scan.run(secret, Chars.ALNUM, 50) == check + 6
                && !Chars.WORD.has(scan.at(check + 6));
        if (fits && crc(scan.part(from, check)).equals(scan.part(check, check + 6))) {
            scan.found(Kind.PILOTHOUSE_KEY, from, check + 6, 99);
        }
    }

    private static void jwt(Scan scan, int from) {
        int header = scan.run(from, Chars.BASE64URL, LONGEST_HEADER);
        if (scan.at(header) != '.' || !json(scan.part(from, header))) {
            return;
        }
        int payload = scan.run(header + 1, Chars.BASE64URL, LONGEST_TOKEN);
        if (payload == header + 1 || scan.at(payload) != '.') {
            return;
        }
        int signature = scan.run(payload + 1, Chars.BASE64URL, LONGEST_HEADER);
        scan.found(Kind.JWT, from, signature, 98);
    }

    private static boolean json(String header) {
        try {
            String text = new String(Base64.getUrlDecoder().decode(header), StandardCharsets.UTF_8).strip();
            return text.startsWith("{") && text.endsWith("}") && text.contains("\"alg\"");
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /** A run of letters and digits with the mark that Azure's newer keys hold at a place of their own. */
    static void cask(Scan scan, int from) {
        if (scan.starts(from + CASK_MARK, CASK) && scan.run(from, Chars.ALNUM, CASK_LENGTH + 1) == from + CASK_LENGTH) {
            scan.found(Kind.AZURE_KEY, from, from + CASK_LENGTH, 96);
        }
    }

    /** Looks at five hyphens: a private key to its end, or as far as it goes. */
    static void pem(Scan scan, int from) {
        if (!scan.starts(from, "-----BEGIN ")) {
            return;
        }
        int head = scan.indexOf("-----", from + 11, 64);
        if (head < 0 || !scan.part(from, head).contains("PRIVATE KEY")) {
            return;
        }
        int begin = head + 5;
        int tail = scan.indexOf("-----END ", begin, Detector.LONGEST - 256);
        int closed = tail < 0 ? -1 : scan.indexOf("-----", tail + 9, 64);
        if (closed >= 0) {
            scan.found(Kind.PRIVATE_KEY, from, closed + 5, 99);
            return;
        }
        int cut = scan.run(begin, Chars.BASE64.or(Chars.of(" \r\n\\")), Detector.LONGEST - 256);
        if (cut - begin >= 40) {
            scan.found(Kind.PRIVATE_KEY, from, cut, 90);
        }
    }
}
