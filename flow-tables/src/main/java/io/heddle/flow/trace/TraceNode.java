package io.heddle.flow.trace;

import java.util.List;

/**
 * One step of a traced translation, with the steps in it.
 *
 * @param text one line
 */
public record TraceNode(Type type, String text, List<TraceNode> children) {
    /** Kind of step. */
    public enum Type {
        /** A bridge begins to process the packet. */
        BRIDGE,
        /** A table was looked up; the text names the flow that was hit. */
        TABLE,
        /** An action or an instruction was executed. */
        ACTION,
        /** A group's bucket. */
        BUCKET,
        /** A remark. */
        NOTE,
        /** Something kept the packet from where it should have gone. */
        ERROR
    }

    public TraceNode {
        children = List.copyOf(children);
    }

    /** The node and what is in it as lines, indented by {@code level} steps. */
    void print(StringBuilder text, int level) {
        String indent = " ".repeat(level * 4);
        switch (type) {
            case BRIDGE ->
                text.append('\n')
                        .append(indent)
                        .append(this.text)
                        .append('\n')
                        .append(indent)
                        .append("-".repeat(this.text.length()));
            case TABLE, ACTION, BUCKET -> text.append(indent).append(this.text);
            case NOTE -> text.append(indent).append(" -> ").append(this.text);
            case ERROR -> text.append(indent).append(" >> ").append(this.text);
        }
        text.append('\n');
        int below = type == Type.BRIDGE ? level : level + 1;
        children.forEach(child -> child.print(text, below));
    }
}
