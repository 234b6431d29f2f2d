package io.heddle.flow.group;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.MaskedWords;
import io.heddle.flow.match.MatchField;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the bucket of a select group for a packet: the same one for all packets of a flow, buckets in proportion to their weights, and
 * when a bucket goes away only the flows that used it move (weighted rendezvous hashing).
 *
 * <p>What is hashed, unless the group names fields: Ethernet addresses and type, VLAN id, IP addresses and protocol, ports of TCP, UDP and SCTP, ARP addresses.
 *
 * <p>Threading: only pure functions.
 *
 * @see <a href="https://www.ietf.org/archive/id/draft-ietf-bess-weighted-hrw-01.html">Weighted HRW and its applications</a>
 */
public final class BucketSelector {
    private static final long VLAN_ID = 0x0fffL << 32;

    private BucketSelector() {}

    /**
     * Chooses a bucket.
     *
     * @param looked gets the bits that are hashed
     * @param isLive which buckets may be chosen
     * @return the bucket, or null when none is live
     */
    public static Group.@Nullable Bucket select(
            Group group, FlowKey key, FlowMask looked, Predicate<Group.Bucket> isLive) {
        Selection selection = group.selection();
        long hash = selection.fields().isEmpty() ? hash(key, looked) : hash(selection.fields(), key, looked);
        if (selection.parameter() != 0) {
            hash = mix(hash, selection.parameter());
        }
        Group.Bucket best = null;
        double bestScore = 0;
        for (Group.Bucket bucket : group.buckets()) {
            if (isLive.test(bucket)) {
                double score = score(hash, bucket);
                if (best == null || score > bestScore) {
                    best = bucket;
                    bestScore = score;
                }
            }
        }
        return best;
    }

    private static double score(long hash, Group.Bucket bucket) {
        long mixed = finish(mix(hash, Integer.toUnsignedLong(bucket.spec().id()) + 1));
        double uniform = ((mixed >>> 11) + 0.5) * 0x1.0p-53;
        return -bucket.spec().weight() / Math.log(uniform);
    }

    /** Of the fields that the packet has. */
    private static long hash(List<Selection.Field> fields, FlowKey key, FlowMask looked) {
        MaskedWords packet = new MaskedWords() {
            @Override
            public long value(int word) {
                return key.word(word);
            }

            @Override
            public long mask(int word) {
                return -1;
            }
        };
        looked.add(MatchField.ETH_TYPE);
        looked.add(MatchField.NW_PROTO);
        long hash = 0;
        for (Selection.Field each : fields) {
            MatchField field = each.field();
            switch (field.prerequisite()) {
                case VLAN -> looked.add(MatchField.VLAN_TCI);
                case ND, ND_SOLICIT, ND_ADVERT -> looked.add(MatchField.ICMPV6_TYPE);
                case CT -> looked.add(MatchField.CT_STATE);
                default -> {}
            }
            if (!field.prerequisite().isMetBy(packet)) {
                continue;
            }
            Bits mask = each.mask();
            if (field.bits() == 128) {
                hash = add(hash, key, looked, field.word(), mask.high());
                hash = add(hash, key, looked, field.word() + 1, mask.low());
            } else {
                hash = add(hash, key, looked, field.word(), mask.low() << field.shift());
            }
        }
        return hash;
    }

    private static long hash(FlowKey key, FlowMask looked) {
        long hash = 0;
        hash = add(hash, key, looked, KeyLayout.W_ETH_DST, -1L);
        hash = add(hash, key, looked, KeyLayout.W_ETH_SRC, MatchField.ETH_SRC.wordMask());
        hash = add(hash, key, looked, KeyLayout.W_VLAN, VLAN_ID);
        switch ((int) key.getLong(MatchField.ETH_TYPE)) {
            case 0x0800 -> {
                hash = add(hash, key, looked, KeyLayout.W_IPV4, -1L);
                hash = transport(hash, key, looked);
            }
            case 0x86dd -> {
                for (int word = KeyLayout.W_IPV6_SRC; word < KeyLayout.W_ND_TARGET; word++) {
                    hash = add(hash, key, looked, word, -1L);
                }
                hash = transport(hash, key, looked);
            }
            case 0x0806, 0x8035 -> {
                hash = add(hash, key, looked, KeyLayout.W_IPV4, -1L);
                hash = add(hash, key, looked, KeyLayout.W_ARP_SHA, MatchField.ARP_SHA.wordMask());
                hash = add(hash, key, looked, KeyLayout.W_ARP_THA, MatchField.ARP_THA.wordMask());
            }
            default -> {}
        }
        return hash;
    }

    /** The ports are left out for fragments: the later ones do not have them, and all of a packet take one way. */
    private static long transport(long start, FlowKey key, FlowMask looked) {
        long hash = add(start, key, looked, KeyLayout.W_NW, MatchField.NW_PROTO.wordMask());
        looked.add(MatchField.NW_FRAG);
        int protocol = (int) key.getLong(MatchField.NW_PROTO);
        boolean hasPorts = protocol == 6 || protocol == 17 || protocol == 132;
        if (hasPorts && key.getLong(MatchField.NW_FRAG) == 0) {
            hash = add(hash, key, looked, KeyLayout.W_TP, 0xffffffffL << 32);
        }
        return hash;
    }

    private static long add(long hash, FlowKey key, FlowMask looked, int word, long mask) {
        looked.addWord(word, mask);
        return mix(hash, key.word(word) & mask);
    }

    private static long mix(long hash, long word) {
        long mixed = (hash ^ word) * 0x9e3779b97f4a7c15L;
        return mixed ^ mixed >>> 32;
    }

    /** Stafford's variant 13 of the 64-bit finalizer of MurmurHash3. */
    private static long finish(long hash) {
        long mixed = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}
