package io.heddle.datapath.bridge.stp;

import io.heddle.datapath.bridge.stp.SpanningTree.PortSettings;
import io.heddle.datapath.bridge.stp.SpanningTree.Role;
import org.jspecify.annotations.Nullable;

/**
 * One port in the spanning tree: the state machines of IEEE 802.1D-2004 sections 17.22 to 17.31. Names in comments are the standard's.
 *
 * <p>Threading: the control loop.
 */
final class SpanningPort {
    /** MigrateTime. */
    private static final int MIGRATE_S = 3;

    /** What is known of the link's best bridge (infoIs). */
    private enum InfoIs {
        DISABLED,
        AGED,
        MINE,
        RECEIVED
    }

    /** Protocol migration machine. */
    private enum Migration {
        CHECKING,
        SELECTING_OLD,
        SENSING
    }

    /** Topology change machine. */
    private enum Topology {
        INACTIVE,
        LEARNING,
        ACTIVE
    }

    private final SpanningTree tree;
    private final int number;
    private final int index;
    private final int identifier;
    private final PortSettings settings;

    private boolean isEnabled;
    private InfoIs info = InfoIs.DISABLED;
    private PriorityVector priority;
    private Times times;
    private @Nullable Bpdu message;

    // role selection
    private boolean reselect = true;
    private boolean selected;
    private boolean updateInfo;
    private Role selectedRole = Role.DISABLED;

    // role transitions
    private Role role = Role.DISABLED;
    private boolean isRoleEntered;
    private boolean learn;
    private boolean forward;
    private boolean learning;
    private boolean forwarding;
    private boolean agree;
    private boolean agreed;
    private boolean proposed;
    private boolean proposing;
    private boolean disputed;
    private boolean synced;
    boolean sync = true;
    boolean reRoot = true;

    // migration, edge
    private Migration migration = Migration.CHECKING;
    private boolean sendsRapid;
    private boolean heardRapid;
    private boolean heardOld;
    private boolean isEdge;

    // topology changes
    private Topology topology = Topology.INACTIVE;
    boolean topologyToPropagate;
    private boolean heardChange;
    private boolean heardNotification;
    private boolean heardAcknowledgement;
    private boolean acknowledge;

    // transmission
    private boolean newInfo;
    private int sent;

    // timers in seconds
    private int helloWhen;
    private int changeWhile;
    private int forwardDelayWhile;
    private int infoWhile;
    private int recentBackup;
    private int migrationWhile;
    private int edgeDelayWhile;
    /** rrWhile. */
    int recentRoot;

    private Role reportedRole = Role.DISABLED;
    private boolean reportedLearning;
    private boolean reportedForwarding;

    SpanningPort(SpanningTree tree, int number, int index, PortSettings settings) {
        this.tree = tree;
        this.number = number;
        this.index = index;
        this.settings = settings;
        this.identifier = settings.priority() << 8 | index & 0xfff;
        this.priority = tree.designatedPriority(identifier);
        this.times = tree.designatedTimes();
        this.isEdge = settings.isAdminEdge();
        this.sendsRapid = tree.isRapid();
        this.forwardDelayWhile = times.forwardDelay();
        this.migrationWhile = MIGRATE_S;
        this.edgeDelayWhile = MIGRATE_S;
        this.recentRoot = times.forwardDelay();
    }

    int number() {
        return number;
    }

    int index() {
        return index;
    }

    PortSettings settings() {
        return settings;
    }

    Role role() {
        return role;
    }

    boolean isLearning() {
        return learning;
    }

    boolean isForwarding() {
        return forwarding;
    }

    void reselect() {
        reselect = true;
        selected = false;
    }

    boolean wantsSelection() {
        return reselect;
    }

    void setEnabled(boolean enabled) {
        isEnabled = enabled;
    }

    void receive(Bpdu received) {
        if (!isEnabled) {
            return;
        }
        // PRX, DISCARD and RECEIVE
        if (received.type() == Bpdu.RAPID) {
            heardRapid = true;
        } else {
            heardOld = true;
        }
        isEdge = false;
        edgeDelayWhile = MIGRATE_S;
        heardNotification |= received.type() == Bpdu.TOPOLOGY_CHANGE;
        message = received;
    }

