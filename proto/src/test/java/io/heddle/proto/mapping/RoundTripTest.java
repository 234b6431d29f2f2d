package io.heddle.proto.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.v1.Flow;
import io.heddle.proto.v1.Group;
import io.heddle.proto.v1.Meter;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written is read as it was: model to message to octets to message to model. */
class RoundTripTest {
    private static final TextForms TEXTS = new TextForms(PortNames.NONE);

    private static final List<GroupMod.GroupType> TYPES = List.of(GroupMod.GroupType.values());

    @Test
    void shouldReadRandomFlowsAsTheyWereWritten() throws Exception {
        for (int seed = 0; seed < 3000; seed++) {
            FlowMod flow = new RandomModel(seed).flow(FlowMod.Command.ADD);

            Flow proto = Flow.parseFrom(FlowMapping.toProto(flow).toByteArray());

            assertThat(FlowMapping.toModel(FlowMod.Command.ADD, proto, TEXTS))
                    .as("seed %d: %s", seed, proto)
                    .isEqualTo(flow);
        }
    }

    @Test
    void shouldReadRandomGroupsAsTheyWereWritten() throws Exception {
        for (int seed = 0; seed < 500; seed++) {
            RandomModel random = new RandomModel(seed);
            GroupMod.GroupType type = TYPES.get(seed % TYPES.size());
            GroupMod group = new GroupMod(GroupMod.Command.ADD, type, seed, random.buckets());

            Group proto = Group.parseFrom(GroupMapping.toProto(group).toByteArray());

            assertThat(GroupMapping.toModel(GroupMod.Command.ADD, proto, TEXTS))
                    .as("seed %d", seed)
                    .isEqualTo(group);
        }
    }

    @Test
    void shouldReadRandomMetersAsTheyWereWritten() throws Exception {
        for (int seed = 1; seed < 500; seed++) {
            Random choice = new Random(seed);
            Set<MeterMod.Flag> flags = EnumSet.of(choice.nextBoolean() ? MeterMod.Flag.KBPS : MeterMod.Flag.PKTPS);
            if (choice.nextBoolean()) {
                flags.add(MeterMod.Flag.BURST);
            }
            if (choice.nextBoolean()) {
                flags.add(MeterMod.Flag.STATS);
            }
            MeterMod meter = new MeterMod(MeterMod.Command.ADD, seed, flags, new RandomModel(seed).bands(flags));

            Meter proto = Meter.parseFrom(
                    MeterMapping.toProto(seed, flags, meter.bands()).toByteArray());

            assertThat(MeterMapping.toModel(MeterMod.Command.ADD, proto, TEXTS))
                    .as("seed %d", seed)
                    .isEqualTo(meter);
        }
    }

    /** A megaflow looks at any bits: what fields can name of them comes back, with or without prerequisites. */
    @ParameterizedTest
    @EnumSource(MatchField.class)
    void shouldWriteEveryFieldAlone(MatchField field) throws InvalidProtocolBufferException {
        Match match = Match.builder().exact(field, 1).build();

        io.heddle.proto.v1.Match proto =
                io.heddle.proto.v1.Match.parseFrom(FlowMapping.toProto(match).toByteArray());
        Match.Builder again = Match.builder();
        for (io.heddle.proto.v1.FieldMatch each : proto.getFieldsList()) {
            MatchField named = MatchField.byName(each.getField()).orElseThrow();
            again.masked(
                    named,
                    Octets.number(each.getValue()).or(again.valueOf(named)),
                    each.getMask().isEmpty() ? FieldMapping.wholeMask(named) : Octets.number(each.getMask()));
        }

        assertThat(again.build()).isEqualTo(match);
    }

    /** Any change of a message's octets is read, or refused with the path of a field: nothing else happens. */
    @Test
    void shouldReadOrRefuseMutatedFlows() {
        int refused = 0;
        for (int seed = 0; seed < 4000; seed++) {
            Random random = new Random(seed);
            byte[] octets = FlowMapping.toProto(new RandomModel(seed).flow(FlowMod.Command.ADD))
                    .toByteArray();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                octets[random.nextInt(octets.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                FlowMod flow = FlowMapping.toModel(FlowMod.Command.ADD, Flow.parseFrom(octets), TEXTS);
                assertThat(flow.command()).isEqualTo(FlowMod.Command.ADD);
            } catch (FlowException e) {
                refused++;
                assertThat(e.error().path()).as("seed %d: %s", seed, e.error()).isNotEmpty();
                assertThat(e.error().message()).as("seed %d", seed).isNotEmpty();
            } catch (InvalidProtocolBufferException e) {
                assertThat(e.getUnfinishedMessage()).as("seed %d", seed).isNotNull();
                refused++;
            }
        }

        assertThat(refused).isBetween(400, 3999);
    }
}
