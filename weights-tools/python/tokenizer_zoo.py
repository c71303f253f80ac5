"""One small tokenizer of each kind that clip4j reads, trained with Hugging Face `tokenizers`, and texts in many scripts.

Nothing published is used: the corpus is below, or files of texts that the caller names. Training is not deterministic (the library breaks ties in
the order of its hash tables): another run makes other tokenizers of the same kinds.
"""
import base64
import json
import random
import tempfile
import unicodedata

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CAPTIONS = """a photo of a cat|a photo of two dogs|a red bicycle in front of a house|a diagram of the heart|an aerial photo of Zürich at night
ein Foto von einer Katze|ein Hund läuft über die grüne Wiese|Straßenbahn vor dem Königsschloß|une photo d'un chat noir|un garçon mange une pomme à l'école
una foto de un niño pequeño|¿dónde está la estación?|uma fotografia de um cão|un'immagine di una città|zdjęcie żółtego kota|fotografie červeného auta
bir kedinin fotoğrafı, İstanbul'da ışıklı gece|fénykép egy őszi erdőről|en bild på en hund i snön|mynd af ketti og hundi|μια φωτογραφία μιας γάτας|ΟΔΥΣΣΕΥΣ ΚΑΙ ΠΗΝΕΛΟΠΗ
фотография кошки на окне|червоний велосипед біля будинку|снимка на куче в парка|Նկար կատվի մասին|კატის ფოტო ქუჩაში|תמונה של חתול על הגדר|صورة قطة على الطاولة
تصویری از یک سگ در برف|बिल्ली की एक तस्वीर|कुत्ता घास पर दौड़ता है|একটি বিড়ালের ছবি|ਇੱਕ ਬਿੱਲੀ ਦੀ ਤਸਵੀਰ|બિલાડીનો ફોટો|பூனையின் புகைப்படம்|పిల్లి యొక్క ఫోటో|ಬೆಕ್ಕಿನ ಚಿತ್ರ
പൂച്ചയുടെ ചിത്രം|ภาพถ่ายของแมวสีดำ|ຮູບຖ່າຍຂອງແມວ|ကြောင်တစ်ကောင်၏ဓာတ်ပုံ|រូបថតឆ្មា|བྱི་ལའི་པར|ድመት ፎቶ|一张猫的照片|两只狗在草地上奔跑|一張紅色腳踏車的照片|猫の写真です|赤い自転車と古い家
ネコとイヌのシャシン|고양이 사진|빨간 자전거가 집 앞에 있다|một bức ảnh của con mèo|isang larawan ng pusa|picha ya paka mweusi|ʻO ke kiʻi o ka pōpoki
I'm sure it's what they've said: don't you'll see we'd go|price: $12.50 (3 for 30€), 100% off!|ver. 2.0.1-beta_3 #tag @user http://example.org/a?b=c&d=1
Hello   world\t tabs\nand lines|  leading and trailing  |¹²³ ½ Ⅳ ① ٣٤٥ १२३|ﬁle ﬂow ﬃ ＡＢＣ ｱｲｳ ㎏ ℌ ™|naïve café résumé Ångström Ǆ ǆ ŉ|👍🏽 👨‍👩‍👧‍👦 🇨🇭 ❤️ 🤷🏿‍♂️ ☕""".replace("\n", "|").split("|")

