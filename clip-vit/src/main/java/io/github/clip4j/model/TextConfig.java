package io.github.clip4j.model;

/// The text encoder: a transformer in which a position sees itself and earlier positions.
///
/// @param vocabularySize token ids are below this
/// @param contextLength positions
/// @param transformer the blocks
/// @param projectionDim the width of an embedding; 0 when the tower ends before the projection
/// @param endOfText the token whose position is pooled; [#LEGACY_END_OF_TEXT] has a rule of its own
public record TextConfig(int vocabularySize, int contextLength, TransformerConfig transformer, int projectionDim, int endOfText) {
    /// A value that nearly all published configs carry by mistake. It stands for OpenAI's original rule, the position of the greatest id.
    public static final int LEGACY_END_OF_TEXT = 2;

    public TextConfig {
        TransformerConfig.requirePositive("vocabulary size", vocabularySize);
        TransformerConfig.requirePositive("context length", contextLength);
        if (projectionDim < 0) {
            throw new IllegalArgumentException("projection width: expected at least 0, got " + projectionDim);
        }
    }

    /// The width of what the encoder returns.
    public int outputDim() {
        return projectionDim > 0 ? projectionDim : transformer.width();
    }

    /// The position whose output stands for the text: the first end of text, or under the legacy rule the first of the greatest ids
    /// (huggingface/transformers `modeling_clip.py`, `CLIPTextTransformer.forward`). "First" matters: padding repeats the id.
    ///
    /// @throws IllegalArgumentException when there is no end of text
    public int pooledPosition(int[] ids) {
        int position = 0;
        if (endOfText == LEGACY_END_OF_TEXT) {
            for (int i = 1; i < ids.length; i++) {
                if (ids[i] > ids[position]) {
                    position = i;
                }
            }
            return position;
        }
        while (position < ids.length && ids[position] != endOfText) {
            position++;
        }
        if (position == ids.length) {
            throw new IllegalArgumentException("token ids: expected an end of text, %d, got none among %d ids".formatted(endOfText, ids.length));
        }
        return position;
    }
}
