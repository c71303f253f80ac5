package io.github.clip4j.model;

import java.util.OptionalInt;

/// How an image encoder makes one vector of its positions. Families of models differ here, and in what goes with it: whether a class token
/// precedes the patches, whether a norm precedes the blocks.
///
/// Whoever depends on the family switches over this type without a default branch: a new family does not compile until every place has
/// answered.
public sealed interface ImageHead {
    /// CLIP's: a class token precedes the patches and a norm the blocks; the output at the class token is normed and projected
    /// (openai/CLIP `model.py`, class `VisionTransformer`).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm
    /// @param biased whether the projection has a bias, as in MobileCLIP2-L-14, whose image encoder is timm's (`vision_transformer.py`,
    ///     `head`)
    record ClassToken(OptionalInt projectionDim, boolean biased) implements ImageHead {
        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a width below 1
        public ClassToken {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
        }

        /// CLIP's own, whose projection has no bias.
        ///
        /// @param projectionDim the width of an embedding; empty when the tower ends with the norm
        /// @throws IllegalArgumentException for a width below 1
        public ClassToken(OptionalInt projectionDim) {
            this(projectionDim, false);
        }
    }

    /// MobileCLIP-B's: three convolutions make the patches, of 16 pixels; a class token without a position precedes them, and no norm the
    /// blocks; the output at the class token is normed and projected, with a bias (Vasu et al. 2024, arXiv:2311.17049; timm
    /// `vision_transformer_hybrid.py`, `vit_base_mci_224`).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm
    record ConvStem(OptionalInt projectionDim) implements ImageHead {
        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a width below 1
        public ConvStem {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
        }
    }

    /// CLIPA's: a class token precedes the patches, and no norm the blocks; the mean of the outputs at the patches alone is normed and
    /// projected (Li et al. 2023, arXiv:2305.07017; open_clip `transformer.py`, class `VisionTransformer` with `no_ln_pre`,
    /// `pool_type` avg and `final_ln_after_pool`).
    ///
    /// @param projectionDim the width of an embedding; empty when the tower ends with the norm
    record PatchMean(OptionalInt projectionDim) implements ImageHead {
        /// Checks the width.
        ///
        /// @throws IllegalArgumentException for a width below 1
        public PatchMean {
            projectionDim.ifPresent(dim -> TransformerConfig.requirePositive("projection width", dim));
        }
    }

    /// SigLIP's: there is no class token and no norm before the blocks, and the patch embedding has a bias. All outputs are normed; a
    /// learnt query, the probe, attends to them, and an MLP follows. The embedding is as wide as the blocks (Zhai et al. 2023,
    /// arXiv:2303.15343; the head is that of Zhai et al. 2021, arXiv:2106.04560 §3.3; transformers `modeling_siglip.py`, class
    /// `SiglipMultiheadAttentionPoolingHead`). The head's MLP and heads are those of the blocks.
    record AttentionPool() implements ImageHead {}
}
