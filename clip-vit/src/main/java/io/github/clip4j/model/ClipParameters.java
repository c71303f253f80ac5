package io.github.clip4j.model;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.ParameterNames;
import java.util.ArrayList;
import java.util.List;

/// The table of CLIP's parameters: every name and shape, as a function of the config. It joins what the layers say that their constructors
/// read.
///
/// In shapes, out comes before in, as PyTorch's `Linear` stores weights.
final class ClipParameters {
    private ClipParameters() {}

    /// All parameters of a model, in the order of computation.
    static List<TensorSpec> of(ClipConfig config) {
        List<TensorSpec> specs = new ArrayList<>();
        config.vision().ifPresent(vision -> ImageEncoder.specs(vision).forEach(specs::add));
        config.text().ifPresent(text -> TextEncoder.specs(text).forEach(specs::add));
        if (config.hasBothTowers()) {
            specs.add(new TensorSpec(ParameterNames.LOGIT_SCALE, Shape.of()));
            switch (config.text().orElseThrow().head()) {
                // may have one, see check
                case TextHead.EndOfText _, TextHead.EndOfPaddedText _, TextHead.FirstPosition _, TextHead.Bert _ -> {}
                case TextHead.LastPosition last -> {
                    if (last.biased()) {
                        specs.add(new TensorSpec(ParameterNames.LOGIT_BIAS, Shape.of()));
                    }
                }
            }
        }
        return List.copyOf(specs);
    }

    /// Checks that `source` holds exactly these parameters, and perhaps [ParameterNames#LOGIT_BIAS] and buffers. The scale of logits may be
    /// missing: embeddings do not need it. It may also be beside one tower.
    ///
    /// @throws WeightFormatException which lists every finding at once
    static void check(ClipConfig config, WeightSource source) throws WeightFormatException {
        List<TensorSpec> specs = of(config);
        if (!source.tensors().containsKey(ParameterNames.LOGIT_SCALE)) {
            specs = specs.stream().filter(spec -> !spec.name().equals(ParameterNames.LOGIT_SCALE)).toList();
        }
        TensorSpec.check(specs, source, name -> ParameterNames.isBuffer(name) || name.equals(ParameterNames.LOGIT_BIAS)
                || (name.equals(ParameterNames.LOGIT_SCALE) && !config.hasBothTowers()));
    }
}
