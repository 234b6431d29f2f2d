package io.heddle.proto.mapping;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Alg;
import io.heddle.flow.action.HashFields;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.LearnSpec;
import io.heddle.flow.action.LinkAlgorithm;
import io.heddle.flow.action.NatSpec;
import io.heddle.flow.action.Ports;
import io.heddle.flow.group.GroupMod.BucketSpec;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.meter.MeterMod.Band;
import io.heddle.flow.meter.MeterMod.Flag;
import io.heddle.flow.table.FlowMod;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Valid flows, groups and meters by seed. */
final class RandomModel {
    private static final List<MatchField> WRITABLE =
            Arrays.stream(MatchField.values()).filter(MatchField::isWritable).toList();
    /** Later options share their places with these, and cannot be mapped together with them. */
    private static final List<MatchField> FIELDS = Arrays.stream(MatchField.values())
            .filter(field -> field.optionIndex() < TunnelOptions.SLOTS)
            .toList();

    private static final int[][] PROTOCOLS = {
        {0x0806, -1},
        {0x0800, -1},
        {0x0800, 6},
        {0x0800, 17},
        {0x0800, 132},
        {0x0800, 1},
        {0x86dd, -1},
        {0x86dd, 6},
        {0x86dd, 17},
        {0x86dd, 58},
        {0x8847, -1},
        {0x88e7, -1},
        {0x1234, -1}
    };

    private final Random random;

    RandomModel(long seed) {
        this.random = new Random(seed);
    }

    Match match() {
        Match.Builder match = Match.builder();
        int[] protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
        match.exact(MatchField.ETH_TYPE, protocol[0]);
        if (protocol[1] >= 0) {
            match.exact(MatchField.NW_PROTO, protocol[1]);
        }
        if (protocol[1] == 58 && random.nextBoolean()) {
            match.exact(MatchField.ICMPV6_TYPE, 135 + random.nextInt(2));
        }
        if (random.nextBoolean()) {
            match.exact(MatchField.VLAN_VID, KeyLayout.VLAN_PRESENT | random.nextInt(4096));
        }
        for (int i = random.nextInt(12); i > 0; i--) {
            MatchField field = FIELDS.get(random.nextInt(FIELDS.size()));
            Match soFar = match.build();
            Bits whole = FieldMapping.wholeMask(field);
            if (!match.meetsPrerequisiteOf(field)
                    || !soFar.maskOf(field).isZero()
                    || field == MatchField.NW_TOS
                    || field == MatchField.VLAN_TCI) {
                continue;
            }
            Bits mask = field.isMaskable() && random.nextBoolean() ? bits().and(whole) : whole;
            if (!mask.isZero()) {
                match.masked(field, bits().and(mask), mask);
            }
        }
        return match.build();
    }

