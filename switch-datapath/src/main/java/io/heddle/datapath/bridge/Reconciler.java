package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.ConfigurationException.Kind;
import io.heddle.datapath.bridge.PortConfiguration.PortType;
import io.heddle.datapath.bridge.SwitchControl.ConfigurationResult;
import io.heddle.datapath.port.Port;
import io.heddle.datapath.port.PortSpec;
import io.heddle.flow.action.Ports;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Makes the switch what it should be: finds the differences between the desired and the actual bridges and ports, and applies them.
 * What is as it should be is not touched.
 *
 * <p>Threading: the control loop.
 */
final class Reconciler {
    /** Most refusals that one message names. */
    private static final int MAX_TOLD = 10;

    private final HeddleSwitch owner;

    /** Tables of the bridges that the present change has taken down: forgotten when it is durable, loaded again when it is undone. */
    private final Map<String, StateStore.Tables> takenDown = new HashMap<>();

    Reconciler(HeddleSwitch owner) {
        this.owner = owner;
    }

    ConfigurationResult configure(List<ConfigurationChange> changes, long expectedRevision, boolean validateOnly)
            throws ConfigurationException {
        long revision = owner.configuration().revision();
        if (expectedRevision != 0 && expectedRevision != revision) {
            throw new ConfigurationException(
                    Kind.CONFLICT,
                    "",
                    "the configuration is at revision %d, not %d: read it again".formatted(revision, expectedRevision));
        }
        SwitchConfiguration before = owner.configuration().configuration();
        SwitchConfiguration desired = resolve(Configurations.apply(before, changes));
        if (validateOnly) {
            return new ConfigurationResult(revision, Configurations.difference(before, desired));
        }
        List<String> applied = new ArrayList<>();
        takenDown.clear();
        try {
            apply(desired, applied, false);
        } catch (ConfigurationException | RuntimeException e) {
            undo(before);
            throw e;
        }
        try {
            owner.parts().store().saveConfiguration(desired);
        } catch (IOException e) {
            undo(before);
            throw new ConfigurationException(
                    Kind.FAILED, "", "the configuration could not be saved: " + e.getMessage());
        }
        takenDown.keySet().forEach(owner.saver()::forget);
        forgetPortSettings();
        takenDown.clear();
        owner.setConfigured(desired);
        return new ConfigurationResult(owner.configuration().revision(), applied);
    }

    /** Of bridges and ports that are gone. */
    private void forgetPortSettings() {
        for (String name : takenDown.keySet()) {
            try {
                owner.parts().store().savePortSettings(name, Map.of());
            } catch (IOException e) {
                owner.parts().onException().accept(e);
            }
        }
        for (Bridge bridge : owner.bridgeMap().values()) {
            if (bridge.ports().forgetSettingsOfOthers()) {
                bridge.savePortSettings();
            }
        }
    }

    private SwitchConfiguration resolve(SwitchConfiguration given) throws ConfigurationException {
        return new ConfigurationResolver((bridgeName, portName) -> {
                    Bridge bridge = owner.bridgeMap().get(bridgeName);
                    BridgePort port = bridge == null ? null : bridge.ports().byName(portName);
                    return port == null || port.number() == Ports.LOCAL ? 0 : port.number();
                })
                .resolve(given);
    }

    private void undo(SwitchConfiguration before) {
        try {
            apply(before, new ArrayList<>(), true);
        } catch (ConfigurationException e) {
            owner.parts().onException().accept(e);
        }
        takenDown.clear();
    }

