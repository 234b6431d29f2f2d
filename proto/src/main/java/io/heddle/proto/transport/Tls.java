package io.heddle.proto.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS with both sides authenticated, as Open vSwitch has it: each shows a certificate of the same authority. Who has one is trusted, whatever
 * name is in it, as switches and controllers are reached by addresses.
 *
 * <p>TLS 1.2 and 1.3, by the provider of the JDK. Immutable: what files hold when they are read holds for connections that begin then.
 *
 * <p>Thread safety: any thread.
 */
public final class Tls {
    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
    private static final String[] KEY_TYPES = {"RSA", "EC", "EdDSA"};

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----\\s+([A-Za-z0-9+/=\\s]+?)-----END \\1-----");

    /**
     * Files in PEM form.
     *
     * @param privateKey PKCS#8, not encrypted
     * @param certificate of that key; those of intermediate authorities may follow
     * @param caCertificate of the authorities that are trusted
     */
    public record Sources(Path privateKey, Path certificate, Path caCertificate) {}

    private final Sources sources;
    private final SslContext client;
    private final SslContext server;

    private Tls(Sources sources, SslContext client, SslContext server) {
        this.sources = sources;
        this.client = client;
        this.server = server;
    }

    /**
     * Reads the files.
     *
     * @throws IOException with a sentence that names the file and what is wrong with it
     */
    public static Tls load(Sources sources) throws IOException {
        PrivateKey key = privateKey(sources.privateKey());
        List<X509Certificate> chain = certificates("certificate", sources.certificate());
        List<X509Certificate> authorities = certificates("ca-cert", sources.caCertificate());
        requirePair(key, chain.getFirst(), sources);
        SslContext client = SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOLS)
                .keyManager(key, chain)
                .trustManager(authorities)
                .endpointIdentificationAlgorithm("")
                .build();
        SslContext server = SslContextBuilder.forServer(key, chain)
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOLS)
                .trustManager(authorities)
                .clientAuth(ClientAuth.REQUIRE)
                .build();
        return new Tls(sources, client, server);
    }

    private static byte[] read(String what, Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException("%s %s: there is no such file".formatted(what, file), e);
        } catch (IOException e) {
            throw new IOException("%s %s: cannot be read: %s".formatted(what, file, e.getMessage()), e);
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException {
        String text = new String(read("private-key", file), StandardCharsets.US_ASCII);
        Matcher pem = PEM.matcher(text);
        if (!pem.find()) {
            throw new IOException(
                    "private-key %s: holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)".formatted(file));
        }
        String kind = pem.group(1);
        if (!kind.equals("PRIVATE KEY")) {
            throw new IOException(
                    "private-key %s: is %s, but a PKCS#8 key without a password is needed: openssl pkcs8 -topk8 -nocrypt -in %s"
                            .formatted(file, kind.startsWith("ENCRYPTED") ? "encrypted" : "a \"" + kind + "\"", file));
        }
        byte[] octets = Base64.getMimeDecoder().decode(pem.group(2));
        for (String type : KEY_TYPES) {
            try {
                return KeyFactory.getInstance(type).generatePrivate(new PKCS8EncodedKeySpec(octets));
            } catch (InvalidKeySpecException e) {
                // Not of this type.
            } catch (GeneralSecurityException e) {
                throw new IOException("private-key %s: %s".formatted(file, e.getMessage()), e);
            }
        }
        throw new IOException("private-key %s: is no RSA, EC or EdDSA key".formatted(file));
    }

    private static List<X509Certificate> certificates(String what, Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            for (Certificate each : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read(what, file)))) {
                certificates.add((X509Certificate) each);
            }
        } catch (CertificateException e) {
            throw new IOException(
                    "%s %s: is no certificate in PEM form (-----BEGIN CERTIFICATE-----): %s"
                            .formatted(what, file, e.getMessage()),
                    e);
        }
        if (certificates.isEmpty()) {
            throw new IOException("%s %s: holds no certificate (-----BEGIN CERTIFICATE-----)".formatted(what, file));
        }
        return certificates;
    }

    /** A key that is not its certificate's would fail at each handshake, in words that say nothing. */
    private static void requirePair(PrivateKey key, X509Certificate certificate, Sources sources) throws IOException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "EdDSA";
        };
        boolean isPair;
        try {
            byte[] message = {1, 2, 3};
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(message);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(message);
            isPair = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            isPair = false;
        }
        if (!isPair) {
            throw new IOException("certificate %s (%s) is not for private-key %s"
                    .formatted(
                            sources.certificate(),
                            certificate.getSubjectX500Principal().getName(),
                            sources.privateKey()));
        }
    }

    /**
     * Has everything that later handlers of a channel send and receive go by TLS. What goes wrong with it reaches them as an
     * {@link IOException} with a sentence, and where it was the other side who connected, the log.
     *
     * @param pipeline of a channel that has no other handler yet
     * @param peer for the log: the other side
     */
    public void protect(ChannelPipeline pipeline, boolean isClient, String peer) {
        SslContext context = isClient ? client : server;
        pipeline.addLast(context.newHandler(pipeline.channel().alloc()));
        pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void exceptionCaught(ChannelHandlerContext at, Throwable failure) {
                String reason = reason(failure);
                if (reason == null) {
                    at.fireExceptionCaught(failure);
                    return;
                }
                if (!isClient) {
                    LOG.warn("{}: {}", peer, reason);
                }
                at.fireExceptionCaught(new IOException(reason, failure));
            }
        });
    }

    /** Says why a connection failed; null when TLS is not why. */
    private @Nullable String reason(Throwable failure) {
        SSLException tls = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case CertificateExpiredException e -> {
                    return "TLS: the other side's certificate has expired: " + e.getMessage();
                }
                case CertificateNotYetValidException e -> {
                    return "TLS: the other side's certificate is not valid yet: " + e.getMessage();
                }
                case CertPathBuilderException _ -> {
                    return untrusted();
                }
                case CertPathValidatorException e
                when e.getCause() == null -> {
                    return untrusted();
                }
                case NotSslRecordException _ -> {
                    return "TLS: the other side does not speak TLS";
                }
                case SSLException e -> tls = e;
                default -> {
                    // Its cause may say more.
                }
            }
        }
        if (tls == null) {
            return null;
        }
        // The JDK puts the alert in brackets before its sentence.
        String text = String.valueOf(tls.getMessage()).replaceFirst("^\\([a-z_]+\\) ", "");
        return text.contains("Empty client certificate chain")
                // One of another authority is not even sent by those who look at what is asked for.
                ? "TLS: the other side shows no certificate of the authority in ca-cert " + sources.caCertificate()
                : "TLS: " + text.replace("Received fatal alert: ", "the other side refuses: ");
    }

    private String untrusted() {
        return "TLS: the other side's certificate is not of the authority in ca-cert " + sources.caCertificate();
    }
}
