package io.github.clip4j.tokenizer;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Whether a text holds neighbours that hardly occur except in text read in the wrong encoding: ftfy's measure (`ftfy/badness.py`, version
/// 6).
///
/// The few hundred characters that wrong readings produce fall into categories; a pattern over the categories finds unlikely sequences.
final class MojibakeHeuristic {
    private static final Map<String, String> CATEGORIES = Map.ofEntries(
            Map.entry("common", "\u00A0\u00AD·´–—―…’"), // found everywhere
            Map.entry("c1", "\u0080-\u009F"),
            Map.entry("bad", "¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\uFFFDªº"), // rare, except in text read in a wrong encoding
            Map.entry("law", "¶§"),
            Map.entry("currency", "¢£¥₧€"),
            Map.entry("start", "¡«¿©\u0384\u0385‘‚“„•‹\uF8FF"),
            Map.entry("end", "®»˝”›™"),
            Map.entry("numeric", "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№"),
            Map.entry("kaomoji", "Ò-ÖÙ-Üò-öø-üŐŌŪŲ°"), // letters that draw faces
            Map.entry("upper", "À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ"),
            Map.entry("lower", "ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ"),
            Map.entry("upperCommon", "ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я"), // they end words, where they are not a sign of anything
            Map.entry("lowerCommon", "α-ωάέήίΰа-џ"),
            Map.entry("box", "│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓"));

    private static final Pattern NAME = Pattern.compile("<(\\w+)>");

    /// Pairs and sequences that hardly occur in text read correctly. `<name>` means the characters of a category.
    private static final NeighbourMatcher UNLIKELY = new NeighbourMatcher(expand(String.join(
            "|",
            "[<c1>]",
            "[<bad><lower><upper><box><start><end><currency><numeric><law>][<bad>]",
            "[a-zA-Z][<lowerCommon><upperCommon>][<bad>]",
            "[<bad>][<lower><upper><box><start><end><currency><numeric><law>]",
            "[<lower><lowerCommon><box><end><currency><numeric>][<upper>]",
            "[<box><end><currency><numeric>][<lower>]",
            "[<lower><box><end>][<currency>]",
            "<space>[<upper>][<currency>]",
            "[<upper><box>][<numeric><law>]",
            "[<lower><upper><box><currency><end>][<start>][<numeric>]",
            "[<lower><upper><currency><numeric><box><law>][<end>][<start>]",
            "[<currency><numeric><box>][<start>]",
            "[a-z][<upper>][<start><currency>]",
            "[<box>][<kaomoji>]",
            "[<lower><upper><currency><numeric><start><end><law>][<box>]",
            "[<box>][<end>]",
            "[<lower><upper>][<start><end>][\\p{L}\\p{N}_]",
            "[Œœ][^A-Za-z]", // the ligature before anything but a Latin letter
            "[<upper>]°",
            "[ÂÃÎÐ][€œŠš¢£Ÿž\u00A0\u00AD®©°·»<start><end>–—´]", // frequent readings of UTF-8 as Windows-1252
            "×[²³]",
            "[ØÙ][<common><currency><bad><numeric><start>ŸŠ®°µ»][ØÙ][<common><currency><bad><numeric><start>ŸŠ®°µ»]", // Arabic
            "à[²µ¹¼½¾]", // scripts of South Asia
            "√[±∂†≠®™´≤≥¥µø]|≈[°¢]|‚Ä[ìîïòôúùû†°¢π]|‚[âó][àä°ê]", // MacRoman
            "вЂ|[ВГРС][<c1><bad><start><end><currency>°µ][ВГРС]|ГўВЂВ.[A-Za-z ]", // Windows-1251
            "Ã[\u00A0¡]|[a-z]<space>?[ÃÂ][ ]|^[ÃÂ][ ]",
            "[a-z.,?!<end>]Â[ <start><end>]",
            "β€[™\u00A0Ά\u00AD®°]|[ΒΓΞΟ][<c1><bad><start><end><currency>°][ΒΓΞΟ]", // Windows-1253
            "ā€"))); // Windows-1257

    private MojibakeHeuristic() {}

    private static String expand(String pattern) {
        return NAME.matcher(pattern).replaceAll(match -> {
            String name = match.group(1);
            return Matcher.quoteReplacement(
                    name.equals("space") ? TextCleaning.PYTHON_WHITE_SPACE : CATEGORIES.getOrDefault(name, match.group()));
        });
    }

    /// Whether the text seems to have been read in a wrong encoding.
    static boolean isBad(String text) {
        return UNLIKELY.findsIn(text);
    }
}
