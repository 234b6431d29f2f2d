package io.heddle.datapath.bridge;

import io.heddle.flow.pipeline.BridgeView;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The controllers of a bridge, and what follows from whether they are connected.
 *
 * <p>Threading: registrations are any thread's; they have the control loop show the pipeline what has changed.
 */
final class BridgeControllers {
    private final HeddleSwitch owner;
    private final List<Registration> controllers = new CopyOnWriteArrayList<>();
    private volatile boolean hasHadController;

    BridgeControllers(HeddleSwitch owner) {
        this.owner = owner;
    }

    Registration register(String target, String protocol) {
        Registration registration = new Registration(target, protocol);
        controllers.add(registration);
        return registration;
    }

    List<ControllerRegistration.State> states() {
        return controllers.stream().map(Registration::state).toList();
    }

    /** Says whether packets that no flow of a table matches go to controllers. */
    boolean wantMisses() {
        return controllers.stream().anyMatch(each -> each.isConnected && each.wantsMisses);
    }

    /** Says when the bridge acts as a learning switch now. */
    BridgeView.Standalone standalone(BridgeConfiguration configuration) {
        if (configuration.failMode() != BridgeConfiguration.FailMode.STANDALONE
                || controllers.stream().anyMatch(controller -> controller.isConnected)) {
            return BridgeView.Standalone.OFF;
        }
        return hasHadController || !configuration.controllers().isEmpty()
                ? BridgeView.Standalone.ABOVE_FLOWS
                : BridgeView.Standalone.BELOW_FLOWS;
    }

    /** A controller's connection, as its endpoint reports it. */
    final class Registration implements ControllerRegistration {
        private final String target;
        private final String protocol;
        private volatile boolean isConnected;
        private volatile boolean wantsMisses;
        private volatile String role = "";
        private volatile String lastError = "";

        private Registration(String target, String protocol) {
            this.target = target;
            this.protocol = protocol;
        }

        @Override
        public void connected(String newRole) {
            role = newRole;
            lastError = "";
            setConnected(true);
        }

        @Override
        public void wantMisses(boolean wanted) {
            if (wantsMisses != wanted) {
                wantsMisses = wanted;
                owner.loop().submit(owner::updateTopology);
            }
        }

        @Override
        public void disconnected(String error) {
            role = "";
            lastError = error;
            setConnected(false);
        }

        @Override
        public void close() {
            controllers.remove(this);
            setConnected(false);
        }

        private void setConnected(boolean connected) {
            if (isConnected != connected) {
                isConnected = connected;
                if (connected) {
                    hasHadController = true;
                }
                owner.loop().submit(owner::updateTopology);
            }
        }

        ControllerRegistration.State state() {
            return new ControllerRegistration.State(target, protocol, isConnected, role, lastError);
        }
    }
}
