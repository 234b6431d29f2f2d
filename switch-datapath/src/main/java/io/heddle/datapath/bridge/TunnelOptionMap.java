package io.heddle.datapath.bridge;

import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.TunnelPort;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.match.TunnelOptionsMod;
import io.heddle.flow.table.TableSet;
import io.heddle.flow.table.TableSnapshot;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which Geneve options are which fields for a bridge, and its ports that are told so. Threading: the control loop. */
final class TunnelOptionMap {
    private final TableSet tables;
    private final PortTable ports;
    private TunnelOptions options = TunnelOptions.NONE;

    TunnelOptionMap(TableSet tables, PortTable ports) {
        this.tables = tables;
        this.ports = ports;
    }

    TunnelOptions options() {
        return options;
    }

    /** Tells a port. */
    void tell(@Nullable Port device) {
        if (device instanceof TunnelPort tunnel) {
            tunnel.setOptions(options);
        }
    }

    /** Changes it; what flows use stays. */
    void change(TunnelOptionsMod mod) throws FlowException {
        options = mod.applyTo(options, this::isUsed);
        ports.all().forEach(port -> tell(port.device()));
    }

    /** Maps what was saved. */
    void restore(List<TunnelOptions.Option> saved) throws FlowException {
        options = TunnelOptions.NONE.add(saved);
    }

    private boolean isUsed(int index) {
        MatchField field = MatchField.tunnelOption(index);
        // Every action that names a field prints it.
        Pattern mention = Pattern.compile("\\b" + field.name() + "\\b");
        try (TableSnapshot snapshot = tables.snapshot()) {
            return !snapshot.flows(entry -> (entry.match().mask(KeyLayout.W_TUN_OPTIONS) & field.presenceBit()) != 0
                            || mention.matcher(entry.instructions().toString()).find())
                    .isEmpty();
        }
    }
}
