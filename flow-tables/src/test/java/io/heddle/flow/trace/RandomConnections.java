package io.heddle.flow.trace;

import io.heddle.flow.packet.PacketBuilder;
import io.heddle.flow.packet.TcpView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Packets of connections between clients behind port 1 and a server behind port 2, whose ends do what they may do next, in a random
 * order; and packets that belong to none.
 */
final class RandomConnections {
    private static final int CLIENTS = 0x0a000001;
    private static final int SERVER = 0x0a00fe01;
    private static final int SYN = TcpView.SYN;
    private static final int ACK = TcpView.ACK;
    private static final int FIN = TcpView.FIN;
    private static final int RST = TcpView.RST;

    /**
     * A packet.
     *
     * @param text number of its connection, and what it is
     */
    @SuppressWarnings("ArrayRecordComponent") // identity is never asked for
    record Sent(int port, byte[] frame, String text) {}

    private static PacketBuilder ipv4(int from, int to) {
        return PacketBuilder.ethernet(0x020000000000L, 0x020000000002L).ipv4(from, to);
    }

    private enum Kind {
        TCP,
        UDP,
        ICMP
    }

    private static final List<Kind> KINDS = List.of(Kind.TCP, Kind.UDP, Kind.ICMP);

    private final class Connection {
        final int number;
        final Kind kind;
        final int client;
        final int port;
        int step;
        /** Next sequence numbers of both ends. */
        final int[] next = {random.nextInt(), random.nextInt()};

        /** What they have sent of which nothing has arrived and which they will send again. */
        final int[] pending = new int[2];

        final boolean[] isFinished = new boolean[2];
        boolean isOver;

        Connection(int number) {
            this.number = number;
            kind = KINDS.get(random.nextInt(KINDS.size()));
            client = CLIENTS + random.nextInt(5);
            port = 2000 + number;
        }

        Sent packet() {
            step++;
            return switch (kind) {
                case TCP -> tcp();
                case UDP -> udp();
                case ICMP -> icmp();
            };
        }

        /** The IP header: an answer goes to where the client is seen. */
        private PacketBuilder ip(boolean isAnswer) {
            return isAnswer ? ipv4(SERVER, seen()) : ipv4(client, SERVER);
        }

        private int seen() {
            return outside == 0 ? client : outside;
        }

        private Sent sent(boolean isAnswer, PacketBuilder packet, String text) {
            return new Sent(
                    isAnswer ? 2 : 1,
                    packet.build(),
                    "%d %s %s".formatted(number, isAnswer ? "answer" : "client", text));
        }

        private Sent udp() {
            boolean isAnswer = step > 1 && random.nextBoolean();
            isOver = random.nextInt(8) == 0;
            if (step > 1 && random.nextInt(6) == 0) {
                // What the sender of the error has seen of the packet that it is about.
                byte[] inner = isAnswer
                        ? ipv4(seen(), SERVER)
                                .udp(port, 53)
                                .payload(new byte[20])
                                .build()
                        : ipv4(SERVER, client)
                                .udp(53, port)
                                .payload(new byte[20])
                                .build();
                return sent(
                        isAnswer,
                        ip(isAnswer).icmp(3, 3, 0).payload(Arrays.copyOfRange(inner, 14, 42)),
                        "error about a datagram");
            }
            PacketBuilder packet = isAnswer ? ip(true).udp(53, port) : ip(false).udp(port, 53);
            return sent(isAnswer, packet.payload(new byte[20]), "datagram");
        }

        private Sent icmp() {
            boolean isAnswer = step > 1 && random.nextBoolean();
            isOver = random.nextInt(6) == 0;
            return sent(
                    isAnswer,
                    ip(isAnswer).icmp(isAnswer ? 0 : 8, 0, port << 16 | step).payload(new byte[16]),
                    "echo");
        }

