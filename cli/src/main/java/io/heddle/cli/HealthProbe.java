package io.heddle.cli;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Locale;

/**
 * Asks a process whether it serves, for a container's health check: {@code heddle health http://127.0.0.1:9464/metrics}.
 *
 * <p>Uses nothing but the JDK, so that it starts in a fraction of a second: a health check runs every few seconds.
 * Exit status: 0 when the answer is 200 OK within two seconds, 1 otherwise, 2 when the argument is no HTTP address.
 */
public final class HealthProbe {
    private static final int TIMEOUT_MS = 2000;

    private HealthProbe() {}

    /** Probes the address that is the only argument and ends the process with the exit status. */
    public static void main(String[] args) {
        System.exit(probe(args));
    }

    static int probe(String... args) {
        if (args.length != 1 || !args[0].toLowerCase(Locale.ROOT).startsWith("http://")) {
            System.err.println("usage: heddle health http://HOST:PORT/PATH");
            return 2;
        }
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(args[0]).toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MS);
            connection.setReadTimeout(TIMEOUT_MS);
            int status = connection.getResponseCode();
            if (status == HttpURLConnection.HTTP_OK) {
                return 0;
            }
            System.err.println(args[0] + " answered " + status + ", not 200");
            return 1;
        } catch (IOException | IllegalArgumentException e) {
            System.err.println(args[0] + " does not answer: " + e.getMessage());
            return 1;
        }
    }
}
