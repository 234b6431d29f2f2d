package io.heddle.flow.match;

import io.heddle.flow.error.FlowException;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A change of a bridge's {@link TunnelOptions}.
 *
 * @param options that are mapped, or no longer; none for {@link Command#CLEAR}
 */
public record TunnelOptionsMod(Command command, List<TunnelOptions.Option> options) {
    /** What is done, in the order of the numbers on the wire ({@code NXTTMC_*}). */
    public enum Command {
        ADD,
        DELETE,
        CLEAR
    }

    public TunnelOptionsMod {
        options = List.copyOf(options);
    }

    /**
     * The table after the change.
     *
     * @param isUsed says of N whether a flow has {@code tun_metadataN}
     */
    public TunnelOptions applyTo(TunnelOptions table, IntPredicate isUsed) throws FlowException {
        return switch (command) {
            case ADD -> table.add(options);
            case DELETE -> table.delete(options, isUsed);
            case CLEAR -> table.clear(isUsed);
        };
    }
}
