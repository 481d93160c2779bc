package dev.pilothouse.platform.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import dev.pilothouse.kernel.PilothouseException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whose word on a client's address counts. */
class TrustedProxiesTest {
    private final TrustedProxies proxies = new TrustedProxies(List.of("10.0.0.0/8", "192.0.2.7", "fd00::/8"));

    @Test
    void whoIsNoTrustedProxyIsTheClientWhateverItSays() throws UnknownHostException {
        assertThat(client("203.0.113.5", "1.2.3.4")).isEqualTo("203.0.113.5");
        assertThat(client("192.0.2.8", "1.2.3.4")).isEqualTo("192.0.2.8");
    }

    @Test
    void theLastAddressThatIsNoProxyIsTheClientAndWhatItInventedIsNot() throws UnknownHostException {
        assertThat(client("10.1.1.1", "1.2.3.4")).isEqualTo("1.2.3.4");
        assertThat(client("10.1.1.1", "6.6.6.6, 1.2.3.4, 192.0.2.7")).isEqualTo("1.2.3.4");
        assertThat(client("10.1.1.1", "6.6.6.6", "1.2.3.4", "10.2.2.2")).isEqualTo("1.2.3.4");
        assertThat(client("fd00::1", "[2001:db8::1]:443")).isEqualTo("2001:db8:0:0:0:0:0:1");
        assertThat(client("10.1.1.1", "1.2.3.4:5678")).isEqualTo("1.2.3.4");
    }

    @Test
    void whatIsNoAddressIsNeverLookedUpAndEndsTheChain() throws UnknownHostException {
        assertThat(client("10.1.1.1", "unknown")).isEqualTo("10.1.1.1");
        assertThat(client("10.1.1.1", "1.2.3.4, evil.example.com, 10.9.9.9")).isEqualTo("10.9.9.9");
        assertThat(client("10.1.1.1", "")).isEqualTo("10.1.1.1");
        assertThat(client("10.1.1.1")).isEqualTo("10.1.1.1");
    }

    @Test
    void settingsThatAreNoNetworksAreNamed() {
        for (String text : List.of("proxy.example.com", "10.0.0.0/33", "10.0.0.0/x", "")) {
            assertThatThrownBy(() -> new TrustedProxies(List.of(text)))
                    .isInstanceOf(PilothouseException.class)
                    .hasMessageContaining("'" + text + "'")
                    .hasMessageContaining("http.trusted-proxies");
        }
    }

    private String client(String peer, String... forwarded) throws UnknownHostException {
        var headers = RequestHeaders.builder(HttpMethod.GET, "/");
        for (String value : forwarded) {
            headers.add("x-forwarded-for", value);
        }
        return proxies.client(InetAddress.getByName(peer), headers.build()).getHostAddress();
    }
}
