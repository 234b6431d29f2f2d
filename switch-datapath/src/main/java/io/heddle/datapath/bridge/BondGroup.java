package io.heddle.datapath.bridge;

import io.heddle.datapath.bridge.Layer2Configuration.BondMode;
import io.heddle.datapath.bridge.Layer2Configuration.LacpMode;
import io.heddle.datapath.bridge.lacp.LinkAggregation;
import io.heddle.flow.counter.HitCounter;
import io.heddle.flow.pipeline.Bond;
import io.heddle.flow.pipeline.MacLearning;
import io.heddle.flow.text.AddressText;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A bond at work: which of its ports may be used, which one is active, and which slot of the hash goes where.
 *
 * <p>Threading: the control loop; the loads are counted by poll loops.
 */
final class BondGroup implements LinkAggregation.Output {
    private static final int SLOTS = 256;
    private static final long MILLISECOND_NS = 1_000_000L;
    private static final int REBALANCE_MS = 10_000;
    private static final int MAX_ANNOUNCED = 1024;

    /** A slot moves only if that makes the heaviest port lighter by so much of its load. */
    private static final int WORTHWHILE_PERCENT = 3;

    private static final class Member {
        private boolean isEnabled;
        private boolean isChanging;
        private long changeAtNs;
    }

    private final Bridge bridge;
    private final LayerTwo layer2;
    private final Layer2Configuration.Bond configuration;
    private final @Nullable LinkAggregation lacp;
    private final Map<Integer, Member> members = new LinkedHashMap<>();
    private final int[] slots = new int[SLOTS];
    private final List<HitCounter> loads = new ArrayList<>();
    private final long[] counted = new long[SLOTS];
    private int active;
    private long rebalanceNs;
    private @Nullable Bond view;

    BondGroup(Bridge bridge, LayerTwo layer2, Layer2Configuration.Bond configuration, long ownAddress, long nowNs) {
        this.bridge = bridge;
        this.layer2 = layer2;
        this.configuration = configuration;
        this.rebalanceNs = nowNs;
        for (int i = 0; i < SLOTS; i++) {
            loads.add(new HitCounter(nowNs));
        }
        this.lacp = configuration.lacp() == LacpMode.OFF
                ? null
                : new LinkAggregation(aggregation(configuration, ownAddress), this);
        for (String name : configuration.ports()) {
            BridgePort port = bridge.ports().byName(name);
            if (port != null) {
                members.put(port.number(), new Member());
                join(port, ownAddress);
            }
        }
    }

    private static LinkAggregation.Settings aggregation(Layer2Configuration.Bond bond, long ownAddress) {
        Map<String, String> config = bond.otherConfig();
        String system = config.get("lacp-system-id");
        return new LinkAggregation.Settings(
                bond.lacp() == LacpMode.ACTIVE,
                config.getOrDefault("lacp-time", "slow").equals("fast"),
                OtherConfig.number(config, "lacp-system-priority", 65_534),
                system == null ? ownAddress : AddressText.parseEthernet(system).orElse(ownAddress),
                OtherConfig.number(config, "lacp-aggregation-key", 1));
    }

    private void join(BridgePort port, long ownAddress) {
        if (lacp != null) {
            Map<String, String> config = port.configuration().otherConfig();
            long own = port.device() == null ? 0 : port.device().macAddress();
            lacp.put(
                    port.number(),
                    OtherConfig.number(config, "lacp-port-id", port.number()),
                    OtherConfig.number(config, "lacp-port-priority", 32_768),
                    own == 0 ? ownAddress : own);
        }
    }

    Layer2Configuration.Bond configuration() {
        return configuration;
    }

    Set<Integer> members() {
        return members.keySet();
    }

    /** Says whether the members are still ports of the bridge. */
    boolean isWhole() {
        return configuration.ports().stream().allMatch(name -> {
            BridgePort port = bridge.ports().byName(name);
            return port != null && members.containsKey(port.number());
        });
    }

    boolean speaksLacp() {
        return lacp != null;
    }

    void received(int port, byte[] frame, long nowNs) {
        if (lacp != null) {
            lacp.received(port, frame, nowNs);
        }
    }

    @Override
    public void send(int number, byte[] frame) {
        BridgePort port = bridge.ports().byNumber(number);
        if (port != null) {
            layer2.send(port, frame);
        }
    }

