package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.match.TunnelOptionsMod;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Open vSwitch's messages about which Geneve option is which field.
 *
 * <pre>
 *   NXT_TLV_TABLE_MOD    command 16 | 0 48 | mappings ...
 *   NXT_TLV_TABLE_REPLY  octets for options 32 | fields 16 | 0 80 | mappings ...
 *   mapping              class 16 | type 8 | length 8 | N of tun_metadataN 16 | 0 16
 * </pre>
 */
final class TlvTableCodec {
    private static final int MAPPING = 8;
    private static final TunnelOptionsMod.Command[] COMMANDS = TunnelOptionsMod.Command.values();

    private TlvTableCodec() {}

    static OpenFlowMessage mod(Reader in) throws FlowException {
        int command = atLeast(in, 8).u16();
        in.skip(6);
        if (command >= COMMANDS.length) {
            throw new FlowException(
                    ErrorCode.TLV_TABLE_MOD_FAILED_BAD_COMMAND,
                    "command",
                    command + " is not 0 (add), 1 (delete) or 2 (clear)");
        }
        return new OpenFlowMessage.TlvTableMod(new TunnelOptionsMod(COMMANDS[command], mappings(in)));
    }

    static OpenFlowMessage reply(Reader in) throws FlowException {
        int space = atLeast(in, 16).i32();
        int fields = in.u16();
        in.skip(10);
        return new OpenFlowMessage.TlvTableReply(space, fields, mappings(in));
    }

    private static Reader atLeast(Reader in, int octets) throws FlowException {
        if (in.remaining() < octets) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "",
                    "the message has " + in.remaining() + " octets, not " + octets + " or more");
        }
        return in;
    }

    private static List<TunnelOptions.Option> mappings(Reader in) throws FlowException {
        if (in.remaining() % MAPPING != 0) {
            throw new FlowException(
                    ErrorCode.BAD_REQUEST_BAD_LEN,
                    "mappings",
                    in.remaining() + " octets are not a multiple of " + MAPPING);
        }
        List<TunnelOptions.Option> options = new ArrayList<>();
        while (in.remaining() > 0) {
            int optionClass = in.u16();
            int type = in.u8();
            int length = in.u8();
            options.add(new TunnelOptions.Option(optionClass, type, length, in.u16()));
            in.skip(2);
        }
        return options;
    }

    static void mod(ByteBuf out, OpenFlowMessage.TlvTableMod message) {
        int command = List.of(COMMANDS).indexOf(message.mod().command());
        out.writeShort(command).writeZero(6);
        mappings(out, message.mod().options());
    }

    static void reply(ByteBuf out, OpenFlowMessage.TlvTableReply message) {
        out.writeInt(message.maxOctets()).writeShort(message.maxFields()).writeZero(10);
        mappings(out, message.options());
    }

    private static void mappings(ByteBuf out, List<TunnelOptions.Option> options) {
        for (TunnelOptions.Option option : options) {
            out.writeShort(option.optionClass()).writeByte(option.type()).writeByte(option.length());
            out.writeShort(option.index()).writeZero(2);
        }
    }
}
