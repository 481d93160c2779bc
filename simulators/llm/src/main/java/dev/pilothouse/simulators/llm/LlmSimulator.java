package dev.pilothouse.simulators.llm;

import dev.pilothouse.kernel.CommonError;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * A simulated provider that listens on a port of this machine, in HTTP/1.1 without TLS. Thread-safe.
 *
 * <p>It answers {@code /v1/chat/completions}, {@code /v1/completions}, {@code /v1/responses}, {@code /v1/embeddings}, {@code
 * /v1/moderations} and {@code /v1/models} as OpenAI's reference says, {@code /v1/messages} and {@code
 * /v1/messages/count_tokens} as Anthropic's does, and is steered under {@code /sim/}. Files and batches of {@code /v1/files} and
 * {@code /v1/batches} are OpenAI's; a line of a batch costs half of what the call alone would.
 */
public final class LlmSimulator implements AutoCloseable {
    private static final int BACKLOG = 4096;

    private final EventLoopGroup loops;
    private final Channel listening;
    private final Provider provider;

    private LlmSimulator(EventLoopGroup loops, Channel listening, Provider provider) {
        this.loops = loops;
        this.listening = listening;
        this.provider = provider;
    }

    /**
     * Listens once this returns.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#CONFLICT} where the port is taken
     */
    public static LlmSimulator start(SimulatorConfig config) {
        return start(config, InstantSource.system());
    }

    /** As {@link #start(SimulatorConfig)}; the clock gives the {@code created} of answers, and nothing else. */
    public static LlmSimulator start(SimulatorConfig config, InstantSource clock) {
        var provider = new Provider(config, clock);
        boolean epoll = Epoll.isAvailable();
        Class<? extends ServerChannel> channels = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        var loops = new MultiThreadIoEventLoopGroup(
                config.threads(), epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        var bound = new ServerBootstrap()
                .group(loops)
                .channel(channels)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        provider.joined(channel);
                        channel.pipeline()
                                .addLast(
                                        new HttpRequestDecoder(new HttpDecoderConfig()
                                                .setMaxInitialLineLength(16 << 10)
                                                .setMaxHeaderSize(64 << 10)
                                                .setMaxChunkSize(64 << 10)),
                                        new Connection(provider));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), config.port())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw CommonError.CONFLICT.because(
                    "Cannot listen on port " + config.port() + ": another program has it. Choose another, or 0.",
                    bound.cause());
        }
        return new LlmSimulator(loops, bound.channel(), provider);
    }

    /** The port it listens on. */
    public int port() {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /** Where clients call, without a path: {@code http://127.0.0.1:PORT}. */
    public URI address() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /** What it does now. */
    public SimulatorConfig config() {
        return provider.config();
    }

    /** Does otherwise from the next request on; port and threads stay. */
    public void configure(SimulatorConfig config) {
        provider.configure(config);
    }

    /** The invoice since the start or the last reset. */
    public Invoice invoice() {
        return provider.invoice();
    }

    /** Begins a new invoice; calls that are open end on the old one. */
    public void reset() {
        provider.reset();
    }

    /** Stops listening and ends all connections; open calls end as aborted. */
    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        provider.open().forEach(channel -> channel.close().awaitUninterruptibly());
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
