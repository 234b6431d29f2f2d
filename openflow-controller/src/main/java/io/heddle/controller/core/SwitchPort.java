package io.heddle.controller.core;

/**
 * A port of a bridge.
 *
 * @param number OpenFlow port number
 * @param name of the interface
 * @param up its link is up and it is not administratively down
 */
public record SwitchPort(int number, String name, boolean up) {}
