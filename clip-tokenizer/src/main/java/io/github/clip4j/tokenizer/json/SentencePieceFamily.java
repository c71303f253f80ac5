package io.github.clip4j.tokenizer.json;

/// What a family of models puts around the pieces of a SentencePiece file. The file does not say it: it is code of `transformers`
/// (`convert_slow_tokenizer.py` of version 5.18).
public enum SentencePieceFamily {
    /// T5 and its descendants, SigLIP's text tower among them: Unigram, `</s>` at the end. `T5Converter` with no extra ids.
    T5,
    /// XLM-R: Unigram with its first ids moved to `<s> <pad> </s> <unk>`, `<mask>` behind the last; `<s>` and `</s>` around a text.
    /// `XLMRobertaConverter`.
    XLM_ROBERTA,
    /// Gemma: BPE with byte fallback, no special tokens around a text. `GemmaConverter`.
    GEMMA
}
