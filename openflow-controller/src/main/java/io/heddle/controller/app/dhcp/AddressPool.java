package io.heddle.controller.app.dhcp;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.heddle.controller.store.Lease;
import java.time.Duration;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one network: who has which, and which is next.
 *
 * <p>An address is, in the order in which it is chosen for a client (RFC 2131 section 4.3.1): reserved for it; what it has, had or was
 * offered; what it asks for, if free; one that nobody has had yet; the one that was given up longest ago. An address that somebody had
 * stays his while there are others.
 *
 * <p>Thread: the controller loop.
 */
final class AddressPool {
    /** An address that was offered and not asked for yet. */
    record Offer(String clientKey, int ip, long mac, Location location, long untilMillis) {}

    /** Where a client is. */
    record Location(long datapathId, int port) {}

    /** When an address may be given to somebody else. */
    private record Reusable(long atMillis, int ip) {}

    private final DhcpNetwork network;
    private final Map<Integer, Lease> byIp = new HashMap<>();
    private final Map<String, Integer> ipOfClient = new HashMap<>();
    private final Map<Integer, Reservation> reservations = new HashMap<>();
    private final Map<Long, Reservation> reservationOfMac = new HashMap<>();
    private final Map<String, Reservation> reservationOfId = new HashMap<>();
    private final Map<Location, Set<Integer>> usedAt = new HashMap<>();
    private final Cache<String, Offer> offers;
    private final Map<Integer, Offer> offerOfIp = new HashMap<>();

    /** Addresses of the pools, numbered through; a set bit: nobody could be given it at once. */
    private final BitSet touched = new BitSet();

    private final long size;
    private int cursor;
    private final PriorityQueue<Reusable> reusable = new PriorityQueue<>(Comparator.comparingLong(Reusable::atMillis));
    private long nowNanos;

    AddressPool(DhcpNetwork network, DhcpLimits limits) {
        this.network = network;
        this.offers = Caffeine.newBuilder()
                .maximumSize(limits.maxOffers())
                .expireAfterWrite(Duration.ofSeconds(limits.offerSeconds()))
                .ticker(() -> nowNanos)
                .executor(Runnable::run)
                .<String, Offer>removalListener((key, offer, cause) -> onOfferGone(offer, cause))
                .build();
        long total = 0;
        for (AddressRange range : network.pools()) {
            total += range.size();
        }
        this.size = total;
        for (Reservation reservation : network.reservations()) {
            reservations.put(reservation.ip(), reservation);
            if (reservation.clientId().isEmpty()) {
                reservationOfMac.put(reservation.mac(), reservation);
            } else {
                reservationOfId.put("id:" + reservation.clientId(), reservation);
            }
            touch(reservation.ip());
        }
        touch(network.serverAddress());
        network.parameters().routers().forEach(this::touch);
    }

    private void onOfferGone(@Nullable Offer offer, RemovalCause cause) {
        if (offer != null && cause != RemovalCause.REPLACED) {
            offerOfIp.remove(offer.ip(), offer);
            unuse(offer.location(), offer.ip());
        }
    }

    DhcpNetwork network() {
        return network;
    }

    /** Every lease that is known, also those that ended. */
    Iterable<Lease> leases() {
        return byIp.values();
    }

    /** Sets the time for offers to end. */
    void advance(long nanos) {
        nowNanos = nanos;
        offers.cleanUp();
    }

    /** The offers that wait for their request, in the form of leases. */
    List<Lease> offers(long nowMillis, DhcpLimits limits) {
        return offerOfIp.values().stream()
                .filter(offer -> offer.untilMillis() > nowMillis)
                .map(offer -> new Lease(
                        network.name(),
                        offer.ip(),
                        offer.clientKey(),
                        offer.mac(),
                        offer.clientKey().startsWith("id:") ? offer.clientKey().substring(3) : "",
                        "",
                        Lease.State.RELEASED,
                        offer.untilMillis() - limits.offerSeconds() * 1000L,
                        offer.untilMillis(),
                        reservations.containsKey(offer.ip()),
                        offer.location().datapathId(),
                        offer.location().port(),
                        ""))
                .toList();
    }

    /** Number of addresses that could be given. */
    long size() {
        return size;
    }

    @Nullable
    Reservation reservationFor(String clientKey, long mac) {
        Reservation byId = reservationOfId.get(clientKey);
        return byId != null ? byId : mac == 0 ? null : reservationOfMac.get(mac);
    }

    /** The client's lease, whatever its state; null when it never had one. */
    @Nullable
    Lease leaseOf(String clientKey) {
        Integer ip = ipOfClient.get(clientKey);
        return ip == null ? null : byIp.get(ip);
    }

    @Nullable
    Lease leaseAt(int ip) {
        return byIp.get(ip);
    }

    @Nullable
    Offer offerTo(String clientKey) {
        return offers.getIfPresent(clientKey);
    }

    void withdrawOffer(String clientKey) {
        offers.invalidate(clientKey);
    }

    void offer(Offer offer) {
        withdrawOffer(offer.clientKey());
        offers.put(offer.clientKey(), offer);
        offerOfIp.put(offer.ip(), offer);
        use(offer.location(), offer.ip());
    }

    /** Number of addresses that clients at a place hold or are offered. */
    int usedAt(Location location) {
        Set<Integer> used = usedAt.get(location);
        return used == null ? 0 : used.size();
    }

