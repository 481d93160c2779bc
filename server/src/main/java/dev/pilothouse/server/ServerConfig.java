package dev.pilothouse.server;

import dev.pilothouse.platform.columns.ColumnsConfig;
import dev.pilothouse.platform.config.Key;
import dev.pilothouse.platform.config.Settings;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.notify.MailConfig;
import dev.pilothouse.platform.notify.Notifications;
import dev.pilothouse.platform.segments.Durability;
import dev.pilothouse.platform.spans.OtlpConfig;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.run.onnx.OnnxConfig;
import dev.pilothouse.run.serving.ServingConfig;
import dev.pilothouse.trust.access.AccessConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything a server is configured with.
 *
 * @param data folder of everything that this process keeps for itself, and by default of everything
 * @param blobs folder of the blobs, which replicas share
 * @param keys folder of the installation's keys, which replicas share
 * @param edge where to listen
 * @param access how long keys live and how many wrong ones are borne
 * @param store control state
 * @param columns signals
 * @param serving model server
 * @param usageRetention how long records of usage are kept
 * @param blobGrace age below which an unreferenced blob is kept
 * @param webhooksToLoopback whether webhooks may go to this machine
 * @param guardHosts hosts of guards' webhooks that may be asked though their addresses are private, and without TLS
 * @param mail server that takes e-mail, where one is named
 * @param collector server that takes spans, where one is named
 */
