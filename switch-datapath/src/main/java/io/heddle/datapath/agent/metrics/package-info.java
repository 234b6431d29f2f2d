/**
 * What Prometheus scrapes: counters and gauges read from the switch, served over HTTP.
 *
 * <p>Threading: the HTTP server's own threads, one scrape at a time.
 */
@NullMarked
package io.heddle.datapath.agent.metrics;

import org.jspecify.annotations.NullMarked;
