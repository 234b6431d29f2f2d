package io.heddle.controller.app.dhcp;

import io.heddle.controller.app.dhcp.AddressPool.Location;
import io.heddle.controller.app.dhcp.AddressPool.Offer;
import io.heddle.controller.core.Event;
import io.heddle.controller.core.Event.AddressBound.Origin;
import io.heddle.controller.core.Segment;
import io.heddle.controller.store.Lease;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The server of one network: what each message does (RFC 2131 section 4.3).
 *
 * <p>A REQUEST is told apart by what it carries (section 4.3.6):
 *
 * <pre>
 *                 server identifier   requested address   ciaddr
 *   SELECTING     yes                 yes                 0
 *   INIT-REBOOT   no                  yes                 0
 *   RENEWING      no                  no                  yes     unicast
 *   REBINDING     no                  no                  yes     broadcast
 * </pre>
 *
 * <p>Thread: the controller loop.
 */
final class DhcpServer {
    /** Says of an address that a host with another Ethernet address uses it. */
    interface ConflictView {
        boolean isUsedByOther(int ip, long mac);
    }

    private static final int MAX_HOSTNAME = 255;
    private static final int MAX_CLIENT_ID = 255;

    private final DhcpNetwork network;
    private final DhcpLimits limits;
    private final AddressPool pool;
    private final ConflictView conflicts;

    DhcpServer(DhcpNetwork network, DhcpLimits limits, ConflictView conflicts) {
        this.network = network;
        this.limits = limits;
        this.pool = new AddressPool(network, limits);
        this.conflicts = conflicts;
    }

    AddressPool pool() {
        return pool;
    }

    /** Leases, and rests after a decline, that ended since the last sweep. */
    List<Lease> endedBetween(long fromMillis, long toMillis) {
        List<Lease> ended = new ArrayList<>();
        for (Lease lease : pool.leases()) {
            boolean goesOn = lease.isActive(toMillis);
            if (!goesOn
                    && (lease.isActive(fromMillis) || (lease.isDeclined(fromMillis) && !lease.isDeclined(toMillis)))) {
                ended.add(lease);
            }
        }
        return ended;
    }

    Outcome handle(MessageType type, DhcpMessage message, Location location, long nowMillis) {
        return switch (type) {
            case DISCOVER -> onDiscover(message, location, nowMillis);
            case REQUEST -> onRequest(message, location, nowMillis);
            case DECLINE -> onDecline(message, nowMillis);
            case RELEASE -> onRelease(message, nowMillis);
            case INFORM -> onInform(message);
            case OFFER, ACK, NAK -> Outcome.silence("not_for_servers");
        };
    }

    private Outcome onDiscover(DhcpMessage message, Location location, long nowMillis) {
        String client = message.clientKey();
        if (!mayUseAnother(client, location, nowMillis)) {
            return Outcome.silence("port_limit");
        }
        Integer requested = message.options.get(DhcpOption.REQUESTED_ADDRESS);
        long mac = message.mac();
        int ip = pool.choose(
                client, mac, requested == null ? 0 : requested, nowMillis, each -> conflicts.isUsedByOther(each, mac));
        if (ip == 0) {
            return Outcome.silence("exhausted");
        }
        pool.offer(new Offer(client, ip, mac, location, nowMillis + limits.offerSeconds() * 1000L));
        return Outcome.reply("offered", replies(message).offer(ip, leaseSeconds(message)));
    }

    /** A client that has or had an address may always go on using it: the limit is for new ones. */
    private boolean mayUseAnother(String client, Location location, long nowMillis) {
        if (limits.maxLeasesPerPort() == 0 || pool.offerTo(client) != null) {
            return true;
        }
        Lease lease = pool.leaseOf(client);
        return (lease != null && lease.isActive(nowMillis)) || pool.usedAt(location) < limits.maxLeasesPerPort();
    }

    private Outcome onRequest(DhcpMessage message, Location location, long nowMillis) {
        Integer server = message.options.get(DhcpOption.SERVER_IDENTIFIER);
        Integer requested = message.options.get(DhcpOption.REQUESTED_ADDRESS);
        String client = message.clientKey();
        if (server != null) {
            if (server != network.serverAddress()) {
                pool.withdrawOffer(client);
                return Outcome.silence("other_server");
            }
            // Some clients repeat the address in ciaddr instead of option 50; section 4.3.2 wants option 50.
            int ip = requested != null ? requested : message.ciaddr;
            return onSelecting(message, client, ip, location, nowMillis);
        }
        int ip = message.ciaddr != 0 ? message.ciaddr : requested == null ? 0 : requested;
        if (ip == 0) {
            return Outcome.silence("malformed");
        }
        return onKnownAddress(message, client, ip, location, nowMillis);
    }

    private Outcome onSelecting(DhcpMessage message, String client, int ip, Location location, long nowMillis) {
        Offer offer = pool.offerTo(client);
        Lease lease = pool.leaseOf(client);
        boolean offered = offer != null && offer.ip() == ip;
        boolean held = lease != null && lease.ip() == ip && lease.isActive(nowMillis);
        // An offer that has just run out may still be taken up while nobody else got the address.
        boolean free = pool.isGivable(ip, client, message.mac(), nowMillis)
                && mayUseAnother(client, location, nowMillis)
                && !conflicts.isUsedByOther(ip, message.mac());
        if ((offered || held || free) && pool.isGivable(ip, client, message.mac(), nowMillis)) {
            return bind("acknowledged", message, client, ip, location, nowMillis);
        }
        pool.withdrawOffer(client);
        return Outcome.reply("refused", replies(message).nak("address " + DhcpNetwork.text(ip) + " was not offered"));
    }

