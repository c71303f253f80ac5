package io.github.clip4j.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Text that was written as UTF-8 and read in a one-byte encoding, as "schÃ¶n" for "schön", corrected as ftfy 6 does (rspeer/python-ftfy
/// `ftfy/__init__.py`, `_fix_encoding_one_step_and_explain`; `fixes.py`; `chardata.py`).
///
/// Whether a text looks wrong at all is decided by [MojibakeHeuristic].
final class Mojibake {
    /// The byte 0x1A, which a "sloppy" decoder reads as a byte that was lost to U+FFFD.
    private static final char SUBSTITUTE = 0x1A;

    private static final String MAC_ROMAN = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø"
            + "¿¡¬√ƒ≈∆«»…\u00A0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uF8FFÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
    private static final String CP437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
            + "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

    private static final OneByteEncoding LATIN_1 = OneByteEncoding.of("ISO-8859-1", false);
    private static final OneByteEncoding WINDOWS_1252 = OneByteEncoding.of("windows-1252", true);

    /// In the order in which they are tried.
    private static final List<OneByteEncoding> ENCODINGS = List.of(
            LATIN_1, WINDOWS_1252, OneByteEncoding.of("windows-1251", true), OneByteEncoding.of("windows-1250", true),
            OneByteEncoding.of("windows-1253", true), OneByteEncoding.of("windows-1254", true), OneByteEncoding.of("windows-1257", true),
            OneByteEncoding.of("ISO-8859-2", false), new OneByteEncoding(MAC_ROMAN, false, true), new OneByteEncoding(CP437, false, false));

    /// Bytes that would be UTF-8 if the space among them were the byte A0, as it was before some program replaced A0 by a space.
    private static final Pattern SPACE_FOR_A0 = bytePattern("[\u00C2\u00C3\u00C5\u00CE\u00D0\u00D9][ ]"
            + "|[\u00E2\u00E3][ ][\u0080-\u0084\u0086-\u009F\u00A1-\u00BF]|[\u00E0-\u00E3][\u0080-\u0084\u0086-\u009F\u00A1-\u00BF][ ]"
            + "|\u00F0[ ][\u0080-\u00BF][\u0080-\u00BF]|\u00F0[\u0080-\u00BF][ ][\u0080-\u00BF]|\u00F0[\u0080-\u00BF][\u0080-\u00BF][ ]");

    /// "Ã la mode": the lost byte is put back and the space kept, but not in Portuguese "às", "àquele", "àquela", "àquilo".
    private static final Pattern A_GRAVE_WORD = bytePattern("\u00C3 (?! |quele|quela|quilo|s )");

    /// UTF-8 sequences in which a byte was lost.
    private static final Pattern LOSSY = bytePattern("[\u00C2-\u00DF]\u001A|[\u00C2-\u00C3][?]"
            + "|\u00ED[\u00A0-\u00AF][\u001A?]\u00ED[\u00B0-\u00BF][\u001A?\u0080-\u00BF]"
            + "|\u00ED[\u00A0-\u00AF][\u001A?\u0080-\u00BF]\u00ED[\u00B0-\u00BF][\u001A?]"
            + "|[\u00E0-\u00EF][\u001A?][\u001A\u0080-\u00BF]|[\u00E0-\u00EF][\u001A\u0080-\u00BF][\u001A?]"
            + "|[\u00F0-\u00F4][\u001A?][\u001A\u0080-\u00BF][\u001A\u0080-\u00BF]"
            + "|[\u00F0-\u00F4][\u001A\u0080-\u00BF][\u001A?][\u001A\u0080-\u00BF]"
            + "|[\u00F0-\u00F4][\u001A\u0080-\u00BF][\u001A\u0080-\u00BF][\u001A?]|\u001A");

    private static final String LOST = new String("\uFFFD".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

    private static final Pattern CESU_8_OR_JAVA_NULL =
            bytePattern("\u00ED[\u00A0-\u00AF][\u0080-\u00BF]\u00ED[\u00B0-\u00BF][\u0080-\u00BF]|\u00C0\u0080");

    /// One character of UTF-8 as any of the Latin-1-like encodings shows its bytes. A space may be a lost A0.
    private static final Pattern EMBEDDED_CHARACTER = Pattern.compile("[%1$s][%2$s]|[%3$s][%2$s]{2}|[%4$s][%2$s]{3}".formatted(
            readings(0xC2, 0xDF), readings(0x80, 0xBF) + " ", readings(0xE0, 0xEF), readings(0xF0, 0xF0) + readings(0xF3, 0xF3)));

    /// Continuation bytes that do not occur as punctuation in other text: embedded text does not begin after one.
    private static final String CONTINUATION_STRICT = readings(0x80, 0xBF).replaceAll("[–—―‘’‚“”„•…]", "");

    private static final Pattern C1_CONTROL = Pattern.compile("[\u0080-\u009F]");

    private Mojibake() {}

    /// A pattern over bytes, each as the character of its number.
    private static Pattern bytePattern(String pattern) {
        return Pattern.compile(pattern);
    }

    /// The characters of the bytes `from` to `to` in the encodings in which embedded text is searched for.
    private static String readings(int from, int to) {
        StringBuilder characters = new StringBuilder();
        for (OneByteEncoding encoding : ENCODINGS.subList(0, 7)) {
            for (int b = from; b <= to; b++) {
                char c = encoding.decode(b);
                if (characters.indexOf(String.valueOf(c)) < 0) {
                    characters.append(c);
                }
            }
        }
        return characters.toString();
    }

    /// The text with its encoding corrected, again and again until nothing changes.
    static String fixEncoding(String text) {
        String fixed = text;
        while (true) {
            String next = fixOnce(fixed);
            if (next.equals(fixed)) {
                return fixed;
            }
            fixed = next;
        }
    }

    private static String fixOnce(String text) {
        if (text.chars().allMatch(c -> c < 0x80) || !MojibakeHeuristic.isBad(text)) {
            return text;
        }
        for (OneByteEncoding encoding : ENCODINGS) {
            Optional<String> fixed = encoding.encode(text).flatMap(bytes -> asUtf8(bytes, encoding));
            if (fixed.isPresent()) {
                return fixed.get();
            }
        }
        String fixed = fixEmbedded(text);
        if (!fixed.equals(text)) {
            return fixed;
        }
        Optional<String> windows = LATIN_1.encode(text).flatMap(Mojibake::asWindows1252);
        if (windows.isPresent() && !windows.get().equals(text)) {
            return windows.get();
        }
        return fixC1Controls(text);
    }

    /// Bytes, each as the character of its number, decoded as UTF-8 after repairs; empty when they are not UTF-8.
    private static Optional<String> asUtf8(String bytes, OneByteEncoding encoding) {
        String repaired = bytes;
        if (!encoding.isMacRoman && SPACE_FOR_A0.matcher(repaired).find()) {
            repaired = A_GRAVE_WORD.matcher(repaired).replaceAll("\u00C3\u00A0 ");
            repaired = SPACE_FOR_A0.matcher(repaired).replaceAll(match -> match.group().replace(' ', '\u00A0'));
        }
        if (encoding.isSloppy) {
            repaired = LOSSY.matcher(repaired).replaceAll(LOST);
        }
        if (repaired.indexOf('\u00ED') >= 0 || repaired.indexOf('\u00C0') >= 0) {
            repaired = CESU_8_OR_JAVA_NULL.matcher(repaired).replaceAll(match -> Matcher.quoteReplacement(standard(match.group())));
        }
        return decode(repaired, StandardCharsets.UTF_8);
    }

    /// A surrogate pair that was encoded as two characters, or the two bytes that Java once wrote for U+0000, as standard UTF-8.
    private static String standard(String sequence) {
        if (sequence.length() == 2) {
            return "\u0000";
        }
        int high = (sequence.charAt(1) & 0x0F) << 6 | (sequence.charAt(2) & 0x3F); // the ten bits over 0xD800
        int low = (sequence.charAt(4) & 0x0F) << 6 | (sequence.charAt(5) & 0x3F);
        int codePoint = 0x10000 + (high << 10) + low;
        return new String(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static Optional<String> asWindows1252(String bytes) {
        return decode(bytes, Charset.forName("windows-1252"));
    }

    private static Optional<String> decode(String bytes, Charset charset) {
        try {
            CharBuffer text = charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
            return Optional.of(text.toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /// Repairs runs that are UTF-8 read wrongly within a text that is not. Runs are found by a loop: a regular expression
    /// that repeats a group takes a stack frame for each.
    private static String fixEmbedded(String text) {
        StringBuilder fixed = new StringBuilder();
        Matcher character = EMBEDDED_CHARACTER.matcher(text);
        int at = 0;
        while (at < text.length()) {
            boolean begins = at == 0 || CONTINUATION_STRICT.indexOf(text.charAt(at - 1)) < 0;
            int end = at;
            while (begins && character.region(end, text.length()).lookingAt()) {
                end = character.end();
            }
            if (end == at) {
                fixed.append(text.charAt(at++));
                continue;
            }
            String run = text.substring(at, end);
            fixed.append(run.length() < text.length() && MojibakeHeuristic.isBad(run) ? fixEncoding(run) : run);
            at = end;
        }
        return fixed.toString();
    }

    /// C1 controls as the characters that Windows-1252 has in their place.
    static String fixC1Controls(String text) {
        return C1_CONTROL.matcher(text).replaceAll(match -> Matcher.quoteReplacement(windows1252(match.group().charAt(0))));
    }

    /// The character of Windows-1252 for a byte; an unassigned one stays what it is.
    static String windows1252(char b) {
        return String.valueOf(WINDOWS_1252.decode(b));
    }

    /// One-byte encodings share ASCII and differ in the upper half. A sloppy one reads its unassigned bytes as Latin-1, and byte 1A for
    /// U+FFFD.
    private static final class OneByteEncoding {
        private final char[] decoded = new char[256];
        private final short[] encoded = new short[0x10000];
        private final boolean isSloppy;
        private final boolean isMacRoman;

        OneByteEncoding(String upperHalf, boolean isSloppy, boolean isMacRoman) {
            this.isSloppy = isSloppy;
            this.isMacRoman = isMacRoman;
            Arrays.fill(encoded, (short) -1);
            for (int b = 0; b < 256; b++) {
                char c = b < 0x80 ? (char) b : upperHalf.charAt(b - 0x80);
                if (isSloppy && b == SUBSTITUTE) {
                    c = '\uFFFD';
                } else if (isSloppy && c == '\uFFFD') {
                    c = (char) b;
                }
                decoded[b] = c;
                encoded[c] = (short) b;
            }
        }

        static OneByteEncoding of(String charset, boolean isSloppy) {
            byte[] upper = new byte[128];
            for (int i = 0; i < upper.length; i++) {
                upper[i] = (byte) (0x80 + i);
            }
            return new OneByteEncoding(new String(upper, Charset.forName(charset)), isSloppy, false);
        }

        char decode(int b) {
            return decoded[b];
        }

        /// The bytes of a text, each as the character of its number; empty when the encoding lacks one of its characters.
        Optional<String> encode(String text) {
            byte[] bytes = new byte[text.length()];
            for (int i = 0; i < bytes.length; i++) {
                short b = encoded[text.charAt(i)];
                if (b < 0) {
                    return Optional.empty();
                }
                bytes[i] = (byte) b;
            }
            return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1));
        }
    }
}
