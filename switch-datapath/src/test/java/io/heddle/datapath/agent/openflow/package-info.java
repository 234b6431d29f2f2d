/** Tests of the OpenFlow agent, with a real bridge in the process. */
@NullMarked
package io.heddle.datapath.agent.openflow;

import org.jspecify.annotations.NullMarked;
