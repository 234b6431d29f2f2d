package io.heddle.flow.text;

import io.heddle.flow.error.ErrorCode;
import io.heddle.flow.error.FlowException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One piece of a flow: {@code name}, {@code name=value}, {@code name:value}, {@code name(value)}, or {@code name(} with a value such as
 * {@code 5)->field}.
 *
 * @param name up to the delimiter
 * @param value null when there is none
 * @param position of the name's first character in the whole text, from 0
 * @param valuePosition of the value's first character, or of the end of the name
 * @param end of the piece in the whole text
 */
record Token(String name, @Nullable String value, int position, int valuePosition, int end) {
    private static final String SEPARATORS = ", \t\r\n";

    /** Where errors of one part of a text belong: an OpenFlow error and a path of the API. */
    record Place(ErrorCode code, String path) {
        FlowException at(int position, String piece, String what) {
            return new FlowException(
                    code, path, "at character " + (position + 1) + " (\"" + shortened(piece) + "\"): " + what);
        }

        Place under(String name) {
            return new Place(code, path.isEmpty() ? name : path + "." + name);
        }

        private static String shortened(String piece) {
            return piece.length() <= 60 ? piece : piece.substring(0, 57) + "...";
        }
    }

    /** The value, or an error that says that one is needed. */
    String required(Place place, String example) throws FlowException {
        if (value == null || value.isEmpty()) {
            throw place.at(position, name, name + " needs a value: write " + example);
        }
        return value;
    }

    /** All pieces of {@code text}, which begins at {@code offset} of the whole text. */
    static List<Token> all(String text, int offset, Place place) throws FlowException {
        List<Token> tokens = new ArrayList<>();
        int at = 0;
        while (true) {
            Token token = next(text, at, offset, place);
            if (token == null) {
                return tokens;
            }
            tokens.add(token);
            at = token.end - offset;
        }
    }

    /** The first piece at or after {@code from}, null at the end. Positions are relative to {@code text} plus {@code offset}. */
    static @Nullable Token next(String text, int from, int offset, Place place) throws FlowException {
        int start = from;
        while (start < text.length() && SEPARATORS.indexOf(text.charAt(start)) >= 0) {
            start++;
        }
        if (start == text.length()) {
            return null;
        }
        int at = start;
        while (at < text.length() && ":=()".indexOf(text.charAt(at)) < 0 && SEPARATORS.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String name = text.substring(start, at);
        if (at == text.length() || SEPARATORS.indexOf(text.charAt(at)) >= 0) {
            return new Token(name, null, offset + start, offset + at, offset + at);
        }
        char delimiter = text.charAt(at);
        if (name.isEmpty() || delimiter == ')') {
            throw place.at(offset + at, text.substring(at), "a name is expected before '" + delimiter + "'");
        }
        if (delimiter == '(') {
            int close = closing(text, at, offset, place);
            if (text.startsWith("->", close + 1)) {
                int end = valueEnd(text, close + 1, offset, place);
                return new Token(name, text.substring(at + 1, end), offset + start, offset + at + 1, offset + end);
            }
            return new Token(name, text.substring(at + 1, close), offset + start, offset + at + 1, offset + close + 1);
        }
        int end = valueEnd(text, at + 1, offset, place);
        return new Token(name, text.substring(at + 1, end), offset + start, offset + at + 1, offset + end);
    }

    private static int valueEnd(String text, int from, int offset, Place place) throws FlowException {
        int at = from;
        while (at < text.length() && SEPARATORS.indexOf(text.charAt(at)) < 0) {
            char c = text.charAt(at);
            if (c == '(') {
                at = closing(text, at, offset, place);
            } else if (c == '"') {
                at = closingQuote(text, at, offset, place);
            } else if (c == ')') {
                throw place.at(offset + at, text.substring(at), "this ')' has no '(' before it");
            }
            at++;
        }
        return at;
    }

    private static int closing(String text, int open, int offset, Place place) throws FlowException {
        int depth = 0;
        for (int at = open; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '(') {
                depth++;
            } else if (c == ')' && --depth == 0) {
                return at;
            } else if (c == '"') {
                at = closingQuote(text, at, offset, place);
            }
        }
        throw place.at(offset + open, text.substring(open), "this '(' has no ')' after it");
    }

    private static int closingQuote(String text, int open, int offset, Place place) throws FlowException {
        int close = text.indexOf('"', open + 1);
        if (close < 0) {
            throw place.at(offset + open, text.substring(open), "this '\"' has no '\"' after it");
        }
        return close;
    }
}
