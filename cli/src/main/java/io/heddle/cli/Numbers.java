package io.heddle.cli;

/** Numbers on the command line, and how numbers are printed. */
final class Numbers {
    private Numbers() {}

    /** An unsigned number of 32 bits, or {@code all}; {@code 1} and {@code group_id=1} are both understood. */
    static int idOrAll(String text, int all, String what) {
        String number = text.substring(text.indexOf('=') + 1);
        if (number.equals("all")) {
            return all;
        }
        try {
            return Integer.parseUnsignedInt(number);
        } catch (NumberFormatException e) {
            throw new CliException(
                    ExitStatus.USAGE, "\"%s\" is no number of a %s: write a number or all".formatted(text, what));
        }
    }

    /** An unsigned number of 32 bits. */
    static int unsigned(String text, String what) {
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw new CliException(ExitStatus.USAGE, "\"%s\" is no number of a %s".formatted(text, what));
        }
    }

    /** {@code 1.5s} for nanoseconds, {@code never} when it is longer than it can be. */
    static String seconds(long ns) {
        return String.format(java.util.Locale.ROOT, "%.3fs", ns / 1e9);
    }

    /** A rate with the unit that suits it: {@code 1.2G}. */
    static String scaled(double value) {
        String[] units = {"", "k", "M", "G", "T"};
        int unit = 0;
        double scaled = value;
        while (scaled >= 1000 && unit < units.length - 1) {
            scaled /= 1000;
            unit++;
        }
        return String.format(
                java.util.Locale.ROOT, unit == 0 || scaled >= 100 ? "%.0f%s" : "%.1f%s", scaled, units[unit]);
    }

    /** An OpenFlow port number; LOCAL by its name. */
    static String port(int number) {
        return number == 0xfffffffe ? "LOCAL" : Integer.toUnsignedString(number);
    }
}
