package io.heddle.controller.config;

import io.heddle.controller.app.arp.ArpSettings;
import io.heddle.controller.app.dhcp.DhcpLimits;
import io.heddle.controller.app.dhcp.DhcpNetwork;
import io.heddle.controller.app.learning.LearningLimits;
import io.heddle.controller.channel.GrpcTarget;
import io.heddle.controller.channel.openflow.OpenFlowListener;
import io.heddle.controller.core.SegmentMap.Place;
import io.heddle.proto.document.DocumentException;
import io.heddle.proto.document.TlsSection;
import io.heddle.proto.document.YamlDocument;
import io.heddle.proto.transport.OpenFlowAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The controller's YAML file, read and checked. The schema is published as {@code deploy/schema/controller.schema.json}.
 *
 * @param settings of the process
 * @param learning null: off
 * @param arp null: off
 * @param dhcp null: off
 * @param places of all networks
 * @param networks that get addresses by DHCP: those with pools or reservations
 */
public record ControllerConfig(
        ControllerSettings settings,
        @Nullable LearningLimits learning,
        @Nullable ArpSettings arp,
        @Nullable DhcpLimits dhcp,
        List<Place> places,
        List<DhcpNetwork> networks) {
    private static final String SCHEMA = "/schema/controller.schema.json";

    public ControllerConfig {
        places = List.copyOf(places);
        networks = List.copyOf(networks);
    }

    /**
     * Reads a file.
     *
     * @throws DocumentException with file, line and path of what is wrong, one line per error
     */
    public static ControllerConfig load(Path file) throws DocumentException {
        return of(YamlDocument.load(file, SCHEMA));
    }

    /** As {@link #load}, from text; {@code name} stands for the file in errors. */
    public static ControllerConfig parse(String name, String yaml) throws DocumentException {
        return of(YamlDocument.parse(name, yaml, SCHEMA));
    }

    private static ControllerConfig of(YamlDocument document) throws DocumentException {
        List<String> errors = new ArrayList<>();
        JsonNode root = document.root();
        ControllerSettings settings = settings(root.path("controller"));
        for (int i = 0; i < settings.switches().size(); i++) {
            try {
                GrpcTarget.parse(settings.switches().get(i));
            } catch (IllegalArgumentException e) {
                errors.add(document.errorAt("controller.switches[" + i + "]", String.valueOf(e.getMessage())));
            }
        }
        for (int i = 0; i < settings.openFlowListen().size(); i++) {
            try {
                OpenFlowAddress address =
                        OpenFlowListener.parse(settings.openFlowListen().get(i));
                if (address.isTls() && settings.tls() == null) {
                    throw new IllegalArgumentException(
                            address.text() + " needs controller.tls: private-key, certificate and ca-cert");
                }
            } catch (IllegalArgumentException e) {
                errors.add(document.errorAt("controller.openflow.listen[" + i + "]", String.valueOf(e.getMessage())));
            }
        }
        if (settings.switches().isEmpty() && settings.openFlowListen().isEmpty()) {
            errors.add(document.errorAt(
                    "controller",
                    "no switches: say where they serve gRPC (switches) or where they connect to (openflow.listen)"));
        }
        NetworkReader networks = new NetworkReader(document, errors);
        networks.read(root.path("networks"));
        if (!errors.isEmpty()) {
            throw new DocumentException(String.join("\n", errors));
        }
        JsonNode apps = root.path("apps");
        return new ControllerConfig(
                settings,
                learning(apps.path("learning")),
                arp(apps.path("arp")),
                dhcp(apps.path("dhcp")),
                networks.places(),
                networks.networks());
    }

    private static ControllerSettings settings(JsonNode node) {
        JsonNode listen = node.path("api").path("listen");
        String metrics = node.path("metrics").path("listen").asString(ControllerSettings.DEFAULT_METRICS_LISTEN);
        return new ControllerSettings(
                strings(node.path("switches")),
                strings(node.path("openflow").path("listen")),
                listen.isMissingNode() ? ControllerSettings.DEFAULT_API_LISTEN : strings(listen),
                metrics.equals("off") ? null : metrics,
                node.has("state") ? Path.of(node.path("state").asString()) : ControllerSettings.DEFAULT_STATE,
                node.has("tls") ? TlsSection.read(node.path("tls")) : null);
    }

    private static @Nullable LearningLimits learning(JsonNode node) {
        LearningLimits usual = LearningLimits.DEFAULT;
        return isOff(node)
                ? null
                : new LearningLimits(
                        node.path("ageing").asInt(usual.ageingSeconds()),
                        node.path("max-hosts").asInt(usual.maxHosts()),
                        node.path("max-hosts-per-port").asInt(usual.maxHostsPerPort()),
                        node.path("max-moves-per-minute").asInt(usual.maxMovesPerMinute()));
    }

    private static @Nullable ArpSettings arp(JsonNode node) {
        ArpSettings usual = ArpSettings.DEFAULT;
        String unknown = node.path("unknown-targets").asString("flood");
        return isOff(node)
                ? null
                : new ArpSettings(
                        ArpSettings.Unknown.valueOf(unknown.toUpperCase(Locale.ROOT)),
                        node.path("flood-per-second").asInt(usual.floodPerSecond()),
                        node.path("max-entries").asInt(usual.maxEntries()),
                        node.path("ageing").asInt(usual.ageingSeconds()));
    }

    private static @Nullable DhcpLimits dhcp(JsonNode node) {
        DhcpLimits usual = DhcpLimits.DEFAULT;
        return isOff(node)
                ? null
                : new DhcpLimits(
                        node.path("max-leases-per-port").asInt(usual.maxLeasesPerPort()),
                        node.path("messages-per-second").asInt(usual.messagesPerSecond()),
                        node.path("max-offers").asInt(usual.maxOffers()),
                        node.path("offer-time").asInt(usual.offerSeconds()),
                        node.path("decline-time").asInt(usual.declineSeconds()));
    }

    private static boolean isOff(JsonNode app) {
        return !app.path("enabled").asBoolean(true);
    }

    static List<String> strings(JsonNode list) {
        List<String> strings = new ArrayList<>();
        list.forEach(each -> strings.add(each.asString()));
        return strings;
    }
}
