package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.json.AddedTokens.AddedToken;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a file says, before [AddedTokens] have their ids.
record Parts(
        TokenModel model,
        List<AddedToken> addedTokens,
        @Nullable NormalizerStep normalizer,
        @Nullable PreTokenizerStep preTokenizer,
        @Nullable PostProcessorStep postProcessor,
        @Nullable DecoderStep decoder,
        @Nullable Truncation truncation,
        @Nullable Padding padding) {}
