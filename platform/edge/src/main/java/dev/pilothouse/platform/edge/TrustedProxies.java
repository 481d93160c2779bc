package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.RequestHeaders;
import dev.pilothouse.kernel.CommonError;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The proxies whose {@code X-Forwarded-For} is believed. Each proxy appends the address it was called from, so the list is
 * read from its end: the last address that is no trusted proxy is the client. What stands before it is the client's own
 * invention. Immutable.
 */
final class TrustedProxies {
    /** Hops that are looked at; more than any chain of proxies has. */
    private static final int MOST_HOPS = 32;

    private final List<Network> networks;

    /** Addresses that begin with the same bits. */
    private record Network(byte[] address, int bits) {
        boolean holds(InetAddress other) {
            byte[] bytes = other.getAddress();
            if (bytes.length != address.length) {
                return false;
            }
            for (int i = 0; i < bits; i++) {
                int mask = 0x80 >> (i & 7);
                if ((bytes[i >> 3] & mask) != (address[i >> 3] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Trusts these.
     *
     * @param texts addresses such as {@code 10.0.0.7} or networks such as {@code 10.0.0.0/8} and {@code fd00::/8}
     * @throws dev.pilothouse.kernel.PilothouseException INVALID that names the text that is neither
     */
    TrustedProxies(List<String> texts) {
        this.networks = texts.stream().map(TrustedProxies::network).toList();
    }

    private static Network network(String text) {
        int slash = text.indexOf('/');
        byte[] address = NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
        if (address != null) {
            int longest = address.length * 8;
            if (slash < 0) {
                return new Network(address, longest);
            }
            String bits = text.substring(slash + 1);
            if (bits.matches("[0-9]{1,3}") && Integer.parseInt(bits) <= longest) {
                return new Network(address, Integer.parseInt(bits));
            }
        }
        throw CommonError.INVALID.because(
                "'" + text + "' in http.trusted-proxies is no address and no network; write one"
                        + " such as 10.0.0.7 or 10.0.0.0/8.");
    }

    /** Whom a request comes from. */
    InetAddress client(InetAddress peer, @Nullable RequestHeaders headers) {
        if (networks.isEmpty() || headers == null || !holds(peer)) {
            return peer;
        }
        var hops = new ArrayList<String>();
        for (String header : headers.getAll(HttpHeaderNames.X_FORWARDED_FOR)) {
            hops.addAll(List.of(header.split(",", -1)));
        }
        InetAddress client = peer;
        for (int i = hops.size() - 1; i >= 0 && hops.size() - i <= MOST_HOPS; i--) {
            InetAddress hop = address(hops.get(i).strip());
            if (hop == null) {
                return client;
            }
            client = hop;
            if (!holds(hop)) {
                return client;
            }
        }
        return client;
    }

    private boolean holds(InetAddress address) {
        return networks.stream().anyMatch(network -> network.holds(address));
    }

    /** An address as proxies write it, perhaps with a port; null where it is none. No name is ever looked up. */
    private static @Nullable InetAddress address(String text) {
        String bare = text;
        if (bare.startsWith("[")) {
            int end = bare.indexOf(']');
            bare = end < 0 ? "" : bare.substring(1, end);
        } else if (bare.indexOf(':') >= 0 && bare.indexOf(':') == bare.lastIndexOf(':')) {
            bare = bare.substring(0, bare.indexOf(':'));
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(bare);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
