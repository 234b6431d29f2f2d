/**
 * Bridges and their one writer: tables, ports, commits, barriers, events, desired state. What the control channel endpoints talk to
 * is here ({@link io.heddle.datapath.bridge.SwitchControl}, {@link io.heddle.datapath.bridge.BridgeControl}), and nothing else.
 *
 * <p>Threading: one control loop thread owns all bridges of a process; the interfaces may be called from any thread and hand over.
 */
@NullMarked
package io.heddle.datapath.bridge;

import org.jspecify.annotations.NullMarked;
