package io.heddle.proto.fuzz;

import io.heddle.flow.error.FlowException;
import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.TcpView;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import io.heddle.proto.mapping.FlowMapping;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** What a target begins with: seeds that are made or taken from the vectors of the codec, and every input that once failed. */
final class FuzzCorpus {
    private FuzzCorpus() {}

    static List<byte[]> of(FuzzTarget target) throws IOException, FlowException {
        List<byte[]> all = new ArrayList<>(seeds(target));
        for (String line : lines("/fuzz/" + target.name().toLowerCase(Locale.ROOT) + ".txt")) {
            all.add(HexFormat.of().parseHex(line));
        }
        return all;
    }

    private static List<byte[]> seeds(FuzzTarget target) throws IOException, FlowException {
        return switch (target) {
            case CODEC ->
                lines("/openflow/messages.txt").stream()
                        .map(line -> HexFormat.of().parseHex(line.substring(0, line.indexOf(' '))))
                        .map(FuzzCorpus::withVersion)
                        .toList();
            case TEXT -> texts();
            case PACKET -> frames();
            case CONNTRACK, ALG -> List.of(concatenated(frames()));
            case NSH -> List.of(HexFormat.of().parseHex("0fc6010300012301" + "00".repeat(16)));
            case GRPC -> flows();
        };
    }

    private static byte[] withVersion(byte[] message) {
        message[0] = (byte) (message[0] - 1);
        return message;
    }

    private static List<byte[]> texts() {
        List<byte[]> texts = new ArrayList<>();
        for (String flow : FLOWS) {
            texts.add(("\0" + flow).getBytes(StandardCharsets.UTF_8));
        }
        texts.add("\1group_id=1,type=select,bucket=weight:5,watch_port:1,actions=output:1,bucket=actions=dec_ttl"
                .getBytes(StandardCharsets.UTF_8));
        texts.add("\2meter=1,kbps,burst,band=type=drop,rate=100,burst_size=5".getBytes(StandardCharsets.UTF_8));
        texts.add("\3tcp,nw_src=10.0.0.0/8,tp_dst=0x50/0xfff0,ct_state=+trk-new".getBytes(StandardCharsets.UTF_8));
        texts.add("\4in_port=1,ip,nw_dst=10.0.0.1,nw_ttl=64".getBytes(StandardCharsets.UTF_8));
        return texts;
    }

    private static final List<String> FLOWS = List.of(
            "table=5,priority=7,cookie=0x5,in_port=1,dl_src=00:11:22:33:44:55/ff:ff:00:00:00:00,ip,actions=output:1",
            "tcp,actions=ct(commit,zone=7,nat(src=10.0.0.1-10.0.0.9:1000-2000,persistent),exec(set_field:5->ct_mark))",
            "ipv6,actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),resubmit(,1)",
            "actions=multipath(eth_src,0,hrw,5,0,NXM_NX_REG1[]),bundle(nw_src,5,active_backup,ofport,members:1,2)",
            "actions=clone(push_vlan:0x8100,output:2),write_actions(group:1),goto_table:3,conjunction(1,1/2)");

    private static List<byte[]> flows() throws FlowException {
        FlowParser parser = new FlowParser(PortNames.NONE);
        List<byte[]> flows = new ArrayList<>();
        for (String text : FLOWS.subList(0, FLOWS.size() - 1)) {
            byte[] message =
                    FlowMapping.toProto(parser.flow(FlowMod.Command.ADD, text)).toByteArray();
            byte[] input = new byte[message.length + 1];
            System.arraycopy(message, 0, input, 1, message.length);
            flows.add(input);
        }
        return flows;
    }

    /** The three steps of TCP's handshake to FTP's port, a command, and a request of TFTP. */
    private static List<byte[]> frames() {
        int a = 0x0a000001;
        int b = 0x0a000002;
        return List.of(
                tcp(a, b, 1000, 21, 100, 0, TcpView.SYN, ""),
                tcp(b, a, 21, 1000, 500, 101, TcpView.SYN | TcpView.ACK, ""),
                tcp(a, b, 1000, 21, 101, 501, TcpView.ACK, ""),
                tcp(a, b, 1000, 21, 101, 501, TcpView.ACK, "PORT 10,0,0,1,4,2\r\n"),
                PacketBuilder.ethernet(1, 2)
                        .ipv4(a, b)
                        .udp(1000, 69)
                        .payload("\0\1file\0octet\0".getBytes(StandardCharsets.ISO_8859_1))
                        .build());
    }

    private static byte[] tcp(
            int from, int to, int fromPort, int toPort, int sequence, int ack, int flags, String text) {
        return PacketBuilder.ethernet(1, 2)
                .ipv4(from, to)
                .tcp(fromPort, toPort, sequence, ack, flags)
                .payload(text.getBytes(StandardCharsets.ISO_8859_1))
                .build();
    }

    private static byte[] concatenated(List<byte[]> frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] frame : frames) {
            all.write(Math.max(0, frame.length - 64));
            all.writeBytes(frame.length < 64 ? Arrays.copyOf(frame, 64) : frame);
        }
        return all.toByteArray();
    }

    private static List<String> lines(String resource) throws IOException {
        try (InputStream in = FuzzCorpus.class.getResourceAsStream(resource)) {
            String text = new String(Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }
}
