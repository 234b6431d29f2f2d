package io.heddle.proto.mapping;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.HashFields;
import io.heddle.flow.action.LinkAlgorithm;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import io.heddle.proto.v1.Action.Bundle;
import io.heddle.proto.v1.Action.Multipath;

/** The {@code multipath} and {@code bundle} actions to and from {@code heddle.v1.Action}. */
final class LinkMapping {
    private static final ErrorCode BAD = ErrorCode.BAD_ACTION_BAD_ARGUMENT;

    private LinkMapping() {}

    static Multipath toProto(Action.Multipath multipath) {
        return Multipath.newBuilder()
                .setFields(multipath.fields().text())
                .setBasis(multipath.basis())
                .setAlgorithm(multipath.algorithm().text())
                .setLinks(multipath.links())
                .setArgument(multipath.argument())
                .setResult(LearnMapping.toProto(multipath.destination()))
                .build();
    }

    static Action toModel(Multipath proto) throws FlowException {
        LinkAlgorithm algorithm = LinkAlgorithm.byText(proto.getAlgorithm())
                .orElseThrow(() -> new FlowException(
                        BAD,
                        "multipath.algorithm",
                        "\"" + proto.getAlgorithm() + "\" is none of modulo_n, hash_threshold, hrw and iter_hash"));
        try {
            return new Action.Multipath(
                    fields(proto.getFields(), "multipath.fields"),
                    Checks.range("multipath.basis", proto.getBasis(), 0, 0xffff, BAD),
                    algorithm,
                    Checks.range("multipath.links", proto.getLinks(), 1, Action.Multipath.MAX_LINKS, BAD),
                    proto.getArgument(),
                    LearnMapping.toModel(proto.getResult(), "multipath.result"));
        } catch (IllegalArgumentException e) {
            throw new FlowException(BAD, "multipath", String.valueOf(e.getMessage()));
        }
    }

    static Bundle toProto(Action.Bundle bundle) {
        Bundle.Builder proto = Bundle.newBuilder()
                .setFields(bundle.fields().text())
                .setBasis(bundle.basis())
                .setActiveBackup(!bundle.byWeight())
                .addAllMembers(bundle.members());
        Subfield to = bundle.destination();
        if (to != null) {
            proto.setResult(LearnMapping.toProto(to));
        }
        return proto.build();
    }

    static Action toModel(Bundle proto) throws FlowException {
        try {
            return new Action.Bundle(
                    fields(proto.getFields(), "bundle.fields"),
                    Checks.range("bundle.basis", proto.getBasis(), 0, 0xffff, BAD),
                    !proto.getActiveBackup(),
                    proto.getMembersList(),
                    proto.hasResult() ? LearnMapping.toModel(proto.getResult(), "bundle.result") : null);
        } catch (IllegalArgumentException e) {
            throw new FlowException(BAD, "bundle", String.valueOf(e.getMessage()));
        }
    }

    private static HashFields fields(String text, String path) throws FlowException {
        return HashFields.byText(text)
                .orElseThrow(() -> new FlowException(
                        BAD,
                        path,
                        "\"" + text + "\" is none of eth_src, symmetric_l4, symmetric_l3l4, symmetric_l3l4+udp,"
                                + " symmetric_l3, nw_src and nw_dst"));
    }
}
