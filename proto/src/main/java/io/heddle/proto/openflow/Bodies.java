package io.heddle.proto.openflow;

import io.heddle.flow.error.FlowException;
import io.netty.buffer.ByteBuf;

/** What follows the header, in the layout of some versions. What is alike in all of them (hello, echo, error) is not asked for. */
interface Bodies {
    OpenFlowMessage read(MessageType type, Reader in) throws FlowException;

    /** Writes a message whose kind the version has. */
    void write(ByteBuf out, OpenFlowMessage message);
}
