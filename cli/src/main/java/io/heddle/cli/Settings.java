package io.heddle.cli;

import io.heddle.proto.v1.BridgeConfiguration;
import io.heddle.proto.v1.ConfigurationChange;
import io.heddle.proto.v1.GetConfigurationRequest;
import io.heddle.proto.v1.GetConfigurationResponse;
import io.heddle.proto.v1.PortConfiguration;
import java.util.List;
import java.util.function.Consumer;

/** Changes single settings of bridges and ports that are there. Stateless. */
final class Settings {
    private static final String OTHER = "other-config:";

    private Settings() {}

    /** A setting as typed, {@code KEY=VALUE} or {@code KEY} to take it away; Open vSwitch's underscores are taken for hyphens. */
    record Setting(String key, String value) {
        static Setting parse(String text) {
            int equals = text.indexOf('=');
            String key = (equals < 0 ? text : text.substring(0, equals)).replace('_', '-');
            return new Setting(key, equals < 0 ? "" : text.substring(equals + 1));
        }

        boolean flag() {
            if (!value.equals("true") && !value.equals("false")) {
                throw new CliException(ExitStatus.USAGE, "%s=%s: true or false is right".formatted(key, value));
            }
            return value.equals("true");
        }
    }

    /** Changes a bridge; its ports stay as they are. */
    static int changeBridge(
            Client client, Connection connection, String name, Consumer<BridgeConfiguration.Builder> change) {
        GetConfigurationResponse now =
                connection.toSwitch().getConfiguration(GetConfigurationRequest.getDefaultInstance());
        BridgeConfiguration.Builder bridge = bridge(now, name).toBuilder();
        change.accept(bridge);
        return Asks.configure(
                client,
                connection,
                now.getRevision(),
                ConfigurationChange.newBuilder().setPutBridge(bridge).build());
    }

    private static BridgeConfiguration bridge(GetConfigurationResponse now, String name) {
        return now.getConfiguration().getBridgesList().stream()
                .filter(each -> each.getName().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new CliException(ExitStatus.REFUSED, "there is no bridge called \"%s\"".formatted(name)));
    }

    static BridgeConfiguration bridge(Connection connection, String name) {
        return bridge(connection.toSwitch().getConfiguration(GetConfigurationRequest.getDefaultInstance()), name);
    }

    static void set(BridgeConfiguration.Builder bridge, List<String> texts) {
        for (String text : texts) {
            Setting setting = Setting.parse(text);
            switch (setting.key()) {
                case "stp-enable" -> bridge.setStpEnable(setting.flag());
                case "rstp-enable" -> bridge.setRstpEnable(setting.flag());
                case "mcast-snooping-enable" -> bridge.setMcastSnoopingEnable(setting.flag());
                default -> {
                    String key = otherKey(
                            setting,
                            "stp-enable, rstp-enable, mcast-snooping-enable and other-config:KEY are settings");
                    if (setting.value().isEmpty()) {
                        bridge.removeOtherConfig(key);
                    } else {
                        bridge.putOtherConfig(key, setting.value());
                    }
                }
            }
        }
    }

    static void set(PortConfiguration.Builder port, List<String> texts) {
        for (String text : texts) {
            Setting setting = Setting.parse(text);
            if (QosSettings.set(port, setting)) {
                continue;
            }
            String key = otherKey(setting, "other-config:KEY, " + QosSettings.KNOWN + " are settings");
            if (setting.value().isEmpty()) {
                port.removeOtherConfig(key);
            } else {
                port.putOtherConfig(key, setting.value());
            }
        }
    }

    private static String otherKey(Setting setting, String known) {
        if (!setting.key().startsWith(OTHER)) {
            throw new CliException(ExitStatus.USAGE, "there is no setting \"%s\": %s".formatted(setting.key(), known));
        }
        return setting.key().substring(OTHER.length());
    }
}