    /** Takes a lease over, new or changed. */
    void put(Lease lease) {
        Lease before = byIp.put(lease.ip(), lease);
        if (before != null) {
            ipOfClient.remove(before.clientKey(), before.ip());
            unuse(new Location(before.datapathId(), before.port()), before.ip());
        }
        if (!lease.clientKey().isEmpty()) {
            Integer other = ipOfClient.put(lease.clientKey(), lease.ip());
            if (other != null && other != lease.ip()) {
                byIp.remove(other);
                free(other);
            }
        }
        if (lease.state() != Lease.State.RELEASED) {
            use(new Location(lease.datapathId(), lease.port()), lease.ip());
        }
        touch(lease.ip());
        if (lease.expiresMillis() != Lease.ENDLESS) {
            reusable.add(new Reusable(lease.expiresMillis(), lease.ip()));
        }
    }

    /** Counts an address whose lease or rest after a decline has ended as used no more. */
    void onEnded(Lease lease) {
        drop(new Location(lease.datapathId(), lease.port()), lease.ip());
    }

    /**
     * Chooses an address.
     *
     * @param requested what the client would like, 0 for nothing
     * @param isTaken says of an address that somebody uses it without having been given it
     * @return 0 when there is none
     */
    int choose(String clientKey, long mac, int requested, long nowMillis, IntPredicate isTaken) {
        Reservation reservation = reservationFor(clientKey, mac);
        if (reservation != null) {
            return isAvailable(reservation.ip(), clientKey, nowMillis) ? reservation.ip() : 0;
        }
        Offer offer = offerTo(clientKey);
        if (offer != null) {
            return offer.ip();
        }
        Lease lease = leaseOf(clientKey);
        if (lease != null && isGivable(lease.ip(), clientKey, mac, nowMillis)) {
            return lease.ip();
        }
        if (requested != 0 && isGivable(requested, clientKey, mac, nowMillis) && !isTaken.test(requested)) {
            return requested;
        }
        int fresh = nextFresh(isTaken);
        return fresh != 0 ? fresh : oldest(clientKey, mac, nowMillis, isTaken);
    }

    /** Says whether a client may have this address: it is in a pool or reserved for it, and no other has it. */
    boolean isGivable(int ip, String clientKey, long mac, long nowMillis) {
        Reservation reservation = reservations.get(ip);
        if (reservation != null) {
            return reservation.equals(reservationFor(clientKey, mac)) && isAvailable(ip, clientKey, nowMillis);
        }
        return indexOf(ip) >= 0
                && ip != network.serverAddress()
                && !network.parameters().routers().contains(ip)
                && isAvailable(ip, clientKey, nowMillis);
    }

    private boolean isAvailable(int ip, String clientKey, long nowMillis) {
        Lease lease = byIp.get(ip);
        if (lease != null
                && (lease.isDeclined(nowMillis)
                        || (lease.isActive(nowMillis) && !lease.clientKey().equals(clientKey)))) {
            return false;
        }
        Offer offer = offerOfIp.get(ip);
        return offer == null || offer.clientKey().equals(clientKey);
    }

    private int nextFresh(IntPredicate isTaken) {
        for (int index = touched.nextClearBit(cursor); index < size; index = touched.nextClearBit(index + 1)) {
            int ip = ipAt(index);
            if (!offerOfIp.containsKey(ip) && !isTaken.test(ip)) {
                cursor = index;
                return ip;
            }
        }
        if (cursor > 0) {
            // Once round: offers that were not taken up left gaps behind.
            cursor = 0;
            return nextFresh(isTaken);
        }
        return 0;
    }

    private int oldest(String clientKey, long mac, long nowMillis, IntPredicate isTaken) {
        Set<Reusable> postponed = new HashSet<>();
        int found = 0;
        while (found == 0) {
            Reusable next = reusable.peek();
            if (next == null || next.atMillis() > nowMillis) {
                break;
            }
            reusable.poll();
            Lease lease = byIp.get(next.ip());
            if (lease == null || lease.expiresMillis() != next.atMillis()) {
                continue;
            }
            postponed.add(next);
            if (isGivable(next.ip(), clientKey, mac, nowMillis) && !isTaken.test(next.ip())) {
                found = next.ip();
            }
        }
        reusable.addAll(postponed);
        return found;
    }

    private void use(Location location, int ip) {
        usedAt.computeIfAbsent(location, key -> new HashSet<>()).add(ip);
    }

    private void unuse(Location location, int ip) {
        Lease lease = byIp.get(ip);
        boolean leased = lease != null
                && lease.state() != Lease.State.RELEASED
                && lease.datapathId() == location.datapathId()
                && lease.port() == location.port();
        if (!leased) {
            drop(location, ip);
        }
    }

    private void drop(Location location, int ip) {
        Set<Integer> used = usedAt.get(location);
        Offer offer = offerOfIp.get(ip);
        if (used != null && (offer == null || !offer.location().equals(location))) {
            used.remove(ip);
            if (used.isEmpty()) {
                usedAt.remove(location);
            }
        }
    }

    private void touch(int ip) {
        int index = indexOf(ip);
        if (index >= 0) {
            touched.set(index);
        }
    }

    private void free(int ip) {
        int index = indexOf(ip);
        if (index >= 0 && !reservations.containsKey(ip)) {
            touched.clear(index);
            cursor = Math.min(cursor, index);
        }
    }

    /** Number of an address among those of the pools, -1 when it is in none. */
    private int indexOf(int ip) {
        int base = 0;
        for (AddressRange range : network.pools()) {
            if (range.contains(ip)) {
                return base + (ip - range.first());
            }
            base += (int) range.size();
        }
        return -1;
    }

    private int ipAt(int index) {
        int rest = index;
        for (AddressRange range : network.pools()) {
            if (rest < range.size()) {
                return range.first() + rest;
            }
            rest -= (int) range.size();
        }
        throw new IllegalArgumentException("index " + index + " is not in 0-" + (size - 1));
    }
}