    /** Does what is due; says whether the pipeline is to know of something new. */
    boolean run(long nowNs) {
        if (lacp != null) {
            members.keySet().forEach(number -> lacp.linkChanged(number, isLinkUp(number), nowNs));
            lacp.run(nowNs);
        }
        boolean isChanged = false;
        // What is lost first: whether another is needed at once depends on it.
        for (Map.Entry<Integer, Member> each : members.entrySet()) {
            isChanged |= !mayEnable(each.getKey()) && change(each.getValue(), false, true, nowNs);
        }
        for (Map.Entry<Integer, Member> each : members.entrySet()) {
            boolean hasEnabled = members.values().stream().anyMatch(member -> member.isEnabled);
            isChanged |= mayEnable(each.getKey()) && change(each.getValue(), true, hasEnabled, nowNs);
        }
        int before = active;
        active = chooseActive();
        isChanged |= active != before;
        if (isChanged) {
            spread();
        } else {
            isChanged = rebalance(nowNs);
        }
        Bond now = makeView();
        boolean isNews = !now.equals(view);
        view = now;
        tellPorts();
        if (before != active && before != 0 && active != 0 && configuration.mode() == BondMode.ACTIVE_BACKUP) {
            announce();
        }
        return isNews;
    }

    private boolean isLinkUp(int number) {
        BridgePort port = bridge.ports().byNumber(number);
        return port != null && port.isUp();
    }

    private boolean mayEnable(int number) {
        if (!isLinkUp(number)) {
            return false;
        }
        return lacp == null || (lacp.isNegotiated() ? lacp.isUsable(number) : fallsBack());
    }

    private boolean fallsBack() {
        return OtherConfig.flag(configuration.otherConfig(), "lacp-fallback-ab", false);
    }

    /** A port is used, or no longer, when it has been fit for it, or not, for long enough; the first one at once. */
    private boolean change(Member member, boolean mayEnable, boolean hasEnabled, long nowNs) {
        if (member.isEnabled == mayEnable) {
            member.isChanging = false;
            return false;
        }
        boolean isAtOnce = lacp != null && lacp.isNegotiated() || mayEnable && !hasEnabled;
        if (!member.isChanging || isAtOnce) {
            long delayMs = isAtOnce ? 0 : mayEnable ? configuration.updelayMs() : configuration.downdelayMs();
            member.isChanging = true;
            member.changeAtNs = nowNs + delayMs * MILLISECOND_NS;
        }
        if (nowNs - member.changeAtNs < 0) {
            return false;
        }
        member.isChanging = false;
        member.isEnabled = mayEnable;
        return true;
    }

    private int chooseActive() {
        BridgePort primary = bridge.ports().byName(configuration.otherConfig().getOrDefault("bond-primary", ""));
        if (primary != null && isEnabled(primary.number())) {
            return primary.number();
        }
        if (isEnabled(active)) {
            return active;
        }
        return members.keySet().stream().filter(this::isEnabled).findFirst().orElse(0);
    }

    private boolean isEnabled(int number) {
        Member member = members.get(number);
        return member != null && member.isEnabled;
    }

    private List<Integer> enabled() {
        return members.keySet().stream().filter(this::isEnabled).toList();
    }

    /** Every slot goes to a port that may be used, to each about as many. Those that need not move stay. */
    private void spread() {
        List<Integer> usable = enabled();
        if (usable.isEmpty()) {
            Arrays.fill(slots, 0);
            return;
        }
        int most = (SLOTS + usable.size() - 1) / usable.size();
        Map<Integer, Integer> counts = new LinkedHashMap<>();
        usable.forEach(number -> counts.put(number, 0));
        for (int i = 0; i < SLOTS; i++) {
            Integer count = counts.get(slots[i]);
            if (count == null || count >= most) {
                slots[i] = 0;
            } else {
                counts.put(slots[i], count + 1);
            }
        }
        for (int i = 0; i < SLOTS; i++) {
            if (slots[i] == 0) {
                int least = usable.getFirst();
                for (int number : usable) {
                    least = counts.getOrDefault(number, 0) < counts.getOrDefault(least, 0) ? number : least;
                }
                slots[i] = least;
                counts.merge(least, 1, Integer::sum);
            }
        }
    }

