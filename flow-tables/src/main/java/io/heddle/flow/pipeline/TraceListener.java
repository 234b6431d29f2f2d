package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Instruction;
import io.heddle.flow.match.FlowKey;
import io.heddle.flow.table.FlowEntry;
import io.heddle.flow.table.FlowMod;
import org.jspecify.annotations.Nullable;

/**
 * Is told each step of a translation, as a tree: {@link #end} closes what the last open {@link #begin} opened.
 *
 * <p>Called on the thread that translates.
 */
public interface TraceListener {
    /** A step. */
    sealed interface Step {
        record Bridge(String name) implements Step {}

        /** {@code entry} is null for a miss. */
        record Table(int tableId, @Nullable FlowEntry entry) implements Step {}

        record OneAction(Action action) implements Step {}

        record OneInstruction(Instruction instruction) implements Step {}

        record ActionSetBegins() implements Step {}

        record Bucket(int groupId, int index) implements Step {}

        /** A flow that the packet adds or keeps. */
        record Learned(FlowMod flow) implements Step {}

        record Note(String text) implements Step {}

        /** The packet did not get to where it should have. */
        record Problem(String text) implements Step {}
    }

    /** Hears nothing. */
    TraceListener NONE = new TraceListener() {
        @Override
        public void begin(Step step) {}

        @Override
        public void end() {}
    };

    void begin(Step step);

    void end();

    /** The translation is over; {@code key} is the packet's, in the bridge that it came to first, at the end. */
    default void finished(FlowKey key) {}

    /**
     * A copy of the packet goes to the connection tracker and then on.
     *
     * @param key what the tracker gets: a new one, with the recirculation id and the zone
     */
    default void forked(FlowKey key) {}

    /** A step without steps in it. */
    default void leaf(Step step) {
        begin(step);
        end();
    }

    /** A remark. */
    default void note(String text) {
        leaf(new Step.Note(text));
    }
}