    void tick() {
        helloWhen = down(helloWhen);
        changeWhile = down(changeWhile);
        forwardDelayWhile = down(forwardDelayWhile);
        infoWhile = down(infoWhile);
        recentRoot = down(recentRoot);
        recentBackup = down(recentBackup);
        migrationWhile = down(migrationWhile);
        edgeDelayWhile = down(edgeDelayWhile);
        sent = down(sent);
    }

    private static int down(int timer) {
        return Math.max(0, timer - 1);
    }

    /** Tells the bridge what has changed. */
    void report() {
        if (role != reportedRole || learning != reportedLearning || forwarding != reportedForwarding) {
            reportedRole = role;
            reportedLearning = learning;
            reportedForwarding = forwarding;
            tree.output().changed(number);
        }
    }

    /** Does what every machine can do now; says whether something was done. */
    boolean step() {
        boolean isChanged = migrate();
        isChanged |= detectEdge();
        isChanged |= inform();
        isChanged |= changeRole();
        isChanged |= changeState();
        isChanged |= changeTopology();
        transmit();
        return isChanged;
    }

    // ---- role selection

    /** The root's vector by way of this port; null when the port has heard nobody. */
    @Nullable
    PriorityVector pathToRoot() {
        return info == InfoIs.RECEIVED
                ? new PriorityVector(
                        priority.root(),
                        Math.min(priority.cost() + settings.cost(), PriorityVector.MAX_COST),
                        priority.bridge(),
                        priority.port(),
                        identifier)
                : null;
    }

    Times heardTimes() {
        return times;
    }

    /** Takes the role that the vectors say. */
    void select(boolean isRoot, long ownAddress) {
        PriorityVector designated = tree.designatedPriority(identifier);
        reselect = false;
        updateInfo = false;
        switch (info) {
            case DISABLED -> selectedRole = Role.DISABLED;
            case AGED -> {
                updateInfo = true;
                selectedRole = Role.DESIGNATED;
            }
            case MINE -> {
                selectedRole = Role.DESIGNATED;
                updateInfo = !designated.equals(priority) || !times.equals(tree.designatedTimes());
            }
            case RECEIVED -> {
                if (isRoot) {
                    selectedRole = Role.ROOT;
                } else if (designated.compareTo(priority) < 0) {
                    selectedRole = Role.DESIGNATED;
                    updateInfo = true;
                } else {
                    boolean isOwn = (priority.bridge() & 0xffffffffffffL) == ownAddress;
                    selectedRole = isOwn ? Role.BACKUP : Role.ALTERNATE;
                }
            }
        }
        selected = true;
    }

    // ---- protocol migration (17.24)

    private boolean migrate() {
        Migration before = migration;
        switch (migration) {
            case CHECKING -> {
                if (!isEnabled) {
                    migrationWhile = MIGRATE_S;
                    sendsRapid = tree.isRapid();
                } else if (migrationWhile == 0) {
                    sense();
                }
            }
            case SENSING -> {
                if (!isEnabled || tree.isRapid() && !sendsRapid && heardRapid) {
                    migration = Migration.CHECKING;
                    sendsRapid = tree.isRapid();
                    migrationWhile = MIGRATE_S;
                } else if (sendsRapid && heardOld) {
                    migration = Migration.SELECTING_OLD;
                    sendsRapid = false;
                    migrationWhile = MIGRATE_S;
                }
            }
            case SELECTING_OLD -> {
                if (migrationWhile == 0 || !isEnabled) {
                    sense();
                }
            }
        }
        return before != migration;
    }

    private void sense() {
        migration = Migration.SENSING;
        heardRapid = false;
        heardOld = false;
    }

    // ---- bridge detection (17.25)

    private boolean detectEdge() {
        boolean before = isEdge;
        if (!isEnabled) {
            isEdge = settings.isAdminEdge();
        } else if (edgeDelayWhile == 0 && settings.isAutoEdge() && sendsRapid && proposing) {
            isEdge = true;
        }
        return before != isEdge;
    }

