package io.github.clip4j.model;

import java.util.Arrays;
import java.util.List;
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
            int greatest = greatest(ids);
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

    /// MobileCLIP2-L-14's: a position sees all others, padding too, so that a text always fills the context; the output at its end, the
    /// first of the greatest ids, is normed and projected (Faghri et al. 2025, arXiv:2508.20691; open_clip `transformer.py`, class
    /// `TextTransformer` with `no_causal_mask` and `pool_type` argmax).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm
    record EndOfPaddedText(OptionalInt projectionDim) implements TextHead {
        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a projection of width below 1
        public EndOfPaddedText {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
        }

        /// The position of the end of a text.
        int position(int[] ids) {
            return greatest(ids);
        }
    }

    /// SigLIP's and CLIPA's: a position sees all others, padding too, so that a text always fills the context; the output at the last
    /// position is normed and projected (transformers `modeling_siglip.py`, class `SiglipTextModel`; open_clip `transformer.py`, class
    /// `TextTransformer` with `no_causal_mask` and `pool_type` last).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm, as SO400M/16 i18n does
    /// @param biased whether the projection has a bias and the logits have one, as SigLIP's, which was trained with a sigmoid; CLIPA has
    ///     neither
    record LastPosition(OptionalInt projectionDim, boolean biased) implements TextHead {
        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a projection of width below 1
        public LastPosition {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
        }
    }

    /// NLLB-CLIP's, the encoder of M2M100: a position sees all others, a text is as long as it is, tokens are scaled by √d, positions are
    /// computed, and the output at the first position, which holds the language, is normed and projected (transformers
    /// `modeling_m2m_100.py`, class `M2M100Encoder`; open_clip `hf_model.py`, class `ClsPooler`).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm
    /// @param padId what texts may be padded with; it is left out, wherever it is
    record FirstPosition(OptionalInt projectionDim, int padId) implements TextHead {
        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a projection of width below 1, or padding below 0
        public FirstPosition {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
            if (padId < 0) {
                throw new IllegalArgumentException("padding: expected an id of at least 0, got " + padId);
            }
        }

        /// The number of a text's first position: padding's is before it.
        int firstPosition() {
            return padId + 1;
        }

        /// A text without padding. A position is counted among those that are not padding, and nothing sees padding.
        ///
        /// @throws IllegalArgumentException for a text that begins with it
        int[] withoutPadding(int[] ids) {
            if (ids[0] == padId) {
                throw new IllegalArgumentException(
                        "token ids: expected the language first, which this model reads, got padding, %d".formatted(padId));
            }
            return Arrays.stream(ids).filter(id -> id != padId).toArray();
        }
    }

    /// BERT's, RoBERTa's and DistilBERT's: the norms come after the sums, a position sees all others, a text is as long as it is, and one
    /// row of its outputs is projected (transformers `modeling_bert.py`, `modeling_roberta.py`, `modeling_distilbert.py`).
    ///
    /// @param pooling which row that is
    /// @param projection what follows it
    /// @param projectionDim the width of an embedding; empty exactly with [Projection#NONE]
    /// @param positions the rows of the table of positions
    /// @param firstPosition the row of a text's first position: 2 in RoBERTa, whose padding has the rows before it
    /// @param types the rows of the table of segments, of which texts have the first; 0 in DistilBERT, which has no table
    /// @param padId what texts may be padded with; it is left out
    record Bert(
            Rows pooling, Projection projection, OptionalInt projectionDim, int positions, int firstPosition, int types, int padId)
            implements TextHead {
        /// Checks the extents.
        ///
        /// @throws IllegalArgumentException for a projection of width below 1, or positions without a row
        public Bert {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
            TransformerConfig.requirePositive("positions", positions);
            if (projectionDim.isPresent() != (projection != Projection.NONE)) {
                throw new IllegalArgumentException("projection %s: expected a width with it, and none without".formatted(projection));
            }
            if (firstPosition < 0 || firstPosition >= positions || types < 0) {
                throw new IllegalArgumentException("expected the first position below %d and 0 segments or more, got %d and %d"
                        .formatted(positions, firstPosition, types));
            }
        }

        /// The widths of the projection: that of its input, and those of its layers' outputs (open_clip `hf_model.py`).
        int[] widths(int width) {
            int dim = projectionDim.orElse(width);
            return switch (projection) {
                case NONE -> new int[] {width};
                case LINEAR, LINEAR_WITH_BIAS -> new int[] {width, dim};
                case MLP -> new int[] {width, (int) (((long) width + dim) / 2), dim};
            };
        }

        /// The names of the projection's layers within `text_projection`.
        List<String> layers() {
            return switch (projection) {
                case NONE -> List.of();
                case LINEAR, LINEAR_WITH_BIAS -> List.of("");
                case MLP -> List.of(".0", ".2");
            };
        }

        /// A text without the padding at its end.
        int[] withoutPadding(int[] ids) {
            int end = ids.length;
            while (end > 1 && ids[end - 1] == padId) {
                end--;
            }
            return end == ids.length ? ids : Arrays.copyOf(ids, end);
        }

        /// Which row of a text's outputs is taken.
        public enum Rows {
            /// The first, that of the token `[CLS]` or `<s>`.
            FIRST,
            /// The mean of all.
            MEAN
        }

        /// What makes the embedding of that row.
        public enum Projection {
            /// Nothing.
            NONE,
            /// A matrix (Chinese-CLIP, sentence-transformers).
            LINEAR,
            /// A matrix and a bias (M-CLIP).
            LINEAR_WITH_BIAS,
            /// Two matrices with GELU between them (open_clip).
            MLP
        }
    }

    /// The first position of the greatest id.
    private static int greatest(int[] ids) {
        int greatest = 0;
        for (int i = 1; i < ids.length; i++) {
            if (ids[i] > ids[greatest]) {
                greatest = i;
            }
        }
        return greatest;
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
