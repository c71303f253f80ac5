package io.github.clip4j.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// HTML character references, decoded as Python's `html.unescape` and as ftfy's stricter `unescape_html` do.
///
/// The names are those of the HTML standard (§13.5 "Named character references"), some with and some without a semicolon.
final class HtmlEntities {
    /// Python `html/__init__.py`, `_charref`.
    private static final Pattern REFERENCE = Pattern.compile("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)");

    /// ftfy `chardata.py`, `HTML_ENTITY_RE`: only what ends in a semicolon.
    private static final Pattern STRICT_REFERENCE = Pattern.compile("&#?[0-9A-Za-z]{1,24};");

    private static final Map<String, String> NAMES = readNames();
    private static final Map<String, String> UPPER_CASE_NAMES = upperCaseNames();

    private HtmlEntities() {}

    private static Map<String, String> readNames() {
        Map<String, String> names = new HashMap<>(4096);
        try (InputStream in = Objects.requireNonNull(HtmlEntities.class.getResourceAsStream("html5-entities.txt"));
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            lines.lines().forEach(line -> {
                int space = line.indexOf(' ');
                StringBuilder text = new StringBuilder();
                Pattern.compile(" ").splitAsStream(line.substring(space + 1))
                        .forEach(hex -> text.appendCodePoint(Integer.parseInt(hex, 16)));
                names.put(line.substring(0, space), text.toString());
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    /// ftfy also reads a lower-case name that was upper-cased as a whole, `&NTILDE;` for Ñ, where HTML gives the upper-case name no
    /// meaning.
    private static Map<String, String> upperCaseNames() {
        Map<String, String> upper = new HashMap<>();
        NAMES.forEach((name, text) -> {
            if (name.endsWith(";") && name.equals(name.toLowerCase(Locale.ROOT))) {
                String reference = "&" + name.toUpperCase(Locale.ROOT);
                if (unescape(reference).equals(reference)) {
                    upper.put(reference, text.toUpperCase(Locale.ROOT));
                }
            }
        });
        return upper;
    }

    /// Python's `html.unescape`: a name may lack its semicolon where HTML allows that, and the longest prefix that is a name is
    /// replaced.
    static String unescape(String text) {
        if (text.indexOf('&') < 0) {
            return text;
        }
        return REFERENCE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(decode(match.group(1))));
    }

    /// ftfy's `unescape_html`: only whole references, but also upper-cased names.
    static String unescapeStrictly(String text) {
        if (text.indexOf('&') < 0) {
            return text;
        }
        return STRICT_REFERENCE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(decodeStrictly(match.group())));
    }

    /// @param reference with ampersand and semicolon; it is returned itself when it means nothing
    static String decodeStrictly(String reference) {
        if (reference.charAt(1) == '#') {
            String decoded = unescape(reference);
            return decoded.contains(";") ? reference : decoded;
        }
        String known = NAMES.get(reference.substring(1));
        return known != null ? known : UPPER_CASE_NAMES.getOrDefault(reference, reference);
    }

    /// @param reference without its ampersand
    private static String decode(String reference) {
        if (reference.charAt(0) == '#') {
            return decodeNumber(reference.endsWith(";") ? reference.substring(1, reference.length() - 1) : reference.substring(1));
        }
        for (int end = reference.length(); end > 1; end--) {
            String text = NAMES.get(reference.substring(0, end));
            if (text != null) {
                return text + reference.substring(end);
            }
        }
        return "&" + reference;
    }

    private static String decodeNumber(String number) {
        boolean hexadecimal = number.charAt(0) == 'x' || number.charAt(0) == 'X';
        int radix = hexadecimal ? 16 : 10;
        long value = 0;
        for (int i = hexadecimal ? 1 : 0; i < number.length(); i++) {
            value = Math.min(Integer.MAX_VALUE, value * radix + Character.digit(number.charAt(i), radix));
        }
        if (value == 0 || value > Character.MAX_CODE_POINT || (value >= 0xD800 && value <= 0xDFFF)) {
            return "\uFFFD";
        }
        if (value >= 0x80 && value <= 0x9F) { // HTML reads these as Windows-1252
            return Mojibake.windows1252((char) value);
        }
        boolean whiteSpace = value == '\t' || value == '\n' || value == '\f' || value == '\r';
        boolean noncharacter = (value >= 0xFDD0 && value <= 0xFDEF) || (value & 0xFFFE) == 0xFFFE;
        boolean invalid = (value < ' ' && !whiteSpace) || value == 0x7F || noncharacter;
        return invalid ? "" : Character.toString((int) value);
    }
}
