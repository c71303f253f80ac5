package io.github.clip4j.model;

import java.util.OptionalInt;

/// How a text encoder makes one vector of its positions. Families of models differ here, and in what goes with it: whether a position sees
/// later ones, whether a text may be shorter than the context.
///
/// Whoever depends on the family switches over this type without a default branch: a new family does not compile until every place has
/// answered.
public sealed interface TextHead {
    /// CLIP's: a position sees itself and earlier ones; the output at the end of the text is normed and projected (openai/CLIP `model.py`,
    /// `encode_text`).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm
    /// @param pooling how the end of the text is found
    /// @param id the token that ends a text
    record EndOfText(OptionalInt projectionDim, Pooling pooling, int id) implements TextHead {
        /// The end of text in CLIP's vocabulary.
        private static final int CLIP_ID = 49407;

        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a projection of width below 1
        public EndOfText {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
        }

        /// The position of the end of a text.
        ///
        /// @throws IllegalArgumentException when there is none
        int position(int[] ids) {
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
                case HUGGING_FACE -> id == TextConfig.LEGACY_END_OF_TEXT || ids[greatest] == CLIP_ID;
            };
            if (byValue) {
                return greatest;
            }
            for (int i = 0; i < ids.length; i++) {
                if (ids[i] == id) {
                    return i;
                }
            }
            throw new IllegalArgumentException("token ids: expected an end of text, %d, got none among %d ids".formatted(id, ids.length));
        }
    }

    /// SigLIP's: a position sees all others, padding too, so that a text always fills the context; the output at the last position is
    /// normed, and a linear layer with a bias makes the embedding of it (transformers `modeling_siglip.py`, class `SiglipTextModel`).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm, as SO400M/16 i18n does
    record LastPosition(OptionalInt projectionDim) implements TextHead {
        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a projection of width below 1
        public LastPosition {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
        }
    }

    /// How the end of a text is found. "First" matters: padding may repeat an id.
    enum Pooling {
        /// The first of the greatest ids (openai/CLIP `model.py`, `encode_text`; open_clip's `argmax`).
        GREATEST_ID,
        /// The first end of text (MetaCLIP 2; open_clip's `eos`).
        FIRST_END_OF_TEXT,
        /// As transformers' `modeling_clip.py`, class `CLIPTextTransformer`, over its versions: the greatest id when the config's end of
        /// text is [TextConfig#LEGACY_END_OF_TEXT] or the text holds CLIP's own; else the first end of text.
        HUGGING_FACE
    }
}
