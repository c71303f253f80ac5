"""Writes texts with what openai/CLIP's tokenizer makes of them before it splits words: `make_cleaning_goldens.py > cleaning.jsonl`.

Needs ftfy 6. Half of the texts are written by hand; the others are sentences read in a wrong encoding, at random but always the same.
"""
import html
import json
import random
import re
import sys

import ftfy

BY_HAND = [
    "a photo of a cat", "  Two   Words\t\n", "It’s “quoted” — ﬁne", "ｆｕｌｌ　ｗｉｄｔｈ ﾊﾝｶｸ ﾡ", "caf\u0065\u0301", "line\r\nbreak\u2028again\u0085end", "schÃ¶n",
    "&lt;tag&gt; &amp;amp; &NTILDE; &nTILDE; &#x41;&#66; &#128; &#0; &#xD800; &notit; &copy", "<b>&lt;</b>\n&lt;", "&amp;lt;\n<p>\n&amp;lt;",
    "voilÃ\u00A0 le travail", "Ã\u00A0 la mode", "fÃ cil", "â€œlike thisâ€\x9d", "â€œ like this â€\ufffd", "Ã©tÃ© Ã\x89TÃ\x89", "ðŸ˜Š smiles ðŸ˜\x81", "\u001b[31mred\u001b[0m",
    "zero\u200bwidth \ufeffbom", "ctrl\u0001\u0007 chars \x7f", "İstanbul ΣΊΣΥΦΟΣ ſ ẞ", "l’humanitÃ©", "Ð¿Ñ€Ð¸Ð²ÐµÑ‚ Ð¼Ð¸Ñ€", "РїСЂРёРІРµС‚", "Î±Î²Î³ ÎºÏŒÏƒÎ¼Îµ",
    "√°√ß√©", "‚Äúquotes‚Äù", "├⌐t├⌐", "voilŕ ĂŠtĂŠ", "Ă©tĂ©", "ÃƒÂ©tÃƒÂ©", "Â£20 Â°C Â½", "3Â½ miles", "Ã Ã", "\u00c2\u00a0", "(ó_ò)", "¯\\_(ツ)_/¯", "│box│ é═",
    "ÅŸ ÄŸ Ä±", "œuvre Œ!", "à² à®¤à®®à®¿à®´à¯", "Ø§Ù„Ø¹Ø±Ø¨ÙŠØ©", "\ud83d lone", "a\u001cb\u001fc\u0085d\u00a0e\u3000f", "Ĳsselmeer ŉ ǆ ﬃ ﬅ", "í\xa0½í¸\x8d", "À\x80", "Ã¤ and ä together",
    "no problem: naïve café — “ok”", "LATIN Ã\x8b and \x91quotes\x92", "\x85 next", "β€™ ΒΑ", "ā€™", "ГўВЂВќ a", "&#10; &#9; &ThickSpace; &nbsp;x", "&HilbertSpace; &Jscr; &frac12; &SZLIG;", "a<b &lt; c",
]
SENTENCES = ["Größe und Maß: fünf Äpfel für 3 €", "l'été à l'ombre, où ça ?", "Привет, мир — как дела?", "Καλημέρα κόσμε", "日本語のテキスト", "العربية", "čeština: příliš žluťoučký kůň", "İğne ışık",
             "“smart quotes” … and ‘single’ – dash", "emoji 😀 👍🏽 ♥", "½ × ¾ ± 5° ©", "Łódź, śnieg", "ação não é só", "हिन्दी पाठ", "naïve £100 coöperate", "Ærø Ø å", "lietuvių kalba ąčęėįšųū"]
ENCODINGS = ["latin-1", "windows-1252", "windows-1251", "windows-1250", "windows-1253", "windows-1254", "windows-1257", "iso-8859-2", "mac_roman", "cp437"]


def clean(text):
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return re.sub(r"\s+", " ", text).strip().lower()


def misread(rng):
    text = rng.choice(SENTENCES)
    start = rng.randrange(len(text))
    text = text[start:start + rng.randrange(3, 25)] if rng.random() < 0.6 else text
    for _ in range(rng.choice([1, 1, 1, 2])):
        text = text.encode("utf-8").decode(rng.choice(ENCODINGS), errors=rng.choice(["replace", "ignore"]))
    if rng.random() < 0.3:
        text = text.replace("\u00a0", " ")
    if rng.random() < 0.3:
        text = rng.choice(SENTENCES)[:8] + " " + text
    if rng.random() < 0.2:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(["é", "—", "\x81", "…", "\ufffd", "?", " ", "´", "™", "<", "&eacute;", "Ã"]) + text[at:]
    return text


HOSTILE = ["&", "amp;", "&amp;", "AMP;", "#38;", "#x26;", "&#", "1;", "&#1;", "&semi", ";", "lt;", "&eacute;", "eacute;", "Atilde;", "copy;", "&#27;", "\u001b[", "m", "31m", "\u0001",
           " ", "\r", "\n", "\u2028", "\u0085", "\u00a0", "Ã", "©", "Ã©", "Â", "Â\u00a0", "Ã ", "â€œ", "日", "é", "a", "s ", "Ã la", "\u0301", "\u0316", "\u0327", "\u0344", "가", "\u1100", "\u1161",
           "😀", "ðŸ˜Š", "í\u00a0½í¸\u008d", "À\u0080", "\ufffd", "Ã\ufffd", "?", "ﬃ", "ŉ", "“", "’", "Ｆ", "ｱ", "ﾞ", "＆", "；", "Σ", "A", "ΑΣ", ".", "'", "İ", "\u0345", "<", "√©", "Ð¿", "РїСЂ", "¦¤", "œ", "ГўВЂВ"]


def hostile(rng):
    """Pieces that the fixes trip over, and references within references, which ftfy resolves one level a pass."""
    pieces = rng.sample(HOSTILE, 4) if rng.random() < 0.3 else HOSTILE
    text = "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 25)))
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(text) + 1)
        nested = "&" + rng.choice(["amp;", "amp;", "#38;"]) * rng.randrange(1, 6) + rng.choice(["lt;", "eacute;", "#1;", "semi;", "Atilde;", "a", "#97;"])
        text = text[:at] + nested + text[at:]
    return text


rng = random.Random(7)
for text in BY_HAND + [misread(rng) for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 150)]:
    print(json.dumps({"text": text, "openai": clean(text)}))
rng = random.Random(8)
for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 300):
    text = hostile(rng)
    print(json.dumps({"text": text, "openai": clean(text)}))