        private PacketBuilder segment(int end, int sequence, int flags, int payload) {
            int ack = (flags & ACK) == 0 ? 0 : next[1 - end];
            PacketBuilder packet = ip(end == 1);
            return (end == 0 ? packet.tcp(port, 80, sequence, ack, flags) : packet.tcp(80, port, sequence, ack, flags))
                    .payload(new byte[payload]);
        }

        private Sent tcp() {
            if (step == 1 || step == 2 && random.nextInt(3) == 0) {
                step = 1;
                Sent syn = sent(false, segment(0, next[0], SYN, 0), "SYN");
                if (random.nextInt(3) > 0) {
                    step = 2;
                }
                return syn;
            }
            if (step <= 3) {
                step = 3;
                next[0]++;
                if (random.nextInt(8) == 0) {
                    isOver = true;
                    return sent(true, segment(1, 0, RST | ACK, 0), "refusal");
                }
                Sent answer = sent(true, segment(1, next[1], SYN | ACK, 0), "SYN,ACK");
                next[1]++;
                return answer;
            }
            if (step == 4) {
                return sent(false, segment(0, next[0], ACK, 0), "ACK");
            }
            return established();
        }

        private Sent established() {
            int end = random.nextInt(2);
            if (isFinished[end]) {
                boolean isBoth = isFinished[1 - end];
                isOver = isBoth;
                return sent(end == 1, segment(end, next[end], ACK, 0), "ACK at the end");
            }
            int choice = random.nextInt(12);
            if (choice < 3) {
                next[end] += pending[end];
                pending[end] = 0;
            }
            if (choice == 0) {
                isOver = true;
                return sent(end == 1, segment(end, next[end], RST | ACK, 0), "RST");
            }
            if (choice < 3) {
                Sent fin = sent(end == 1, segment(end, next[end], FIN | ACK, 0), "FIN");
                next[end]++;
                isFinished[end] = true;
                return fin;
            }
            int payload = random.nextInt(3) * 50;
            Sent data = sent(end == 1, segment(end, next[end], ACK, payload), payload + " octets");
            if (random.nextInt(4) > 0) {
                next[end] += payload;
                pending[end] = Math.max(0, pending[end] - payload);
            } else {
                pending[end] = Math.max(pending[end], payload);
            }
            return data;
        }
    }

    private final Random random;
    private final int outside;
    private final List<Connection> open = new ArrayList<>();
    private int count;

    /** @param outside what the server sees clients as, 0 for their own addresses */
    RandomConnections(long seed, int outside) {
        random = new Random(seed);
        this.outside = outside;
    }

    Sent next() {
        if (random.nextInt(10) == 0) {
            return stray();
        }
        if (open.size() < 6) {
            open.add(new Connection(++count));
        }
        Connection connection = open.get(random.nextInt(open.size()));
        Sent sent = connection.packet();
        if (connection.isOver) {
            open.remove(connection);
        }
        return sent;
    }

    /** A packet of no connection, and none that could begin one but from the server's side, where nothing is committed. */
    private Sent stray() {
        int port = 50_000 + ++count;
        PacketBuilder fromServer = ipv4(SERVER, CLIENTS);
        PacketBuilder packet = switch (random.nextInt(6)) {
            case 0 -> fromServer.udp(53, port).payload(new byte[8]);
            case 1 -> fromServer.tcp(80, port, 1, 0, SYN);
            case 2 -> fromServer.tcp(80, port, 1, 1, SYN | ACK);
            case 3 -> fromServer.tcp(80, port, 1, 1, SYN | FIN);
            case 4 -> fromServer.icmp(0, 0, port << 16);
            default -> fromServer.icmp(3, 1, 0).payload(new byte[40]);
        };
        byte[] frame = packet.build();
        if (random.nextInt(4) == 0) {
            frame[frame.length - 1] ^= 0x55;
            return new Sent(2, frame, count + " stray with a wrong checksum");
        }
        return new Sent(2, frame, count + " stray");
    }
}
