package dev.pilothouse.platform.notify;

import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Properties;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.util.MailConnectException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Hands messages to a mail server over SMTP (RFC 5321), each on a connection of its own. Thread-safe; blocks. */
final class Mailer {
    private static final int PERMANENT = 500;

    private final MailConfig config;
    private final Duration timeout;

    Mailer(MailConfig config, Duration timeout) {
        this.config = config;
        this.timeout = timeout;
    }

    /**
     * @param id the delivery's, from which the message's id is made, so that a repetition is recognised
     * @param content {@code subject}, {@code text} and {@code html}
     */
    Attempt send(List<String> to, String id, Instant now, JsonNode content) {
        try {
            Session session = Session.getInstance(properties());
            Message message = message(session, to, id, now, content);
            try (Transport transport = session.getTransport(secure() ? "smtps" : "smtp")) {
                if (config.user().isEmpty()) {
                    transport.connect();
                } else {
                    transport.connect(config.user(), config.password());
                }
                transport.sendMessage(message, message.getAllRecipients());
            }
            return new Attempt.Taken("The mail server took it for " + String.join(", ", to) + ".");
        } catch (AuthenticationFailedException e) {
            return new Attempt.Failed("The mail server did not accept mail.user and mail.password.");
        } catch (SendFailedException e) {
            return judge(e);
        } catch (MessagingException e) {
            return new Attempt.Failed(describe(e));
        } catch (IOException | GeneralSecurityException e) {
            return new Attempt.Failed("The file of mail.certificates cannot be used: " + e.getMessage() + ".");
        }
    }

    private Message message(Session session, List<String> to, String id, Instant now, JsonNode content)
            throws MessagingException {
        var message = new MimeMessage(session) {
            @Override
            protected void updateMessageID() throws MessagingException {
                setHeader("Message-ID", "<" + id + "@pilothouse>");
            }
        };
        message.setFrom(new InternetAddress(config.from()));
        for (String address : to) {
            message.addRecipient(Message.RecipientType.TO, new InternetAddress(address));
        }
        message.setSubject(content.path("subject").asString(""), StandardCharsets.UTF_8.name());
        message.setSentDate(Date.from(now));
        message.setHeader("Auto-Submitted", "auto-generated");
        var text = new MimeBodyPart();
        text.setText(content.path("text").asString(""), StandardCharsets.UTF_8.name());
        var html = new MimeBodyPart();
        html.setText(content.path("html").asString(""), StandardCharsets.UTF_8.name(), "html");
        message.setContent(new MimeMultipart("alternative", text, html));
        message.saveChanges();
        return message;
    }

    private boolean secure() {
        return config.security() == MailConfig.Security.TLS;
    }

    private Properties properties() throws IOException, GeneralSecurityException {
        String prefix = "mail." + (secure() ? "smtps" : "smtp") + ".";
        var all = new Properties();
        all.setProperty(prefix + "host", config.host());
        all.setProperty(prefix + "port", Integer.toString(config.port()));
        all.setProperty(prefix + "auth", Boolean.toString(!config.user().isEmpty()));
        all.setProperty(
                prefix + "starttls.required", Boolean.toString(config.security() == MailConfig.Security.STARTTLS));
        all.setProperty(
                prefix + "starttls.enable", Boolean.toString(config.security() == MailConfig.Security.STARTTLS));
        all.setProperty(prefix + "ssl.checkserveridentity", "true");
        // One refused address must not keep the message from the others.
        all.setProperty(prefix + "sendpartial", "true");
        all.setProperty(prefix + "localhost", "pilothouse");
        String millis = Long.toString(timeout.toMillis());
        all.setProperty(prefix + "connectiontimeout", millis);
        all.setProperty(prefix + "timeout", millis);
        all.setProperty(prefix + "writetimeout", millis);
        if (config.certificates().isPresent()) {
            all.put(prefix + "ssl.socketFactory", trusting(config.certificates().get()));
        }
        return all;
    }

    private static SSLSocketFactory trusting(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(file)) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry(Integer.toString(store.size()), certificate);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private static Attempt judge(SendFailedException e) {
        Address[] sent = e.getValidSentAddresses();
        String why = "The mail server refused " + refused(e) + ".";
        if (sent != null && sent.length > 0) {
            return new Attempt.Taken("Sent to " + list(sent) + ". " + why);
        }
        return code(e) >= PERMANENT ? new Attempt.Refused(why) : new Attempt.Failed(why);
    }

    /** The status that the mail server gave for an address, else for the message. */
    private static int code(MessagingException e) {
        int code = 0;
        for (Exception at = e; at instanceof MessagingException one; at = one.getNextException()) {
            if (one instanceof SMTPAddressFailedException address) {
                return address.getReturnCode();
            }
            if (one instanceof SMTPSendFailedException send) {
                code = send.getReturnCode();
            }
        }
        return code;
    }

    private static String refused(SendFailedException e) {
        String to = list(e.getInvalidAddresses()) + list(e.getValidUnsentAddresses());
        int code = code(e);
        return (to.isEmpty() ? "the message" : to) + (code > 0 ? " with " + code : "");
    }

    private static String list(Address @Nullable [] addresses) {
        return addresses == null
                ? ""
                : String.join(
                        ", ", Arrays.stream(addresses).map(Address::toString).toList());
    }

    private String describe(MessagingException e) {
        String server = config.host() + ":" + config.port();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MailConnectException) {
                return "No mail server answers at " + server + ".";
            }
            if (cause instanceof javax.net.ssl.SSLException) {
                return "The TLS certificate or connection of the mail server " + server
                        + " was not acceptable; mail.certificates names those to trust beside the usual.";
            }
            if (cause instanceof java.net.SocketTimeoutException) {
                return "The mail server " + server + " did not answer within " + timeout.toSeconds() + " s.";
            }
        }
        return e.getMessage() != null && e.getMessage().contains("STARTTLS")
                ? "The mail server " + server
                        + " offers no STARTTLS; set mail.security to tls or none if that is right."
                : "The mail server " + server + " broke off or did not follow the protocol.";
    }
}
