package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.OpenFlowMessage.Duration;
import io.heddle.proto.openflow.OpenFlowMessage.PortDescription;
import io.netty.buffer.ByteBuf;

/**
 * Ports and their counters as OpenFlow 1.1 and later have them: 1.3 added how long they are there, 1.4 put what belongs to Ethernet into a
 * property.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.2.1</a>
 */
final class PortCodec {
    /** {@code OFPPS_*} since OpenFlow 1.1. */
    private static final int STATES = 7;

    private static final int ETHERNET = 0;

    private final boolean hasDuration;
    private final boolean hasProperties;

    PortCodec(OpenFlowVersion version) {
        this.hasDuration = version.isAtLeast(OpenFlowVersion.OPENFLOW_13);
        this.hasProperties = version.isAtLeast(OpenFlowVersion.OPENFLOW_14);
    }

    PortDescription port(Reader in) throws FlowException {
        int port = in.i32();
        int length = in.u16();
        in.skip(2);
        long mac = in.mac();
        in.skip(2);
        String name = in.text(16);
        int config = in.i32();
        int state = in.i32();
        int[] features = new int[6];
        if (hasProperties) {
            Reader properties = in.sub(length - 40, ErrorCode.BAD_REQUEST_BAD_LEN, "port");
            Properties.read(properties, "port", (type, value) -> {
                if (type == ETHERNET) {
                    value.skip(4);
                    read(value, features);
                }
            });
        } else {
            read(in, features);
        }
        return new PortDescription(
                port,
                mac,
                name,
                config,
                state,
                features[0],
                features[1],
                features[2],
                features[3],
                features[4],
                features[5]);
    }

    private static void read(Reader in, int[] values) throws FlowException {
        for (int i = 0; i < values.length; i++) {
            values[i] = in.i32();
        }
    }

    void port(ByteBuf out, PortDescription port) {
        out.writeInt(port.port()).writeShort(hasProperties ? 72 : 0).writeZero(2);
        mac(out, port.macAddress()).writeZero(2);
        StandardMultipart.text(out, port.name(), 16);
        out.writeInt(port.config()).writeInt(port.state() & STATES);
        if (hasProperties) {
            Properties.begin(out, ETHERNET, 32).writeZero(4);
        }
        out.writeInt(port.current()).writeInt(port.advertised());
        out.writeInt(port.supported()).writeInt(port.peer());
        out.writeInt(port.currentSpeedKbps()).writeInt(port.maxSpeedKbps());
    }

    private static ByteBuf mac(ByteBuf out, long mac) {
        return out.writeShort((int) (mac >>> 32)).writeInt((int) mac);
    }

    OpenFlowMessage portMod(Reader in) throws FlowException {
        if (!hasProperties) {
            StandardBodies.exactly(in, 32);
        }
        int port = in.i32();
        in.skip(4);
        long mac = in.mac();
        in.skip(2);
        int config = in.i32();
        int mask = in.i32();
        int[] advertise = new int[1];
        if (hasProperties) {
            Properties.read(in, "properties", (type, value) -> {
                if (type != ETHERNET) {
                    throw Properties.unknown(type, "properties");
                }
                read(value, advertise);
            });
        } else {
            read(in, advertise);
            in.skip(4);
        }
        return new OpenFlowMessage.PortModRequest(port, mac, config, mask, advertise[0]);
    }

    void portMod(ByteBuf out, OpenFlowMessage.PortModRequest mod) {
        out.writeInt(mod.port()).writeZero(4);
        mac(out, mod.macAddress()).writeZero(2);
        out.writeInt(mod.config()).writeInt(mod.mask());
        if (hasProperties) {
            Properties.begin(out, ETHERNET, 8).writeInt(mod.advertise());
        } else {
            out.writeInt(mod.advertise()).writeZero(4);
        }
    }

    MultipartBody.PortEntry statistics(Reader in) throws FlowException {
        if (!hasProperties) {
            int port = in.i32();
            in.skip(4);
            return counters(in, port, hasDuration);
        }
        Reader entry = MultipartCodec.entry(in, 80);
        entry.skip(2);
        int port = entry.i32();
        Duration duration = StandardMultipart.duration(entry);
        long[] common = new long[8];
        read(entry, common);
        long[] ethernet = new long[4];
        Properties.read(entry, "multipart", (type, value) -> {
            if (type == ETHERNET) {
                value.skip(4);
                read(value, ethernet);
            }
        });
        return new MultipartBody.PortEntry(
                port,
                common[0],
                common[1],
                common[2],
                common[3],
                common[4],
                common[5],
                common[6],
                common[7],
                ethernet[0],
                ethernet[1],
                ethernet[2],
                ethernet[3],
                duration);
    }

    private static void read(Reader in, long[] values) throws FlowException {
        for (int i = 0; i < values.length; i++) {
            values[i] = in.i64();
        }
    }

    /** Twelve counters in their old order, and how long the port is there where the version says it. */
    static MultipartBody.PortEntry counters(Reader in, int port, boolean hasDuration) throws FlowException {
        return new MultipartBody.PortEntry(
                port,
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                hasDuration ? StandardMultipart.duration(in) : Duration.ZERO);
    }

    void statistics(ByteBuf out, MultipartBody.PortEntry port) {
        if (hasProperties) {
            out.writeShort(120).writeZero(2).writeInt(port.port());
            StandardMultipart.duration(out, port.duration());
            common(out, port);
            ethernet(Properties.begin(out, ETHERNET, 40).writeZero(4), port);
            return;
        }
        out.writeInt(port.port()).writeZero(4);
        counters(out, port);
        if (hasDuration) {
            StandardMultipart.duration(out, port.duration());
        }
    }

    static void counters(ByteBuf out, MultipartBody.PortEntry port) {
        common(out, port);
        ethernet(out, port);
    }

    private static void common(ByteBuf out, MultipartBody.PortEntry port) {
        out.writeLong(port.rxPackets()).writeLong(port.txPackets());
        out.writeLong(port.rxOctets()).writeLong(port.txOctets());
        out.writeLong(port.rxDropped()).writeLong(port.txDropped());
        out.writeLong(port.rxErrors()).writeLong(port.txErrors());
    }

    private static void ethernet(ByteBuf out, MultipartBody.PortEntry port) {
        out.writeLong(port.rxFrameErrors()).writeLong(port.rxOverruns());
        out.writeLong(port.rxCrcErrors()).writeLong(port.collisions());
    }
}
