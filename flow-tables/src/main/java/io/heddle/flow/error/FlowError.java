package io.heddle.flow.error;

/**
 * Why a request was refused: what OpenFlow calls it, which part of the request is wrong, and what would be right.
 *
 * @param code OpenFlow's type and code
 * @param path of the bad part, in the words of the gRPC API ({@code flow.match.nw_src}); empty when it is the whole request
 * @param message for a person: what is wrong and what would be right
 */
public record FlowError(ErrorCode code, String path, String message) {
    /** The same error with {@code prefix} before its path. */
    public FlowError under(String prefix) {
        String joined = path.isEmpty() ? prefix : path.startsWith("[") ? prefix + path : prefix + "." + path;
        return new FlowError(code, joined, message);
    }

    @Override
    public String toString() {
        return code.openFlowName() + (path.isEmpty() ? "" : " at " + path) + ": " + message;
    }
}
