package io.heddle.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The prefixes of an address field that some rule matches on, as a path-compressed binary tree. Tells which subtables have a rule whose
 * prefix a value matches, and how many of its leading bits had to be looked at to know: the others need not be searched (tuple pruning).
 *
 * <pre>
 *   /8  [A]                  value 10.1.2.3 matches prefixes of A and C only:
 *    |-- /16 [C]             B and D have rules for the other half
 *    `-- /16 [B D]
 * </pre>
 *
 * <p>Values are left-justified in 128 bits, {@code high} first. Every node carries its whole prefix, so that a node is put above
 * another, or taken out, with one release store into the parent: a concurrent reader sees the tree before or after.
 *
 * <p>Threading: one writer; lookups on any thread. A lookup beside a change may see a subtable whose last rule of a prefix is being taken
 * out, and one whose number has just been given to another; it never misses one whose rules the reader's version shows.
 *
 * @see <a href="https://doi.org/10.1145/316188.316216">Srinivasan, Suri and Varghese, Packet Classification using Tuple Space Search,
 *     SIGCOMM 1999, section 5</a>
 */
final class PrefixTrie {
    private static final VarHandle LEFT;
    private static final VarHandle RIGHT;
    private static final VarHandle COUNT;
    private static final VarHandle USER;
    private static final VarHandle MORE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LEFT = lookup.findVarHandle(Node.class, "left", Node.class);
            RIGHT = lookup.findVarHandle(Node.class, "right", Node.class);
            COUNT = lookup.findVarHandle(Node.class, "count", int.class);
            USER = lookup.findVarHandle(Node.class, "user", int.class);
            MORE = lookup.findVarHandle(Node.class, "more", int[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int[] NOBODY = {};

    /** A prefix, and the subtables that have rules with exactly this one; none for a mere branch. */
    private static final class Node {
        final long high;
        final long low;
        final int length;

        /** Most prefixes are of one subtable: it stands here. Valid iff {@link #count} is not 0. */
        int user;

        /** Rules of {@link #user}. */
        int count;

        /** Pairs (subtable, rules) of further ones. Pairs come and go with a new array, counts change within it and stay above 0. */
        int[] more = NOBODY;

        @Nullable
        Node left;

        @Nullable
        Node right;

        Node(long high, long low, int length) {
            this.high = high;
            this.low = low;
            this.length = length;
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

        boolean isUsed() {
            return count > 0 || more.length > 0;
        }

        void add(int subtable) {
            if (count > 0 && user == subtable) {
                COUNT.setRelease(this, count + 1);
                return;
            }
            int at = indexOf(subtable);
            if (at >= 0) {
                more[at + 1]++;
            } else if (count == 0) {
                USER.setRelease(this, subtable);
                COUNT.setRelease(this, 1);
            } else {
                int[] longer = Arrays.copyOf(more, more.length + 2);
                longer[more.length] = subtable;
                longer[more.length + 1] = 1;
                MORE.setRelease(this, longer);
            }
        }

        void remove(int subtable) {
            if (count > 0 && user == subtable) {
                COUNT.setRelease(this, count - 1);
                return;
            }
            int at = indexOf(subtable);
            if (at < 0) {
                throw new IllegalStateException("a prefix of " + length + " bits was never inserted");
            }
            if (more[at + 1] > 1) {
                more[at + 1]--;
                return;
            }
            int[] shorter = Arrays.copyOf(more, more.length - 2);
            System.arraycopy(more, at + 2, shorter, at, shorter.length - at);
            MORE.setRelease(this, shorter.length == 0 ? NOBODY : shorter);
        }

        private int indexOf(int subtable) {
            for (int i = 0; i < more.length; i += 2) {
                if (more[i] == subtable) {
                    return i;
                }
            }
            return -1;
        }

        void addUsers(Result result) {
            if ((int) COUNT.getAcquire(this) > 0) {
                result.add((int) USER.getAcquire(this));
            }
            int[] others = (int[]) MORE.getAcquire(this);
            for (int i = 0; i < others.length; i += 2) {
                result.add(others[i]);
            }
        }
    }

    /** What one lookup found. Reused; belongs to one thread. */
    static final class Result {
        /** Bit {@code n}: subtable n has a rule whose prefix matches. */
        private long[] subtables = new long[4];

        /** Leading bits that had to be looked at. */
        int checkedBits;

        boolean matches(int subtable) {
            int word = subtable >>> 6;
            return word < subtables.length && (subtables[word] >>> subtable & 1) != 0;
        }

        private void add(int subtable) {
            int word = subtable >>> 6;
            if (word >= subtables.length) {
                subtables = Arrays.copyOf(subtables, Math.max(2 * subtables.length, word + 1));
            }
            subtables[word] |= 1L << subtable;
        }

        private void clear() {
            Arrays.fill(subtables, 0);
            checkedBits = 0;
        }
    }

    private final Node root = new Node(0, 0, 0);

    /** Adds the prefix, of 1 to 128 bits, of one rule of a subtable. Writer. */
    void insert(long high, long low, int length, int subtable) {
        Node node = root;
        while (node.length != length) {
            int bit = bitAt(high, low, node.length);
            Node child = node.child(bit);
            if (child == null) {
                node.setChild(bit, leaf(high, low, length, subtable));
                return;
            }
            int common = Math.min(commonBits(high, low, child), Math.min(length, child.length));
            if (common < child.length) {
                Node between = new Node(prefixHigh(high, common), prefixLow(low, common), common);
                between.setChild(bitAt(child.high, child.low, common), child);
                if (common == length) {
                    between.add(subtable);
                } else {
                    between.setChild(bitAt(high, low, common), leaf(high, low, length, subtable));
                }
                node.setChild(bit, between);
                return;
            }
            node = child;
        }
        node.add(subtable);
    }

    private static Node leaf(long high, long low, int length, int subtable) {
        Node leaf = new Node(high, low, length);
        leaf.add(subtable);
        return leaf;
    }

    /** Takes the prefix of one rule of a subtable out again. Writer. */
    void remove(long high, long low, int length, int subtable) {
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
        node.remove(subtable);
        if (!node.isUsed()) {
            collapse(parent, node);
            if (parent != root && !parent.isUsed()) {
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
        result.clear();
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
            child.addUsers(result);
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
