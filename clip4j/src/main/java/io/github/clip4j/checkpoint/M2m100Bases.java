package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Activation;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// The published translation models whose encoders read the texts of NLLB-CLIP: open_clip's configs have their names alone. The extents are
/// those of the `config.json` that each name leads to.
enum M2m100Bases {
    NLLB_200_DISTILLED_600M(12, 4096),
    NLLB_200_DISTILLED_1_3B(24, 8192);

    /// 256,000 pieces, 202 languages, `<mask>`, and three rows that no token has.
    private static final int VOCABULARY = 256_206;

    private static final int WIDTH = 1024;
    private static final int HEADS = 16;
    private static final int PAD_ID = 1;
    private static final double EPSILON = 1e-5; // PyTorch's

    private final int layers;
    private final int mlpWidth;

    M2m100Bases(int layers, int mlpWidth) {
        this.layers = layers;
        this.mlpWidth = mlpWidth;
    }

    /// The one that a name such as `facebook/nllb-200-distilled-1.3B` means.
    static Optional<M2m100Bases> of(String name) {
        String last = name.substring(name.lastIndexOf('/') + 1).toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
        for (M2m100Bases base : values()) {
            if (base.name().equals(last)) {
                return Optional.of(base);
            }
        }
        return Optional.empty();
    }

    /// @param contextLength the most tokens of a text; positions are computed for as many
    /// @param dim the width of an embedding; empty without a projection
    TextConfig config(int contextLength, OptionalInt dim) {
        return new TextConfig(
                VOCABULARY, contextLength, new TransformerConfig(WIDTH, HEADS, layers, mlpWidth, Activation.RELU, EPSILON),
                new TextHead.FirstPosition(dim, PAD_ID));
    }
}
