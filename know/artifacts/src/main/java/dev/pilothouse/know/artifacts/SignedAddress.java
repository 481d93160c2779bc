package dev.pilothouse.know.artifacts;

import dev.pilothouse.know.mlflow.MlflowError;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Short-lived addresses that need no key: clients of object stores send none. The signature is HMAC-SHA256 (RFC 2104)
 * over method, tenant, resource and expiry. Thread-safe.
 */
final class SignedAddress {
    /** How long an address is good for. */
    static final Duration GOOD_FOR = Duration.ofMinutes(30);

    private final byte[] secret;
    private final InstantSource clock;

    SignedAddress(byte[] secret, InstantSource clock) {
        this.secret = secret.clone();
        this.clock = clock;
    }

    /** The query that makes a request valid: {@code tenant=…&expires=…&signature=…}. */
    String query(String method, String tenant, String resource) {
        long expires = clock.instant().plus(GOOD_FOR).getEpochSecond();
        return "tenant=" + URLEncoder.encode(tenant, StandardCharsets.UTF_8) + "&expires=" + expires + "&signature="
                + signature(method, tenant, resource, expires);
    }

    /**
     * Checks a request.
     *
     * @throws dev.pilothouse.kernel.PilothouseException PERMISSION_DENIED where the signature is wrong or too old
     */
    void check(String method, String tenant, String resource, String expires, String signature) {
        long until;
        try {
            until = Long.parseLong(expires);
        } catch (NumberFormatException e) {
            throw MlflowError.PERMISSION_DENIED.because(
                    "The address carries no expiry. Use it exactly as it was given.");
        }
        byte[] expected = signature(method, tenant, resource, until).getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.UTF_8))) {
            throw MlflowError.PERMISSION_DENIED.because(
                    "The signature does not fit the address. Use it exactly as it was given.");
        }
        if (clock.instant().getEpochSecond() > until) {
            throw MlflowError.PERMISSION_DENIED.because("The address expired. Ask for a new one.");
        }
    }

    private String signature(String method, String tenant, String resource, long expires) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            String text = String.join("\n", method, tenant, resource, Long.toString(expires));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has HmacSHA256", e);
        }
    }
}
