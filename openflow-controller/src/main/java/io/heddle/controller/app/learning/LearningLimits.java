package io.heddle.controller.app.learning;

/**
 * What the learning switch allows.
 *
 * @param ageingSeconds how long a host that sends nothing is remembered, 1 to 65535
 * @param maxHosts most hosts of all bridges together; above it the one that was heard of longest ago goes
 * @param maxHostsPerPort most hosts behind one port; above it new ones are not learned, their packets are flooded
 * @param maxMovesPerMinute a host that moves more often is kept where it is for a minute: two ports that claim it, or a loop
 */
public record LearningLimits(int ageingSeconds, int maxHosts, int maxHostsPerPort, int maxMovesPerMinute) {
    /** 300 s, 65536 hosts, 4096 behind a port, 20 moves. */
    public static final LearningLimits DEFAULT = new LearningLimits(300, 65536, 4096, 20);

    public LearningLimits {
        require("ageingSeconds", ageingSeconds, 65535);
        require("maxHosts", maxHosts, 1 << 24);
        require("maxHostsPerPort", maxHostsPerPort, 1 << 24);
        require("maxMovesPerMinute", maxMovesPerMinute, 1 << 24);
    }

    private static void require(String name, int value, int high) {
        if (value < 1 || value > high) {
            throw new IllegalArgumentException(name + " " + value + " is not in 1-" + high);
        }
    }
}
