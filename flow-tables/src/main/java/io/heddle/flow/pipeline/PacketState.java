package io.heddle.flow.pipeline;

import io.heddle.flow.match.Bits;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.match.FlowMask;
import io.heddle.flow.match.KeyLayout;
import io.heddle.flow.match.Match;
import io.heddle.flow.match.MatchField;
import java.util.List;

/**
 * The packet in the middle of its translation: the key as the pipeline sees it now, and what the datapath has not been told yet.
 *
 * <pre>
 *   base     the packet as the datapath has it          pending   bits of the key that were written since
 *   key      the packet as the pipeline has it          pops, pushes of tags since
 *   owned    bits of the key that do not come from the packet (written, or part of the pipeline only): looking at them
 *            tells nothing about the packet, so it is not recorded in {@code looked}
 * </pre>
 *
 * <p>Changes are told lazily ({@link #commit}, before an output): as one {@link DatapathAction.SetFields} with the final values.
 *
 * <p>Threading: none; belongs to one translation.
 */
final class PacketState {
    private static final long TOP = 0xffffffff_00000000L;
    private static final long TOP_PRESENT = (long) KeyLayout.VLAN_PRESENT << 32;
    private static final int KNOWN_LABELS = 3;

    final FlowKey key;

    /** Bits of the packet that were looked at; shared by all copies. */
    private final FlowMask looked;

    private final FlowMask owned;
    private final FlowMask pending;
    private final FlowKey base;

    /** Bits of {@code base} that this translation wrote itself. */
    private final FlowMask committed;

    private int vlanPops;
    private int vlanPushes;

    /** Writes to the tag under the pushed ones. */
    private long lowerVlanMask;

    private long lowerVlanValue;

    /** Says whether a pushed tag has hidden one that the key has no room for. */
    private boolean isVlanLost;

    /** Ethernet type of a label that was pushed but not told yet; 0 for none. */
    private int mplsPush;

    /** Ethernet type of an I-TAG that was pushed but not told yet; 0 for none. */
    private int pbbPush;

    private int pbbPriority;

    /** Labels that the key still knows. */
    private int knownLabels = KNOWN_LABELS;

    /** TTL of the IP header under labels pushed here, -1 if not known. */
    private int coveredTtl = -1;

    /** Says whether what follows the Ethernet header is not known until the packet is parsed again. */
    private boolean needsParse;

    /** Says whether the datapath knows the packet's connection, so that a parse brings it back. */
    private boolean isTracked;

    PacketState(FlowKey packet, FlowMask looked) {
        this.key = new FlowKey(packet);
        this.base = new FlowKey(packet);
        this.looked = looked;
        this.owned = new FlowMask();
        this.pending = new FlowMask();
        this.committed = new FlowMask();
        for (int word = KeyLayout.PACKET_WORDS; word < KeyLayout.WORDS; word++) {
            key.word(word, 0);
            owned.addWord(word, -1L);
        }
    }

    /** A copy that goes its own way but records what it looks at in the same mask. */
    PacketState(PacketState other) {
        this.key = new FlowKey(other.key);
        this.base = new FlowKey(other.base);
        this.looked = other.looked;
        this.owned = new FlowMask(other.owned);
        this.pending = new FlowMask(other.pending);
        this.committed = new FlowMask(other.committed);
        this.vlanPops = other.vlanPops;
        this.vlanPushes = other.vlanPushes;
        this.lowerVlanMask = other.lowerVlanMask;
        this.lowerVlanValue = other.lowerVlanValue;
        this.isVlanLost = other.isVlanLost;
        this.mplsPush = other.mplsPush;
        this.pbbPush = other.pbbPush;
        this.pbbPriority = other.pbbPriority;
        this.knownLabels = other.knownLabels;
        this.coveredTtl = other.coveredTtl;
        this.needsParse = other.needsParse;
        this.isTracked = other.isTracked;
    }

    boolean isTracked() {
        return isTracked;
    }

    /** The packet comes from the connection tracker. */
    void becomeTracked() {
        isTracked = true;
    }

    /** The packet is one that the connection tracker has not seen, whatever the datapath knows of it. */
    void forgetConnection() {
        for (int word = KeyLayout.W_CT; word < KeyLayout.W_TUN_OPTIONS; word++) {
            hide(word);
            pending.words()[word] = 0;
        }
        isTracked = false;
    }

