package io.heddle.testkit;

import io.heddle.proto.transport.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority of a test's own, and keys with certificates of it, made by the JDK's keytool, in PEM files. */
public final class Certificates {
    private static final String PASSWORD = "changeit";

    private final Path folder;
    private final String authority;

    /** Makes an authority. */
    public Certificates(Path folder, String authority) {
        this.folder = folder;
        this.authority = authority;
        keytool(authority, "-dname", "CN=" + authority, "-ext", "bc:c", "-ext", "ku=keyCertSign");
        write(file("ca"), "CERTIFICATE", encodedCertificate(authority));
    }

    private Path file(String name) {
        return folder.resolve(authority + "-" + name + ".pem");
    }

    /** The authority's own certificate. */
    public Path authorityCertificate() {
        return file("ca");
    }

    /** Makes a key and a certificate for a name; what is trusted is this authority. */
    public Tls.Sources issue(String name) {
        return issue(name, this);
    }

    /** As above; what is trusted is {@code trusted}. */
    public Tls.Sources issue(String name, Certificates trusted) {
        keytool(name, "-dname", "CN=" + name, "-signer", authority);
        Tls.Sources sources =
                new Tls.Sources(file(name + "-key"), file(name + "-cert"), trusted.authorityCertificate());
        try {
            write(
                    sources.privateKey(),
                    "PRIVATE KEY",
                    store().getKey(name, PASSWORD.toCharArray()).getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        write(sources.certificate(), "CERTIFICATE", encodedCertificate(name));
        return sources;
    }

    /** What the JDK's own sockets need to be {@code name}, and to trust {@code trusted}. */
    public SSLContext context(String name, Certificates trusted) {
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            if (!name.isEmpty()) {
                KeyStore all = store();
                own.setKeyEntry(
                        name,
                        all.getKey(name, PASSWORD.toCharArray()),
                        PASSWORD.toCharArray(),
                        all.getCertificateChain(name));
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, PASSWORD.toCharArray());
            KeyStore others = KeyStore.getInstance("PKCS12");
            others.load(null, null);
            others.setCertificateEntry("ca", trusted.store().getCertificate(trusted.authority));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(others);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path storeFile() {
        return folder.resolve(authority + ".p12");
    }

    private KeyStore store() {
        try (InputStream in = Files.newInputStream(storeFile())) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] encodedCertificate(String name) {
        try {
            return store().getCertificate(name).getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void write(Path file, String what, byte[] octets) {
        try {
            Files.writeString(
                    file,
                    "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                            .formatted(what, Base64.getMimeEncoder().encodeToString(octets), what));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void keytool(String alias, String... more) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair"));
        command.addAll(List.of("-alias", alias, "-keystore", storeFile().toString(), "-storetype", "PKCS12"));
        command.addAll(List.of("-storepass", PASSWORD, "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "30"));
        command.addAll(List.of(more));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            try {
                String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new IllegalStateException(command + ": " + said);
                }
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
