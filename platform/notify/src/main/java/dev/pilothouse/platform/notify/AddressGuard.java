package dev.pilothouse.platform.notify;

import dev.pilothouse.kernel.PilothouseException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps webhooks away from addresses that would let a user reach, through this server, what only this machine may reach.
 * Link-local (where clouds keep their metadata), other known metadata addresses, multicast and unspecified addresses are
 * always refused, loopback unless allowed; private networks are where a self-hosted installation's receivers live.
 *
 * <p>{@link #ofPublic} refuses private networks, too, but for hosts that the server's configuration names.
 *
 * <p>The host is looked up and judged right before each attempt. The platform remembers a lookup for longer than an
 * attempt takes to connect, so the address that was judged is the one that is used. Immutable and thread-safe.
 */
public final class AddressGuard {
    /** Metadata services outside link-local: Amazon's over IPv6, Alibaba's, Oracle's. */
    private static final List<String> METADATA = List.of("fd000ec2000000000000000000000254", "646464c8", "c00000c0");

    private static final byte[] NAT64 = HexFormat.of().parseHex("0064ff9b0000000000000000");

    private final boolean allowLoopback;
    private final boolean allowPrivate;
    private final Set<String> hosts;

    AddressGuard(boolean allowLoopback) {
        this(allowLoopback, true, Set.of());
    }

    private AddressGuard(boolean allowLoopback, boolean allowPrivate, Set<String> hosts) {
        this.allowLoopback = allowLoopback;
        this.allowPrivate = allowPrivate;
        this.hosts = hosts;
    }

    /**
     * Allows public addresses, and such hosts wherever they are.
     *
     * @param hosts names or addresses, as they stand in an address
     */
    public static AddressGuard ofPublic(Set<String> hosts) {
        return new AddressGuard(
                false,
                false,
                hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet()));
    }

    /**
     * Reads an address without looking its host up; without TLS it is refused unless its host is one that is allowed.
     *
     * @throws PilothouseException {@link NotifyError#ADDRESS_REFUSED}
     */
    public URI parsePublic(String url) {
        URI parsed = parse(url);
        if (!parsed.getScheme().equalsIgnoreCase("https") && !isAllowed(parsed)) {
            throw NotifyError.ADDRESS_REFUSED.because(
                    "'" + url + "' has no TLS. Use https, or let who runs this server name the" + " host '"
                            + parsed.getHost() + "' in its configuration.");
        }
        return parsed;
    }

    private boolean isAllowed(URI url) {
        return hosts.contains(url.getHost().toLowerCase(Locale.ROOT));
    }

    /**
     * Reads an address without looking its host up.
     *
     * @throws PilothouseException {@link NotifyError#ADDRESS_REFUSED}
     */
    static URI parse(String url) {
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if (url.length() <= 2000
                    && (scheme.equals("https") || scheme.equals("http"))
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawFragment() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // refused below
        }
        throw NotifyError.ADDRESS_REFUSED.because("'" + url + "' is no address for a webhook. Use"
                + " https://host/path (or http://), without user name, password or fragment, at most 2000 characters.");
    }

    /**
     * Looks the host up and refuses it where any of its addresses is off limits.
     *
     * @throws PilothouseException {@link NotifyError#ADDRESS_REFUSED}
     * @throws UnknownHostException where the name has no address now
     */
    public void check(URI url) throws UnknownHostException {
        if (isAllowed(url)) {
            return;
        }
        String host = url.getHost().startsWith("[")
                ? url.getHost().substring(1, url.getHost().length() - 1)
                : url.getHost();
        for (InetAddress address : InetAddress.getAllByName(host)) {
            if (refused(address)) {
                throw NotifyError.ADDRESS_REFUSED.because("Webhooks are not sent to " + host + ": its address "
                        + address.getHostAddress()
                        + " is " + (allowPrivate ? "" : "private, ")
                        + "link-local, loopback, multicast or a metadata service."
                        + " Use an address that receivers share, or allow "
                        + (allowPrivate ? "loopback" : "this host") + " in the server's configuration.");
            }
        }
    }

    private boolean refused(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 16 && Arrays.equals(bytes, 0, 12, NAT64, 0, 12)) {
            return refusedV4(Arrays.copyOfRange(bytes, 12, 16));
        }
        return address.isLinkLocalAddress()
                || address.isMulticastAddress()
                || address.isAnyLocalAddress()
                || METADATA.contains(HexFormat.of().formatHex(bytes))
                || (bytes.length == 4 && bytes[0] == 0)
                || (address.isLoopbackAddress() && !allowLoopback)
                || (isPrivate(address, bytes) && !allowPrivate);
    }

    /** Networks that the internet does not route (RFC 1918, 4193, 6598, 2544), and addresses that wrap one of IPv4 (RFC 3056). */
    private static boolean isPrivate(InetAddress address, byte[] bytes) {
        int first = bytes[0] & 0xff;
        int second = bytes[1] & 0xff;
        return address.isSiteLocalAddress()
                || (bytes.length == 16 && ((first & 0xfe) == 0xfc || (first == 0x20 && second == 0x02)))
                || (bytes.length == 4
                        && ((first == 100 && (second & 0xc0) == 64)
                                || (first == 198 && (second & 0xfe) == 18)
                                || first >= 240));
    }

    private boolean refusedV4(byte[] bytes) {
        try {
            return refused(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four bytes are an address", e);
        }
    }
}