    /** INIT-REBOOT, RENEWING and REBINDING: the client says that it has an address. */
    private Outcome onKnownAddress(DhcpMessage message, String client, int ip, Location location, long nowMillis) {
        if (!network.contains(ip)) {
            return Outcome.reply(
                    "wrong_network",
                    replies(message).nak("address " + DhcpNetwork.text(ip) + " is not in this network"));
        }
        Lease lease = pool.leaseOf(client);
        if (lease != null && lease.ip() == ip && pool.isGivable(ip, client, message.mac(), nowMillis)) {
            String result = message.ciaddr == 0 ? "rebooted" : "renewed";
            return bind(result, message, client, ip, location, nowMillis);
        }
        if (lease != null || network.authoritative() || isSomebodyElses(ip, client, nowMillis)) {
            return Outcome.reply(
                    "refused", replies(message).nak("address " + DhcpNetwork.text(ip) + " is not this client's"));
        }
        // Section 4.3.2: no record of this client, so the server must remain silent.
        return Outcome.silence("unknown_client");
    }

    private boolean isSomebodyElses(int ip, String client, long nowMillis) {
        Lease other = pool.leaseAt(ip);
        return other != null && other.isActive(nowMillis) && !other.clientKey().equals(client);
    }

    private Outcome bind(String result, DhcpMessage message, String client, int ip, Location location, long nowMillis) {
        long seconds = leaseSeconds(message);
        Reservation reservation = pool.reservationFor(client, message.mac());
        byte[] id = message.options.get(DhcpOption.CLIENT_IDENTIFIER);
        byte[] relay = message.options.get(DhcpOption.RELAY_INFORMATION);
        Lease lease = new Lease(
                network.name(),
                ip,
                client,
                message.mac(),
                id == null || id.length > MAX_CLIENT_ID ? "" : HexFormat.of().formatHex(id),
                hostname(message),
                Lease.State.BOUND,
                nowMillis,
                seconds == DhcpNetwork.ENDLESS ? Lease.ENDLESS : nowMillis + seconds * 1000,
                reservation != null && reservation.ip() == ip,
                location.datapathId(),
                location.port(),
                relay == null ? "" : HexFormat.of().formatHex(relay));
        pool.put(lease);
        pool.withdrawOffer(client);
        return new Outcome(
                result,
                replies(message).ack(ip, seconds),
                List.of(lease),
                List.of(new Event.AddressBound(new Segment(network.name()), ip, message.mac(), Origin.LEASE)));
    }

    private Outcome onDecline(DhcpMessage message, long nowMillis) {
        Integer ip = message.options.get(DhcpOption.REQUESTED_ADDRESS);
        Lease lease = heldBy(message, ip);
        if (lease == null) {
            return Outcome.silence("unknown_client");
        }
        Lease declined = lease.with(Lease.State.DECLINED, nowMillis, nowMillis + limits.declineSeconds() * 1000L);
        return ended("declined", declined);
    }

    private Outcome onRelease(DhcpMessage message, long nowMillis) {
        Lease lease = heldBy(message, message.ciaddr);
        if (lease == null || !lease.isActive(nowMillis)) {
            return Outcome.silence("unknown_client");
        }
        return ended("released", lease.with(Lease.State.RELEASED, lease.startsMillis(), nowMillis));
    }

    private Outcome ended(String result, Lease lease) {
        pool.put(lease);
        return new Outcome(
                result,
                null,
                List.of(lease),
                List.of(new Event.AddressReleased(new Segment(network.name()), lease.ip())));
    }

    /** The client's lease if the message is for this server and about that address; else null. */
    private @Nullable Lease heldBy(DhcpMessage message, @Nullable Integer ip) {
        Integer server = message.options.get(DhcpOption.SERVER_IDENTIFIER);
        Lease lease = pool.leaseOf(message.clientKey());
        boolean ours = server == null || server == network.serverAddress();
        return ours && lease != null && ip != null && lease.ip() == ip && lease.state() == Lease.State.BOUND
                ? lease
                : null;
    }

    private Outcome onInform(DhcpMessage message) {
        if (message.ciaddr == 0 || !network.contains(message.ciaddr)) {
            return Outcome.silence("wrong_network");
        }
        return Outcome.reply("informed", replies(message).inform());
    }

    /** What the client asks for, up to what the network gives. */
    private long leaseSeconds(DhcpMessage message) {
        Long wanted = message.options.get(DhcpOption.LEASE_TIME);
        return wanted == null ? network.leaseSeconds() : Math.max(60, Math.min(wanted, network.leaseSeconds()));
    }

    private static String hostname(DhcpMessage message) {
        String name = message.options.get(DhcpOption.HOST_NAME);
        return name == null || name.length() > MAX_HOSTNAME ? "" : name.replaceAll("\\p{Cntrl}", "?");
    }

    private Replies replies(DhcpMessage request) {
        Reservation reservation = pool.reservationFor(request.clientKey(), request.mac());
        return new Replies(network, request, reservation == null ? "" : reservation.hostname());
    }
}
