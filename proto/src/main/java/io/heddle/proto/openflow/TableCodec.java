package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.openflow.MultipartBody.TableDescription;
import io.heddle.proto.openflow.MultipartBody.Vacancy;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What tables do when they fill up, in OpenFlow 1.4 and later.
 *
 * <pre>
 *   table 8 | 0 (24) | config 32 | properties                       table mod
 *   length 16 | table 8 | 0 (8) | config 32 | properties            table description
 *   2 (16) | 8 (16) | flags 32                                      property: what eviction looks at
 *   3 (16) | 8 (16) | down 8 | up 8 | vacancy 8 | 0 (8)             property: vacancy in percent
 * </pre>
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 section 7.3.4.1</a>
 */
final class TableCodec {
    private static final int EVICTION = 2;
    private static final int VACANCY = 3;

    private TableCodec() {}

    static TableDescription mod(Reader in) throws FlowException {
        int table = in.u8();
        in.skip(3);
        return properties(table, in.i32(), in);
    }

    static void mod(ByteBuf out, TableDescription table) {
        out.writeByte(table.tableId()).writeZero(3).writeInt(table.config());
        properties(out, table);
    }

    static TableDescription description(Reader in) throws FlowException {
        Reader entry = MultipartCodec.entry(in, 8);
        int table = entry.u8();
        entry.skip(1);
        TableDescription description = properties(table, entry.i32(), entry);
        entry.finish();
        return description;
    }

    static void description(ByteBuf out, TableDescription table) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(table.tableId()).writeZero(1).writeInt(table.config());
        properties(out, table);
        out.setShort(start, out.writerIndex() - start);
    }

    private static TableDescription properties(int table, int config, Reader in) throws FlowException {
        int[] flags = new int[1];
        @Nullable Vacancy[] vacancy = new @Nullable Vacancy[1];
        Properties.read(in, "properties", (type, value) -> {
            switch (type) {
                case EVICTION -> flags[0] = value.i32();
                case VACANCY -> vacancy[0] = vacancy(value);
                default -> throw Properties.unknown(type, "properties");
            }
        });
        return new TableDescription(table, config, flags[0], vacancy[0]);
    }

    private static Vacancy vacancy(Reader in) throws FlowException {
        Vacancy vacancy = new Vacancy(in.u8(), in.u8(), in.u8());
        in.finish();
        if (vacancy.down() > vacancy.up() || vacancy.up() > 100) {
            throw new FlowException(
                    ErrorCode.TABLE_FEATURES_FAILED_BAD_ARGUMENT,
                    "properties.vacancy",
                    "vacancy_down %d and vacancy_up %d are not in 0-100, ascending"
                            .formatted(vacancy.down(), vacancy.up()));
        }
        return vacancy;
    }

    private static void properties(ByteBuf out, TableDescription table) {
        if (table.evictionFlags() != 0) {
            Properties.begin(out, EVICTION, 8).writeInt(table.evictionFlags());
        }
        Vacancy vacancy = table.vacancy();
        if (vacancy != null) {
            Properties.begin(out, VACANCY, 8).writeByte(vacancy.down()).writeByte(vacancy.up());
            out.writeByte(vacancy.current()).writeZero(1);
        }
    }
}
