package io.heddle.controller.app.dhcp;

import java.io.ByteArrayOutputStream;

/** Where the options of a message stand. Immutable. */
final class OptionLayout {
    private static final int FILE_LENGTH = 128;
    private static final int SNAME_LENGTH = 64;
    private static final int OVERLOAD_LENGTH = 3;

    private final byte[] options;
    private final byte[] file;
    private final byte[] sname;

    private OptionLayout(Field options, Field file, Field sname) {
        this.options = options.ended();
        this.file = file.out.size() > 0 ? file.ended() : new byte[0];
        this.sname = sname.out.size() > 0 ? sname.ended() : new byte[0];
    }

    /** The options field, ended. */
    byte[] options() {
        return options;
    }

    /** The file field when it holds options, else empty. */
    byte[] file() {
        return file;
    }

    /** The sname field when it holds options, else empty. */
    byte[] sname() {
        return sname;
    }

    /** Lays options out in their order; {@code room}: octets of the options field. */
    static OptionLayout of(DhcpOptions options, int room, boolean fileFree, boolean snameFree) {
        byte[] last = options.octets(DhcpOption.RELAY_INFORMATION.code());
        int lastLength = last == null ? 0 : DhcpOptions.encodedLength(last);
        int total = 1;
        for (int code : options.codes()) {
            total += DhcpOptions.encodedLength(octets(options, code));
        }
        boolean overload = total > room && (fileFree || snameFree);
        Field main = new Field(room - lastLength - (overload ? OVERLOAD_LENGTH : 0));
        Field file = new Field(overload && fileFree ? FILE_LENGTH : 0);
        Field sname = new Field(overload && snameFree ? SNAME_LENGTH : 0);
        for (int code : options.codes()) {
            byte[] value = octets(options, code);
            if (code != DhcpOption.RELAY_INFORMATION.code() && !main.offer(code, value) && !file.offer(code, value)) {
                sname.offer(code, value);
            }
        }
        int used = (file.out.size() > 0 ? 1 : 0) | (sname.out.size() > 0 ? 2 : 0);
        if (used != 0) {
            DhcpOptions.write(DhcpOption.OVERLOAD.code(), new byte[] {(byte) used}, main.out);
        }
        if (last != null) {
            DhcpOptions.write(DhcpOption.RELAY_INFORMATION.code(), last, main.out);
        }
        return new OptionLayout(main, file, sname);
    }

    private static byte[] octets(DhcpOptions options, int code) {
        byte[] value = options.octets(code);
        return value == null ? new byte[0] : value;
    }

    /** One of the three fields while it is filled. */
    private static final class Field {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final int length;

        Field(int length) {
            this.length = length;
        }

        boolean offer(int code, byte[] value) {
            if (out.size() + DhcpOptions.encodedLength(value) + 1 > length) {
                return false;
            }
            DhcpOptions.write(code, value, out);
            return true;
        }

        byte[] ended() {
            out.write(DhcpOption.END);
            return out.toByteArray();
        }
    }
}
