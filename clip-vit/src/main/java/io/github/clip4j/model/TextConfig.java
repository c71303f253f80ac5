package io.github.clip4j.model;

import io.github.clip4j.core.Activation;
import java.util.OptionalInt;

/// The text encoder: token ids and positions, a transformer, and what makes one vector of its outputs.
///
/// @param vocabularySize token ids are below this
/// @param contextLength the most tokens of a text; with [TextHead.LastPosition] and [TextHead.EndOfPaddedText] every text has as
///     many
/// @param transformer the blocks
/// @param head how the outputs become one vector
public record TextConfig(int vocabularySize, int contextLength, TransformerConfig transformer, TextHead head) {
    /// A value that nearly all published configs carry by mistake. It means OpenAI's original rule, the position of the greatest id.
    public static final int LEGACY_END_OF_TEXT = 2;

    private static final int SINE_AND_COSINE = 4;

    /// Checks the extents.
    ///
    /// @throws IllegalArgumentException for an extent below 1, or a parameter too large for an array
    public TextConfig {
        TransformerConfig.requirePositive("vocabulary size", vocabularySize);
        TransformerConfig.requirePositive("context length", contextLength);
        TransformerConfig.requireArray("token embeddings", vocabularySize, transformer.width());
        TransformerConfig.requireArray("position embeddings", rows(head, contextLength), transformer.width());
        TransformerConfig.requireArray("text projection", projectionDim(head).orElse(0), transformer.width());
        if (head instanceof TextHead.FirstPosition && transformer.width() < SINE_AND_COSINE) {
            throw new IllegalArgumentException("width: expected at least %d where positions are computed, two frequencies, got %d"
                    .formatted(SINE_AND_COSINE, transformer.width()));
        }
        if (head instanceof TextHead.Bert bert) {
            TransformerConfig.requireArray("segment embeddings", bert.types(), transformer.width());
            int[] widths = bert.widths(transformer.width());
            for (int i = 1; i < widths.length; i++) {
                TransformerConfig.requireArray("text projection", widths[i - 1], widths[i]);
            }
        }
    }

    private static OptionalInt projectionDim(TextHead head) {
        return switch (head) {
            case TextHead.EndOfText end -> end.projectionDim();
            case TextHead.EndOfPaddedText end -> end.projectionDim();
            case TextHead.LastPosition last -> last.projectionDim();
            case TextHead.FirstPosition first -> first.projectionDim();
            case TextHead.Bert bert -> bert.projectionDim();
        };
    }

    private static int rows(TextHead head, int contextLength) {
        return switch (head) {
            case TextHead.EndOfText _, TextHead.EndOfPaddedText _, TextHead.LastPosition _, TextHead.FirstPosition _ -> contextLength;
            case TextHead.Bert bert -> {
                if (contextLength > bert.positions() - bert.firstPosition()) {
                    throw new IllegalArgumentException("context length: expected at most %d, the positions from %d on, got %d"
                            .formatted(bert.positions() - bert.firstPosition(), bert.firstPosition(), contextLength));
                }
                yield bert.positions();
            }
        };
    }

    /// {@return this config with another width of its projection, or without one}
    ///
    /// @param dim the width; empty to end before the projection
    public TextConfig withProjection(OptionalInt dim) {
        return new TextConfig(vocabularySize, contextLength, transformer, switch (head) {
            case TextHead.EndOfText end -> new TextHead.EndOfText(dim, end.pooling(), end.id());
            case TextHead.EndOfPaddedText _ -> new TextHead.EndOfPaddedText(dim);
            case TextHead.LastPosition last -> new TextHead.LastPosition(dim, last.biased());
            case TextHead.FirstPosition first -> new TextHead.FirstPosition(dim, first.padId());
            case TextHead.Bert bert -> new TextHead.Bert(
                    bert.pooling(), dim.isEmpty() ? TextHead.Bert.Projection.NONE : bert.projection(), dim, bert.positions(),
                    bert.firstPosition(), bert.types(), bert.padId());
        });
    }

    /// {@return this config with another activation}
    ///
    /// @param activation of the MLPs
    public TextConfig withActivation(Activation activation) {
        return new TextConfig(vocabularySize, contextLength, transformer.withActivation(activation), head);
    }

    /// {@return the width that outputs are projected to; empty when the tower ends before the projection}
    public OptionalInt projectionDim() {
        return projectionDim(head);
    }

    /// {@return the width of what the encoder returns}
    public int outputDim() {
        return projectionDim().orElse(transformer.width());
    }

    /// {@return the position whose output becomes the embedding of the text; the last that matters where that is a mean}
    ///
    /// @param ids with start and end of text
    /// @throws IllegalArgumentException when there is no end of text
    public int pooledPosition(int[] ids) {
        return switch (head) {
            case TextHead.EndOfText end -> end.position(ids);
            case TextHead.EndOfPaddedText end -> end.position(ids);
            case TextHead.LastPosition _ -> contextLength - 1;
            case TextHead.FirstPosition first -> {
                first.withoutPadding(ids); // refuses one that begins with it
                yield 0;
            }
            case TextHead.Bert bert -> bert.withoutPadding(ids).length - 1;
        };
    }
}