INTERESTING = (
    [0x0, 0x1, 0x8, 0x9, 0xA, 0xB, 0xC, 0xD, 0x1C, 0x1F, 0x7F, 0x85, 0x9F, 0xA0, 0xAD, 0x130, 0x131, 0x149, 0x17F, 0x1C5, 0x1E9E, 0x345, 0x34F]
    + [0x3A3, 0x3C2, 0x600, 0x604, 0x6DD, 0x61C, 0x958, 0x1680, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202F, 0x205F]
    + [0x2060, 0x2126, 0x212A, 0x212B, 0x2581, 0x3000, 0x3164, 0xFB00, 0xFB1D, 0xFDFA, 0xFE0F, 0xFEFF, 0xFF9E, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF]
    + [0x1F1E6, 0x1F1FF, 0x1F468, 0x1F3FD, 0x20000, 0x2A6D6, 0x2F800, 0x2FA1D, 0xE0001, 0xE0100, 0xF0000, 0x10FFFD, 0x110BD, 0x1D15E, 0x1D7CE]
)
BLOCKS = [
    (0x20, 0x7F), (0x20, 0x7F), (0xA0, 0x180), (0x180, 0x250), (0x300, 0x370), (0x370, 0x400), (0x400, 0x530), (0x590, 0x600), (0x600, 0x700),
    (0x900, 0xE00), (0xE00, 0xF00), (0xF00, 0x1000), (0x1000, 0x10A0), (0x1100, 0x1200), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x1E00, 0x2000),
    (0x2000, 0x2070), (0x2070, 0x2400), (0x2600, 0x27C0), (0x3000, 0x3100), (0x3130, 0x3190), (0x3200, 0x3400), (0x4E00, 0xA000), (0xA640, 0xA6A0),
    (0xA960, 0xA980), (0xAC00, 0xD7A4), (0xD7B0, 0xD800), (0xF900, 0xFB00), (0xFB00, 0xFE00), (0xFE00, 0xFE70), (0xFF00, 0x10000),
    (0x10000, 0x10400), (0x10400, 0x11000), (0x11000, 0x12000), (0x16100, 0x16E00), (0x1B000, 0x1B200), (0x1D100, 0x1D200), (0x1D400, 0x1D800),
    (0x1E000, 0x1E960), (0x1F000, 0x1FC00), (0x20000, 0x2A6E0), (0x2F800, 0x2FA20), (0x30000, 0x31400), (0xE0000, 0xE0200), (0xE0000, 0x110000),
]
LITERALS = ["<s>", "</s>", "<pad>", "<unk>", "<mask>", "[MASK]", "[CLS]", "[UNK]", "<eos>", "<0x41>", "<0xFF>", "##a", "</w>", "▁", "▁▁", "'s", "'LL"]


def is_text(c):
    return not 0xD800 <= c <= 0xDFFF


def random_texts(count, seed):
    """Texts of every plane: single blocks, mixtures, runs of marks, and known texts with something put in."""
    rng = random.Random(seed)
    texts = []
    for _ in range(count):
        kind = rng.randrange(5)
        length = rng.choice([1, 2, 3, 5, 8, 13, 21, 40])
        parts = []
        if kind == 0:
            low, high = rng.choice(BLOCKS)
            parts = [chr(c) for c in (rng.randrange(low, high) for _ in range(length)) if is_text(c)]
        elif kind == 1:
            for _ in range(length):
                low, high = rng.choice(BLOCKS)
                c = rng.randrange(low, high)
                parts.append(chr(c) if is_text(c) else " ")
        elif kind == 2:
            parts = [chr(rng.choice(INTERESTING)) if rng.random() < 0.6 else rng.choice("aB1 .é한") for _ in range(length)]
        elif kind == 3:
            for _ in range(length):
                parts.append(rng.choice(["e", "A", "ﬁ", "가", "ᄀ", "ᅡ", "ᆨ", "क", "©", "­", "؀", "ab", " ", "  ", "\r\n"]))
                parts.extend(chr(rng.choice([0x300, 0x301, 0x323, 0x327, 0x345, 0x5B0, 0x64B, 0x93C, 0x94D, 0x3099, 0x200D, 0xFE0F, 0x1D165, 0x16FF0]))
                             for _ in range(rng.randrange(3)))
        else:
            text = rng.choice(CAPTIONS)
            at = rng.randrange(len(text) + 1)
            parts = [text[:at], rng.choice(LITERALS) if rng.random() < 0.5 else chr(rng.choice(INTERESTING)), text[at:]]
            if rng.random() < 0.3:
                parts = [rng.choice([unicodedata.normalize("NFD", "".join(parts)), "".join(parts).upper()])]
        texts.append("".join(parts))
    return texts


