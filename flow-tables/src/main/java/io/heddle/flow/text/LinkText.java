package io.heddle.flow.text;

import io.heddle.flow.action.Action;
import io.heddle.flow.action.Action.Subfield;
import io.heddle.flow.action.HashFields;
import io.heddle.flow.action.LinkAlgorithm;
import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/** Reads and prints {@code multipath(...)}, {@code bundle(...)} and {@code bundle_load(...)}. */
final class LinkText {
    private static final String MULTIPATH = "multipath(eth_src,0,modulo_n,4,0,NXM_NX_REG0[0..7])";
    private static final String BUNDLE = "bundle(eth_src,0,hrw,ofport,members:1,2)";
    private static final String BUNDLE_LOAD = "bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[],members:1,2)";

    private LinkText() {}

    static Action multipath(Token token) throws FlowException {
        Token.Place place = new Token.Place(ErrorCode.BAD_ACTION_BAD_ARGUMENT, "actions.multipath");
        int at = token.valuePosition();
        String[] words = words(token.required(place, MULTIPATH));
        if (words.length != 6) {
            throw place.at(at, "multipath", "it has 6 arguments: write " + MULTIPATH);
        }
        LinkAlgorithm algorithm = known(
                LinkAlgorithm.byText(words[2]), words[2], at, place, "modulo_n, hash_threshold, hrw or iter_hash");
        try {
            return new Action.Multipath(
                    fields(words[0], at, place),
                    FieldText.integer(words[1], 0xffff, "the basis", at, place),
                    algorithm,
                    FieldText.integer(words[3], Action.Multipath.MAX_LINKS, "n_links", at, place),
                    (int) FieldText.number(words[4], 32, "the argument", at, place)
                            .low(),
                    FieldActionText.subfield(words[5], at));
        } catch (IllegalArgumentException e) {
            throw place.at(at, "multipath", String.valueOf(e.getMessage()));
        }
    }

    static Action bundle(FieldText values, Token token) throws FlowException {
        boolean isLoad = token.name().equals("bundle_load");
        Token.Place place = new Token.Place(ErrorCode.BAD_ACTION_BAD_ARGUMENT, "actions." + token.name());
        String form = isLoad ? BUNDLE_LOAD : BUNDLE;
        int at = token.valuePosition();
        String text = token.required(place, form).replaceFirst("\\b(members|slaves):", "$1,");
        List<String> words = List.of(words(text));
        int list = words.indexOf("members") >= 0 ? words.indexOf("members") : words.indexOf("slaves");
        if (list != (isLoad ? 5 : 4) || !words.get(3).equals("ofport")) {
            throw place.at(at, token.name(), "write " + form);
        }
        boolean isActiveBackup = words.get(2).equals("active_backup");
        if (!isActiveBackup && !words.get(2).equals("hrw")) {
            throw place.at(at, words.get(2), "no algorithm has this name: write active_backup or hrw");
        }
        List<Integer> members = new ArrayList<>();
        for (String word : words.subList(list + 1, words.size())) {
            members.add(values.port(word, at, place));
        }
        try {
            return new Action.Bundle(
                    fields(words.get(0), at, place),
                    FieldText.integer(words.get(1), 0xffff, "the basis", at, place),
                    !isActiveBackup,
                    members,
                    isLoad ? FieldActionText.subfield(words.get(4), at) : null);
        } catch (IllegalArgumentException e) {
            throw place.at(at, token.name(), String.valueOf(e.getMessage()));
        }
    }

    private static String[] words(String text) {
        return Arrays.stream(text.split("[, ]+"))
                .filter(word -> !word.isEmpty())
                .toArray(String[]::new);
    }

    private static HashFields fields(String text, int at, Token.Place place) throws FlowException {
        return known(
                HashFields.byText(text),
                text,
                at,
                place,
                "eth_src, symmetric_l4, symmetric_l3l4, symmetric_l3l4+udp, symmetric_l3, nw_src or nw_dst");
    }

    private static <T> T known(Optional<T> found, String text, int at, Token.Place place, String right)
            throws FlowException {
        return found.orElseThrow(() -> place.at(at, text, "it is none of " + right));
    }

    static String format(Action.Multipath multipath) {
        return "multipath(%s,%d,%s,%d,%s,%s)"
                .formatted(
                        multipath.fields().text(),
                        multipath.basis(),
                        multipath.algorithm().text(),
                        multipath.links(),
                        Integer.toUnsignedString(multipath.argument()),
                        ActionFormatter.subfield(multipath.destination()));
    }

    static String format(FieldText values, Action.Bundle bundle) {
        StringJoiner members = new StringJoiner(",");
        bundle.members().forEach(member -> members.add(values.port(member)));
        Subfield to = bundle.destination();
        return "%s(%s,%d,%s,ofport,%smembers:%s)"
                .formatted(
                        to == null ? "bundle" : "bundle_load",
                        bundle.fields().text(),
                        bundle.basis(),
                        bundle.byWeight() ? "hrw" : "active_backup",
                        to == null ? "" : ActionFormatter.subfield(to) + ",",
                        members);
    }
}
