package io.github.clip4j;

import java.util.List;

/// What a classifier says of one picture.
///
/// @param scores all labels, the most probable first; ties in the labels' order
public record Classification(List<Score> scores) {
    /// One label's share.
    ///
    /// @param label as it was given
    /// @param probability the softmax of the logits over all labels of the classifier
    /// @param logit e^logit_scale times the cosine of picture and label
    public record Score(String label, double probability, double logit) {}

    public Classification {
        scores = List.copyOf(scores);
    }

    /// The most probable label.
    public Score best() {
        return scores.getFirst();
    }
}