    // ---- port information (17.27)

    private boolean inform() {
        if (!isEnabled) {
            message = null;
            heardRapid = false;
            heardOld = false;
            edgeDelayWhile = MIGRATE_S;
            if (info == InfoIs.DISABLED) {
                return false;
            }
            proposing = false;
            proposed = false;
            agree = false;
            agreed = false;
            infoWhile = 0;
            info = InfoIs.DISABLED;
            reselect();
            return true;
        }
        if (info == InfoIs.DISABLED) {
            info = InfoIs.AGED;
            reselect();
            return true;
        }
        if (selected && updateInfo) {
            PriorityVector mine = tree.designatedPriority(identifier);
            proposing = false;
            proposed = false;
            agreed &= info == InfoIs.MINE && mine.compareTo(priority) <= 0;
            synced &= agreed;
            priority = mine;
            times = tree.designatedTimes();
            updateInfo = false;
            info = InfoIs.MINE;
            newInfo = true;
            return true;
        }
        if (info == InfoIs.RECEIVED && infoWhile == 0 && !updateInfo && message == null) {
            info = InfoIs.AGED;
            reselect();
            return true;
        }
        Bpdu received = message;
        if (received == null || updateInfo) {
            return false;
        }
        message = null;
        heed(received);
        return true;
    }

    private void heed(Bpdu received) {
        if (received.type() == Bpdu.TOPOLOGY_CHANGE) {
            return;
        }
        PriorityVector vector = received.vector();
        PriorityVector heard =
                new PriorityVector(vector.root(), vector.cost(), vector.bridge(), vector.port(), identifier);
        int role = received.flags() & Bpdu.ROLE;
        // A role that is not said makes it a configuration message (section 9.2.9).
        boolean isDesignated = received.type() == Bpdu.CONFIGURATION || role == Bpdu.ROLE_DESIGNATED || role == 0;
        boolean isSame = heard.equals(priority) && received.times().equals(times);
        if (!isDesignated) {
            recordAgreement(received);
            setTopologyFlags(received);
        } else if (isSame && info == InfoIs.RECEIVED) {
            recordProposal(received);
            setTopologyFlags(received);
            refresh(received);
        } else if (heard.isSuperiorTo(priority)) {
            agreed = false;
            proposing = false;
            recordProposal(received);
            setTopologyFlags(received);
            agree &= info == InfoIs.RECEIVED && heard.compareTo(priority) <= 0;
            priority = heard;
            times = received.times();
            refresh(received);
            info = InfoIs.RECEIVED;
            reselect();
        } else if (received.type() == Bpdu.RAPID && received.has(Bpdu.FLAG_LEARNING)) {
            disputed = true;
            agreed = false;
        }
    }

    private void recordProposal(Bpdu received) {
        proposed |= received.type() == Bpdu.RAPID && received.has(Bpdu.FLAG_PROPOSAL);
    }

    private void recordAgreement(Bpdu received) {
        boolean isAgreement = tree.isRapid() && received.has(Bpdu.FLAG_AGREEMENT);
        boolean isAboutUs = received.vector().compareTo(priority) >= 0;
        agreed = isAgreement && isAboutUs;
        proposing &= !agreed;
    }

    private void setTopologyFlags(Bpdu received) {
        heardChange |= received.has(Bpdu.FLAG_TOPOLOGY_CHANGE);
        heardAcknowledgement |= received.type() == Bpdu.CONFIGURATION && received.has(Bpdu.FLAG_ACKNOWLEDGEMENT);
    }

    /** updtRcvdInfoWhile: too old a message is none. */
    private void refresh(Bpdu received) {
        boolean isYoung = received.times().messageAge() + 1 <= received.times().maxAge();
        infoWhile = isYoung ? 3 * received.times().helloTime() : 0;
    }

    // ---- role transitions (17.29)

    boolean isSyncedOrRoot() {
        return selected && role == selectedRole && !updateInfo && (synced || role == Role.ROOT);
    }