    private void apply(SwitchConfiguration desired, List<String> applied, boolean isUndo)
            throws ConfigurationException {
        if (owner.setConntrack(desired.conntrack())) {
            applied.add("conntrack: changed settings");
        }
        removeWhatIsNotDesired(desired, applied);
        List<Bridge> added = new ArrayList<>();
        for (BridgeConfiguration each : desired.bridges()) {
            Bridge bridge = owner.bridgeMap().get(each.name());
            if (bridge == null) {
                Bridge made = owner.addBridge(each);
                if (isUndo || !takenDown.containsKey(made.name())) {
                    made.loadPortSettings();
                }
                restoreTables(made, isUndo);
                added.add(made);
                applied.add(each.name() + ": added bridge");
            }
        }
        List<Bridge> changed = new ArrayList<>();
        try {
            for (int i = 0; i < desired.bridges().size(); i++) {
                addPorts(desired.bridges().get(i), "bridges[" + i + "]", applied);
            }
            for (BridgeConfiguration each : desired.bridges()) {
                Bridge bridge = Objects.requireNonNull(owner.bridgeMap().get(each.name()));
                if (!bridge.configuration().equals(each)) {
                    boolean isOther = !Configurations.withoutPorts(bridge.configuration())
                            .equals(Configurations.withoutPorts(each));
                    bridge.setConfiguration(each);
                    if (isOther && !added.contains(bridge)) {
                        applied.add(each.name() + ": changed settings");
                        changed.add(bridge);
                    }
                }
                // Before packets find the new ports: a port that closes a ring must not forward until the tree has it,
                // nor a
                // member of a bond by itself.
                bridge.layer2().reconfigure();
            }
        } finally {
            owner.updateTopology();
            owner.refreshDevices();
        }
        added.forEach(bridge -> owner.tellListeners(listener -> listener.added(bridge)));
        changed.forEach(bridge -> owner.tellListeners(listener -> listener.changed(bridge)));
    }

    private void removeWhatIsNotDesired(SwitchConfiguration desired, List<String> applied) {
        for (Bridge bridge : List.copyOf(owner.bridgeMap().values())) {
            BridgeConfiguration wanted = Configurations.bridge(desired, bridge.name());
            boolean isOther = wanted != null && Long.parseUnsignedLong(wanted.datapathId(), 16) != bridge.datapathId();
            if (wanted == null || isOther) {
                removeBridge(bridge);
                applied.add(bridge.name() + ": removed bridge");
                continue;
            }
            for (BridgePort port : bridge.ports().copy()) {
                PortConfiguration other = Configurations.port(wanted, port.name());
                if (other != null && other.isSameDevice(port.configuration())) {
                    changeSettings(bridge, port, other, applied);
                } else {
                    removePort(bridge, port);
                    applied.add("%s: removed port %s".formatted(bridge.name(), port.name()));
                }
            }
        }
        owner.refreshDevices();
    }

    /** The device stays as it is; where hosts are is learned again if more than rates has changed. */
    private void changeSettings(Bridge bridge, BridgePort port, PortConfiguration other, List<String> applied) {
        PortConfiguration before = port.configuration();
        if (other.equals(before)) {
            return;
        }
        port.setConfiguration(other);
        if (!other.qos().equals(before.qos())) {
            port.shape(owner.attachments(), owner.nowNs());
            applied.add("%s: changed rates of port %s".formatted(bridge.name(), port.name()));
        }
        if (!other.withQos(before.qos()).equals(before)) {
            String what = other.vlans().equals(before.vlans()) ? "settings" : "VLANs";
            bridge.macs().flushPort(port.number());
            bridge.layer2().portGone(port.number());
            applied.add("%s: changed %s of port %s".formatted(bridge.name(), what, port.name()));
        }
    }

    private void removeBridge(Bridge bridge) {
        takenDown.putIfAbsent(bridge.name(), tablesOf(bridge));
        for (BridgePort port : bridge.ports().copy()) {
            removePort(bridge, port);
        }
        owner.removeBridge(bridge);
        owner.updateTopology();
        owner.tellListeners(listener -> listener.removed(bridge));
    }

    private void removePort(Bridge bridge, BridgePort port) {
        bridge.ports().remove(port);
        bridge.macs().flushPort(port.number());
        bridge.layer2().portGone(port.number());
        owner.updateTopology();
        bridge.portChanged(BridgeEvent.Change.REMOVED, port, owner.nowNs());
        close(port);
    }

    private void close(BridgePort port) {
        Port device = port.device();
        Runnable closed = () -> owner.freePort(port.datapathNumber());
        if (device == null) {
            closed.run();
        } else {
            owner.attachments().release(device, closed);
        }
    }

