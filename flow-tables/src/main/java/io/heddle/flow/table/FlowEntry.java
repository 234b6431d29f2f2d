package io.heddle.flow.table;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.action.LearnSpec;
import io.heddle.flow.action.Ports;
import io.heddle.flow.classifier.ClassifierRule;
import io.heddle.flow.classifier.Clause;
import io.heddle.flow.counter.HitCounter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A flow entry as it was added or last modified: immutable but for its counter and the end of its visibility. A modification replaces
 * the entry by another one that shares its counter.
 *
 * <p>Threading: any thread reads; poll loops count.
 */
public final class FlowEntry extends ClassifierRule {
    private static final FlowMod.Flag[] FLAGS = FlowMod.Flag.values();

    private static final VarHandle LEARNING;

    static {
        try {
            LEARNING = MethodHandles.lookup().findVarHandle(FlowEntry.class, "learning", HitCounter.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long cookie;
    private final long createdNs;
    private final long modifiedNs;
    private final HitCounter counter;
    private final List<Instruction> instructions;
    private final char idleTimeoutSeconds;
    private final char hardTimeoutSeconds;
    private final char importance;
    private final short tableId;
    private final byte flags;

    /** When a packet last learned the entry; null until one has. Any thread makes it, once. */
    private @Nullable HitCounter learning;

    /** A new entry. */
    FlowEntry(FlowMod mod, HitCounter counter, long nowNs, long version) {
        super(mod.match(), mod.priority(), version, clauses(mod.instructions()));
        this.cookie = mod.cookie();
        this.createdNs = nowNs;
        this.modifiedNs = nowNs;
        this.counter = counter;
        this.instructions = inOrder(mod.instructions());
        this.idleTimeoutSeconds = (char) mod.idleTimeoutSeconds();
        this.hardTimeoutSeconds = (char) mod.hardTimeoutSeconds();
        this.importance = (char) mod.importance();
        this.tableId = (short) mod.tableId();
        this.flags = pack(mod.flags());
    }

    /** {@code old} with other instructions and this cookie: timeouts, flags and times stay. */
    FlowEntry(
            FlowEntry old, List<Instruction> instructions, long cookie, HitCounter counter, long nowNs, long version) {
        super(old.match(), old.priority(), version, clauses(instructions));
        this.cookie = cookie;
        this.createdNs = old.createdNs;
        this.modifiedNs = nowNs;
        this.counter = counter;
        this.instructions = inOrder(instructions);
        this.idleTimeoutSeconds = old.idleTimeoutSeconds;
        this.hardTimeoutSeconds = old.hardTimeoutSeconds;
        this.importance = old.importance;
        this.tableId = old.tableId;
        this.flags = old.flags;
        this.learning = (HitCounter) LEARNING.getAcquire(old);
    }

    /** {@code old} as it is learned again: with another cookie and other instructions, but its own timeouts, flags and times. */
    FlowEntry(FlowEntry old, FlowMod learned, long nowNs, long version) {
        super(old.match(), old.priority(), version);
        this.cookie = learned.cookie();
        this.createdNs = old.createdNs;
        this.modifiedNs = nowNs;
        this.counter = old.counter;
        this.instructions = inOrder(learned.instructions());
        this.idleTimeoutSeconds = old.idleTimeoutSeconds;
        this.hardTimeoutSeconds = old.hardTimeoutSeconds;
        this.importance = old.importance;
        this.tableId = old.tableId;
        this.flags = old.flags;
        this.learning = old.learning();
        learning.add(0, 0, nowNs);
    }

    /** {@code old} with lower timeouts; 0 leaves one as it is. */
    FlowEntry(FlowEntry old, int idleTimeoutSeconds, int hardTimeoutSeconds, long version) {
        super(old.match(), old.priority(), version, old.clauses());
        this.cookie = old.cookie;
        this.createdNs = old.createdNs;
        this.modifiedNs = old.modifiedNs;
        this.counter = old.counter;
        this.instructions = old.instructions;
        this.idleTimeoutSeconds = (char) lower(old.idleTimeoutSeconds, idleTimeoutSeconds);
        this.hardTimeoutSeconds = (char) lower(old.hardTimeoutSeconds, hardTimeoutSeconds);
        this.importance = old.importance;
        this.tableId = old.tableId;
        this.flags = old.flags;
        this.learning = (HitCounter) LEARNING.getAcquire(old);
    }

    private static int lower(int timeout, int most) {
        return most != 0 && (timeout == 0 || timeout > most) ? most : timeout;
    }

    private static List<Clause> clauses(List<Instruction> instructions) {
        if (!(instructions.size() == 1 && instructions.getFirst() instanceof Instruction.ApplyActions apply)) {
            return List.of();
        }
        List<Clause> clauses = List.of();
        for (Action action : apply.actions()) {
            if (action instanceof Action.Conjunction part) {
                clauses = clauses.isEmpty() ? new ArrayList<>() : clauses;
                clauses.add(new Clause(part.id(), part.dimension() - 1, part.dimensions()));
            }
        }
        return clauses;
    }

    private static byte pack(Set<FlowMod.Flag> flags) {
        int bits = 0;
        for (FlowMod.Flag flag : flags) {
            bits |= flag.bit();
        }
        return (byte) bits;
    }

    /** Puts instructions in the order in which they are executed (OpenFlow 1.3.5 section 5.9). */
    private static List<Instruction> inOrder(List<Instruction> instructions) {
        return instructions.size() < 2
                ? instructions
                : instructions.stream()
                        .sorted(Comparator.comparingInt(FlowEntry::rank))
                        .toList();
    }

    private static int rank(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Meter i -> 0;
            case Instruction.ApplyActions i -> 1;
            case Instruction.ClearActions i -> 2;
            case Instruction.WriteActions i -> 3;
            case Instruction.WriteMetadata i -> 4;
            case Instruction.GotoTable i -> 5;
        };
    }

    public int tableId() {
        return tableId;
    }

    public long cookie() {
        return cookie;
    }

    /** When the entry was added, on the monotonic clock; duration counts from here, and so does the hard timeout of what is not learned. */
    public long createdNs() {
        return createdNs;
    }

    /** When the entry was added or last modified. */
    public long modifiedNs() {
        return modifiedNs;
    }

    /** Counts the packets that the entry matched. */
    public HitCounter counter() {
        return counter;
    }

    /** Says when a packet last learned the entry; megaflows that learn it add to this. Any thread. */
    public HitCounter learning() {
        HitCounter there = (HitCounter) LEARNING.getAcquire(this);
        if (there != null) {
            return there;
        }
        HitCounter made = new HitCounter(createdNs);
        HitCounter other = (HitCounter) LEARNING.compareAndExchange(this, null, made);
        return other == null ? made : other;
    }

    /** Says whether learning a flow of this match and priority would leave the entry as it is. */
    public boolean isAsLearned(FlowMod flow) {
        return cookie == flow.cookie() && instructions.equals(flow.instructions());
    }

    /** Says whether lowering the timeouts to these would change something; 0 leaves one. */
    public boolean isLongerThan(int idleSeconds, int hardSeconds) {
        return lower(idleTimeoutSeconds, idleSeconds) != idleTimeoutSeconds
                || lower(hardTimeoutSeconds, hardSeconds) != hardTimeoutSeconds;
    }

    /** In the order in which they are executed. */
    public List<Instruction> instructions() {
        return instructions;
    }

    /** 0 for none. */
    public int idleTimeoutSeconds() {
        return idleTimeoutSeconds;
    }

    /** 0 for none. */
    public int hardTimeoutSeconds() {
        return hardTimeoutSeconds;
    }

    public int importance() {
        return importance;
    }

    public boolean has(FlowMod.Flag flag) {
        return (flags & flag.bit()) != 0;
    }

    /** A fresh set. */
    public Set<FlowMod.Flag> flags() {
        Set<FlowMod.Flag> set = EnumSet.noneOf(FlowMod.Flag.class);
        for (FlowMod.Flag flag : FLAGS) {
            if (has(flag)) {
                set.add(flag);
            }
        }
        return set;
    }

    /** Says whether this is a table-miss entry: priority 0 and a match on nothing (OpenFlow 1.3.5 section 5.4). */
    public boolean isTableMiss() {
        return priority() == 0 && match().wordCount() == 0;
    }

    /** Says whether some action outputs to a port: the filter {@code out_port}. */
    public boolean outputsTo(int port) {
        return anyAction(action -> action instanceof Action.Output output && output.port() == port
                || action instanceof Action.OutputTruncated truncated && truncated.port() == port
                || action instanceof Action.Controller && port == Ports.CONTROLLER);
    }

    /** Says whether some action refers to a group: the filter {@code out_group}. */
    public boolean refersToGroup(int groupId) {
        return anyAction(action -> action instanceof Action.GroupAction group && group.groupId() == groupId);
    }

    /** Says whether some action refers to one of these groups. */
    boolean refersToAnyGroup(Set<Integer> groupIds) {
        return anyAction(action -> action instanceof Action.GroupAction group && groupIds.contains(group.groupId()));
    }

    /** Says whether the entry applies one of these meters. */
    boolean refersToAnyMeter(Set<Integer> meterIds) {
        for (Instruction instruction : instructions) {
            if (instruction instanceof Instruction.Meter meter && meterIds.contains(meter.meterId())) {
                return true;
            }
        }
        return anyAction(action -> action instanceof Action.Meter meter && meterIds.contains(meter.meterId())
                || action instanceof Action.Controller controller && meterIds.contains(controller.meterId()));
    }

    /** The {@code learn} actions, whatever they stand in. */
    List<LearnSpec> learns() {
        if (!anyAction(Action.Learn.class::isInstance)) {
            return List.of();
        }
        List<LearnSpec> found = new ArrayList<>();
        anyAction(action -> {
            if (action instanceof Action.Learn learn) {
                found.add(learn.spec());
            }
            return false;
        });
        return found;
    }

    private boolean anyAction(Predicate<Action> predicate) {
        for (Instruction instruction : instructions) {
            List<Action> actions = switch (instruction) {
                case Instruction.ApplyActions apply -> apply.actions();
                case Instruction.WriteActions write -> write.actions();
                case Instruction.Meter i -> List.of();
                case Instruction.ClearActions i -> List.of();
                case Instruction.WriteMetadata i -> List.of();
                case Instruction.GotoTable i -> List.of();
            };
            if (Action.anyMatch(actions, predicate)) {
                return true;
            }
        }
        return false;
    }

    /** When the entry is to be looked at for a timeout next, if no packet comes; {@link Long#MAX_VALUE} for never. */
    long expiryNs() {
        long hard = hardTimeoutSeconds == 0 ? Long.MAX_VALUE : learnedNs() + hardTimeoutSeconds * 1_000_000_000L;
        long idle = idleTimeoutSeconds == 0 ? Long.MAX_VALUE : lastActiveNs() + idleTimeoutSeconds * 1_000_000_000L;
        return Math.min(hard, idle);
    }

    boolean isHardExpired(long nowNs) {
        return hardTimeoutSeconds != 0 && nowNs - learnedNs() >= hardTimeoutSeconds * 1_000_000_000L;
    }

    /** Where the hard timeout counts from: the add, or the last packet that would have added it. */
    private long learnedNs() {
        HitCounter there = (HitCounter) LEARNING.getAcquire(this);
        return there == null ? createdNs : Math.max(createdNs, there.lastUsedNs());
    }

    private long lastActiveNs() {
        return Math.max(createdNs, counter.lastUsedNs());
    }
}
