package io.heddle.flow.packet;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Random frames that look like packets: mostly well-formed headers of every kind, then now and then cut short, padded, or with
 * octets flipped. The same seed gives the same frames.
 */
public final class RandomFrames {
    private static final int[] TYPES = {
        0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x86dd, 0x0806, 0x8035, 0x8847, 0x8848, 0x88e7, 0x8100, 0x88a8, 0x1234,
        0x05dc, 0x0026
    };
    private static final int[] PROTOCOLS = {6, 6, 17, 17, 132, 1, 58, 58, 58, 2, 0, 43, 60, 51, 44, 50, 59, 255};

    private RandomFrames() {}

    public static byte[] next(Random random) {
        ByteBuffer frame = ByteBuffer.allocate(2048);
        putRandom(frame, 12, random);
        int type = pick(TYPES, random);
        for (int tags = random.nextInt(6) < 4 ? 0 : random.nextInt(3); tags > 0; tags--) {
            frame.putShort((short) (random.nextBoolean() ? 0x8100 : 0x88a8)).putShort((short) random.nextInt());
        }
        frame.putShort((short) type);
        putPayload(frame, type, random);
        int length = frame.position();
        if (random.nextInt(8) == 0) {
            length = random.nextInt(length + 1);
        } else if (random.nextInt(6) == 0) {
            putRandom(frame, random.nextInt(40), random);
            length = frame.position();
        }
        byte[] octets = new byte[length];
        frame.get(0, octets);
        for (int flips = random.nextInt(10) == 0 && length > 0 ? random.nextInt(4) : 0; flips > 0; flips--) {
            octets[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
        }
        return octets;
    }

    private static void putPayload(ByteBuffer frame, int type, Random random) {
        switch (type) {
            case 0x0800 -> putIpv4(frame, random);
            case 0x86dd -> putIpv6(frame, random);
            case 0x0806, 0x8035 -> {
                frame.putLong(0x0001_0800_0604_0000L | random.nextInt(300));
                putRandom(frame, 20, random);
            }
            case 0x8847, 0x8848 -> {
                for (int left = random.nextInt(5); left > 0; left--) {
                    frame.putInt(random.nextInt() & ~0x100 | (left == 1 ? 0x100 : 0));
                }
                putRandom(frame, random.nextInt(40), random);
            }
            case 0x0026, 0x05dc -> {
                frame.putLong(random.nextInt(3) == 0 ? random.nextLong() : 0xaaaa0300_00000000L | pick(TYPES, random));
                putIpv4(frame, random);
            }
            default -> putRandom(frame, random.nextInt(60), random);
        }
    }

    private static void putIpv4(ByteBuffer frame, Random random) {
        int start = frame.position();
        int options = random.nextInt(5) == 0 ? random.nextInt(11) : 0;
        int protocol = pick(PROTOCOLS, random);
        frame.put((byte) (0x45 + options)).put((byte) random.nextInt()).putShort((short) 0);
        frame.putShort((short) random.nextInt());
        frame.putShort((short) (random.nextInt(6) == 0 ? random.nextInt() : random.nextInt(2) * 0x4000));
        frame.put((byte) random.nextInt()).put((byte) protocol).putShort((short) 0);
        putRandom(frame, 8 + options * 4, random);
        putTransport(frame, protocol, random);
        frame.putShort(start + 2, (short) (frame.position() - start));
    }

    private static void putIpv6(ByteBuffer frame, Random random) {
        int start = frame.position();
        frame.putInt(6 << 28 | random.nextInt(1 << 28)).putShort((short) 0);
        int nextAt = frame.position();
        frame.put((byte) 0).put((byte) random.nextInt());
        putRandom(frame, 32, random);
        int protocol = pick(PROTOCOLS, random);
        for (int left = 5; left > 0 && isExtension(protocol); left--) {
            frame.put(nextAt, (byte) protocol);
            nextAt = frame.position();
            int following = pick(PROTOCOLS, random);
            if (protocol == 44) {
                frame.put((byte) following).put((byte) 0);
                frame.putShort((short) (random.nextBoolean() ? random.nextInt() : random.nextInt(2)))
                        .putInt(random.nextInt());
            } else {
                int more = random.nextInt(3);
                frame.put((byte) following).put((byte) more);
                putRandom(frame, (protocol == 51 ? (more + 2) * 4 : (more + 1) * 8) - 2, random);
            }
            protocol = following;
        }
        frame.put(nextAt, (byte) protocol);
        putTransport(frame, protocol, random);
        frame.putShort(start + 4, (short) (frame.position() - start - 40));
    }

    private static boolean isExtension(int protocol) {
        return protocol == 0 || protocol == 43 || protocol == 60 || protocol == 51 || protocol == 44;
    }

    private static void putTransport(ByteBuffer frame, int protocol, Random random) {
        if (protocol == 58 && random.nextInt(3) > 0) {
            frame.put((byte) (135 + random.nextInt(2))).put((byte) (random.nextInt(8) == 0 ? 1 : 0));
            putRandom(frame, 6 + 16, random);
            for (int left = random.nextInt(4); left > 0; left--) {
                int units = random.nextInt(6) == 0 ? random.nextInt(3) : 1;
                frame.put((byte) random.nextInt(4)).put((byte) units);
                if (random.nextInt(10) == 0) {
                    frame.put(new byte[6]);
                } else {
                    putRandom(frame, 6, random);
                }
                putRandom(frame, Math.max(0, units - 1) * 8, random);
            }
            return;
        }
        putRandom(frame, random.nextInt(5) == 0 ? random.nextInt(24) : 20 + random.nextInt(40), random);
    }

    private static void putRandom(ByteBuffer frame, int count, Random random) {
        byte[] octets = new byte[count];
        random.nextBytes(octets);
        frame.put(octets);
    }

    private static int pick(int[] values, Random random) {
        return values[random.nextInt(values.length)];
    }
}
