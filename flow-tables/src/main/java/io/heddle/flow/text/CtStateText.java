package io.heddle.flow.text;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import java.util.List;
import java.util.StringJoiner;

/** What the connection tracker says of a packet, as text. Stateless. */
final class CtStateText {
    private static final List<String> NAMES = List.of(FieldText.CT_STATE_NAMES);

    /** Open vSwitch names {@code trk} first where it says what it resumes with. */
    private static final int TRACKED = NAMES.indexOf("trk");

    private CtStateText() {}

    static int parse(String text) throws FlowException {
        int state = 0;
        for (String name : text.split("[,|\\s]+", -1)) {
            int bit = NAMES.indexOf(name);
            if (bit < 0) {
                throw new FlowException(
                        ErrorCode.BAD_MATCH_BAD_VALUE,
                        "ct_state",
                        "\"%s\" is not one of %s".formatted(name, String.join(", ", NAMES)));
            }
            state |= 1 << bit;
        }
        return state;
    }

    static String format(int state) {
        StringJoiner text = new StringJoiner("|");
        if ((state >>> TRACKED & 1) != 0) {
            text.add("trk");
        }
        for (int bit = 0; bit < NAMES.size(); bit++) {
            if (bit != TRACKED && (state >>> bit & 1) != 0) {
                text.add(NAMES.get(bit));
            }
        }
        return text.toString();
    }
}
