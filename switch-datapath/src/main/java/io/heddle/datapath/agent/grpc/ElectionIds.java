package io.heddle.datapath.agent.grpc;

import io.heddle.proto.v1.Uint128;
import java.math.BigInteger;

/** Election ids to and from messages. */
final class ElectionIds {
    private static final BigInteger LOW = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private ElectionIds() {}

    static BigInteger toModel(Uint128 id) {
        return unsigned(id.getHigh()).shiftLeft(64).or(unsigned(id.getLow()));
    }

    static Uint128 toProto(BigInteger id) {
        return Uint128.newBuilder()
                .setHigh(id.shiftRight(64).longValue())
                .setLow(id.and(LOW).longValue())
                .build();
    }

    private static BigInteger unsigned(long value) {
        return BigInteger.valueOf(value).and(LOW);
    }
}