    private void addPorts(BridgeConfiguration wanted, String path, List<String> applied) throws ConfigurationException {
        Bridge bridge = Objects.requireNonNull(owner.bridgeMap().get(wanted.name()));
        for (int i = 0; i < wanted.ports().size(); i++) {
            PortConfiguration port = wanted.ports().get(i);
            if (bridge.ports().byName(port.name()) == null) {
                BridgePort added = open(port, path + ".ports[" + i + "]");
                bridge.ports().add(added);
                if (!port.qos().equals(QosConfiguration.NONE)) {
                    added.shape(owner.attachments(), owner.nowNs());
                }
                bridge.tunnelOptions().tell(added.device());
                bridge.portChanged(BridgeEvent.Change.ADDED, added, owner.nowNs());
                applied.add("%s: added port %s (%s)"
                        .formatted(
                                bridge.name(),
                                port.name(),
                                port.type() == PortType.INTERNAL ? "LOCAL" : Integer.toString(port.number())));
            }
        }
    }

    private BridgePort open(PortConfiguration port, String path) throws ConfigurationException {
        int datapathNumber = owner.portNumbers().take(owner.nowNs());
        int number = port.type() == PortType.INTERNAL ? Ports.LOCAL : port.number();
        boolean isOpen = false;
        try {
            Port device = port.type() == PortType.PATCH ? null : openDevice(port, datapathNumber, path);
            isOpen = true;
            return new BridgePort(port, number, datapathNumber, device, owner.nowNs());
        } finally {
            if (!isOpen) {
                owner.freePort(datapathNumber);
            }
        }
    }

    private Port openDevice(PortConfiguration port, int datapathNumber, String path) throws ConfigurationException {
        try {
            PortSpec spec = PortSpecs.of(port, path);
            Port device = owner.parts().opener().open(spec, datapathNumber, owner.portContext(datapathNumber, spec));
            owner.attachments().attach(device);
            return device;
        } catch (IOException | IllegalStateException | SwitchStoppedException e) {
            throw new ConfigurationException(Kind.FAILED, path, String.valueOf(e.getMessage()));
        }
    }

    /** Closes every port; the configuration stays what it is. */
    void closeAll() {
        for (Bridge bridge : owner.bridgeMap().values()) {
            for (BridgePort port : bridge.ports().copy()) {
                close(port);
            }
        }
    }

    // ---- tables over a restart

    void saveTables(Bridge bridge) {
        owner.saver().save(bridge.name(), tablesOf(bridge), owner.nowNs());
    }

    /** What is kept of a bridge's tables. */
    private StateStore.Tables tablesOf(Bridge bridge) {
        return new Reader(bridge, owner.nowNs()).saved();
    }

    /** A bridge that is made in place of another of its name begins empty; one that an undo brings back has what it had. */
    private void restoreTables(Bridge bridge, boolean isUndo) {
        StateStore.Tables before = takenDown.get(bridge.name());
        if (before == null) {
            loadSavedTables(bridge);
        } else if (isUndo) {
            List<String> refused = TableLoader.load(bridge, before);
            if (!refused.isEmpty()) {
                report(bridge, refused, "they are lost");
            }
            saveTables(bridge); // what was saved last may be older
        }
    }

    private void loadSavedTables(Bridge bridge) {
        List<String> refused = new ArrayList<>();
        try {
            StateStore.Tables tables = owner.saver().load(bridge.name(), refused::add);
            refused.addAll(TableLoader.load(bridge, tables));
        } catch (IOException e) {
            refused.add(String.valueOf(e.getMessage()));
        }
        if (!refused.isEmpty()) {
            try {
                report(
                        bridge,
                        refused,
                        "what was saved is kept in " + owner.saver().setAside(bridge.name()));
            } catch (IOException e) {
                report(bridge, refused, "what was saved could not be set aside: " + e.getMessage());
            }
        }
    }

    private void report(Bridge bridge, List<String> refused, String whatNow) {
        owner.parts()
                .onException()
                .accept(new IOException("bridge %s: %d of its saved flows, groups and meters cannot be loaded; %s: %s"
                        .formatted(
                                bridge.name(),
                                refused.size(),
                                whatNow,
                                String.join("; ", refused.subList(0, Math.min(MAX_TOLD, refused.size()))))));
    }
}
