package dev.pilothouse.trust.privacy;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What can be found in a text. */
public enum Kind {
    /** A private key in PEM (RFC 7468), with or without its end. */
    PRIVATE_KEY(false),
    /** A JSON web token (RFC 7519) whose header is JSON. */
    JWT(false),
    /** Identifies an AWS access key. */
    AWS_KEY(false),
    GITHUB_TOKEN(false),
    GITLAB_TOKEN(false),
    SLACK_TOKEN(false),
    /** A key or a client secret of Google's interfaces. */
    GOOGLE_KEY(false),
    STRIPE_KEY(false),
    /** A key of OpenAI, or of one of those who took its form over. */
    OPENAI_KEY(false),
    ANTHROPIC_KEY(false),
    AZURE_KEY(false),
    NPM_TOKEN(false),
    PYPI_TOKEN(false),
    HUGGINGFACE_TOKEN(false),
    /** A key of this program. */
    PILOTHOUSE_KEY(false),
    /** The password in an address such as {@code postgres://user:password@host}. */
    CONNECTION_PASSWORD(false),
    /** What is assigned to a name such as {@code password} or {@code api_key}, or follows {@code Bearer}. */
    CREDENTIAL(false),
    EMAIL(true),
    PHONE(true),
    /** The number of a payment card (ISO/IEC 7812: issuer, length, Luhn). */
    PAYMENT_CARD(true),
    /** An account number (ISO 13616: country, length, mod 97). */
    IBAN(true),
    /** An address of IPv4 or IPv6 that is not this machine's own. */
    IP_ADDRESS(true),
    /** A social security number of the United States. */
    US_SSN(true),
    /** Spanish DNI or NIE with its letter. */
    ES_DNI(true),
    /** German tax identification number (ISO 7064 MOD 11,10). */
    DE_TAX_ID(true),
    UK_NHS(true),
    BR_CPF(true),
    NL_BSN(true),
    FR_NIR(true),
    /** Italian codice fiscale with its letter. */
    IT_FISCAL_CODE(true),
    PL_PESEL(true);

    private final boolean personal;

    Kind(boolean personal) {
        this.personal = personal;
    }

    /** Whether it is about a person; all others are secrets. */
    public boolean isPersonal() {
        return personal;
    }

    /** Its name in declarations and answers: {@code payment-card}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The kind of a label. */
    public static Optional<Kind> parse(String label) {
        for (Kind kind : values()) {
            if (kind.label().equals(label)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    /** All kinds of secrets. */
    public static Set<Kind> secrets() {
        EnumSet<Kind> kinds = EnumSet.allOf(Kind.class);
        kinds.removeIf(Kind::isPersonal);
        return kinds;
    }

    /** All kinds of personal data. */
    public static Set<Kind> personalData() {
        return EnumSet.complementOf(EnumSet.copyOf(secrets()));
    }
}
