package io.heddle.cli.demo;

/**
 * One host of the demo.
 *
 * @param name of its namespace
 * @param kind how it is plugged in, for people
 */
record Host(String name, String kind) {}
