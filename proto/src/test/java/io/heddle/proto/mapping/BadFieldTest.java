package io.heddle.proto.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TextFormat;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.heddle.flow.error.FlowError;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.v1.Update;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first bad field of an update is named by its path, with OpenFlow's name of the error and a sentence. */
class BadFieldTest {
    private static final TextForms TEXTS = new TextForms(PortNames.NONE);

    // spotless:off
    @ParameterizedTest(name = "[{index}] {0}")
    @CsvSource(delimiter = '|', textBlock = """
        flow { match { fields { field: "nw_srk" number: 1 } } } | OFPBMC_BAD_FIELD at flow.match.fields[0].field: no field is called "nw_srk"; names are those of ovs-fields(7), such as in_port, dl_dst, nw_src
        flow { match { fields { number: 1 } } } | OFPBMC_BAD_FIELD at flow.match.fields[0].field: the field's name is missing, for example "nw_dst"
        flow { match { fields { field: "in_port" } } } | OFPBMC_BAD_VALUE at flow.match.fields[0].value: in_port has no value: set value, number or text
        flow { match { fields { field: "dl_type" number: 65536 } } } | OFPBMC_BAD_VALUE at flow.match.fields[0].number: 65536 of dl_type does not fit in its 16 bits
        flow { match { fields { field: "dl_type" value: "\\001\\000\\000" } } } | OFPBMC_BAD_VALUE at flow.match.fields[0].value: the value of dl_type does not fit in its 16 bits
        flow { match { fields { field: "dl_type" value: "" } } } | OFPBMC_BAD_LEN at flow.match.fields[0].value: dl_type has 2 octets, 0 were given
        flow { match { fields { field: "dl_type" number: 0 mask: "\\001" } } } | OFPBMC_BAD_MASK at flow.match.fields[0].mask: dl_type cannot be masked: leave the mask out
        flow { match { fields { field: "reg0" number: 3 mask: "\\001" } } } | OFPBMC_BAD_WILDCARDS at flow.match.fields[0].value: the value of reg0 has bits outside of its mask: they must be zero
        flow { match { fields { field: "reg0" number: 0 mask: "\\000" } } } | OFPBMC_BAD_MASK at flow.match.fields[0].mask: the mask of reg0 is zero: leave the field out instead
        flow { match { fields { field: "reg0" number: 1 } fields { field: "reg0" number: 1 } } } | OFPBMC_DUP_FIELD at flow.match.fields[1].field: reg0 is matched on twice
        flow { match { fields { field: "reg0" number: 1 } fields { field: "xreg0" number: 1 } } } | OFPBMC_DUP_FIELD at flow.match.fields[1].field: xreg0 is matched on twice
        flow { match { fields { field: "tcp_dst" number: 80 } } } | OFPBMC_BAD_PREREQ at flow.match.fields[0].field: tcp_dst can be matched only together with dl_type 0x0800 or 0x86dd and nw_proto 6
        flow { match { fields { field: "nw_src" text: "10.0.0" } } } | OFPBMC_BAD_VALUE at flow.match.fields[0].text: at character 1 ("10.0.0"): not an IPv4 address: write 10.0.0.1 or 10.0.0.0/24
        flow { table_id: 254 } | OFPFMFC_BAD_TABLE_ID at flow.table_id: 254 is out of range, it must be 0 to 253
        flow { priority: 65536 } | OFPFMFC_UNKNOWN at flow.priority: 65536 is out of range, it must be 0 to 65535
        flow { idle_timeout_seconds: 4294967295 } | OFPFMFC_BAD_TIMEOUT at flow.idle_timeout_seconds: 4294967295 is out of range, it must be 0 to 65535
        flow { instructions { } } | OFPBIC_UNKNOWN_INST at flow.instructions[0]: the instruction is of no kind that this switch knows
        flow { instructions { goto_table: 0 } } | OFPBIC_BAD_TABLE_ID at flow.instructions[0].goto_table: 0 is out of range, it must be 1 to 253
        flow { instructions { meter_id: 1 } instructions { meter_id: 2 } } | OFPBIC_DUP_INST at flow.instructions[1]: a flow has one instruction of a kind; put all actions into one list
        flow { instructions { write_metadata { metadata: 3 mask: 1 } } } | OFPBIC_UNSUP_METADATA at flow.instructions[0].write_metadata.metadata: 0x3 has bits outside of the mask 0x1: they must be zero
        flow { instructions { apply_actions { actions { } } } } | OFPBAC_BAD_TYPE at flow.instructions[0].apply_actions.actions[0]: the action is of no kind that this switch knows
        flow { instructions { apply_actions { actions { output { } } } } } | OFPBAC_BAD_OUT_PORT at flow.instructions[0].apply_actions.actions[0].output.port: the port is missing: set port to 1-4294967040, or reserved
        flow { instructions { write_actions { actions { output { port: 1 } } actions { push_vlan: 1 } } } } | OFPBAC_BAD_ARGUMENT at flow.instructions[0].write_actions.actions[1].push_vlan: 0x1 is not allowed, it must be 0x8100 or 0x88a8
        flow { instructions { apply_actions { actions { set_field { field: "in_phy_port" number: 1 } } } } } | OFPBAC_BAD_SET_TYPE at flow.instructions[0].apply_actions.actions[0].set_field.field: in_phy_port cannot be written
        flow { instructions { apply_actions { actions { copy_field { source: "reg0" destination: "nw_ttl" bits: 9 } } } } } | OFPBAC_BAD_ARGUMENT at flow.instructions[0].apply_actions.actions[0].copy_field.destination_bit: 9 bits from bit 0 are outside of nw_ttl, which has 8
        group { group_id: 1 } | OFPGMFC_BAD_TYPE at group.type: the type is missing or unknown: ALL, SELECT, INDIRECT or FAST_FAILOVER
        group { group_id: 4294967292 type: ALL } | OFPGMFC_INVALID_GROUP at group.group_id: 4294967292 is out of range, it must be 0 to 4294967040
        group { type: SELECT buckets { weight: 65536 } } | OFPGMFC_BAD_BUCKET at group.buckets[0].weight: 65536 is out of range, it must be 0 to 65535
        meter { unit: KBPS } | OFPMMFC_INVALID_METER at meter.meter_id: 0 is out of range, it must be 1 to 4294901760
        meter { meter_id: 1 } | OFPMMFC_BAD_FLAGS at meter.unit: the unit is missing or unknown: KBPS or PKTPS
        meter { meter_id: 1 unit: KBPS bands { type: DROP } } | OFPMMFC_BAD_RATE at meter.bands[0].rate: the rate is missing: 1 to 4294967295
        port { number: 1 } | OFPPMFC_BAD_CONFIG at port: a port's setting takes MODIFY only; ports are added and removed with Configure
        flows { } | OFPFMFC_BAD_COMMAND at flows: a selection of flows cannot be added: only MODIFY and DELETE take one
        flow { text: "ip,actions=drop" table_id: 1 } | OFPFMFC_UNKNOWN at flow.text: send either text or the other fields, not both
        '' | OFPBRC_BAD_TYPE at entity: nothing to update: set flow, group, meter, port or flows
        """)
    // spotless:on
    void shouldNameTheBadField(String update, String expected) throws Exception {
        Update proto = TextFormat.parse("type: INSERT " + update, Update.class);

        assertThatThrownBy(() -> UpdateMapping.toModel(proto, TEXTS))
                .isInstanceOf(FlowException.class)
                .hasMessage(expected);
    }

