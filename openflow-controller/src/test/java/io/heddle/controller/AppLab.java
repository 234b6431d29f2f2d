package io.heddle.controller;

import io.heddle.controller.core.Command;
import io.heddle.controller.core.ControllerApp;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.FlowIntent;
import io.heddle.controller.core.IntentStore;
import io.heddle.controller.core.Now;
import io.heddle.controller.core.SwitchId;
import io.heddle.controller.core.SwitchPort;
import io.heddle.controller.core.SwitchView;
import io.heddle.controller.packet.Frame;
import io.heddle.controller.pipeline.PipelineVerifier;
import io.heddle.controller.store.Lease;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.packet.EtherTypes;
import io.heddle.flow.packet.IpProtocols;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Apps, a clock that is turned by hand, and what the apps commanded. */
public final class AppLab {
    public static final SwitchId ID = new SwitchId(1);

    private final List<ControllerApp> apps;
    public final IntentStore intents = new IntentStore();
    public final List<Command.SendPacket> sent = new ArrayList<>();
    public final List<Event> published = new ArrayList<>();
    public final List<Lease> written = new ArrayList<>();
    private long millis = 1_000_000_000L;

    public AppLab(ControllerApp... apps) {
        this.apps = List.of(apps);
    }

    public static SwitchView view(int ports) {
        Map<Integer, SwitchPort> map = new HashMap<>();
        for (int i = 1; i <= ports; i++) {
            map.put(i, new SwitchPort(i, "p" + i, true));
        }
        return new SwitchView(ID, "br0", "unix:/s", map);
    }

    public AppLab up() {
        return tell(new Event.SwitchUp(view(8), List.of()));
    }

    public AppLab after(long milliseconds) {
        millis += milliseconds;
        return this;
    }

    public long millis() {
        return millis;
    }

    public AppLab packet(int port, Frame frame) {
        return packet(port, 1, frame);
    }

    public AppLab packet(int port, int table, Frame frame) {
        return tell(new Event.PacketIn(view(8), port, table, frame));
    }

    public AppLab tell(Event event) {
        for (ControllerApp app : apps) {
            app.onEvent(event, new Now(millis * 1_000_000, millis)).forEach(command -> execute(app, command));
        }
        return this;
    }

    private void execute(ControllerApp app, Command command) {
        switch (command) {
            case Command.PutFlow put -> {
                FlowError error = PipelineVerifier.verify(app.name(), put.intent());
                if (error != null) {
                    throw new AssertionError(error.toString());
                }
                intents.put(put.id(), put.intent());
            }
            case Command.RemoveFlow remove -> intents.remove(remove.id(), remove.identity());
            case Command.SendPacket send -> sent.add(send);
            case Command.Publish publish -> {
                published.add(publish.event());
                tell(publish.event());
            }
            case Command.Durably durably -> {
                written.addAll(durably.leases());
                durably.then().forEach(then -> execute(app, then));
            }
        }
    }

    /** Takes the packets that were sent since the last call. */
    public List<Command.SendPacket> takeSent() {
        List<Command.SendPacket> taken = List.copyOf(sent);
        sent.clear();
        return taken;
    }

    /** The flow of a table that a frame hits, by the intents alone. */
    public FlowIntent hit(int table, int inPort, Frame frame) {
        io.heddle.flow.match.FlowKey key = key(inPort, frame).key();
        return intents.of(ID).stream()
                .filter(flow -> flow.identity().tableId() == table
                        && flow.identity().match().matches(key))
                .max(java.util.Comparator.comparingInt(flow -> flow.identity().priority()))
                .orElseThrow();
    }

    private static Match key(int inPort, Frame frame) {
        Match.Builder key = Match.builder()
                .exact(MatchField.IN_PORT, inPort)
                .exact(MatchField.ETH_DST, frame.dst())
                .exact(MatchField.ETH_SRC, frame.src())
                .exact(MatchField.ETH_TYPE, frame.type())
                .exact(MatchField.VLAN_VID, frame.vlan() == 0 ? 0 : 0x1000 | frame.vlan());
        if (frame.type() == EtherTypes.ARP) {
            key.exact(MatchField.ARP_OP, frame.octets()[frame.payload() + 7]);
        } else if (frame.isIpv4Udp()) {
            key.exact(MatchField.NW_PROTO, IpProtocols.UDP)
                    .exact(MatchField.NW_DST, frame.ipDst() & 0xffffffffL)
                    .exact(MatchField.UDP_DST, frame.udpDst());
        }
        return key.build();
    }
}
