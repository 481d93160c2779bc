package dev.pilothouse.server;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.ErrorShape;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.http.SessionCookie;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The console at the server's address. Its page is open, since it holds nothing but the login form until a session is there.
 *
 * <p>Every address below {@code /console/} that is no file is the page, so that links to its inside work. The page names its
 * own folder in {@code <base>}, relative to the address that was asked for, so that it works below any path that a proxy
 * strips, without configuration; {@code X-Forwarded-Prefix} is honoured where it is sent. Files in {@code assets/} have
 * their hash in the name and are kept for ever; the page is asked for each time. The policy allows scripts and styles of
 * our own files only.
 */
final class ConsoleRoutes {
    private static final String ROOT = "/console/";
    private static final String POLICY =
            "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
    private static final String ABSENT = """
            <!doctype html><html lang="en"><title>Pilothouse</title>
            <h1>Pilothouse runs; its console was left out of this build</h1>
            <p>Building it needs Node 20.19 or newer with npm. The same is in the command line: <code>pilot status</code>.</p>
            </html>
            """;

    private final ConsoleFiles files = new ConsoleFiles();

    void addTo(RouteTable table) {
        table.protocol("console", ErrorShape.problemJson(), "")
                .raw("GET", "/", Access.open(), "root", this::page)
                .raw("GET", "/console", Access.open(), "consoleRoot", this::page)
                .raw("GET", "/console/", Access.open(), "consoleHome", this::page)
                .raw("GET", "/console/assets/{file}", Access.open(), "consoleAsset", this::asset)
                .raw("GET", "/console/mark.svg", Access.open(), "consoleMark", this::asset)
                .raw("GET", "/console/{*page}", Access.open(), "consolePage", this::page);
    }

    private HttpResponse page(ServiceRequestContext context, HttpRequest request, Caller caller) {
        String base = base(context.path(), Optional.ofNullable(request.headers().get("x-forwarded-prefix")));
        Optional<byte[]> page = files.page(base);
        var headers = headers(page.isPresent() ? HttpStatus.OK : HttpStatus.NOT_FOUND, "text/html; charset=utf-8")
                .add("cache-control", "no-cache")
                .add("vary", "x-forwarded-prefix");
        return answer(context, headers, page.orElseGet(() -> ABSENT.getBytes(StandardCharsets.UTF_8)));
    }

    private HttpResponse asset(ServiceRequestContext context, HttpRequest request, Caller caller) {
        String name = context.path().substring(ROOT.length());
        byte[] bytes = files.find(name)
                .orElseThrow(() -> CommonError.NOT_FOUND.because("The console has no file '" + name
                        + "'. After an upgrade of the server, load the page again."));
        boolean hashed = name.startsWith("assets/");
        var headers = headers(HttpStatus.OK, ConsoleFiles.mediaType(name))
                .add("cache-control", hashed ? "public, max-age=31536000, immutable" : "public, max-age=3600");
        return answer(context, headers, bytes);
    }

    /** The console's folder as seen from a path within it. */
    static String base(String path, Optional<String> forwardedPrefix) {
        String prefix = SessionCookie.prefix(forwardedPrefix);
        if (!prefix.isEmpty()) {
            return prefix + ROOT;
        }
        if (!path.startsWith(ROOT)) {
            return "console/";
        }
        long depth = path.substring(ROOT.length()).chars().filter(c -> c == '/').count();
        return depth == 0 ? "./" : "../".repeat((int) depth);
    }

    private static ResponseHeadersBuilder headers(HttpStatus status, String mediaType) {
        return ResponseHeaders.builder(status)
                .add("content-type", mediaType)
                .add("content-security-policy", POLICY)
                .add("x-content-type-options", "nosniff")
                .add("x-frame-options", "DENY")
                .add("referrer-policy", "same-origin")
                .add("cross-origin-opener-policy", "same-origin");
    }

    private static HttpResponse answer(ServiceRequestContext context, ResponseHeadersBuilder headers, byte[] body) {
        headers.setLong("content-length", body.length);
        return HttpResponse.of(
                headers.build(), context.method() == HttpMethod.HEAD ? HttpData.empty() : HttpData.wrap(body));
    }
}