    @Test
    void shouldRefuseAnUpdateWithoutAType() throws Exception {
        Update proto = TextFormat.parse("flow { }", Update.class);

        assertThatThrownBy(() -> UpdateMapping.toModel(proto, TEXTS))
                .hasMessage(
                        "OFPBRC_BAD_TYPE at type: the type is missing or unknown: INSERT, MODIFY, DELETE or UPSERT");
    }

    @Test
    void shouldNameTheCharacterOfABadText() throws Exception {
        Update proto = TextFormat.parse("type: INSERT flow { text: \"ip,nw_srk=1,actions=drop\" }", Update.class);

        assertThatThrownBy(() -> UpdateMapping.toModel(proto, TEXTS))
                .isInstanceOf(FlowException.class)
                .extracting(e -> ((FlowException) e).error())
                .asInstanceOf(InstanceOfAssertFactories.type(FlowError.class))
                .satisfies(error -> {
                    assertThat(error.path()).isEqualTo("flow.text");
                    assertThat(error.message()).startsWith("at character 4 (\"nw_srk");
                });
    }

    @Test
    void shouldReadTextAndStructureAlike() throws Exception {
        Update text = TextFormat.parse(
                "type: UPSERT flow { text: \"table=1,priority=10,tcp,nw_dst=10.0.0.0/8,tp_dst=80,actions=output:2\" }",
                Update.class);
        Update structured = TextFormat.parse("""
                type: UPSERT flow { table_id: 1 priority: 10
                  match { fields { field: "tcp_dst" number: 80 } fields { field: "nw_proto" value: "\\006" }
                    fields { field: "eth_type" value: "\\010\\000" } fields { field: "nw_dst" text: "10.0.0.0/8" } }
                  instructions { apply_actions { actions { output { port: 2 } } } } }
                """, Update.class);

        assertThat(UpdateMapping.toModel(structured, TEXTS)).isEqualTo(UpdateMapping.toModel(text, TEXTS));
        assertThat(UpdateMapping.toModel(text, TEXTS))
                .asInstanceOf(InstanceOfAssertFactories.type(SwitchUpdate.FlowChange.class))
                .satisfies(change -> {
                    assertThat(change.presence()).isEqualTo(SwitchUpdate.Presence.ANY);
                    assertThat(change.mod().command()).isEqualTo(FlowMod.Command.ADD);
                    assertThat(change.mod().tableId()).isEqualTo(1);
                });
    }

    @Test
    void shouldCarryPathAndOpenFlowNameInAStatus() throws Exception {
        Update proto = TextFormat.parse("type: INSERT flow { table_id: 254 }", Update.class);
        FlowError error = null;
        try {
            UpdateMapping.toModel(proto, TEXTS);
        } catch (FlowException e) {
            error = e.error().under("updates[3]");
        }

        assertThat(error).isNotNull();
        Status status = StatusMapping.toProto(error);

        assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
        assertThat(StatusMapping.describe(status))
                .isEqualTo("updates[3].flow.table_id: 254 is out of range, it must be 0 to 253 (OFPFMFC_BAD_TABLE_ID)");
    }
}