    /** Moves one slot from the port that sends most to the one that sends least, if that is worth it. */
    private boolean rebalance(long nowNs) {
        int intervalMs = OtherConfig.number(configuration.otherConfig(), "bond-rebalance-interval", REBALANCE_MS);
        List<Integer> usable = enabled();
        if (intervalMs == 0
                || configuration.mode() == BondMode.ACTIVE_BACKUP
                || nowNs - rebalanceNs < intervalMs * MILLISECOND_NS) {
            return false;
        }
        rebalanceNs = nowNs;
        long[] recent = new long[SLOTS];
        Map<Integer, Long> sums = new LinkedHashMap<>();
        usable.forEach(number -> sums.put(number, 0L));
        for (int i = 0; i < SLOTS; i++) {
            long octets = loads.get(i).octets();
            recent[i] = octets - counted[i];
            counted[i] = octets;
            sums.merge(slots[i], recent[i], Long::sum);
        }
        if (usable.size() < 2) {
            return false;
        }
        int heavy = usable.getFirst();
        int light = usable.getFirst();
        for (int number : usable) {
            heavy = sums.getOrDefault(number, 0L) > sums.getOrDefault(heavy, 0L) ? number : heavy;
            light = sums.getOrDefault(number, 0L) < sums.getOrDefault(light, 0L) ? number : light;
        }
        long difference = sums.getOrDefault(heavy, 0L) - sums.getOrDefault(light, 0L);
        int best = -1;
        for (int i = 0; i < SLOTS; i++) {
            boolean isBetter = slots[i] == heavy && recent[i] < difference && (best < 0 || recent[i] > recent[best]);
            best = isBetter ? i : best;
        }
        if (best < 0 || recent[best] * 100 < sums.getOrDefault(heavy, 0L) * WORTHWHILE_PERCENT || recent[best] == 0) {
            return false;
        }
        slots[best] = light;
        return true;
    }

    private Bond makeView() {
        Bond.Lacp status =
                lacp == null ? Bond.Lacp.OFF : lacp.isNegotiated() ? Bond.Lacp.NEGOTIATED : Bond.Lacp.CONFIGURED;
        return new Bond(
                number(),
                configuration.name(),
                switch (configuration.mode()) {
                    case ACTIVE_BACKUP -> Bond.Mode.ACTIVE_BACKUP;
                    case BALANCE_SLB -> Bond.Mode.BALANCE_SLB;
                    case BALANCE_TCP -> Bond.Mode.BALANCE_TCP;
                },
                status,
                fallsBack(),
                new TreeSet<>(enabled()),
                active,
                Arrays.stream(slots).boxed().toList(),
                loads);
    }

    /** OpenFlow number of the first port. */
    int number() {
        return members.isEmpty() ? 0 : members.keySet().iterator().next();
    }

    /** As the pipeline sees it. */
    Bond view() {
        Bond now = view;
        if (now == null) {
            now = makeView();
            view = now;
        }
        return now;
    }

    private void tellPorts() {
        for (int number : members.keySet()) {
            BridgePort port = bridge.ports().byNumber(number);
            if (port != null) {
                String state = number == active ? "active" : isEnabled(number) ? "enabled" : "disabled";
                String said = lacp == null ? "" : ", lacp " + lacp.describe(number);
                layer2.setState(port, port.layer2().withBond(configuration.name(), state + said));
            }
        }
    }

    /** The switches behind the new active port learn that the hosts behind this bridge are here now (RFC 903 frames, as for a moved host). */
    private void announce() {
        int announced = 0;
        for (MacLearning.Entry entry : bridge.macs().entries()) {
            if (entry.port() != number() && announced++ < MAX_ANNOUNCED) {
                send(active, reverseArp(entry.address(), tag(entry.vlan())));
            }
        }
    }

    /** VLAN id of the tag that packets of a VLAN leave with; 0 for none. */
    private int tag(int vlan) {
        BridgePort port = bridge.ports().byNumber(active);
        return port != null && port.configuration().vlans().leavesTagged(vlan) ? vlan : 0;
    }

    private static byte[] reverseArp(long address, int tag) {
        ByteBuffer out = ByteBuffer.allocate(64);
        out.putShort((short) 0xffff).putInt(-1);
        put(out, address);
        if (tag != 0) {
            out.putShort((short) 0x8100).putShort((short) tag);
        }
        out.putShort((short) 0x8035)
                .putShort((short) 1)
                .putShort((short) 0x0800)
                .put((byte) 6)
                .put((byte) 4);
        out.putShort((short) 3);
        put(out, address);
        out.putInt(0);
        put(out, address);
        return out.array();
    }

    private static void put(ByteBuffer out, long address) {
        out.putShort((short) (address >>> 32)).putInt((int) address);
    }
}
