package io.heddle.cli;

import io.heddle.proto.v1.PortConfiguration;
import io.heddle.proto.v1.QosConfiguration;
import io.heddle.proto.v1.QueueConfiguration;

/** Rates of a port that are typed one by one, in the words of Open vSwitch's tables QoS, Queue and Interface. Stateless. */
final class QosSettings {
    /** What there is, for errors. */
    static final String KNOWN = "qos:max-rate, queue:N:min-rate, queue:N:max-rate, queue:N:burst, queue:N:priority, "
            + "queue:N:dscp and ingress-policing-rate, -burst, -kpkts-rate, -kpkts-burst";

    private QosSettings() {}

    /** Sets what the setting says; false if it is about something else. */
    static boolean set(PortConfiguration.Builder port, Settings.Setting setting) {
        String key = setting.key();
        if (key.startsWith("queue:")) {
            queue(port, setting, key.substring("queue:".length()).split(":", 2));
            return true;
        }
        switch (key) {
            case "qos" -> {
                if (!setting.value().isEmpty()) {
                    throw new CliException(ExitStatus.USAGE, "qos takes all queues away: write it without a value");
                }
                port.clearQos();
            }
            case "qos:max-rate" -> port.getQosBuilder().setMaxRate(number(setting));
            case "ingress-policing-rate" -> port.setIngressPolicingRate(number(setting));
            case "ingress-policing-burst" -> port.setIngressPolicingBurst(number(setting));
            case "ingress-policing-kpkts-rate" -> port.setIngressPolicingKpktsRate(number(setting));
            case "ingress-policing-kpkts-burst" -> port.setIngressPolicingKpktsBurst(number(setting));
            default -> {
                return false;
            }
        }
        return true;
    }

    /** @param words number of the queue, and what of it; only the number to take it away */
    private static void queue(PortConfiguration.Builder port, Settings.Setting setting, String[] words) {
        int id = Numbers.unsigned(words[0], "queue");
        QosConfiguration.Builder qos = port.getQosBuilder();
        if (words.length == 1) {
            if (!setting.value().isEmpty()) {
                throw new CliException(
                        ExitStatus.USAGE, "%s: say what of the queue: %s".formatted(setting.key(), KNOWN));
            }
            qos.removeQueues(id);
            return;
        }
        QueueConfiguration.Builder queue =
                qos.getQueuesOrDefault(id, QueueConfiguration.getDefaultInstance()).toBuilder();
        switch (words[1]) {
            case "min-rate" -> queue.setMinRate(number(setting));
            case "max-rate" -> queue.setMaxRate(number(setting));
            case "burst" -> queue.setBurst(number(setting));
            case "priority" -> queue.setPriority((int) number(setting));
            case "dscp" -> {
                if (setting.value().isEmpty()) {
                    queue.clearDscp();
                } else {
                    queue.setDscp((int) number(setting));
                }
            }
            default ->
                throw new CliException(
                        ExitStatus.USAGE, "there is no setting \"%s\": %s are".formatted(setting.key(), KNOWN));
        }
        qos.putQueues(id, queue.build());
    }

    private static long number(Settings.Setting setting) {
        if (setting.value().isEmpty()) {
            return 0;
        }
        if (!setting.value().matches("[0-9]{1,13}")) {
            throw new CliException(
                    ExitStatus.USAGE, "%s=%s: a number is right".formatted(setting.key(), setting.value()));
        }
        return Long.parseLong(setting.value());
    }
}