def special_cases():
    return ["", " ", "  ", "\n", "a", "A", "▁", "▁a", " a", "a ", "\u00a0", "\ufeffa", "a\u2028b", "x" * 200, "가" * 120, "a" * 100, "a" * 101,
            " ".join("ab" for _ in range(60)), "<s>", "</s></s>", " <mask> ", "a<mask>b", "mask mask", "Foo foo FOO foobar", "[CLS] x [SEP]"]


SMALL_RULES = {"ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "Ａ": "A", "Ｂ": "B", "Ｃ": "C", "㎏": "kg", "½": "1⁄2", "²": "2", "\u00a0": " ", "\u3000": " ",
               "\r": " ", "\n": " ", "\t": " ", "\u00ad": "", "e\u0301": "é", "A\u030a": "Å", "©": "c", "™": "TM", "\u0958": "क\u093c", "\u200b": " "}


def chars_map(rules_of=None):
    """A table of SentencePiece: its own nmt_nfkc, or that of some rules."""
    if rules_of is None:
        return base64.b64encode(sentencepiece_proto("unigram", 600, CAPTIONS).normalizer_spec.precompiled_charsmap).decode()
    with rules_file(rules_of) as rules:
        proto = sentencepiece_proto("unigram", 600, CAPTIONS, normalization_rule_tsv=rules.name)
        return base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()


def rules_file(rules_of):
    """An open file of the form that SentencePiece reads; it is deleted when it is closed."""
    rules = tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="ascii")
    for source, target in rules_of.items():
        rules.write("%s\t%s\n" % tuple(" ".join("%04X" % ord(c) for c in text) for text in (source, target)))
    rules.flush()
    return rules


def sentencepiece_proto(kind, size, texts, **options):
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/texts.txt", "w", encoding="utf-8") as out:
            out.writelines(text.replace("\n", " ").replace("\0", "") + "\n" for text in texts)
        sentencepiece.SentencePieceTrainer.train(
            input=folder + "/texts.txt", model_prefix=folder + "/m", vocab_size=size, model_type=kind, hard_vocab_limit=False,
            character_coverage=0.98, minloglevel=2, num_threads=1, **options)
        proto = sentencepiece_model_pb2.ModelProto()
        with open(folder + "/m.model", "rb") as file:
            proto.ParseFromString(file.read())
        for spec, field in (proto.trainer_spec, "input"), (proto.trainer_spec, "model_prefix"), (proto.normalizer_spec, "normalization_rule_tsv"):
            spec.ClearField(field)  # paths of this machine
        return proto


def precompiled(table):
    return normalizers.Precompiled(base64.b64decode(table))


def template(tokenizer, single):
    names = [part for part in single.split() if not part.startswith("$")]
    return processors.TemplateProcessing(single=single, pair="$A $B", special_tokens=[(n, tokenizer.token_to_id(n)) for n in set(names)])


def with_bytes(tokenizer):
    """Adds the 256 byte tokens to the vocabulary of the model."""
    data = json.loads(tokenizer.to_str())
    vocab = data["model"]["vocab"]
    for b in range(256):
        name = "<0x%02X>" % b
        if isinstance(vocab, list):
            vocab.append([name, 0.0 if b % 2 else -20.0])
        else:
            vocab[name] = len(vocab)
    data["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(data))


def gemma(texts, size, table):
    tok = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tok.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    tok.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tok.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"], limit_alphabet=size // 3, show_progress=False))
    tok = with_bytes(tok)
    tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tok.post_processor = template(tok, "$A <eos>")
    tok.enable_truncation(64)
    tok.enable_padding(length=64, pad_id=0, pad_token="<pad>")
    return tok


def unigram(texts, size, specials, normalizer, pre_tokenizer):
    tok = Tokenizer(models.Unigram())
    tok.normalizer, tok.pre_tokenizer = normalizer, pre_tokenizer
    tok.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=max(size, 700), special_tokens=specials, unk_token="<unk>", show_progress=False))
    tok.decoder = decoders.Metaspace()
    return tok


