package io.heddle.datapath.bridge.stp;

/** Timer parameters of a message, in seconds (IEEE 802.1D-2004 section 17.18.18). */
record Times(int messageAge, int maxAge, int helloTime, int forwardDelay) {}
