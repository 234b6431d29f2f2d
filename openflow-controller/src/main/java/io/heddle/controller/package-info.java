/**
 * The controller process: channels to switches, apps, store and the northbound API.
 *
 * <p>Apps are functions from events to commands, called on one thread per switch.
 */
@NullMarked
package io.heddle.controller;

import org.jspecify.annotations.NullMarked;
