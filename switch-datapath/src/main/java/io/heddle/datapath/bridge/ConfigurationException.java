package io.heddle.datapath.bridge;

/** A configuration that cannot be, or cannot be made so. Nothing has been changed when it is thrown. */
public final class ConfigurationException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Coarse kind. */
    public enum Kind {
        INVALID,
        NOT_FOUND,
        /** The configuration is at another revision than expected. */
        CONFLICT,
        /** The operating system refused. */
        FAILED
    }

    private final Kind kind;
    private final String path;

    /**
     * @param path of the bad part, such as {@code bridges[0].ports[2].type}; empty for the whole
     * @param message for a person: what is wrong and what would be right
     */
    public ConfigurationException(Kind kind, String path, String message) {
        super(message, null, false, false);
        this.kind = kind;
        this.path = path;
    }

    public Kind kind() {
        return kind;
    }

    public String path() {
        return path;
    }
}
