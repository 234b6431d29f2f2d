package io.heddle.datapath.poll;

import io.heddle.datapath.buffer.PacketBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * Says which port's turn to receive it is, so that packets of one port that miss the caches do not take the time of the others.
 *
 * <p>A miss costs as much as many packets that hit. It is a debt of the port that the packet came from, and the port pays with what the
 * others forward meanwhile: it is passed over until one in {@link #SHARE} of their packets has made up for it. Its packets wait where
 * they have come in, and what does not fit there is dropped there, so the port alone feels it.
 *
 * <p>Only a port without debts that has filled its last batch makes others wait: as long as all keep up, or all have misses, nobody is
 * passed over, and one port may have as many misses as the loop can translate.
 *
 * <p>Threading: one poll loop.
 */
final class MissBudget {
    /** Packets that hit the caches in the time of one miss, about. */
    static final int MISS_COST = 64;

    /** One in so many packets of the others pays for misses. */
    static final int SHARE = 8;

    /** More is not remembered: the port goes on soon after it has stopped. */
    static final long MAX_DEBT = 4L * MISS_COST * PacketBatch.CAPACITY;

    private static final class Account {
        /** In packets that hit, times {@link #SHARE}. */
        private long debt;

        /** Filled its last batch, and had no debt. */
        private boolean isBehind;
    }

    private final List<Account> accounts = new ArrayList<>();

    /** Ports that are behind. */
    private int behind;

    private long deferrals;

    /** Another port, the last one. */
    void attach() {
        accounts.add(new Account());
    }

    /** A port goes; those after it move up. */
    void detach(int index) {
        Account gone = accounts.remove(index);
        behind -= gone.isBehind ? 1 : 0;
    }

    /** Says whether the port may receive in this cycle. */
    boolean mayReceive(int index) {
        Account account = accounts.get(index);
        boolean mayReceive = account.debt == 0 || behind == 0;
        if (!mayReceive) {
            deferrals++;
        }
        return mayReceive;
    }

    /**
     * A port has had its turn.
     *
     * @param packets it received
     * @param misses of those that were translated
     */
    void received(int index, int packets, long misses) {
        Account account = accounts.get(index);
        if (misses > 0) {
            account.debt = Math.min(MAX_DEBT * SHARE, account.debt + misses * MISS_COST * SHARE);
        }
        boolean isBehind = packets == PacketBatch.CAPACITY && account.debt == 0;
        if (isBehind != account.isBehind) {
            account.isBehind = isBehind;
            behind += isBehind ? 1 : -1;
        }
        if (packets > 0) {
            for (int i = 0; i < accounts.size(); i++) {
                Account other = accounts.get(i);
                if (i != index && other.debt != 0) {
                    other.debt = Math.max(0, other.debt - packets);
                }
            }
        }
    }

    /** How often a port was passed over. */
    long deferrals() {
        return deferrals;
    }
}
