package io.github.clip4j.model;

/// The text encoder: a transformer in which a position sees itself and earlier positions.
///
/// @param vocabularySize token ids are below this
/// @param contextLength positions
/// @param transformer the blocks
/// @param projectionDim the width of an embedding; 0 when the tower ends before the projection
/// @param pooling which position stands for the text
/// @param endOfText the token that ends a text
public record TextConfig(
        int vocabularySize, int contextLength, TransformerConfig transformer, int projectionDim, Pooling pooling, int endOfText) {
    /// A value that nearly all published configs carry by mistake. It stands for OpenAI's original rule, the position of the greatest id.
    public static final int LEGACY_END_OF_TEXT = 2;

    /// The end of text in CLIP's vocabulary.
    private static final int CLIP_END_OF_TEXT = 49407;

    /// How the position is found whose output stands for a text. "First" matters: padding may repeat an id.
    public enum Pooling {
        /// The first of the greatest ids (openai/CLIP `model.py`, `encode_text`; open_clip's `argmax`).
        GREATEST_ID,
        /// The first end of text (MetaCLIP 2; open_clip's `eos`).
        FIRST_END_OF_TEXT,
        /// As transformers' `modeling_clip.py`, class `CLIPTextTransformer`, over its versions: the greatest id when the config's end of text is
        /// [#LEGACY_END_OF_TEXT] or the text holds CLIP's own; else the first end of text.
        HUGGING_FACE
    }

    public TextConfig {
        TransformerConfig.requirePositive("vocabulary size", vocabularySize);
        TransformerConfig.requirePositive("context length", contextLength);
        TransformerConfig.requireArray("token embeddings", vocabularySize, transformer.width());
        TransformerConfig.requireArray("position embeddings", contextLength, transformer.width());
        TransformerConfig.requireArray("text projection", projectionDim, transformer.width());
        if (projectionDim < 0) {
            throw new IllegalArgumentException("projection width: expected at least 0, got " + projectionDim);
        }
    }

    /// A config with the pooling of Hugging Face.
    public TextConfig(int vocabularySize, int contextLength, TransformerConfig transformer, int projectionDim, int endOfText) {
        this(vocabularySize, contextLength, transformer, projectionDim, Pooling.HUGGING_FACE, endOfText);
    }

    /// This config with another width of its projection.
    public TextConfig withProjection(int dim) {
        return new TextConfig(vocabularySize, contextLength, transformer, dim, pooling, endOfText);
    }

    /// The width of what the encoder returns.
    public int outputDim() {
        return projectionDim > 0 ? projectionDim : transformer.width();
    }

    /// The position whose output stands for the text.
    ///
    /// @throws IllegalArgumentException when there is no end of text
    public int pooledPosition(int[] ids) {
        if (ids.length == 0) {
            throw new IllegalArgumentException("token ids: expected at least one, got none");
        }
        int greatest = 0;
        for (int i = 1; i < ids.length; i++) {
            if (ids[i] > ids[greatest]) {
                greatest = i;
            }
        }
        boolean byValue = switch (pooling) {
            case GREATEST_ID -> true;
            case FIRST_END_OF_TEXT -> false;
            case HUGGING_FACE -> endOfText == LEGACY_END_OF_TEXT || ids[greatest] == CLIP_END_OF_TEXT;
        };
        if (byValue) {
            return greatest;
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] == endOfText) {
                return i;
            }
        }
        throw new IllegalArgumentException("token ids: expected an end of text, %d, got none among %d ids".formatted(endOfText, ids.length));
    }
}
