package io.heddle.datapath.agent.openflow;

import io.heddle.proto.openflow.ControllerStatus;
import io.heddle.proto.openflow.OpenFlowMessage;
import io.heddle.proto.openflow.OpenFlowMessage.Role;
import java.util.LinkedHashSet;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Who is whose master, for one bridge. The generation id outlives connections.
 *
 * <p>Threading: the event loop.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section 6.3.6</a>
 */
final class Roles {
    /** Has a role. */
    interface Holder {
        Role role();

        void setRole(Role role);

        /** Is no longer master, because another is. */
        void demoted(long generationId);

        /** Some controller's connection or role has changed. */
        void controllerChanged(ControllerStatus status);

        /** Another has changed a group or a meter. */
        void requestForwarded(int xid, OpenFlowMessage request);
    }

    private final Set<Holder> holders = new LinkedHashSet<>();
    private boolean hasGeneration;
    private long generationId = -1;

    void add(Holder holder) {
        holders.add(holder);
    }

    void remove(Holder holder) {
        holders.remove(holder);
    }

    /** Tells all of a controller's connection or role. */
    void tell(ControllerStatus status) {
        Set.copyOf(holders).forEach(holder -> holder.controllerChanged(status));
    }

    /** Tells all others of a request that was done. */
    void forward(Holder from, int xid, OpenFlowMessage request) {
        for (Holder other : holders) {
            if (!other.equals(from)) {
                other.requestForwarded(xid, request);
            }
        }
    }

    /** The last generation id; all ones when there has been none. */
    long generationId() {
        return generationId;
    }

    /**
     * Changes a role; a master before becomes a slave.
     *
     * @param generation none in the extension for OpenFlow 1.0 and 1.1: it is not looked at then
     * @return false when the generation id is older than the last one: nothing has changed then
     */
    boolean request(Holder holder, Role role, OptionalLong generation) {
        if (generation.isPresent() && (role == Role.MASTER || role == Role.SLAVE)) {
            if (hasGeneration && generation.getAsLong() - generationId < 0) {
                return false;
            }
            hasGeneration = true;
            generationId = generation.getAsLong();
        }
        if (role == Role.MASTER) {
            for (Holder other : holders) {
                if (!other.equals(holder) && other.role() == Role.MASTER) {
                    other.setRole(Role.SLAVE);
                    other.demoted(generationId);
                }
            }
        }
        if (role != Role.NO_CHANGE) {
            holder.setRole(role);
        }
        return true;
    }
}
