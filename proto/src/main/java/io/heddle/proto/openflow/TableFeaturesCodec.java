package io.heddle.proto.openflow;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.match.OxmId;
import io.heddle.proto.openflow.MultipartBody.FieldId;
import io.heddle.proto.openflow.MultipartBody.TableFeatures;
import io.heddle.proto.openflow.MultipartBody.TableProperty;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * What tables can do.
 *
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.3.5.pdf">OpenFlow 1.3.5 section
 *     7.3.5.5</a>
 */
final class TableFeaturesCodec {
    private TableFeaturesCodec() {}

    static List<TableFeatures> decode(Reader in) throws FlowException {
        List<TableFeatures> tables = new ArrayList<>();
        while (in.remaining() > 0) {
            int length = in.u16();
            if (length < 64 || length - 2 > in.remaining()) {
                throw bad(ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, "a table's length " + length + " is not right");
            }
            Reader table = in.sub(length - 2, ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, "tables");
            int tableId = table.u8();
            table.skip(5);
            String name = table.text(32);
            long match = table.i64();
            long write = table.i64();
            int config = table.i32();
            int entries = table.i32();
            List<TableProperty> properties = new ArrayList<>();
            while (table.remaining() > 0) {
                properties.add(property(table));
            }
            tables.add(new TableFeatures(tableId, name, match, write, config, entries, properties));
        }
        return tables;
    }

    private static FlowException bad(ErrorCode code, String message) {
        return new FlowException(code, "tables", message);
    }

    private static TableProperty property(Reader in) throws FlowException {
        int type = in.u16();
        int length = in.u16();
        if (length < 4 || length - 4 > in.remaining()) {
            throw bad(ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, "a property's length " + length + " is not right");
        }
        Reader body = in.sub(length - 4, ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, "tables");
        List<Integer> numbers = new ArrayList<>();
        List<FieldId> fields = new ArrayList<>();
        switch (type) {
            case 0, 1, 4, 5, 6, 7 -> {
                while (body.remaining() > 0) {
                    numbers.add(body.u16());
                    int size = body.u16();
                    if (size < 4) {
                        throw bad(ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, "an id of " + size + " octets is too short");
                    }
                    body.skip(size - 4);
                }
            }
            case 2, 3 -> {
                while (body.remaining() > 0) {
                    numbers.add(body.u8());
                }
            }
            case 8, 10, 12, 13, 14, 15 -> {
                while (body.remaining() > 0) {
                    OxmCodec.Header header = OxmCodec.header(body, ErrorCode.TABLE_FEATURES_FAILED_BAD_LEN, "tables");
                    fields.add(new FieldId(header.id(), header.masked(), header.length()));
                }
            }
            case 0xfffe, 0xffff -> body.finish();
            default -> throw bad(ErrorCode.TABLE_FEATURES_FAILED_BAD_TYPE, "property type " + type + " is not known");
        }
        in.pad((8 - length % 8) % 8);
        return new TableProperty(type, numbers, fields);
    }

    static void encode(ByteBuf out, TableFeatures table) {
        int start = out.writerIndex();
        out.writeShort(0).writeByte(table.tableId()).writeZero(5);
        StandardMultipart.text(out, table.name(), 32);
        out.writeLong(table.metadataMatch()).writeLong(table.metadataWrite());
        out.writeInt(table.config()).writeInt(table.maxEntries());
        for (TableProperty property : table.properties()) {
            property(out, property);
        }
        out.setShort(start, out.writerIndex() - start);
    }

    private static void property(ByteBuf out, TableProperty property) {
        int start = out.writerIndex();
        out.writeShort(property.propertyType()).writeShort(0);
        boolean isTables = property.propertyType() == 2 || property.propertyType() == 3;
        for (int number : property.numbers()) {
            if (isTables) {
                out.writeByte(number);
            } else {
                out.writeShort(number).writeShort(4);
            }
        }
        for (FieldId field : property.fields()) {
            OxmId id = field.id();
            OxmCodec.header(out, id, field.masked(), field.length());
        }
        int length = out.writerIndex() - start;
        out.setShort(start + 2, length);
        out.writeZero((8 - length % 8) % 8);
    }
}