def t5(texts, size, table):
    normalizer = normalizers.Sequence([precompiled(table), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
    tok = unigram(texts, size, ["<pad>", "</s>", "<unk>"], normalizer, pre_tokenizers.Metaspace())
    tok.post_processor = template(tok, "$A </s>")
    return tok


def xlm_roberta(texts, size, table):
    split = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tok = unigram(texts, size, ["<s>", "<pad>", "</s>", "<unk>"], precompiled(table), split)
    tok.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tok.post_processor = template(tok, "<s> $A </s>")
    return tok


def unigram_bytes(texts, size, table):
    tok = unigram(texts, size, ["<unk>"], normalizers.NFKC(), pre_tokenizers.Metaspace(prepend_scheme="first"))
    tok.add_tokens(["Foo", AddedToken("mask", single_word=True), AddedToken("[x]", rstrip=True, normalized=False)])
    return with_bytes(tok)


def bert(texts, size, table):
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tok.normalizer, tok.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tok.train_from_iterator(texts, trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], limit_alphabet=size // 3, show_progress=False))
    tok.decoder = decoders.WordPiece()
    tok.post_processor = template(tok, "[CLS] $A [SEP]")
    tok.enable_truncation(52)
    return tok


def bert_cased(texts, size, table):
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tok.normalizer, tok.pre_tokenizer = normalizers.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer()
    tok.train_from_iterator(texts, trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    tok.decoder = decoders.WordPiece(cleanup=False)
    tok.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tok.enable_truncation(20, direction="left")
    tok.enable_padding(direction="left", pad_id=0, pad_to_multiple_of=8)
    return tok


def roberta(texts, size, table):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tok


def clip(texts, size, table):
    tok = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tok.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    words = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(words), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tok.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<|startoftext|>", "<|endoftext|>"], end_of_word_suffix="</w>",
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.RobertaProcessing(("<|endoftext|>", 1), ("<|startoftext|>", 0), trim_offsets=False, add_prefix_space=False)
    return tok


def bpe_prefix(texts, size, table):
    tok = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"))
    tok.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Strip()])
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(True), pre_tokenizers.Punctuation()])
    tok.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<unk>"], continuing_subword_prefix="##", limit_alphabet=size // 4, show_progress=False))
    tok.decoder = decoders.Sequence([decoders.BPEDecoder("#"), decoders.Strip(" ", 1, 0)])
    return tok


ZOO = {f.__name__: f for f in (gemma, t5, xlm_roberta, unigram_bytes, bert, bert_cased, roberta, clip, bpe_prefix)}


def spy(normalizer=None, pre_tokenizer=None):
    """A tokenizer whose ids spell the bytes of the normalised text, and show where its pieces end."""
    vocab = {"<0x%02X>" % b: b for b in range(256)}
    tok = Tokenizer(models.BPE(vocab=vocab, merges=[], byte_fallback=True, end_of_word_suffix="</w>"))
    if normalizer is not None:
        tok.normalizer = normalizer
    if pre_tokenizer is not None:
        tok.pre_tokenizer = pre_tokenizer
    tok.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return tok


