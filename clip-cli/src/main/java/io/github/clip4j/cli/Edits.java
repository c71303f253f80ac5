package io.github.clip4j.cli;

import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.TransformerConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// Parts of a tower that are set to zero: what `clip trace --zero` takes.
final class Edits {
    /// What can be set to zero.
    private enum Part { HEAD, ATTENTION, MLP }

    /// @param head 0 where the part has none
    private record Edit(Part part, int layer, int head) {}

    private final List<Edit> edits = new ArrayList<>();
    private final String blocks;
    private final TransformerConfig config;

    /// @param tower `vision_model` or `text_model`
    /// @param pairs a kind and a place, one after the other, such as `head`, `3.1`
    /// @throws IllegalArgumentException for what the tower does not have
    Edits(String tower, TransformerConfig config, List<String> pairs) {
        this.blocks = tower + ".encoder.layers.";
        this.config = config;
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            edits.add(parse(pairs.get(i), pairs.get(i + 1)));
        }
    }

    private Edit parse(String kind, String place) {
        String[] numbers = place.split("\\.", -1);
        if (kind.equals("head") && numbers.length == 2) {
            return new Edit(Part.HEAD, number(numbers[0], config.layers(), kind, place), number(numbers[1], config.heads(), kind, place));
        }
        if ((kind.equals("attention") || kind.equals("mlp")) && numbers.length == 1) {
            return new Edit(kind.equals("mlp") ? Part.MLP : Part.ATTENTION, number(place, config.layers(), kind, place), 0);
        }
        throw refused(kind, place);
    }

    private int number(String text, int end, String kind, String place) {
        if (text.matches("[0-9]{1,6}") && Integer.parseInt(text) < end) {
            return Integer.parseInt(text);
        }
        throw refused(kind, place);
    }

    private IllegalArgumentException refused(String kind, String place) {
        return new IllegalArgumentException(String.format(
                Locale.ROOT, "--zero: expected 'head LAYER.HEAD', 'attention LAYER' or 'mlp LAYER' with a layer of 0 to %d and a head of "
                        + "0 to %d, got '%s %s'", config.layers() - 1, config.heads() - 1, kind, place));
    }

    boolean isEmpty() {
        return edits.isEmpty();
    }

    /// Changes a stage in place, as [io.github.clip4j.model.Probe#edit] may.
    ///
    /// A head's output is what its columns of `….self_attn` hold. Without an attention or an MLP, only its bias is added to the residual
    /// stream.
    void apply(String stage, Tensor value) {
        for (Edit edit : edits) {
            String name = blocks + edit.layer + (edit.part == Part.MLP ? ".mlp" : ".self_attn");
            if (stage.equals(name)) {
                int from = edit.part == Part.HEAD ? edit.head * config.headDim() : 0;
                int count = edit.part == Part.HEAD ? config.headDim() : value.width();
                for (int row = 0; row < value.rows(); row++) {
                    int at = value.rowOffset(row) + from;
                    Arrays.fill(value.array(), at, at + count, 0f);
                }
            }
        }
    }
}
