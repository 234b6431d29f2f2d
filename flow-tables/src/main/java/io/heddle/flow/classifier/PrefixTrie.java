package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The prefixes of an address field that some rule matches on, as a path-compressed binary tree. Tells which prefix lengths a value
 * can match at all, and how many of its leading bits had to be looked at to know.
 *
 * <p>Values are left-justified in 128 bits, {@code high} first. Every node carries its whole prefix, so that a node is put above
 * another, or taken out, with one release store into the parent: a concurrent reader sees the tree before or after.
 *
 * <p>Threading: one writer; lookups on any thread.
 */
final class PrefixTrie {
    private static final VarHandle LEFT;
    private static final VarHandle RIGHT;
    private static final VarHandle COUNT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LEFT = lookup.findVarHandle(Node.class, "left", Node.class);
            RIGHT = lookup.findVarHandle(Node.class, "right", Node.class);
            COUNT = lookup.findVarHandle(Node.class, "count", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** {@code count}: rules with exactly this prefix; 0 for a mere branch. */
    private static final class Node {
        final long high;
        final long low;
        final int length;
        int count;

        @Nullable
        Node left;

        @Nullable
        Node right;

        Node(long high, long low, int length, int count) {
            this.high = high;
            this.low = low;
            this.length = length;
            this.count = count;
        }

        @Nullable
        Node child(int bit) {
            return (Node) (bit == 0 ? LEFT.getAcquire(this) : RIGHT.getAcquire(this));
        }

        void setChild(int bit, @Nullable Node child) {
            if (bit == 0) {
                LEFT.setRelease(this, child);
            } else {
                RIGHT.setRelease(this, child);
            }
        }
    }

    /** What one lookup found. Reused; belongs to one thread. */
    static final class Result {
        /** Bit {@code n - 1} set: a prefix of length {@code n} (1 to 64) matches. */
        long lengthsTo64;

        /** Bit {@code n - 65} set: a prefix of length {@code n} (65 to 128) matches. */
        long lengthsFrom65;

        /** Leading bits that had to be looked at. */
        int checkedBits;

        boolean matches(int length) {
            return length <= 64 ? (lengthsTo64 >>> (length - 1) & 1) != 0 : (lengthsFrom65 >>> (length - 65) & 1) != 0;
        }
    }

    private final Node root = new Node(0, 0, 0, 0);

    /** Adds one rule's prefix of 1 to 128 bits. Writer. */
    void insert(long high, long low, int length) {
        Node node = root;
        while (true) {
            if (node.length == length) {
                COUNT.setRelease(node, node.count + 1);
                return;
            }
            int bit = bitAt(high, low, node.length);
            Node child = node.child(bit);
            if (child == null) {
                node.setChild(bit, new Node(high, low, length, 1));
                return;
            }
            int common = Math.min(commonBits(high, low, child), Math.min(length, child.length));
            if (common < child.length) {
                Node between = new Node(prefixHigh(high, common), prefixLow(low, common), common, 0);
                between.setChild(bitAt(child.high, child.low, common), child);
                if (common == length) {
                    between.count = 1;
                } else {
                    between.setChild(bitAt(high, low, common), new Node(high, low, length, 1));
                }
                node.setChild(bit, between);
                return;
            }
            node = child;
        }
    }

    /** Takes one rule's prefix out again. Writer. */
    void remove(long high, long low, int length) {
        Node grandparent = root;
        Node parent = root;
        Node node = root;
        while (node.length < length) {
            Node child = node.child(bitAt(high, low, node.length));
            if (child == null) {
                throw new IllegalStateException("a prefix of " + length + " bits was never inserted");
            }
            grandparent = parent;
            parent = node;
            node = child;
        }
        COUNT.setRelease(node, node.count - 1);
        if (node.count == 0) {
            collapse(parent, node);
            if (parent != root && parent.count == 0) {
                collapse(grandparent, parent);
            }
        }
    }

    /** Takes a node that stands for no rule out of the tree unless it is a branch. */
    private static void collapse(Node parent, Node node) {
        if (node.left != null && node.right != null) {
            return;
        }
        parent.setChild(bitAt(node.high, node.low, parent.length), node.left != null ? node.left : node.right);
    }

    /** Looks a value up; allocates nothing. */
    void lookup(long high, long low, Result result) {
        result.lengthsTo64 = 0;
        result.lengthsFrom65 = 0;
        Node node = root;
        while (true) {
            Node left = node.child(0);
            Node right = node.child(1);
            if (left == null && right == null) {
                result.checkedBits = node.length;
                return;
            }
            Node child = bitAt(high, low, node.length) == 0 ? left : right;
            if (child == null) {
                result.checkedBits = node.length + 1;
                return;
            }
            int common = commonBits(high, low, child);
            if (common < child.length) {
                result.checkedBits = common + 1;
                return;
            }
            if ((int) COUNT.getAcquire(child) > 0) {
                if (child.length <= 64) {
                    result.lengthsTo64 |= 1L << (child.length - 1);
                } else {
                    result.lengthsFrom65 |= 1L << (child.length - 65);
                }
            }
            node = child;
        }
    }

    private static int bitAt(long high, long low, int index) {
        return (int) (index < 64 ? high >>> (63 - index) : low >>> (127 - index)) & 1;
    }

    private static int commonBits(long high, long low, Node node) {
        long difference = high ^ node.high;
        return difference != 0 ? Long.numberOfLeadingZeros(difference) : 64 + Long.numberOfLeadingZeros(low ^ node.low);
    }

    /** The first {@code length} bits of the high half. */
    static long prefixHigh(long high, int length) {
        return length >= 64 ? high : length == 0 ? 0 : high & (-1L << (64 - length));
    }

    /** What of the first {@code length} bits lies in the low half. */
    static long prefixLow(long low, int length) {
        return length <= 64 ? 0 : length >= 128 ? low : low & (-1L << (128 - length));
    }
}
