package io.heddle.datapath.bridge;

/** A controller's connection, kept up to date by the endpoint that has it. Threading: any thread. */
public interface ControllerRegistration extends AutoCloseable {
    /**
     * The connection is up.
     *
     * @param role such as {@code equal}, {@code primary}, {@code secondary}
     */
    void connected(String role);

    /** Whether packets that no flow of a table matches go to controllers while it is connected: OpenFlow before 1.3 has it so. */
    void wantMisses(boolean wanted);

    /** The connection is down, or could not be made. */
    void disconnected(String lastError);

    /** There is no intention to have the connection any more. */
    @Override
    void close();

    /**
     * A controller that is configured or connected.
     *
     * @param target such as {@code tcp:127.0.0.1:6653}, or a client's address
     * @param protocol such as {@code OpenFlow13}, {@code heddle.v1}
     * @param role empty when not connected
     * @param lastError empty when there was none
     */
    record State(String target, String protocol, boolean connected, String role, String lastError) {}
}
