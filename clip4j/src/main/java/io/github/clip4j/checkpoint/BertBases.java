package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Activation;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/// Published text encoders of BERT's kind whose names stand in configs without their extents (M-CLIP's `modelBase`, open_clip's
/// `hf_model_name`). The extents are those of the `config.json` that each name leads to.
enum BertBases {
    XLM_ROBERTA_BASE(250_002, 768, 12, Kind.ROBERTA),
    XLM_ROBERTA_LARGE(250_002, 1024, 24, Kind.ROBERTA),
    ROBERTA_BASE(50_265, 768, 12, Kind.ROBERTA),
    ROBERTA_LARGE(50_265, 1024, 24, Kind.ROBERTA),
    LABSE(501_153, 768, 12, Kind.BERT),
    BERT_BASE_UNCASED(30_522, 768, 12, Kind.BERT),
    BERT_BASE_CASED(28_996, 768, 12, Kind.BERT),
    BERT_BASE_CHINESE(21_128, 768, 12, Kind.BERT),
    BERT_BASE_MULTILINGUAL_CASED(119_547, 768, 12, Kind.BERT);

    private static final int HEAD_WIDTH = 64;

    /// What the models of a family share.
    private enum Kind {
        BERT(512, 0, 2, 0, 1e-12),
        ROBERTA(514, 2, 1, 1, 1e-5);

        private final int positions; // rows of the table
        private final int firstPosition; // the row of a text's first position: padding's is before it
        private final int types; // segments
        private final int padId; // the padding's token
        private final double epsilon;

        Kind(int positions, int firstPosition, int types, int padId, double epsilon) {
            this.positions = positions;
            this.firstPosition = firstPosition;
            this.types = types;
            this.padId = padId;
            this.epsilon = epsilon;
        }
    }

    private final int vocabulary;
    private final int width;
    private final int layers;
    private final Kind kind;

    BertBases(int vocabulary, int width, int layers, Kind kind) {
        this.vocabulary = vocabulary;
        this.width = width;
        this.layers = layers;
        this.kind = kind;
    }

    /// The one that a name such as `xlm-roberta-base` or `FacebookAI/xlm-roberta-base` means.
    static Optional<BertBases> of(String name) {
        String last = name.substring(name.lastIndexOf('/') + 1).toUpperCase(Locale.ROOT).replace('-', '_');
        for (BertBases base : values()) {
            if (base.name().equals(last)) {
                return Optional.of(base);
            }
        }
        return Optional.empty();
    }

    /// @param contextLength the most tokens of a text; empty for as many as there are positions
    /// @param dim the width of an embedding; empty without a projection
    TextConfig config(OptionalInt contextLength, TextHead.Bert.Rows rows, TextHead.Bert.Projection projection, OptionalInt dim) {
        TransformerConfig transformer =
                new TransformerConfig(width, width / HEAD_WIDTH, layers, 4 * width, Activation.GELU, kind.epsilon);
        return new TextConfig(
                vocabulary, contextLength.orElse(kind.positions - kind.firstPosition), transformer,
                new TextHead.Bert(rows, projection, dim, kind.positions, kind.firstPosition, kind.types, kind.padId));
    }
}