    List<Action> actions() {
        List<Action> actions = new ArrayList<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            actions.add(action());
        }
        return actions;
    }

    private Action action() {
        return switch (random.nextInt(36)) {
            case 0 -> new Action.Output(1 + random.nextInt(100));
            case 1 -> new Action.Output(Ports.CONTROLLER, 1 + random.nextInt(0xffff));
            case 2 -> new Action.Output(Ports.IN_PORT + random.nextInt(7));
            case 3 -> new Action.GroupAction(random.nextInt());
            case 4 -> new Action.SetQueue(random.nextInt());
            case 5, 6 -> setField();
            case 7 -> new Action.CopyField(MatchField.REG0, 4, MatchField.REG1, 8, 1 + random.nextInt(24));
            case 8 -> new Action.PushVlan(random.nextBoolean() ? 0x8100 : 0x88a8);
            case 9 -> new Action.PopVlan();
            case 10 -> new Action.PushMpls(0x8847);
            case 11 -> new Action.PopMpls(0x0800);
            case 12 -> random.nextBoolean() ? new Action.PushPbb(0x88e7) : new Action.PopPbb();
            case 13 -> new Action.SetMplsTtl(random.nextInt(256));
            case 14 -> random.nextBoolean() ? new Action.DecMplsTtl() : new Action.DecNwTtl();
            case 15 -> new Action.SetNwTtl(random.nextInt(256));
            case 16 -> random.nextBoolean() ? new Action.CopyTtlIn() : new Action.CopyTtlOut();
            case 17 -> new Action.Meter(random.nextInt());
            case 18 ->
                new Action.Resubmit(
                        random.nextBoolean() ? Ports.IN_PORT : 7, random.nextInt(256), random.nextBoolean());
            case 20 -> new Action.ConntrackClear();
            case 21 -> conntrack();
            case 22 -> learn();
            case 26 -> new Action.CloneActions(actions());
            case 27 -> new Action.Push(new Action.Subfield(MatchField.ETH_SRC, 5, 1 + random.nextInt(40)));
            case 28 -> new Action.Pop(new Action.Subfield(MatchField.REG5, 5, 1 + random.nextInt(20)));
            case 29 ->
                random.nextBoolean()
                        ? new Action.Exit()
                        : new Action.DeleteField(MatchField.tunnelOption(random.nextInt(64)));
            case 30 ->
                new Action.CheckPacketLarger(
                        random.nextInt(0x10000), new Action.Subfield(MatchField.REG5, random.nextInt(32), 1));
            case 31 -> new Action.PopQueue();
            case 34 -> new Action.OutputTruncated(1 + random.nextInt(100), 14 + random.nextInt(100_000));
            case 32 ->
                new Action.Multipath(
                        HashFields.byNumber(random.nextInt(7)).orElseThrow(),
                        random.nextInt(0x10000),
                        LinkAlgorithm.byNumber(random.nextInt(4)).orElseThrow(),
                        1 + random.nextInt(256),
                        random.nextInt(),
                        new Action.Subfield(MatchField.REG5, random.nextInt(20), 8));
            case 33 ->
                new Action.Bundle(
                        HashFields.byNumber(random.nextInt(7)).orElseThrow(),
                        random.nextInt(0x10000),
                        random.nextBoolean(),
                        List.of(1 + random.nextInt(100), Ports.LOCAL, Ports.ANY),
                        random.nextBoolean() ? null : new Action.Subfield(MatchField.REG5, 3, 16));
            case 24 -> new Action.Conjunction(random.nextInt(), 1 + random.nextInt(5), 5 + random.nextInt(60));
            case 25 -> new Action.Note("%06x".formatted(random.nextInt(1 << 24)).repeat(random.nextInt(5)));
            case 23 -> new Action.FinTimeout(random.nextInt(0x10000), random.nextInt(0x10000));
            case 19 ->
                new Action.Controller(
                        1 + random.nextInt(0xffff),
                        random.nextInt(6),
                        random.nextInt(0x10000),
                        random.nextInt(),
                        "%06x".formatted(random.nextInt(1 << 24)).repeat(random.nextInt(5)),
                        random.nextBoolean());
            default -> new Action.OutputField(MatchField.REG3, random.nextInt(16), 16, 1 + random.nextInt(0xffff));
        };
    }

    private Action conntrack() {
        boolean hasZoneField = random.nextBoolean();
        NatSpec nat = random.nextBoolean()
                ? NatSpec.EXISTING
                : new NatSpec(
                        NatSpec.Direction.SOURCE,
                        hasZoneField,
                        Bits.of(5),
                        Bits.of(9),
                        1,
                        7,
                        NatSpec.Selection.HASH,
                        random.nextBoolean());
        return new Action.Conntrack(
                random.nextBoolean(),
                random.nextBoolean(),
                hasZoneField ? 0 : random.nextInt(0x10000),
                hasZoneField ? new Action.Subfield(MatchField.REG0, 8, 16) : null,
                random.nextBoolean() ? Action.Conntrack.NO_TABLE : random.nextInt(254),
                List.of(new Action.SetField(MatchField.CT_MARK, Bits.of(5))),
                random.nextBoolean() ? null : random.nextBoolean() ? Alg.FTP : Alg.TFTP,
                random.nextBoolean() ? null : nat);
    }

    private Action learn() {
        Action.Subfield source = new Action.Subfield(MatchField.ETH_SRC, 8, 16);
        Action.Subfield destination = new Action.Subfield(MatchField.REG1, 4, 16);
        return new Action.Learn(new LearnSpec(
                random.nextInt(254),
                random.nextInt(0x10000),
                random.nextLong(),
                random.nextInt(0x10000),
                random.nextInt(0x10000),
                random.nextInt(0x10000),
                random.nextInt(0x10000),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(),
                random.nextBoolean() ? null : new Action.Subfield(MatchField.REG2, 7, 1),
                List.of(
                        LearnSpec.Part.match(destination, source),
                        LearnSpec.Part.match(destination, Bits.of(random.nextInt(0x10000))),
                        LearnSpec.Part.load(destination, source),
                        LearnSpec.Part.load(
                                new Action.Subfield(MatchField.IPV6_SRC, 5, 123), bits().and(Bits.ones(123))),
                        LearnSpec.Part.output(source))));
    }

    private Action setField() {
        MatchField field = WRITABLE.get(random.nextInt(WRITABLE.size()));
        Bits whole = FieldMapping.wholeMask(field);
        Bits mask = field.isMaskable() && random.nextBoolean() ? bits().and(whole) : field.allOnes();
        return new Action.SetField(field, bits().and(whole), mask.isZero() ? field.allOnes() : mask);
    }

    private List<Instruction> instructions() {
        List<Instruction> instructions = new ArrayList<>();
        if (random.nextBoolean()) {
            instructions.add(new Instruction.Meter(random.nextInt()));
        }
        if (random.nextBoolean()) {
            instructions.add(new Instruction.ApplyActions(actions()));
        }
        if (random.nextBoolean()) {
            instructions.add(new Instruction.ClearActions());
        }
        if (random.nextBoolean()) {
            instructions.add(new Instruction.WriteActions(actions()));
        }
        if (random.nextBoolean()) {
            long mask = random.nextBoolean() ? -1L : random.nextLong() | 1;
            instructions.add(new Instruction.WriteMetadata(random.nextLong() & mask, mask));
        }
        if (random.nextBoolean()) {
            instructions.add(new Instruction.GotoTable(1 + random.nextInt(253)));
        }
        return instructions;
    }

    FlowMod flow(FlowMod.Command command) {
        Set<FlowMod.Flag> flags = EnumSet.noneOf(FlowMod.Flag.class);
        for (FlowMod.Flag flag : FlowMod.Flag.values()) {
            if (random.nextBoolean()) {
                flags.add(flag);
            }
        }
        return new FlowMod(
                command,
                random.nextInt(254),
                match(),
                random.nextInt(0x10000),
                random.nextLong(),
                0,
                random.nextInt(0x10000),
                random.nextInt(0x10000),
                random.nextInt(0x10000),
                flags,
                Ports.ANY,
                FlowMod.ANY_GROUP,
                instructions());
    }

    List<BucketSpec> buckets() {
        List<BucketSpec> buckets = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            buckets.add(new BucketSpec(
                    random.nextInt(0x10000),
                    random.nextBoolean() ? Ports.ANY : 1 + random.nextInt(1000),
                    random.nextBoolean() ? FlowMod.ANY_GROUP : random.nextInt(1000),
                    actions()));
        }
        return buckets;
    }

    /** The burst size is 0 without the flag, as the record asks. */
    List<Band> bands(Set<Flag> flags) {
        List<Band> bands = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            long rate = 1 + Integer.toUnsignedLong(random.nextInt(-1 >>> 1));
            long burst = flags.contains(Flag.BURST) ? 1 + random.nextInt(1000) : 0;
            bands.add(
                    random.nextBoolean()
                            ? new Band.Drop(rate, burst)
                            : new Band.DscpRemark(rate, burst, 1 + random.nextInt(2)));
        }
        return bands;
    }

    private Bits bits() {
        return new Bits(random.nextLong(), random.nextLong());
    }
}
