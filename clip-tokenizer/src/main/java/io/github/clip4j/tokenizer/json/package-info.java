/// Tokenizers as `tokenizer.json` of Hugging Face `tokenizers` describes them, and as `spiece.model` of SentencePiece does.
///
/// A text passes six steps. Each step is a sealed set of records; the file names one record for each.
///
/// ```
/// text ─ added tokens ─ normaliser ─ pre-tokenizer ─ model ─ truncation ─ post-processor ─ padding ─► ids
/// ```
@NullMarked
package io.github.clip4j.tokenizer.json;

import org.jspecify.annotations.NullMarked;
