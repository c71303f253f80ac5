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
    private static final ByteSequences SPACE_FOR_A0 = new ByteSequences("[\u00C2\u00C3\u00C5\u00CE\u00D0\u00D9][ ]"
            + "|[\u00E2\u00E3][ ][\u0080-\u0084\u0086-\u009F\u00A1-\u00BF]|[\u00E0-\u00E3][\u0080-\u0084\u0086-\u009F\u00A1-\u00BF][ ]"
            + "|\u00F0[ ][\u0080-\u00BF][\u0080-\u00BF]|\u00F0[\u0080-\u00BF][ ][\u0080-\u00BF]|\u00F0[\u0080-\u00BF][\u0080-\u00BF][ ]");

    private static final String A_GRAVE = "\u00C3 ";

    /// What goes on after [#A_GRAVE] in Portuguese "às", "àquele", "àquela", "àquilo".
    private static final List<String> PORTUGUESE = List.of(" ", "quele", "quela", "quilo", "s ");

    /// UTF-8 sequences in which a byte was lost.
    private static final ByteSequences LOSSY = new ByteSequences("[\u00C2-\u00DF]\u001A|[\u00C2-\u00C3][?]"
            + "|\u00ED[\u00A0-\u00AF][\u001A?]\u00ED[\u00B0-\u00BF][\u001A?\u0080-\u00BF]"
            + "|\u00ED[\u00A0-\u00AF][\u001A?\u0080-\u00BF]\u00ED[\u00B0-\u00BF][\u001A?]"
            + "|[\u00E0-\u00EF][\u001A?][\u001A\u0080-\u00BF]|[\u00E0-\u00EF][\u001A\u0080-\u00BF][\u001A?]"
            + "|[\u00F0-\u00F4][\u001A?][\u001A\u0080-\u00BF][\u001A\u0080-\u00BF]"
            + "|[\u00F0-\u00F4][\u001A\u0080-\u00BF][\u001A?][\u001A\u0080-\u00BF]"
            + "|[\u00F0-\u00F4][\u001A\u0080-\u00BF][\u001A\u0080-\u00BF][\u001A?]|\u001A");

    private static final String LOST = new String("\uFFFD".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

    private static final ByteSequences CESU_8_OR_JAVA_NULL =
            new ByteSequences("\u00ED[\u00A0-\u00AF][\u0080-\u00BF]\u00ED[\u00B0-\u00BF][\u0080-\u00BF]|\u00C0\u0080");

    private Mojibake() {}

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
        if (!MojibakeHeuristic.isBad(text)) {
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
        if (!encoding.isMacRoman && SPACE_FOR_A0.findsIn(repaired)) {
            repaired = SPACE_FOR_A0.replaceAll(withGraveWords(repaired), sequence -> sequence.replace(' ', '\u00A0'));
        }
        if (encoding.isSloppy) {
            repaired = LOSSY.replaceAll(repaired, sequence -> LOST);
        }
        if (repaired.indexOf('\u00ED') >= 0 || repaired.indexOf('\u00C0') >= 0) {
            repaired = CESU_8_OR_JAVA_NULL.replaceAll(repaired, Mojibake::standard);
        }
        return decode(repaired, StandardCharsets.UTF_8);
    }

    /// "Ã la mode" with the lost byte put back and the space kept.
    private static String withGraveWords(String bytes) {
        StringBuilder words = new StringBuilder();
        int copied = 0;
        for (int at = bytes.indexOf(A_GRAVE); at >= 0; at = bytes.indexOf(A_GRAVE, at + 2)) {
            int after = at + 2;
            if (PORTUGUESE.stream().noneMatch(word -> bytes.startsWith(word, after))) {
                words.append(bytes, copied, at + 1).append('\u00A0');
                copied = at + 1;
            }
        }
        return words.append(bytes, copied, bytes.length()).toString();
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

    /// Repairs runs that are UTF-8 read wrongly within a text that is not.
    private static String fixEmbedded(String text) {
        StringBuilder fixed = new StringBuilder();
        int copied = 0;
        int at = 0;
        while (at < text.length()) {
            int end = at == 0 || EmbeddedUtf8.mayBeginAfter(text.charAt(at - 1)) ? EmbeddedUtf8.endOfRun(text, at) : at;
            if (end == at) {
                at++;
                continue;
            }
            String run = text.substring(at, end);
            if (run.length() < text.length() && MojibakeHeuristic.isBad(run)) {
                fixed.append(text, copied, at).append(fixEncoding(run));
                copied = end;
            }
            at = end;
        }
        return copied == 0 ? text : fixed.append(text, copied, text.length()).toString();
    }

    /// C1 controls as the characters that Windows-1252 has in their place.
    private static String fixC1Controls(String text) {
        StringBuilder fixed = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            fixed.append(c >= 0x80 && c < 0xA0 ? WINDOWS_1252.decode(c) : c);
        }
        return fixed.toString();
    }

    /// The character of Windows-1252 for a byte; an unassigned one stays what it is.
    static String windows1252(char b) {
        return String.valueOf(WINDOWS_1252.decode(b));
    }

    /// One character of UTF-8 as any of the Latin-1-like encodings shows its bytes. A space may be a lost A0.
    private static final class EmbeddedUtf8 {
        private static final int LEADS_TWO = 1;
        private static final int LEADS_THREE = 2;
        private static final int LEADS_FOUR = 4;
        private static final int CONTINUES = 8;
        private static final int ONLY_CONTINUES = 16;

        /// Continuation bytes that occur as punctuation in other text too.
        private static final String PUNCTUATION = "–—―‘’‚“”„•…";

        /// What a character may be, by its number.
        private static final byte[] ROLES = new byte[Character.MAX_VALUE + 1];

        static {
            for (OneByteEncoding encoding : ENCODINGS.subList(0, 7)) {
                for (int b = 0x80; b <= 0xF3; b++) {
                    ROLES[encoding.decode(b)] |= (byte) role(b);
                }
            }
            for (int i = 0; i < PUNCTUATION.length(); i++) {
                ROLES[PUNCTUATION.charAt(i)] &= ~ONLY_CONTINUES;
            }
            ROLES[' '] |= CONTINUES;
        }

        private static int role(int b) {
            if (b < 0xC0) {
                return CONTINUES | ONLY_CONTINUES;
            }
            if (b < 0xE0) {
                return b >= 0xC2 ? LEADS_TWO : 0;
            }
            return b < 0xF0 ? LEADS_THREE : b == 0xF0 || b == 0xF3 ? LEADS_FOUR : 0;
        }

        /// Whether a run may begin after a character.
        static boolean mayBeginAfter(char c) {
            return (ROLES[c] & ONLY_CONTINUES) == 0;
        }

        /// Where the characters of UTF-8 end that begin at a position: there, if there are none.
        static int endOfRun(String text, int at) {
            int end = at;
            while (end < text.length()) {
                int role = ROLES[text.charAt(end)];
                int bytes = 1 + continuations(text, end + 1);
                if ((role & LEADS_TWO) != 0 && bytes >= 2) {
                    end += 2;
                } else if ((role & LEADS_THREE) != 0 && bytes >= 3) {
                    end += 3;
                } else if ((role & LEADS_FOUR) != 0 && bytes >= 4) {
                    end += 4;
                } else {
                    break;
                }
            }
            return end;
        }

        /// How many of the next characters are continuation bytes: at most three.
        private static int continuations(String text, int from) {
            int n = 0;
            while (n < 3 && from + n < text.length() && (ROLES[text.charAt(from + n)] & CONTINUES) != 0) {
                n++;
            }
            return n;
        }
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
