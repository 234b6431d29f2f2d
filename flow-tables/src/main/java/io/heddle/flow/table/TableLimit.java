package io.heddle.flow.table;

/**
 * How much the flow tables of a switch may hold.
 *
 * <p>Threading: any thread asks.
 */
public interface TableLimit {
    /** Most entries of one flow table, 1 or more. */
    int maxEntries();

    /** Says whether no table may grow because there is no memory for it. */
    boolean isMemoryShort();

    /** A limit by number alone. */
    static TableLimit of(int maxEntries) {
        if (maxEntries < 1) {
            throw new IllegalArgumentException("maxEntries " + maxEntries + " is not 1 or more");
        }
        return new TableLimit() {
            @Override
            public int maxEntries() {
                return maxEntries;
            }

            @Override
            public boolean isMemoryShort() {
                return false;
            }
        };
    }
}
