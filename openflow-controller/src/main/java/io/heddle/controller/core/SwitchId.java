package io.heddle.controller.core;

/**
 * Identity of a bridge: its datapath id.
 *
 * @param datapathId all 64 bits
 */
public record SwitchId(long datapathId) {
    /** Sixteen hexadecimal digits, as in the switch's configuration. */
    @Override
    public String toString() {
        return "%016x".formatted(datapathId);
    }
}