def spies(table):
    n, p = normalizers, pre_tokenizers
    bert_parts = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    result = {"spy_" + f.__name__: spy(f()) for f in (n.NFC, n.NFD, n.NFKC, n.NFKD, n.Lowercase, n.StripAccents, n.Nmt, n.Strip, n.ByteLevel)}
    for part in bert_parts:
        result["spy_bert_" + part] = spy(n.BertNormalizer(**{**bert_parts, part: True}))
    result["spy_BertNormalizer"] = spy(n.BertNormalizer())
    result["spy_Precompiled"] = spy(precompiled(table))
    result["spy_Prepend"] = spy(n.Sequence([n.Strip(left=True, right=False), n.Prepend("▁")]))
    result["spy_Replace_spaces"] = spy(n.Replace(Regex(r"\s+"), " "))
    for f in (p.BertPreTokenizer, p.ByteLevel, p.Metaspace, p.Whitespace, p.WhitespaceSplit, p.Punctuation, p.Digits):
        result["spy_pre_" + f.__name__] = spy(None, f())
    result["spy_Metaspace_first"] = spy(n.Strip(), p.Metaspace(prepend_scheme="first"))
    result["spy_Metaspace_unsplit"] = spy(n.Replace(Regex(r" +"), " "), p.Metaspace(prepend_scheme="first", split=False))
    result["spy_Metaspace_never"] = spy(None, p.Metaspace(prepend_scheme="never"))
    for behavior in "removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous":
        for invert in False, True:
            result["spy_Split_%s_%s" % (behavior, invert)] = spy(None, p.Split(Regex(r"\p{L}\p{M}*|\d{2,3}"), behavior, invert))
    for name, pattern in {"L": r"\p{L}", "N": r"[^\p{N}]", "P": r"\p{P}+", "M": r"\p{M}", "S": r"\p{S}", "Z": r"\p{Z}", "w": r"\w+", "s": r"\s+(?!\S)",
                          "W": r"[\W\d]", "D": r"\D{1,3}[^\S\w]?|\w(?=\w)", "Lu": r"\p{Lu}\p{Ll}*"}.items():
        result["spy_Regex_" + name] = spy(None, p.Split(Regex(pattern), "isolated"))
    return result


def all_code_points():
    """Every code point between letters, 48 in a text; and the same next to each other."""
    everything = [chr(c) for c in range(0x110000) if is_text(c)]
    for i in range(0, len(everything), 48):
        chunk = everything[i:i + 48]
        yield "a".join([""] + chunk + [""])
        if i < 0x20000:
            yield "".join(chunk)
            yield " 1".join([""] + chunk + [""])


def sentencepiece_models(texts, size, rules):
    """(name, model, converted): a SentencePiece model of each family, and what the converter of `transformers` makes of it."""
    import importlib

    convert = importlib.import_module("transformers.convert_slow_tokenizer")

    class Extractor(convert.GemmaSentencePieceExtractor):
        """The converter's own asks for `sp`, which transformers 5.18 does not set."""

        def __init__(self, file):
            import sentencepiece

            super().__init__(file)
            self.sp = sentencepiece.SentencePieceProcessor(model_file=file)

    class Gemma(convert.GemmaConverter):
        SpmExtractor = Extractor

    def slow(proto, ids):
        """What the converters ask a slow tokenizer for."""
        class Slow:
            _extra_ids = 0
            pad_token, eos_token, bos_token = "<pad>", "<eos>", "<bos>"
            vocab_file = None

            def convert_tokens_to_ids(self, token):
                return ids[token]
        return Slow()

    def one(name, converter, kind, ids, **options):
        options = {"normalization_rule_tsv": rules, **options} if rules and kind == "unigram" else options
        proto = sentencepiece_proto(kind, size, texts, **options)
        tokenizer = slow(proto, ids)
        with tempfile.NamedTemporaryFile(suffix=".model") as file:
            file.write(proto.SerializeToString())
            file.flush()
            tokenizer.vocab_file = file.name
            return name, proto.SerializeToString(), converter(tokenizer).converted()

    yield one("T5", convert.T5Converter, "unigram", {"</s>": 1}, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, user_defined_symbols=["<mask>"])
    yield one("XLM_ROBERTA", convert.XLMRobertaConverter, "unigram", {"<s>": 0, "</s>": 2}, unk_id=0, bos_id=1, eos_id=2)
    yield one("GEMMA", Gemma, "bpe", {}, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
              byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False, normalization_rule_name="identity", split_digits=True,
              allow_whitespace_only_pieces=True, user_defined_symbols=["<mask>", "\n\n", "<start_of_turn>"])