    private boolean changeRole() {
        if (!selected || updateInfo) {
            return false;
        }
        if (role != selectedRole) {
            role = selectedRole;
            isRoleEntered = false;
            switch (role) {
                case DISABLED, ALTERNATE, BACKUP -> {
                    learn = false;
                    forward = false;
                }
                case ROOT -> recentRoot = forwardDelay();
                case DESIGNATED -> {}
            }
            return true;
        }
        return switch (role) {
            case DISABLED -> settle(forwardDelay()); // as 802.1D-1998; 802.1D-2004 waits for the maximum age
            case ALTERNATE, BACKUP -> changeAlternate();
            case ROOT -> changeRoot();
            case DESIGNATED -> changeDesignated();
        };
    }

    private int forwardDelay() {
        return tree.designatedTimes().forwardDelay();
    }

    /** How long each step to forwarding takes when nobody agrees. */
    private int stepDelay() {
        return sendsRapid ? tree.designatedTimes().helloTime() : forwardDelay();
    }

    /** A port that discards is in nobody's way. */
    private boolean settle(int delay) {
        if (learning || forwarding) {
            return false;
        }
        boolean isSettled = isRoleEntered && forwardDelayWhile == delay && !sync && !reRoot && synced;
        isRoleEntered = true;
        forwardDelayWhile = delay;
        synced = true;
        recentRoot = 0;
        sync = false;
        reRoot = false;
        return !isSettled;
    }

    private boolean agreeWhenSynced() {
        if (proposed && !agree) {
            tree.syncAll();
            proposed = false;
            return true;
        }
        if (tree.isAllSynced() && !agree || proposed && agree) {
            proposed = false;
            sync = false;
            agree = true;
            newInfo = true;
            return true;
        }
        return false;
    }

    private boolean changeAlternate() {
        if (agreeWhenSynced()) {
            return true;
        }
        if (role == Role.BACKUP) {
            recentBackup = 2 * tree.designatedTimes().helloTime();
        }
        return settle(stepDelay());
    }

    private boolean changeRoot() {
        if (agreeWhenSynced()) {
            return true;
        }
        recentRoot = forwardDelay();
        if (!forward && !reRoot) {
            tree.rerootAll();
            return true;
        }
        if (reRoot && forward) {
            reRoot = false;
            return true;
        }
        boolean isQuick = tree.isRerooted(this) && recentBackup == 0 && tree.isRapid();
        if (forwardDelayWhile != 0 && !isQuick) {
            return false;
        }
        return goOn();
    }

    /** One step further, to learning or forwarding. */
    private boolean goOn() {
        if (!learn) {
            forwardDelayWhile = stepDelay();
            learn = true;
            return true;
        }
        if (!forward) {
            forwardDelayWhile = 0;
            forward = true;
            return true;
        }
        return false;
    }

    private boolean changeDesignated() {
        if (!forward && !agreed && !proposing && !isEdge) {
            proposing = true;
            edgeDelayWhile = MIGRATE_S;
            newInfo = true;
            return true;
        }
        boolean isNowSynced = !learning && !forwarding || agreed || isEdge;
        if (isNowSynced && !synced || sync && synced) {
            recentRoot = 0;
            synced = true;
            sync = false;
            return true;
        }
        if (reRoot && recentRoot == 0) {
            reRoot = false;
            return true;
        }
        boolean mustDiscard = sync && !synced || reRoot && recentRoot != 0 || disputed;
        if (mustDiscard && !isEdge && (learn || forward)) {
            learn = false;
            forward = false;
            disputed = false;
            forwardDelayWhile = forwardDelay();
            return true;
        }
        boolean mayGoOn = (forwardDelayWhile == 0 || agreed || isEdge) && (recentRoot == 0 || !reRoot) && !sync;
        boolean wasForward = forward;
        if (mayGoOn && goOn()) {
            agreed = forward && !wasForward ? sendsRapid : agreed;
            return true;
        }
        return false;
    }

    // ---- port states (17.30)

    private boolean changeState() {
        boolean isChanged = learning != learn || forwarding != (learn && forward);
        learning = learn;
        forwarding = learn && forward;
        return isChanged;
    }

    // ---- topology changes (17.31)

