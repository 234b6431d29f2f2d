package io.heddle.proto.fuzz;

import java.util.Locale;

/** Where Jazzer begins; its argument names the {@link FuzzTarget}. */
public final class JazzerEntry {
    private static FuzzTarget target = FuzzTarget.CODEC;

    private JazzerEntry() {}

    /** Called once by Jazzer. */
    public static void fuzzerInitialize(String[] arguments) {
        target = FuzzTarget.valueOf(arguments[0].toUpperCase(Locale.ROOT));
    }

    /** Called by Jazzer for each input. */
    public static void fuzzerTestOneInput(byte[] input) {
        target.run(input);
    }
}