    /**
     * The packet is one that no tunnel has brought, and nothing has been chosen for one that it may leave by.
     *
     * @param isWithout the datapath knows that, too: no tunnel has brought it, and no id of a recirculation
     */
    void forgetTunnel(boolean isWithout) {
        for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
            if (isTunnelWord(word)) {
                hide(word);
                boolean isZero = isWithout && committed.word(word) == 0;
                pending.words()[word] = isZero || word >= KeyLayout.W_TUN_OPTIONS ? 0 : -1L;
            }
        }
    }

    /** Takes back what was written to a word and not told yet; returns its mask. */
    long takePending(int word) {
        long mask = pending.word(word);
        pending.words()[word] = 0;
        return mask;
    }

    boolean needsParse() {
        return needsParse;
    }

    /** Bits of a word that do not come from the packet. */
    long ownedBits(int word) {
        return owned.word(word);
    }

    /** Records that bits of the key decided something. */
    void look(FlowMask mask) {
        for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
            look(word, mask.word(word));
        }
    }

    private void look(int word, long mask) {
        long bits = mask & ~owned.word(word);
        if (bits != 0) {
            looked.addWord(word, bits);
        }
    }

    /** Reads a field and records that it was looked at. */
    long read(MatchField field) {
        return readBits(field).low();
    }

    /** Reads a field and records that it was looked at. */
    Bits readBits(MatchField field) {
        look(field.word(), field.wordMask());
        look(KeyLayout.W_TUN_OPTIONS, field.presenceBit());
        if (field.bits() == 128) {
            look(field.word() + 1, -1L);
        }
        return key.get(field);
    }

    /** Sets a field of the pipeline's view that the datapath need not be told of, such as in_port. */
    void override(MatchField field, long value) {
        key.set(field, value);
        owned.add(field);
    }

    /** Restores or clears what exists only inside the pipeline. */
    void pipelineFields(Match fields) {
        FlowKey values = fields.key();
        for (int word = KeyLayout.PACKET_WORDS; word < KeyLayout.WORDS; word++) {
            key.word(word, values.word(word));
        }
    }

    /** What exists only inside the pipeline, where it is not zero. */
    Match pipelineFields() {
        FlowMask mask = new FlowMask();
        for (int word = KeyLayout.PACKET_WORDS; word < KeyLayout.WORDS; word++) {
            if (key.word(word) != 0) {
                mask.addWord(word, -1L);
            }
        }
        return Match.of(key, mask);
    }

    /** Hides a word of the packet from the pipeline: it reads as 0. */
    void hide(int word) {
        key.word(word, 0);
        owned.addWord(word, -1L);
    }

    /** Writes bits of a field, to be told to the datapath at the next commit. */
    void write(MatchField field, Bits value, Bits mask) {
        if (field.word() == KeyLayout.W_VLAN && field != MatchField.VLAN_PCP) {
            writeTci(field, value, mask);
            return;
        }
        Bits merged = key.get(field).and(mask.not()).or(value.and(mask));
        key.set(field, merged);
        owned.add(field, mask);
        if (field.word() < KeyLayout.PACKET_WORDS && field.word() != KeyLayout.W_PORT) {
            pending.add(field, mask);
        }
        dropFoldedWrites();
    }

    /** Takes a Geneve option off the packet, if it is there. */
    void deleteOption(MatchField field) {
        look(KeyLayout.W_TUN_OPTIONS, field.presenceBit());
        long there = key.word(KeyLayout.W_TUN_OPTIONS);
        if ((there & field.presenceBit()) != 0) {
            key.word(KeyLayout.W_TUN_OPTIONS, there & ~field.presenceBit());
            key.word(field.word(), 0);
            for (int word : new int[] {KeyLayout.W_TUN_OPTIONS, field.word()}) {
                long bits = word == KeyLayout.W_TUN_OPTIONS ? field.presenceBit() : -1L;
                owned.addWord(word, bits);
                pending.addWord(word, bits);
            }
        }
    }

    /**
     * Chooses the queue of later outputs: the low half of {@link KeyLayout#W_HASH_PRIORITY} holds its number plus 1, 0 for none.
     */
    void setQueue(int queueId) {
        long bits = 0xffffffffL;
        key.word(KeyLayout.W_HASH_PRIORITY, key.word(KeyLayout.W_HASH_PRIORITY) & ~bits | queueId + 1L & bits);
        owned.addWord(KeyLayout.W_HASH_PRIORITY, bits);
        pending.addWord(KeyLayout.W_HASH_PRIORITY, bits);
    }

    /** Chooses no queue for later outputs. */
    void popQueue() {
        setQueue(-1);
    }

    /** A tag that is there keeps being there, or not, as bit 12 says: that is a push or a pop. */
    private void writeTci(MatchField field, Bits value, Bits mask) {
        long word = key.word(KeyLayout.W_VLAN);
        boolean changesPresence = (mask.low() & KeyLayout.VLAN_PRESENT) != 0;
        if (changesPresence) {
            look(KeyLayout.W_VLAN, TOP_PRESENT);
            boolean isPresent = (word & TOP_PRESENT) != 0;
            boolean isWanted = (value.low() & KeyLayout.VLAN_PRESENT) != 0;
            if (isPresent && !isWanted) {
                popVlan();
                return;
            }
            if (!isPresent && isWanted) {
                pushVlan(0x8100);
            }
        }
        Bits writable = mask.and(Bits.of(~(long) KeyLayout.VLAN_PRESENT));
        Bits merged = key.get(field).and(writable.not()).or(value.and(writable));
        key.set(field, merged);
        owned.add(field, writable);
        pending.add(field, writable);
        dropFoldedWrites();
    }

    /** Writes to a header that is not told yet go into its push. */
    private void dropFoldedWrites() {
        if (vlanPushes > 0) {
            pending.words()[KeyLayout.W_VLAN] = 0;
        }
        if (mplsPush != 0) {
            pending.words()[KeyLayout.W_MPLS] &= ~TOP;
        }
        if (pbbPush != 0) {
            pending.words()[KeyLayout.W_MPLS2_PBB] = 0;
        }
    }

    private void lookAndOwn(int word) {
        look(word, -1L);
        owned.addWord(word, -1L);
    }

    /** A tag over a tag copies its priority and id (OpenFlow 1.3.5 section 5.12.1); else both are 0. */
    void pushVlan(int etherType) {
        lookAndOwn(KeyLayout.W_VLAN);
        if (vlanPushes == 2) {
            throw new IllegalStateException("two tags are pending: commit first");
        }
        long word = key.word(KeyLayout.W_VLAN);
        isVlanLost |= (word & KeyLayout.VLAN_PRESENT) != 0;
        if (vlanPushes == 0) {
            lowerVlanMask = pending.word(KeyLayout.W_VLAN);
            lowerVlanValue = word & lowerVlanMask;
            pending.words()[KeyLayout.W_VLAN] = 0;
        }
        long tci = (word & TOP_PRESENT) != 0 ? word >>> 32 & 0xffff : KeyLayout.VLAN_PRESENT;
        key.word(KeyLayout.W_VLAN, (long) etherType << 48 | tci << 32 | word >>> 32);
        vlanPushes++;
    }

    /** EtherType of the outermost tag; 0 where there is none. */
    int vlanTpid() {
        look(KeyLayout.W_VLAN, TOP_PRESENT | 0xffffL << 48);
        return (int) (key.word(KeyLayout.W_VLAN) >>> 48);
    }

    /** Says whether another push must wait for a commit. */
    boolean hasFullVlanQueue() {
        return vlanPushes == 2;
    }

    /** Removes the outermost tag; nothing where there is none. */
    void popVlan() {
        look(KeyLayout.W_VLAN, TOP_PRESENT);
        long word = key.word(KeyLayout.W_VLAN);
        if ((word & TOP_PRESENT) == 0) {
            return;
        }
        lookAndOwn(KeyLayout.W_VLAN);
        key.word(KeyLayout.W_VLAN, word << 32);
        if (vlanPushes > 0) {
            vlanPushes--;
            if (vlanPushes == 0) {
                pending.words()[KeyLayout.W_VLAN] = lowerVlanMask;
            }
            needsParse |= isVlanLost && vlanPushes == 0;
            return;
        }
        vlanPops++;
        pending.words()[KeyLayout.W_VLAN] = 0;
        if ((word & KeyLayout.VLAN_PRESENT) != 0) {
            long type = read(MatchField.ETH_TYPE);
            needsParse |= isVlanLost || type == 0x8100 || type == 0x88a8;
        }
    }

    boolean isMpls() {
        long type = read(MatchField.ETH_TYPE);
        return type == 0x8847 || type == 0x8848;
    }

    boolean isNsh() {
        return read(MatchField.ETH_TYPE) == 0x894f;
    }

    boolean isIp() {
        long type = read(MatchField.ETH_TYPE);
        return type == 0x0800 || type == 0x86dd;
    }

    /** Label and traffic class are copied from the label below or 0; the TTL from the label or the IP header below, or 0. */
    void pushMpls(int etherType) {
        long entry;
        if (isMpls()) {
            lookAndOwn(KeyLayout.W_MPLS);
            lookAndOwn(KeyLayout.W_MPLS2_PBB);
            entry = key.word(KeyLayout.W_MPLS) >>> 32 & ~0x100L;
        } else {
            long ttl = isIp() ? read(MatchField.NW_TTL) : 0;
            coveredTtl = isIp() ? (int) ttl : -1;
            entry = 0x100 | ttl;
            for (int word = KeyLayout.W_IPV4; word < KeyLayout.W_TUN_ID; word++) {
                hide(word);
            }
            key.word(KeyLayout.W_MPLS, 0);
            key.word(KeyLayout.W_MPLS2_PBB, 0);
            owned.addWord(KeyLayout.W_MPLS, -1L);
            owned.addWord(KeyLayout.W_MPLS2_PBB, -1L);
            knownLabels = 0;
        }
        long word = key.word(KeyLayout.W_MPLS);
        key.word(KeyLayout.W_MPLS2_PBB, word << 32);
        key.word(KeyLayout.W_MPLS, entry << 32 | word >>> 32);
        override(MatchField.ETH_TYPE, etherType);
        knownLabels = Math.min(KNOWN_LABELS, knownLabels + 1);
        mplsPush = etherType;
    }

    /** Removes the outermost label. What is below the last one is not known. Everything is committed. */
    void popMpls(int etherType, List<DatapathAction> out) {
        boolean isLast = read(MatchField.MPLS_BOS) != 0;
        out.add(new DatapathAction.PopMpls(etherType));
        if (isLast) {
            hide(KeyLayout.W_MPLS);
            hide(KeyLayout.W_MPLS2_PBB);
        } else {
            lookAndOwn(KeyLayout.W_MPLS);
            lookAndOwn(KeyLayout.W_MPLS2_PBB);
            long next = key.word(KeyLayout.W_MPLS2_PBB);
            key.word(KeyLayout.W_MPLS, key.word(KeyLayout.W_MPLS) << 32 | next >>> 32);
            key.word(KeyLayout.W_MPLS2_PBB, 0);
        }
        override(MatchField.ETH_TYPE, etherType);
        knownLabels--;
        boolean staysMpls = etherType == 0x8847 || etherType == 0x8848;
        needsParse |= isLast || !staysMpls || knownLabels <= 0;
        rebase(KeyLayout.W_MPLS);
        rebase(KeyLayout.W_MPLS2_PBB);
    }

    /** TTL below the outermost label, -1 if the key does not know it. */
    int innerTtl() {
        look(KeyLayout.W_MPLS, -1L);
        long word = key.word(KeyLayout.W_MPLS);
        boolean isLast = (word >>> 32 & 0x100) != 0;
        return isLast ? coveredTtl : knownLabels > 1 ? (int) word & 0xff : -1;
    }

    /**
     * Has the datapath copy a TTL that the key does not know. Everything is committed.
     *
     * @param isInward from the outermost label to what is below it
     */
    void copyTtl(boolean isInward, List<DatapathAction> out) {
        out.add(new DatapathAction.CopyTtl(isInward));
        if (!isInward) {
            needsParse = true;
        } else if (coveredTtl >= 0) {
            coveredTtl = (int) read(MatchField.MPLS_TTL);
        }
    }

    /** Something that the datapath does may have changed headers: they are not known until the packet is parsed again. */
    void expectOtherHeaders() {
        needsParse = true;
    }

    /** Writes the TTL of the label below the outermost one. */
    void writeSecondLabelTtl(long ttl) {
        long bits = 0xff;
        key.word(KeyLayout.W_MPLS, key.word(KeyLayout.W_MPLS) & ~bits | ttl & bits);
        owned.addWord(KeyLayout.W_MPLS, bits);
        pending.addWord(KeyLayout.W_MPLS, bits);
    }

    void pushPbb(int etherType) {
        lookAndOwn(KeyLayout.W_VLAN);
        long tag = key.word(KeyLayout.W_VLAN) >>> 32;
        boolean isTagged = (tag & KeyLayout.VLAN_PRESENT) != 0;
        long service = 0;
        if (read(MatchField.ETH_TYPE) == 0x88e7) {
            service = readBits(MatchField.PBB_ISID).low() | read(MatchField.PBB_UCA) << 24;
        }
        pbbPriority = isTagged ? (int) (tag >>> 13) & 7 : 0;
        for (int word = KeyLayout.W_VLAN; word < KeyLayout.W_TUN_ID; word++) {
            hide(word);
        }
        key.word(KeyLayout.W_MPLS2_PBB, service);
        override(MatchField.ETH_TYPE, etherType);
        coveredTtl = -1;
        pbbPush = etherType;
    }

    /** Removes the service tag and the Ethernet header before it: nothing of the packet is known then. Everything is committed. */
    void popPbb(List<DatapathAction> out) {
        out.add(new DatapathAction.PopPbb());
        needsParse = true;
    }

    private void rebase(int word) {
        base.word(word, key.word(word));
        committed.addWord(word, -1L);
    }

    /** Says whether the datapath has everything that the pipeline has done. */
    boolean isCommitted(boolean withTunnel) {
        return vlanPops == 0
                && vlanPushes == 0
                && mplsPush == 0
                && pbbPush == 0
                && pendingMatch(withTunnel).wordCount() == 0;
    }

    /** Tells the datapath what was done to the packet. Tunnel fields are left for later unless {@code withTunnel}. */
    void commit(List<DatapathAction> out, boolean withTunnel) {
        Match rewrite = pendingMatch(withTunnel);
        if (mplsPush != 0) {
            out.add(new DatapathAction.PushMpls(mplsPush, (int) (key.word(KeyLayout.W_MPLS) >>> 32)));
            rebase(KeyLayout.W_MPLS);
            rebase(KeyLayout.W_MPLS2_PBB);
            mplsPush = 0;
        }
        if (pbbPush != 0) {
            long word = key.word(KeyLayout.W_MPLS2_PBB);
            long tag = (long) pbbPriority << 29 | (word & 0x1000000) << 3 | word & 0xffffff;
            out.add(new DatapathAction.PushPbb(pbbPush, (int) tag));
            pbbPush = 0;
        }
        for (; vlanPops > 0; vlanPops--) {
            out.add(new DatapathAction.PopVlan());
        }
        if (rewrite.wordCount() != 0) {
            out.add(new DatapathAction.SetFields(rewrite));
        }
        for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
            if (withTunnel || !isTunnelWord(word)) {
                long bits = pending.word(word);
                base.word(word, base.word(word) & ~bits | key.word(word) & bits);
                committed.addWord(word, bits);
                pending.words()[word] = 0;
            }
        }
        long tags = key.word(KeyLayout.W_VLAN);
        if (vlanPushes == 2) {
            out.add(new DatapathAction.PushVlan((int) (tags >>> 16) & 0xffff, (int) tags & 0xefff));
        }
        if (vlanPushes >= 1) {
            out.add(new DatapathAction.PushVlan((int) (tags >>> 48), (int) (tags >>> 32) & 0xefff));
        }
        vlanPushes = 0;
        lowerVlanMask = 0;
        lowerVlanValue = 0;
        if ((owned.word(KeyLayout.W_VLAN) & TOP_PRESENT) != 0) {
            rebase(KeyLayout.W_VLAN);
        }
    }

    private static boolean isTunnelWord(int word) {
        return word >= KeyLayout.W_TUN_ID && word < KeyLayout.W_RECIRC_MARK
                || word >= KeyLayout.W_TUN_OPTIONS && word < KeyLayout.PACKET_WORDS;
    }

    /** The writes that are pending and that would change something, as far as is known. */
    private Match pendingMatch(boolean withTunnel) {
        FlowMask mask = new FlowMask();
        FlowKey values = new FlowKey(key);
        for (int word = 0; word < KeyLayout.PACKET_WORDS; word++) {
            long bits = pending.word(word);
            long value = key.word(word);
            if (word == KeyLayout.W_VLAN && vlanPushes > 0) {
                bits = lowerVlanMask;
                value = lowerVlanValue;
                values.word(word, value);
            }
            if (bits == 0 || (!withTunnel && isTunnelWord(word))) {
                continue;
            }
            // A header that has moved is not where base has it.
            boolean isMoved = word == KeyLayout.W_VLAN && (vlanPops > 0 || vlanPushes > 0)
                    || word == KeyLayout.W_MPLS && mplsPush != 0;
            long known = isMoved ? 0 : looked.word(word) | committed.word(word);
            boolean isSame = ((value ^ base.word(word)) & bits) == 0;
            if (!(isSame && (bits & ~known) == 0)) {
                mask.addWord(word, bits);
                if (word > KeyLayout.W_TUN_OPTIONS) {
                    // A value without its field would not say which option it is.
                    mask.addWord(KeyLayout.W_TUN_OPTIONS, pending.word(KeyLayout.W_TUN_OPTIONS));
                }
            }
        }
        return Match.of(values, mask);
    }
}
