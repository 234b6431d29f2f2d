package io.heddle.proto.document;

/** A document that cannot be read or is not what it should be. The message is for the person who wrote it. */
public final class DocumentException extends Exception {
    private static final long serialVersionUID = 1L;

    public DocumentException(String message) {
        super(message, null, false, false);
    }
}
