package dev.pilothouse.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A mail server on this machine (RFC 5321) that speaks STARTTLS or TLS with a certificate made for it, asks for AUTH, and
 * refuses recipients whose name begins with {@code nobody}.
 */
public final class SmtpServer implements AutoCloseable {
    /**
     * What arrived.
     *
     * @param user who logged in
     * @param from the line that named the sender
     * @param to recipients that were not refused
     * @param content the message, headers and all
     * @param secure whether it came over TLS
     */
    public record Mail(String user, String from, List<String> to, String content, boolean secure) {
        public Mail {
            to = List.copyOf(to);
        }
    }

    private static final String PASSWORD = "changeit";

    private final List<Mail> received = new CopyOnWriteArrayList<>();
    private final Path certificate;
    private final ServerSocket socket;
    private final SSLContext tls;
    private final boolean implicit;
    private final boolean startTls;

    /**
     * Listens on a free port of the loopback address. The password that it takes is {@code right}.
     *
     * @param folder where its key and certificate are made
     * @param implicit TLS from the first byte, else STARTTLS where {@code startTls} says so
     */
    public SmtpServer(Path folder, boolean implicit, boolean startTls)
            throws IOException, GeneralSecurityException, InterruptedException {
        this.implicit = implicit;
        this.startTls = startTls;
        Path keys = folder.resolve("smtp.p12");
        this.certificate = folder.resolve("smtp.pem");
        if (Files.notExists(keys)) {
            keytool(
                    "-genkeypair",
                    "-alias",
                    "smtp",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "san=dns:localhost,ip:127.0.0.1",
                    "-keystore",
                    keys.toString());
            keytool(
                    "-exportcert",
                    "-rfc",
                    "-alias",
                    "smtp",
                    "-file",
                    certificate.toString(),
                    "-keystore",
                    keys.toString());
        }
        KeyStore store = KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray());
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, PASSWORD.toCharArray());
        this.tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        this.socket = implicit
                ? tls.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress())
                : new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** Messages so far. */
    public List<Mail> received() {
        return List.copyOf(received);
    }

    /** PEM file with the certificate to trust. */
    public Path certificate() {
        return certificate;
    }

    /** Where it listens. */
    public int port() {
        return socket.getLocalPort();
    }

    private static void keytool(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new IOException("keytool: " + said);
        }
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> talk(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void talk(Socket plain) {
        try (plain) {
            new Dialogue(plain, implicit).run();
        } catch (IOException e) {
            // the client went away, or did not trust the certificate
        }
    }

    /** One connection. */
    private final class Dialogue {
        private Socket client;
        private boolean secure;
        private BufferedReader in;
        private OutputStream out;
        private String user = "";
        private String from = "";
        private final List<String> to = new ArrayList<>();

        Dialogue(Socket client, boolean secure) throws IOException {
            this.client = client;
            this.secure = secure;
            this.in = reader(client);
            this.out = client.getOutputStream();
        }

        private static BufferedReader reader(Socket of) throws IOException {
            return new BufferedReader(new InputStreamReader(of.getInputStream(), StandardCharsets.UTF_8));
        }

        void run() throws IOException {
            say("220 localhost ESMTP");
            @Nullable String line = in.readLine();
            while (line != null) {
                String verb = line.split("[ :]", 2)[0].toUpperCase(Locale.ROOT);
                switch (verb) {
                    case "EHLO" -> {
                        say("250-localhost");
                        if (startTls && !secure) {
                            say("250-STARTTLS");
                        }
                        say("250 AUTH PLAIN");
                    }
                    case "STARTTLS" -> startTls();
                    case "AUTH" -> authenticate(line);
                    case "MAIL" -> {
                        from = line;
                        say(user.isEmpty() ? "530 5.7.0 Authentication required" : "250 OK");
                    }
                    case "RCPT" ->
                        recipient(line.replaceFirst("(?i)RCPT TO:", "").replaceAll("[<>]| .*", ""));
                    case "DATA" -> data();
                    case "QUIT" -> {
                        say("221 Bye");
                        return;
                    }
                    default -> say("250 OK");
                }
                line = in.readLine();
            }
        }

        private void startTls() throws IOException {
            say("220 Ready");
            var wrapped = (SSLSocket) tls.getSocketFactory().createSocket(client, null, client.getPort(), true);
            wrapped.setUseClientMode(false);
            wrapped.startHandshake();
            client = wrapped;
            secure = true;
            in = reader(wrapped);
            out = wrapped.getOutputStream();
        }

        private void authenticate(String line) throws IOException {
            String[] words = line.split(" ", -1);
            String[] parts = new String(Base64.getDecoder().decode(words[2]), StandardCharsets.UTF_8).split("\0", -1);
            if (parts[2].equals("right")) {
                user = parts[1];
                say("235 2.7.0 OK");
            } else {
                say("535 5.7.8 Wrong");
            }
        }

        private void recipient(String address) throws IOException {
            if (address.startsWith("nobody")) {
                say("550 5.1.1 No such user");
            } else {
                to.add(address);
                say("250 OK");
            }
        }

        private void data() throws IOException {
            say("354 Go on");
            var content = new StringBuilder();
            String line = in.readLine();
            while (line != null && !line.equals(".")) {
                content.append(line).append('\n');
                line = in.readLine();
            }
            received.add(new Mail(user, from, List.copyOf(to), content.toString(), secure));
            say("250 OK");
        }

        private void say(String line) throws IOException {
            out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
