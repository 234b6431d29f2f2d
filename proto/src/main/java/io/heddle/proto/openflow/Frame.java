package io.heddle.proto.openflow;

/**
 * A message with what its header says.
 *
 * @param version number in the first octet
 * @param xid transaction id: a reply has its request's
 */
public record Frame(int version, int xid, OpenFlowMessage message) {}