def random_tokenizer(rng):
    """A tokenizer with a random small vocabulary, ties among its scores and merges, and random added tokens."""
    letters = "abc é한😀"
    pieces = unique_words(rng, letters, rng.randrange(4, 40))
    kind = rng.randrange(3)
    if kind == 0:
        specials = ["<unk>"] + ["<0x%02X>" % b for b in range(256)] * (rng.random() < 0.5)
        vocab = [(p, float(rng.choice([-1, -2, -3, -1.5, 0, 2]))) for p in specials + pieces]
        model = models.Unigram(vocab, unk_id=0, byte_fallback=rng.random() < 0.5)
    elif kind == 1:
        prefix = rng.choice(["##", "", "a"])
        vocab = ["[UNK]"] + pieces + [prefix + p for p in pieces if rng.random() < 0.7]
        model = models.WordPiece({p: i for i, p in enumerate(dict.fromkeys(vocab))}, unk_token="[UNK]",
                                 max_input_chars_per_word=rng.choice([3, 8, 100]), continuing_subword_prefix=prefix)
    else:
        model = random_bpe(rng, letters, pieces)
    tok = Tokenizer(model)
    tok.normalizer = rng.choice([None, normalizers.Lowercase(), normalizers.Strip(), normalizers.Prepend("a"), normalizers.Replace("b", "")])
    tok.pre_tokenizer = rng.choice([None, pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("b", "merged_with_next"),
                                    pre_tokenizers.Metaspace(replacement="c", prepend_scheme="first")])
    flag = lambda: rng.random() < 0.4
    added = [AddedToken(p, single_word=flag(), lstrip=flag(), rstrip=flag(), normalized=False, special=flag())
             for p in unique_words(rng, "ABC ab", 3)]
    if tok.normalizer is None:
        added += [AddedToken(p, single_word=flag(), lstrip=flag(), rstrip=flag(), normalized=True) for p in unique_words(rng, "XYa", 2)]
    tok.add_tokens(added)
    return tok


def random_bpe(rng, letters, pieces):
    prefix, suffix = rng.choice([("", ""), ("", ""), ("#", ""), ("", "$"), ("#", "$")])
    vocab = dict.fromkeys(["<unk>"] + ["<0x%02X>" % b for b in range(256)] * (rng.random() < 0.5))
    for letter in letters:
        for form in letter, prefix + letter, letter + suffix, prefix + letter + suffix:
            if rng.random() < 0.85:
                vocab[form] = None
    merges = []
    for _ in range(rng.randrange(30)):
        left, right = rng.choice(list(vocab)), rng.choice(list(vocab))
        if "<" in left + right or not right.startswith(prefix) or (left, right) in merges:
            continue
        vocab[left + right[len(prefix):]] = None
        merges.append((left, right))
    options = {"unk_token": rng.choice(["<unk>", "<unk>", None]), "continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
    return models.BPE({p: i for i, p in enumerate(vocab)}, merges, fuse_unk=rng.random() < 0.5, byte_fallback=rng.random() < 0.6,
                      ignore_merges=rng.random() < 0.3, **{name: value for name, value in options.items() if value})


def unique_words(rng, letters, count):
    return list(dict.fromkeys("".join(rng.choice(letters) for _ in range(rng.choice([1, 1, 2, 2, 3, 4]))) for _ in range(count)))


def random_words(rng, count):
    """Short texts of few letters, known and unknown."""
    letters = "aaabbc  éé한한😀XYABC\nz▁</"
    return ["".join(rng.choice(letters) for _ in range(rng.randrange(1, 25))) for _ in range(count)]
