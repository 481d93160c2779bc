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

/**
 * Keeps webhooks away from addresses that would let a user reach, through this server, what only this machine may reach.
 * Link-local (where clouds keep their metadata), other known metadata addresses, multicast and unspecified addresses are
 * always refused, loopback unless allowed; private networks are where a self-hosted installation's receivers live.
 *
 * <p>The host is looked up and judged right before each attempt. The platform remembers a lookup for longer than an
 * attempt takes to connect, so the address that was judged is the one that is used.
 */
final class AddressGuard {
    /** Metadata services outside link-local: Amazon's over IPv6, Alibaba's, Oracle's. */
    private static final List<String> METADATA = List.of("fd000ec2000000000000000000000254", "646464c8", "c00000c0");

    private static final byte[] NAT64 = HexFormat.of().parseHex("0064ff9b0000000000000000");

    private final boolean allowLoopback;

    AddressGuard(boolean allowLoopback) {
        this.allowLoopback = allowLoopback;
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
    void check(URI url) throws UnknownHostException {
        String host = url.getHost().startsWith("[")
                ? url.getHost().substring(1, url.getHost().length() - 1)
                : url.getHost();
        for (InetAddress address : InetAddress.getAllByName(host)) {
            if (refused(address)) {
                throw NotifyError.ADDRESS_REFUSED.because("Webhooks are not sent to " + host + ": its address "
                        + address.getHostAddress()
                        + " is link-local, loopback, multicast or a metadata service. Use an address"
                        + " that receivers share, or allow loopback in the server's configuration.");
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
                || (address.isLoopbackAddress() && !allowLoopback);
    }

    private boolean refusedV4(byte[] bytes) {
        try {
            return refused(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four bytes are an address", e);
        }
    }
}