record ServerConfig(
        Path data,
        Path blobs,
        Path keys,
        EdgeConfig edge,
        AccessConfig access,
        StoreConfig store,
        ColumnsConfig columns,
        ServingConfig serving,
        Duration usageRetention,
        Duration blobGrace,
        boolean webhooksToLoopback,
        List<String> guardHosts,
        Optional<MailConfig> mail,
        Optional<OtlpConfig> collector) {
    /** Flag that names the configuration file; it is read before all settings. */
    private static final String FILE_FLAG = "--config=";

    /** Variables with our prefix that clients on the same machine use. */
    private static final List<String> CLIENT_VARIABLES = List.of(
            "PILOTHOUSE_URL",
            "PILOTHOUSE_API_KEY",
            "PILOTHOUSE_PROFILE",
            "PILOTHOUSE_BACKUP_PASSPHRASE",
            "PILOTHOUSE_DATA",
            "PILOTHOUSE_CONFIG");

    private static final Key<String> DATA = Key.text("data-dir", ".pilothouse", "Folder in which everything is kept.");
    private static final Key<String> BIND = Key.text(
            "http.bind", "127.0.0.1", "Address to listen on; 0.0.0.0 serves other machines, then set TLS too.");
    private static final Key<Integer> PORT =
            Key.number("http.port", 8787, 0, 65535, "Port for every protocol; 0 takes a free one.");
    private static final Key<List<String>> ALIASES =
            Key.list("http.aliases", "", "Further ports that answer the same.");
    private static final Key<String> TLS_CERTIFICATES =
            Key.text("http.tls.certificates", "", "PEM file of the certificate chain; empty for plain HTTP.");
    private static final Key<String> TLS_KEY = Key.text("http.tls.key", "", "PEM file of the private key, PKCS#8.");
    private static final Key<Duration> REQUEST_TIMEOUT =
            Key.time("http.request-timeout", "120s", "Longest time for one request that is not a stream.");
    private static final Key<Duration> IDLE_TIMEOUT =
            Key.time("http.idle-timeout", "60s", "How long a connection may stand idle.");
    private static final Key<Integer> MAX_CONNECTIONS =
            Key.number("http.max-connections", 10_000, 1, 1_000_000, "Connections at one time.");
    private static final Key<Duration> DRAIN_DELAY = Key.time(
            "http.drain-delay",
            "0s",
            "How long health says 'draining' before the port closes; set it behind a balancer.");
    private static final Key<Duration> DRAIN_TIMEOUT =
            Key.time("http.drain-timeout", "30s", "How long requests in flight may take to finish on shutdown.");
    private static final Key<List<String>> TRUSTED_PROXIES = Key.list(
            "http.trusted-proxies",
            "",
            "Addresses and networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8.");
    private static final Key<Duration> HEADER_TIMEOUT = Key.time(
            "http.header-timeout", "20s", "Longest time from a request's first byte to the end of its header.");
    private static final Key<Duration> STALL_TIMEOUT = Key.time(
            "http.stall-timeout",
            "60s",
            "How long a client may read nothing of its answer, or send nothing of its body.");
    private static final Key<Integer> BODY_RATE = Key.number(
            "http.min-body-rate", 100, 0, 1 << 20, "Bytes a second that a body must bring on average; 0 for any.");
    private static final Key<Duration> KEY_LIFE =
            Key.time("access.key-life", "365d", "How long a key works whose maker does not say; 0s for without end.");
    private static final Key<Duration> MAX_KEY_LIFE =
            Key.time("access.max-key-life", "0s", "How long a key may work at most; 0s allows keys without end.");
    private static final Key<Duration> KEY_WARNING =
            Key.time("access.key-warning", "14d", "How long before a key ends its owner is told.");
    private static final Key<Integer> FAILED_LOGINS = Key.number(
            "access.failed-logins",
            30,
            1,
            1_000_000,
            "Wrong keys that one address may send in a minute before it must wait one.");
    private static final Key<String> STORE_URL = Key.text(
            "store.url",
            "",
            "Control state: empty for SQLite in the data folder, or postgresql://user:password@host/db.");
    private static final Key<Durability> DURABILITY = Key.choice(
            "columns.durability", Durability.WRITE, "Whether signals are acknowledged once written or once synced.");
    private static final Key<Long> COLUMNS_MEMORY =
            Key.bytes("columns.memory", "512MiB", "Memory for queries over signals.");
    private static final Key<String> COLUMNS_EXCHANGE = Key.text(
            "columns.exchange-dir",
            "",
            "Folder in which replicas show one another their signals and records of usage, the same for all; empty for one"
                    + " server.");
    /** Bytes of signals that stay in memory at most; they take more there than in the log, so a quarter of what there is. */
    private static final long MOST_HOT = 128L << 20;

    /** How old what other replicas see of this one's rows may get. */
    private static final Duration SHOWN_WITHIN = Duration.ofSeconds(30);

    private static final Key<Integer> INSTANCES =
            Key.number("serving.instances", 1, 1, 64, "Threads per loaded ONNX model.");
    private static final Key<Integer> QUEUE =
            Key.number("serving.queue", 2_048, 1, 1_000_000, "Requests that wait for one model before 503.");
    private static final Key<Integer> REMEMBERED = Key.number(
            "serving.remembered-answers",
            200_000,
            1,
            10_000_000,
            "Answers of each service that labels which come back later still find; they take up to 32 MiB.");
    private static final Key<Duration> USAGE_RETENTION =
            Key.time("usage.retention", "400d", "How long the records of calls to language models are kept.");
    private static final Key<String> BLOBS = Key.text(
            "blobs.dir", "", "Folder of the blobs, the same for all replicas; empty for 'blobs' in the data folder.");
    private static final Key<String> KEYS = Key.text(
            "keys.dir",
            "",
            "Folder of the installation's keys, the same for all replicas; empty for 'keys' in the data folder.");
    private static final Key<Duration> BLOB_GRACE =
            Key.time("blobs.grace", "24h", "Age below which an unreferenced blob is kept.");
    private static final Key<Boolean> WEBHOOKS_TO_LOOPBACK = Key.flag(
            "notify.loopback",
            false,
            "Whether webhooks may go to this machine; off, so that no tenant reaches its services.");

    private static final Key<List<String>> GUARD_HOSTS = Key.list(
            "guards.webhook-hosts",
            "",
            "Hosts of guards' webhooks that may be asked though their addresses are private or this machine's, and over http.");

    private static final Key<String> MAIL_HOST = Key.text("mail.host", "", "Server that takes e-mail; empty for none.");
    private static final Key<Integer> MAIL_PORT = Key.number(
            "mail.port", 0, 0, 65535, "Its port; 0 takes the usual one: 587 for starttls, 465 for tls, 25 for none.");
    private static final Key<MailConfig.Security> MAIL_SECURITY = Key.choice(
            "mail.security",
            MailConfig.Security.STARTTLS,
            "How the connection is protected; none is for a relay on this machine.");
    private static final Key<String> MAIL_USER = Key.text("mail.user", "", "Name to log in with; empty for none.");
    private static final Key<String> MAIL_PASSWORD = Key.secret("mail.password", "What belongs to it.");
    private static final Key<String> MAIL_FROM = Key.text("mail.from", "", "Sender of all messages.");
    private static final Key<String> MAIL_CERTIFICATES =
            Key.text("mail.certificates", "", "PEM file of certificates to trust in the place of the platform's.");

    private static final Key<String> SPANS_ENDPOINT = Key.text(
            "spans.endpoint",
            "",
            "Collector of OpenTelemetry, such as http://collector:4318, that gets a span of each call to a language model;"
                    + " empty for none.");
    private static final Key<String> SPANS_HEADERS =
            Key.secret("spans.headers", "Headers for it, such as its key: name=value, separated by commas.");

    /**
     * Reads all sources.
     *
     * @throws dev.pilothouse.kernel.PilothouseException INVALID with every mistake
     */
    static ServerConfig read(Map<String, String> environment, List<String> arguments) {
        Optional<Path> file = arguments.stream()
                .filter(a -> a.startsWith(FILE_FLAG))
                .map(a -> Path.of(a.substring(FILE_FLAG.length())))
                .findFirst()
                .or(() -> Optional.ofNullable(environment.get("PILOTHOUSE_CONFIG"))
                        .map(Path::of));
        List<String> flags =
                arguments.stream().filter(a -> !a.startsWith(FILE_FLAG)).toList();
        var settings = Settings.of(file, environment, flags, CLIENT_VARIABLES);
        ServerConfig config = from(settings);
        settings.check();
        return config;
    }

    private static ServerConfig from(Settings settings) {
        Path data = Path.of(settings.get(DATA)).toAbsolutePath().normalize();
        String certificates = settings.get(TLS_CERTIFICATES);
        String key = settings.get(TLS_KEY);
        if (certificates.isEmpty() != key.isEmpty()) {
            settings.problem(certificates.isEmpty() ? TLS_CERTIFICATES : TLS_KEY, "is missing; TLS needs both files");
        }
        var edge = new EdgeConfig(
                settings.get(BIND),
                settings.get(PORT),
                ports(settings),
                certificates.isEmpty() || key.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new EdgeConfig.Tls(Path.of(certificates), Path.of(key))),
                settings.get(REQUEST_TIMEOUT),
                settings.get(IDLE_TIMEOUT),
                settings.get(MAX_CONNECTIONS),
                settings.get(DRAIN_DELAY),
                settings.get(DRAIN_TIMEOUT),
                Duration.ofSeconds(15),
                64 << 20,
                settings.get(TRUSTED_PROXIES),
                new EdgeConfig.Patience(
                        settings.get(HEADER_TIMEOUT), settings.get(STALL_TIMEOUT), settings.get(BODY_RATE)));
        String url = settings.get(STORE_URL);
        OnnxConfig onnx = OnnxConfig.of(data.resolve("scratch")).with(settings.get(INSTANCES), settings.get(QUEUE));
        return new ServerConfig(
                data,
                folder(settings.get(BLOBS), data.resolve("blobs")),
                folder(settings.get(KEYS), data.resolve("keys")),
                edge,
                access(settings),
                url.isEmpty() ? StoreConfig.in(data) : StoreConfig.at(url),
                columns(settings, data.resolve("columns")),
                ServingConfig.of(onnx).remembering(settings.get(REMEMBERED)),
                settings.get(USAGE_RETENTION),
                settings.get(BLOB_GRACE),
                settings.get(WEBHOOKS_TO_LOOPBACK),
                settings.get(GUARD_HOSTS),
                mail(settings),
                collector(settings));
    }

    private static Optional<OtlpConfig> collector(Settings settings) {
        String endpoint = settings.get(SPANS_ENDPOINT);
        Optional<Map<String, String>> headers = OtlpConfig.headers(settings.get(SPANS_HEADERS));
        Optional<URI> traces = OtlpConfig.traces(endpoint);
        if (headers.isEmpty()) {
            settings.problem(SPANS_HEADERS, "must be headers as name=value, separated by commas");
        }
        if (traces.isEmpty() && !endpoint.isEmpty()) {
            settings.problem(
                    SPANS_ENDPOINT,
                    "must be an http or https address such as http://collector:4318, without user and query");
        }
        return traces.flatMap(address -> headers.map(all -> new OtlpConfig(address, all, ProgramVersion.text())));
    }

    private static Optional<MailConfig> mail(Settings settings) {
        String host = settings.get(MAIL_HOST);
        String from = settings.get(MAIL_FROM);
        String user = settings.get(MAIL_USER);
        String password = settings.get(MAIL_PASSWORD);
        String certificates = settings.get(MAIL_CERTIFICATES);
        MailConfig.Security security = settings.get(MAIL_SECURITY);
        int port = settings.get(MAIL_PORT);
        if (user.isEmpty() != password.isEmpty()) {
            settings.problem(user.isEmpty() ? MAIL_USER : MAIL_PASSWORD, "is missing; a login needs both");
        }
        if (host.isEmpty() != from.isEmpty()) {
            settings.problem(host.isEmpty() ? MAIL_HOST : MAIL_FROM, "is missing; mail needs both");
        }
        if (!from.isEmpty() && !Notifications.isMailAddress(from)) {
            settings.problem(MAIL_FROM, "must be an address such as pilothouse@example.com");
        }
        return host.isEmpty()
                ? Optional.empty()
                : Optional.of(new MailConfig(
                        host,
                        port == 0 ? usualPort(security) : port,
                        security,
                        user,
                        password,
                        from,
                        certificates.isEmpty() ? Optional.empty() : Optional.of(Path.of(certificates))));
    }

    private static int usualPort(MailConfig.Security security) {
        return switch (security) {
            case STARTTLS -> 587;
            case TLS -> 465;
            case NONE -> 25;
        };
    }

    private static ColumnsConfig columns(Settings settings, Path folder) {
        long memory = settings.get(COLUMNS_MEMORY);
        ColumnsConfig alone = ColumnsConfig.in(folder)
                .withDurability(settings.get(DURABILITY))
                .withMemoryBytes(memory)
                .withHotBytes(Math.min(MOST_HOT, memory / 4));
        String exchange = settings.get(COLUMNS_EXCHANGE);
        return exchange.isEmpty()
                ? alone
                : alone.withExchange(Path.of(exchange)).withSealInterval(SHOWN_WITHIN);
    }

    private static Path folder(String given, Path otherwise) {
        return given.isEmpty() ? otherwise : Path.of(given).toAbsolutePath().normalize();
    }

    private static AccessConfig access(Settings settings) {
        return new AccessConfig(
                Optional.of(settings.get(KEY_LIFE)).filter(life -> !life.isZero()),
                Optional.of(settings.get(MAX_KEY_LIFE)).filter(life -> !life.isZero()),
                settings.get(KEY_WARNING),
                settings.get(FAILED_LOGINS),
                Duration.ofMinutes(1));
    }

    private static List<Integer> ports(Settings settings) {
        try {
            return settings.get(ALIASES).stream().map(Integer::parseInt).toList();
        } catch (NumberFormatException _) {
            settings.problem(ALIASES, "must be port numbers separated by commas");
            return List.of();
        }
    }
}
