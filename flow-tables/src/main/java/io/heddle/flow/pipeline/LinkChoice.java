package io.heddle.flow.pipeline;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.HashFields;
import io.heddle.flow.action.Ports;
import io.heddle.flow.match.Bits;
import io.heddle.flow.match.MatchField;

/**
 * The actions {@code multipath} and {@code bundle}: one of several links by a hash of the packet.
 *
 * <p>The symmetric hashes are the same for both directions: of each pair of fields only the exclusive or is hashed.
 *
 * <p>Threading: none; belongs to one translation.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2992">RFC 2992</a>
 */
final class LinkChoice {
    private static final int MAX_WEIGHED_LINKS = 64;
    private static final int NO_PORT = 0xffff;

    private final Translator translator;
    private final ActionExecution actions;

    LinkChoice(Translator translator, ActionExecution actions) {
        this.translator = translator;
        this.actions = actions;
    }

    void multipath(Action.Multipath multipath) {
        int link = link(multipath, hash(multipath.fields(), multipath.basis()));
        translator.trace.note("link " + link);
        actions.write(multipath.destination(), Bits.of(link));
    }

    /** @param hash of 64 bits, of which algorithms for 32 bits use the upper ones */
    private static int link(Action.Multipath multipath, long hash) {
        int links = multipath.links();
        return switch (multipath.algorithm()) {
            case MODULO_N -> (int) ((hash >>> 32) % links);
            case HASH_THRESHOLD -> threshold(hash, links);
            case HRW -> {
                if (links > MAX_WEIGHED_LINKS) {
                    yield threshold(hash, links);
                }
                int best = 0;
                for (int i = 1; i < links; i++) {
                    if (Long.compareUnsigned(weight(hash, i), weight(hash, best)) > 0) {
                        best = i;
                    }
                }
                yield best;
            }
            case ITER_HASH -> {
                long modulo = Integer.toUnsignedLong(multipath.argument());
                if (modulo < links || modulo / 2 > links) {
                    modulo = Math.max(1, Integer.highestOneBit(links - 1) * 2L);
                }
                long link = (hash >>> 32) % modulo;
                for (int i = 1; link >= links; i++) {
                    link = (weight(hash, i) >>> 32) % modulo;
                }
                yield (int) link;
            }
        };
    }

    private static int threshold(long hash, int links) {
        return (int) ((hash >>> 32) * links >>> 32);
    }

    void bundle(Action.Bundle bundle) {
        int chosen = Ports.ANY;
        if (!bundle.byWeight()) {
            for (int member : bundle.members()) {
                if (isLive(member)) {
                    chosen = member;
                    break;
                }
            }
        } else {
            long hash = hash(bundle.fields(), bundle.basis());
            long best = 0;
            boolean isChosen = false;
            for (int i = 0; i < bundle.members().size(); i++) {
                int member = bundle.members().get(i);
                long weight = weight(hash, i);
                if (isLive(member) && (!isChosen || Long.compareUnsigned(weight, best) > 0)) {
                    chosen = member;
                    best = weight;
                    isChosen = true;
                }
            }
        }
        translator.trace.note(chosen == Ports.ANY ? "no member is up" : "member " + Integer.toUnsignedString(chosen));
        Action.Subfield to = bundle.destination();
        if (to == null) {
            actions.output(chosen, 0);
        } else {
            boolean isReserved = Integer.compareUnsigned(chosen, Ports.MAX) > 0;
            actions.write(to, Bits.of(isReserved ? chosen & NO_PORT : Integer.toUnsignedLong(chosen)));
        }
    }

    private boolean isLive(int member) {
        return switch (member) {
            case Ports.IN_PORT, Ports.TABLE, Ports.NORMAL, Ports.FLOOD, Ports.ALL, Ports.ANY -> true;
            case Ports.CONTROLLER -> false;
            default -> {
                BridgeView bridge = translator.bridge();
                PortInfo port =
                        bridge == null ? null : translator.world.topology().port(bridge.id(), member);
                yield port != null && port.isUp();
            }
        };
    }

    // ---- hashes

    /** For a bond: of the source address and VLAN, or of the connection, both directions alike. */
    int bondSlot(boolean isOfConnection, int vlan, int slots) {
        long hash = mix(0, vlan);
        hash = isOfConnection
                ? l3(mix(hash, one(MatchField.ETH_SRC) ^ one(MatchField.ETH_DST)), true, true)
                : mix(hash, one(MatchField.ETH_SRC));
        return (int) (hash >>> 32) & slots - 1;
    }

    private long hash(HashFields fields, int basis) {
        long hash = mix(0, basis);
        return switch (fields) {
            case ETH_SRC -> mix(hash, one(MatchField.ETH_SRC));
            case SYMMETRIC_L4 -> {
                long l2 = mix(hash, one(MatchField.ETH_SRC) ^ one(MatchField.ETH_DST));
                yield l3(mix(mix(l2, one(MatchField.ETH_TYPE)), one(MatchField.VLAN_VID)), true, false);
            }
            case SYMMETRIC_L3L4 -> l3(hash, true, false);
            case SYMMETRIC_L3L4_UDP -> l3(hash, true, true);
            case SYMMETRIC_L3 -> l3(hash, false, false);
            case NW_SRC -> address(hash, MatchField.NW_SRC, MatchField.IPV6_SRC);
            case NW_DST -> address(hash, MatchField.NW_DST, MatchField.IPV6_DST);
        };
    }

    private long one(MatchField field) {
        return translator.read(field).low();
    }

    private long address(long hash, MatchField ipv4, MatchField ipv6) {
        if (!translator.packet.isIp()) {
            return hash;
        }
        boolean isIpv4 = one(MatchField.ETH_TYPE) == 0x0800;
        Bits address = translator.read(isIpv4 ? ipv4 : ipv6);
        return mix(mix(hash, address.high()), address.low());
    }

    private long l3(long start, boolean hasPorts, boolean hasUdpPorts) {
        if (!translator.packet.isIp()) {
            return start;
        }
        boolean isIpv4 = one(MatchField.ETH_TYPE) == 0x0800;
        Bits source = translator.read(isIpv4 ? MatchField.NW_SRC : MatchField.IPV6_SRC);
        Bits destination = translator.read(isIpv4 ? MatchField.NW_DST : MatchField.IPV6_DST);
        long hash = mix(mix(start, source.high() ^ destination.high()), source.low() ^ destination.low());
        if (!hasPorts) {
            return hash;
        }
        int protocol = (int) one(MatchField.NW_PROTO);
        hash = mix(hash, protocol);
        boolean isHashed = protocol == 6 || protocol == 132 || protocol == 17 && hasUdpPorts;
        return isHashed ? mix(hash, one(MatchField.TCP_SRC) ^ one(MatchField.TCP_DST)) : hash;
    }

    private static long weight(long hash, int link) {
        return mix(hash, link + 1L);
    }

    /** Stafford's variant 13 of the 64-bit finalizer of MurmurHash3. */
    private static long mix(long hash, long word) {
        long mixed = (hash ^ word) + 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}
