package dev.pilothouse.platform.http;

import com.linecorp.armeria.common.Cookie;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import dev.pilothouse.kernel.CommonError;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The cookie by which a browser is known after it logged in, and the guard against other sites that make the browser send it.
 *
 * <p>The cookie is {@code HttpOnly} (no script reads it), {@code SameSite=Strict} (no other site's link or form carries it)
 * and {@code Secure} wherever the browser came over TLS, to us or to the proxy before us. {@code SameSite} alone is not
 * enough: a page on another port or subdomain of the same registered domain counts as the same site. A call that changes
 * something must therefore also
 *
 * <ul>
 *   <li>carry the header {@code x-pilothouse-console}, which a form cannot set and which a script of another origin may only
 *       set after a preflight that this server never grants;
 *   <li>where the browser says by {@code Sec-Fetch-Site} whence it comes, come from our own origin.
 * </ul>
 *
 * <p>This was chosen over a double-submitted token, which is state that several tabs and replicas must agree on and which a
 * hostile subdomain can overwrite, and over comparing {@code Origin} with {@code Host}, which proxies rewrite. Calls by key
 * need none of it: no browser adds a key by itself.
 */
public final class SessionCookie {
    /** Name of the cookie. */
    public static final String NAME = "pilothouse_session";

    /** Header that a call by session needs where it changes something; its value does not matter. */
    public static final String GUARD = "x-pilothouse-console";

    private static final Pattern PREFIX = Pattern.compile("(/[A-Za-z0-9._~-]+){1,16}");

    private SessionCookie() {}

    /** The path below which a proxy serves us, from {@code X-Forwarded-Prefix}; empty where there is none or it is no path. */
    public static String prefix(Optional<String> forwarded) {
        return forwarded
                .map(text -> text.strip().replaceAll("/+$", ""))
                .filter(text -> PREFIX.matcher(text).matches() && !text.contains(".."))
                .orElse("");
    }

    /** The session's token that a request brings. */
    public static Optional<String> token(Call call) {
        return call.header("cookie").flatMap(SessionCookie::token);
    }

    /**
     * The header that gives the browser a token.
     *
     * @param tls whether this server itself speaks TLS
     */
    public static String give(String token, Duration life, Call call, boolean tls) {
        return line(token, life.toSeconds(), call, tls);
    }

    /** The header that takes the token from the browser. */
    public static String take(Call call, boolean tls) {
        return line("", 0, call, tls);
    }

    /**
     * Refuses a login that another site's page makes, which would log the person in as somebody else.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN
     */
    public static void refuseForeignLogin(Call call) {
        if (!isOwn(call.header("sec-fetch-site").orElse("none"))) {
            throw CommonError.FORBIDDEN.because(
                    "A page of another site asked to log in here. Log in on the console itself.");
        }
    }

    /** As {@link #token(Call)}, before there is a call. */
    public static Optional<String> token(RequestHeaders headers) {
        return Optional.ofNullable(headers.get("cookie")).flatMap(SessionCookie::token);
    }

    /**
     * Refuses what another site may have made the browser send.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN
     */
    public static void guard(RequestHeaders headers) {
        HttpMethod method = headers.method();
        if (method == HttpMethod.GET || method == HttpMethod.HEAD || method == HttpMethod.OPTIONS) {
            return;
        }
        if (!headers.contains(GUARD) || !isOwn(headers.get("sec-fetch-site", "none"))) {
            throw CommonError.FORBIDDEN.because(
                    "A call by session that changes something must come from the console's own"
                            + " pages, with the header '" + GUARD + "'. Programs use a key instead.");
        }
    }

    private static boolean isOwn(String site) {
        String word = site.toLowerCase(Locale.ROOT);
        return word.equals("same-origin") || word.equals("none");
    }

    private static Optional<String> token(String header) {
        // Cookies of HTTP/2 may come in several headers, which were joined by a comma.
        return Cookie.fromCookieHeader(header.replace(',', ';')).stream()
                .filter(cookie -> cookie.name().equals(NAME) && !cookie.value().isEmpty())
                .map(Cookie::value)
                .findFirst();
    }

    private static String line(String token, long seconds, Call call, boolean tls) {
        boolean secure = tls
                || call.header("x-forwarded-proto")
                        .map(proto -> proto.split(",", 2)[0].strip().equalsIgnoreCase("https"))
                        .orElse(false);
        return NAME + "=" + token + "; Path=" + prefix(call.header("x-forwarded-prefix")) + "/; Max-Age=" + seconds
                + "; HttpOnly; SameSite=Strict" + (secure ? "; Secure" : "");
    }
}