    private boolean isActiveRole() {
        return role == Role.ROOT || role == Role.DESIGNATED;
    }

    private boolean changeTopology() {
        return switch (topology) {
            case INACTIVE -> {
                if (learn) {
                    topology = Topology.LEARNING;
                }
                yield learn;
            }
            case LEARNING -> {
                heardChange = false;
                heardNotification = false;
                heardAcknowledgement = false;
                topologyToPropagate = false;
                if (isActiveRole() && forward && !isEdge) {
                    startChange();
                    tree.propagateFrom(this);
                    newInfo = true;
                    topology = Topology.ACTIVE;
                    yield true;
                }
                if (!isActiveRole() && !learn && !learning) {
                    topology = Topology.INACTIVE;
                    changeWhile = 0;
                    acknowledge = false;
                    tree.output().flush(number);
                    yield true;
                }
                yield false;
            }
            case ACTIVE -> changeActiveTopology();
        };
    }

    private boolean changeActiveTopology() {
        if (!isActiveRole() || isEdge) {
            topology = Topology.LEARNING;
            return true;
        }
        if (heardNotification || heardChange) {
            if (heardNotification) {
                startChange();
            }
            acknowledge |= heardNotification && role == Role.DESIGNATED;
            heardNotification = false;
            heardChange = false;
            tree.propagateFrom(this);
            return true;
        }
        if (topologyToPropagate) {
            startChange();
            tree.output().flush(number);
            topologyToPropagate = false;
            return true;
        }
        if (heardAcknowledgement) {
            changeWhile = 0;
            heardAcknowledgement = false;
            return true;
        }
        return false;
    }

    /** newTcWhile. */
    private void startChange() {
        if (changeWhile == 0) {
            Times own = tree.designatedTimes();
            changeWhile = sendsRapid ? own.helloTime() + 1 : own.maxAge() + own.forwardDelay();
            newInfo = true;
        }
    }

    // ---- transmission (17.26)

    private void transmit() {
        if (!isEnabled) {
            newInfo = true;
            sent = 0;
            return;
        }
        if (!selected || updateInfo) {
            return;
        }
        if (helloWhen == 0) {
            newInfo |= role == Role.DESIGNATED || role == Role.ROOT && changeWhile != 0;
            helloWhen = tree.designatedTimes().helloTime();
        }
        if (!newInfo || sent >= tree.settings().holdCount()) {
            return;
        }
        if (sendsRapid) {
            send(rapid());
            acknowledge = false;
        } else if (role == Role.DESIGNATED) {
            send(configuration());
            acknowledge = false;
        } else if (role == Role.ROOT && changeWhile != 0) {
            send(Bpdu.topologyChange());
        }
        newInfo = false;
    }

    private void send(Bpdu bpdu) {
        sent++;
        tree.output().send(number, bpdu.frame(settings.address()));
    }

    private Bpdu rapid() {
        int flags = switch (role) {
            case ROOT -> Bpdu.ROLE_ROOT;
            case DESIGNATED -> Bpdu.ROLE_DESIGNATED;
            case ALTERNATE, BACKUP -> Bpdu.ROLE_ALTERNATE;
            case DISABLED -> 0;
        };
        flags |= changeWhile != 0 ? Bpdu.FLAG_TOPOLOGY_CHANGE : 0;
        flags |= proposing ? Bpdu.FLAG_PROPOSAL : 0;
        flags |= learning ? Bpdu.FLAG_LEARNING : 0;
        flags |= forwarding ? Bpdu.FLAG_FORWARDING : 0;
        flags |= agree ? Bpdu.FLAG_AGREEMENT : 0;
        return new Bpdu(2, Bpdu.RAPID, flags, tree.designatedPriority(identifier), tree.designatedTimes());
    }

    private Bpdu configuration() {
        int flags = changeWhile != 0 ? Bpdu.FLAG_TOPOLOGY_CHANGE : 0;
        flags |= acknowledge ? Bpdu.FLAG_ACKNOWLEDGEMENT : 0;
        return new Bpdu(0, Bpdu.CONFIGURATION, flags, tree.designatedPriority(identifier), tree.designatedTimes());
    }
}
