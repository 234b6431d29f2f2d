package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Ports;
import io.heddle.flow.conntrack.TrackRequest;
import io.heddle.flow.group.BucketSelector;
import io.heddle.flow.group.Group;
import io.heddle.flow.group.GroupTable;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.Prerequisite;
import io.heddle.flow.pipeline.Translation.DropCause;
import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What each action does to the packet of a translation.
 *
 * <p>An action on a header that the packet does not have does nothing: group buckets and action sets meet packets that no match
 * described.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class ActionExecution {
    private static final long[] ALL_ONES = new long[KeyLayout.WORDS];

    static {
        Arrays.fill(ALL_ONES, -1L);
    }

    private final Translator translator;
    private final NormalForwarding normal;
    private final LearnExecution learning;
    private final LinkChoice links;
    private final Mirroring mirroring;

    ActionExecution(Translator translator) {
        this.translator = translator;
        this.normal = new NormalForwarding(translator, this);
        this.learning = new LearnExecution(translator, this);
        this.links = new LinkChoice(translator, this);
        this.mirroring = new Mirroring(translator, normal);
    }

    Mirroring mirroring() {
        return mirroring;
    }

    LinkChoice links() {
        return links;
    }

    /** Says whether an action needs the headers after those that a pop has taken off to be known. */
    static boolean looksAtHeaders(Action action, Translator translator) {
        return switch (action) {
            case Action.Output output ->
                output.port() == Ports.NORMAL || output.port() == Ports.TABLE || isPatch(output.port(), translator);
            case Action.SetQueue a -> false;
            case Action.PopQueue a -> false;
            case Action.Exit a -> false;
            case Action.Meter a -> false;
            case Action.Controller a -> false;
            case Action.ConntrackClear a -> false;
            case Action.Conjunction a -> false;
            case Action.Note a -> false;
            default -> true;
        };
    }

    /** Says whether an output reaches another bridge, whose tables look at the packet. */
    private static boolean isPatch(int number, Translator translator) {
        BridgeView bridge = translator.bridge();
        if (number == Ports.ALL || number == Ports.FLOOD) {
            return bridge != null
                    && translator.world.topology().ports(bridge.id()).stream().anyMatch(port -> port.peer() != 0);
        }
        int port = number == Ports.IN_PORT ? translator.inPort() : number;
        PortInfo info = bridge == null ? null : translator.world.topology().port(bridge.id(), port);
        return info != null && info.peer() != 0;
    }

    void execute(Action action) {
        PacketState packet = translator.packet;
        switch (action) {
            case Action.Output output -> output(output.port(), output.maxLength());
            case Action.OutputField output -> outputField(output);
            case Action.Controller controller -> {
                if (controller.isPaused()) {
                    translator.recirculation.pause(controller);
                } else {
                    translator.punting.punt(controller, null);
                }
            }
            case Action.DeleteField delete -> packet.deleteOption(delete.field());
            case Action.GroupAction group -> group(group.groupId());
            case Action.Meter meter -> translator.tables.meter(meter.meterId());
            case Action.Conntrack conntrack -> conntrack(conntrack);
            case Action.ConntrackClear clear -> {
                if (packet.isTracked()) {
                    translator.out.add(new DatapathAction.ConntrackClear());
                }
                packet.forgetConnection();
            }
            case Action.Learn learn -> learning.learn(learn.spec());
            case Action.Conjunction conjunction -> {
                // Of a packet-out: it means something in a flow only.
            }
            case Action.Note note -> {}
            case Action.FinTimeout fin -> learning.finTimeout(fin);
            case Action.Resubmit resubmit -> translator.tables.resubmit(resubmit);
            case Action.CloneActions clone -> translator.runClone(clone.actions());
            case Action.Push push -> translator.push(read(push.source()));
            case Action.Pop pop -> pop(pop.destination());
            case Action.Exit exit -> translator.exit();
            case Action.CheckPacketLarger larger -> translator.recirculation.ask(larger);
            case Action.PopQueue pop -> packet.popQueue();
            case Action.OutputTruncated output -> outputTruncated(output);
            case Action.Multipath multipath -> links.multipath(multipath);
            case Action.Bundle bundle -> links.bundle(bundle);
            case Action.SetQueue queue -> packet.setQueue(queue.queueId());
            case Action.SetField set -> setField(set.field(), set.value(), set.mask());
            case Action.CopyField copy -> copyField(copy);
            case Action.PushVlan push -> {
                if (packet.hasFullVlanQueue()) {
                    packet.commit(translator.out, false);
                }
                packet.pushVlan(push.etherType());
            }
            case Action.PopVlan pop -> packet.popVlan();
            case Action.PushMpls push -> {
                packet.commit(translator.out, false);
                packet.pushMpls(push.etherType());
            }
            case Action.PopMpls pop -> {
                if (packet.isMpls()) {
                    packet.commit(translator.out, false);
                    packet.popMpls(pop.etherType(), translator.out);
                }
            }
            case Action.PushPbb push -> {
                packet.commit(translator.out, false);
                packet.pushPbb(push.etherType());
            }
            case Action.PopPbb pop -> {
                if (packet.read(MatchField.ETH_TYPE) == 0x88e7) {
                    packet.commit(translator.out, false);
                    packet.popPbb(translator.out);
                }
            }
            case Action.SetMplsTtl set -> setTtl(MatchField.MPLS_TTL, packet.isMpls(), set.ttl());
            case Action.SetNwTtl set -> setTtl(MatchField.NW_TTL, packet.isIp(), set.ttl());
            case Action.DecMplsTtl dec -> decrementTtl(MatchField.MPLS_TTL, packet.isMpls());
            case Action.DecNwTtl dec -> decrementTtl(MatchField.NW_TTL, packet.isIp());
            case Action.DecNshTtl dec -> decrementTtl(MatchField.NSH_TTL, packet.isNsh());
            case Action.CopyTtlOut copy -> copyTtlOut();
            case Action.CopyTtlIn copy -> copyTtlIn();
        }
    }

    // ---- fields

    private void setField(MatchField field, Bits value, Bits mask) {
        if (!hasHeaderOf(field)) {
            return;
        }
        PacketState packet = translator.packet;
        if (field.isWritable()) {
            packet.write(field, value, mask);
            return;
        }
        // What was written before was meant for the headers as they were, so this goes to the datapath alone.
        packet.commit(translator.out, false);
        packet.write(field, value, mask);
        packet.commit(translator.out, false);
        packet.expectOtherHeaders();
    }

    /** Says whether the packet has the header that a field is in, and records what that depends on. */
    boolean hasHeaderOf(MatchField field) {
        PacketState packet = translator.packet;
        look(field.prerequisite());
        if (!field.prerequisite().isMetBy(packet.key.words(), ALL_ONES)) {
            return false;
        }
        if (field == MatchField.VLAN_VID) {
            return (translator.read(MatchField.VLAN_VID).low() & KeyLayout.VLAN_PRESENT) != 0;
        }
        boolean isTransport =
                field.word() == KeyLayout.W_TP || field.prerequisite().compareTo(Prerequisite.ND) >= 0;
        if (isTransport && field.prerequisite() != Prerequisite.CT) {
            return (translator.read(MatchField.NW_FRAG).low() & KeyLayout.FRAG_LATER) == 0;
        }
        return true;
    }

    private void look(Prerequisite prerequisite) {
        PacketState packet = translator.packet;
        switch (prerequisite) {
            case NONE, ETHERNET, IN_PORT -> {}
            case VLAN -> packet.look(presentBit());
            case ARP, IPV4, IPV6, IP, CT, MPLS, PBB, NSH -> packet.read(MatchField.ETH_TYPE);
            case TCP, UDP, SCTP, ICMPV4, ICMPV6 -> {
                packet.read(MatchField.ETH_TYPE);
                packet.read(MatchField.NW_PROTO);
            }
            case ND, ND_SOLICIT, ND_ADVERT -> {
                packet.read(MatchField.ETH_TYPE);
                packet.read(MatchField.NW_PROTO);
                translator.read(MatchField.ICMPV6_TYPE);
            }
        }
    }

    private static FlowMask presentBit() {
        return new FlowMask().add(MatchField.VLAN_TCI, Bits.of(KeyLayout.VLAN_PRESENT));
    }

    private void copyField(Action.CopyField copy) {
        if (!hasHeaderOf(copy.source()) || !hasHeaderOf(copy.destination())) {
            return;
        }
        Bits mask = Bits.ones(copy.bits());
        Bits value = readBits(copy.source(), mask.shiftLeft(copy.sourceBit())).shiftRight(copy.sourceBit());
        translator.packet.write(
                copy.destination(), value.shiftLeft(copy.destinationBit()), mask.shiftLeft(copy.destinationBit()));
    }

    /** Reads some bits of a field, and records that these, not all of the field, were looked at. */
    Bits readBits(MatchField field, Bits bits) {
        if (field.word() == KeyLayout.W_TP) {
            translator.packet.read(MatchField.NW_FRAG);
        }
        translator.packet.look(new FlowMask().add(field, bits));
        return translator.packet.key.get(field).and(bits);
    }

    private void pop(Action.Subfield destination) {
        Bits value = translator.pop();
        if (value == null) {
            translator.trace.note("the stack is empty: nothing is popped");
        } else {
            write(destination, value);
        }
    }

    /** Writes the lowest bits of a value to some bits of a field, if the packet has that. */
    void write(Action.Subfield to, Bits value) {
        if (hasHeaderOf(to.field())) {
            Bits mask = Bits.ones(to.bits());
            translator.packet.write(to.field(), value.and(mask).shiftLeft(to.bit()), mask.shiftLeft(to.bit()));
        }
    }

    /** Reads some bits of a field, and records that these, not all of the field, were looked at. */
    Bits read(Action.Subfield from) {
        return readBits(from.field(), Bits.ones(from.bits()).shiftLeft(from.bit()))
                .shiftRight(from.bit());
    }

    // ---- connection tracking

    /**
     * The tracker sees the packet as it is now. What it says is known to the copy that goes to a table; to the rest of this list the packet
     * is an untracked one, translated if that was asked for.
     */
    private void conntrack(Action.Conntrack action) {
        PacketState packet = translator.packet;
        // The copy that goes to a table takes the tunnel's fields along.
        packet.commit(translator.out, true);
        int zone = action.zone();
        Action.Subfield from = action.zoneField();
        if (from != null) {
            zone = (int) read(from).low();
        }
        for (Action nested : action.exec()) {
            execute(nested);
        }
        long markMask = packet.takePending(KeyLayout.W_CT);
        Bits labelMask =
                new Bits(packet.takePending(KeyLayout.W_CT_LABEL), packet.takePending(KeyLayout.W_CT_LABEL + 1));
        int mark = (int) (packet.key.word(KeyLayout.W_CT) & markMask);
        Bits label = packet.key.get(MatchField.CT_LABEL).and(labelMask);
        translator.out.add(new DatapathAction.Conntrack(new TrackRequest(
                zone,
                action.isCommit(),
                action.isForced(),
                mark,
                (int) markMask,
                label,
                labelMask,
                action.alg(),
                action.nat())));
        packet.forgetConnection();
        if (action.tableId() != Action.Conntrack.NO_TABLE) {
            translator.recirculation.fork(action.tableId(), zone);
        }
        if (action.nat() != null) {
            packet.expectOtherHeaders();
        }
    }

    // ---- TTLs

    private void setTtl(MatchField field, boolean hasHeader, int ttl) {
        if (hasHeader) {
            translator.packet.write(field, Bits.of(ttl), field.allOnes());
        }
    }

    /** A TTL of 0 or 1 ends the packet's way here; controllers that asked for it get the packet. */
    private void decrementTtl(MatchField field, boolean hasHeader) {
        if (!hasHeader) {
            return;
        }
        long ttl = translator.packet.read(field);
        if (ttl > 1) {
            translator.packet.write(field, Bits.of(ttl - 1), field.allOnes());
            return;
        }
        translator.trace.note("the TTL is " + ttl + ": the packet goes no further");
        translator.punting.punt(PacketInReason.INVALID_TTL, Action.WHOLE_PACKET, 0);
        translator.stop(DropCause.INVALID_TTL);
    }

    private void copyTtlOut() {
        PacketState packet = translator.packet;
        if (!packet.isMpls()) {
            translator.trace.note("there is no label: nothing is copied");
            return;
        }
        int inner = packet.innerTtl();
        if (inner >= 0) {
            packet.write(MatchField.MPLS_TTL, Bits.of(inner), MatchField.MPLS_TTL.allOnes());
        } else {
            packet.commit(translator.out, false);
            packet.copyTtl(false, translator.out);
        }
    }

    private void copyTtlIn() {
        PacketState packet = translator.packet;
        if (!packet.isMpls()) {
            translator.trace.note("there is no label: nothing is copied");
        } else if (packet.innerTtl() >= 0 && packet.read(MatchField.MPLS_BOS) == 0) {
            packet.writeSecondLabelTtl(packet.read(MatchField.MPLS_TTL));
        } else {
            packet.commit(translator.out, false);
            packet.copyTtl(true, translator.out);
        }
    }

    // ---- outputs

    private void outputField(Action.OutputField output) {
        if (!hasHeaderOf(output.field())) {
            return;
        }
        long port = read(new Action.Subfield(output.field(), output.bit(), output.bits()))
                .low();
        if (port <= 0xffffffffL) {
            // A field of 16 bits holds the 16-bit numbers of reserved ports.
            int number = output.bits() <= 16 && port >= 0xfff8 ? (int) (port | 0xffff0000L) : (int) port;
            output(number, output.maxLength());
        }
    }

    void output(int port, int maxLength) {
        switch (port) {
            case Ports.NORMAL -> normal.forward();
            case Ports.FLOOD -> flood(false);
            case Ports.ALL -> flood(true);
            case Ports.CONTROLLER -> translator.punting.punt(translator.punting.puntReason(), maxLength, 0);
            case Ports.TABLE -> translator.tables.resubmit(new Action.Resubmit(Ports.IN_PORT, 0));
            case Ports.IN_PORT -> send(translator.inPort());
            case Ports.ANY -> {}
            default -> {
                if (port == translator.inPort()) {
                    translator.problem(
                            DropCause.OUTPUT_TO_IN_PORT,
                            "the packet came from this port: only IN_PORT would send it back");
                } else {
                    send(port);
                }
            }
        }
    }

    private void flood(boolean isAll) {
        BridgeView bridge = translator.bridge();
        if (bridge == null) {
            return;
        }
        for (PortInfo port : translator.world.topology().ports(bridge.id())) {
            if (port.number() != translator.inPort()
                    && port.canSend()
                    && (isAll || !port.config().noFlood())) {
                send(port);
            }
        }
    }

    private void send(int number) {
        PortInfo port = sender(number);
        if (port != null) {
            send(port);
        }
    }

    /** The port of that number if it can send. */
    private @Nullable PortInfo sender(int number) {
        BridgeView bridge = translator.bridge();
        PortInfo port = bridge == null ? null : translator.world.topology().port(bridge.id(), number);
        if (port == null) {
            translator.problem(DropCause.PORT_DOWN, "there is no port " + Integer.toUnsignedString(number));
            return null;
        }
        if (!port.layer2().spanning().forwards()) {
            translator.spanningTreeBlocks(port);
            return null;
        }
        if (!port.canSend()) {
            translator.problem(DropCause.PORT_DOWN, "port " + port.name() + " is down or does not forward");
            return null;
        }
        return port;
    }

    private void outputTruncated(Action.OutputTruncated output) {
        if (output.port() == translator.inPort()) {
            translator.problem(
                    DropCause.OUTPUT_TO_IN_PORT, "the packet came from this port: only IN_PORT would send it back");
            return;
        }
        PortInfo port = sender(output.port() == Ports.IN_PORT ? translator.inPort() : output.port());
        if (port != null && port.peer() != 0) {
            translator.problem(DropCause.NO_OUTPUT, "a packet is not cut for patch port " + port.name());
        } else if (port != null) {
            translator.packet.commit(translator.out, port.isTunnel());
            translator.out.add(new DatapathAction.Truncate(output.maxLength()));
            send(port);
        }
    }

    /** Sends the packet as it is now to a port that can send. */
    void send(PortInfo port) {
        if (port.peer() == 0) {
            translator.packet.commit(translator.out, port.isTunnel());
            translator.out.add(new DatapathAction.Output(port.datapathPort()));
            mirroring.egress(port);
            return;
        }
        PortInfo peer = translator.world.topology().port(port.peer());
        if (peer == null) {
            translator.problem(DropCause.PORT_DOWN, "patch port " + port.name() + " has no peer");
        } else {
            translator.enterPeer(port, peer);
        }
    }

    // ---- groups

    private void group(int groupId) {
        BridgeView bridge = translator.bridge();
        GroupTable groups = bridge == null ? null : bridge.tables().groups();
        Group group = groups == null ? null : groups.find(groupId, translator.world.version());
        if (groups == null || group == null) {
            translator.problem(DropCause.NO_OUTPUT, "there is no group " + Integer.toUnsignedString(groupId));
            return;
        }
        translator.count(group.counter());
        switch (group.type()) {
            case ALL -> {
                translator.packet.commit(translator.out, false);
                group.buckets().forEach(bucket -> bucket(group, bucket));
            }
            case INDIRECT ->
                oneBucket(
                        group,
                        group.buckets().isEmpty() ? null : group.buckets().getFirst());
            case SELECT -> {
                FlowMask mask = new FlowMask();
                Group.Bucket chosen =
                        BucketSelector.select(group, translator.packet.key, mask, bucket -> isLive(groups, bucket));
                translator.look(mask);
                oneBucket(group, chosen);
            }
            case FAST_FAILOVER ->
                oneBucket(
                        group,
                        group.buckets().stream()
                                .filter(bucket -> isLive(groups, bucket))
                                .findFirst()
                                .orElse(null));
        }
    }

    private boolean isLive(GroupTable groups, Group.Bucket bucket) {
        BridgeView bridge = translator.bridge();
        IntPredicate isPortLive = number -> {
            PortInfo port = bridge == null ? null : translator.world.topology().port(bridge.id(), number);
            return port != null && port.isUp();
        };
        return groups.isLive(bucket, translator.world.version(), isPortLive);
    }

    private void oneBucket(Group group, Group.@Nullable Bucket bucket) {
        if (bucket == null) {
            translator.problem(
                    DropCause.NO_LIVE_BUCKET, "group " + Integer.toUnsignedString(group.id()) + " has no live bucket");
        } else {
            bucket(group, bucket);
        }
    }

    private void bucket(Group group, Group.Bucket bucket) {
        translator.count(bucket.counter());
        translator.runBucket(group.id(), bucket.index(), bucket.spec().actions());
    }
}
