package io.github.clip4j;

import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/// What a classifier says of one image. Immutable, and a record of records, so that JSON libraries write and read it.
///
/// @param scores all labels, or those that [#top] or [#above] left, the largest logit first; ties in the labels' order
/// @param independent whether each probability is that of its label by itself, so that several may be near 1, or none; else they sum to 1
///     over all labels
public record Classification(List<Score> scores, boolean independent) implements Serializable {
    /// What is known of one label.
    ///
    /// @param label as it was given
    /// @param cosine of image and label, −1 to 1
    /// @param logit e^logit_scale · cosine + logit_bias
    /// @param probability of this label, 0 to 1: the softmax of the logits over all labels of the classifier, or the sigmoid of this logit
    ///     alone when the labels were scored independently
    public record Score(String label, double cosine, double logit, double probability) implements Serializable {
        /// Checks that there is a label.
        public Score {
            Objects.requireNonNull(label, "label is null");
        }
    }

    /// Copies the list.
    public Classification {
        Inputs.requireNoNulls(scores, "scores");
        scores = List.copyOf(scores);
    }

    /// {@return the label with the largest probability}
    ///
    /// @throws java.util.NoSuchElementException when no label is left above a threshold
    public Score best() {
        return scores.getFirst();
    }

    /// {@return the `k` labels with the largest probabilities, or all when there are fewer} Probabilities stay as they are.
    ///
    /// @param k at least 1
    /// @throws IllegalArgumentException when `k` is less than 1
    public Classification top(int k) {
        if (k < 1) {
            throw new IllegalArgumentException("top: expected at least 1 label, got " + k);
        }
        return k >= scores.size() ? this : new Classification(scores.subList(0, k), independent);
    }

    /// {@return the labels whose probability is at least `probability`; perhaps none} Probabilities stay as they are.
    ///
    /// @param probability the threshold, 0 to 1
    /// @throws IllegalArgumentException for another number
    public Classification above(double probability) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new IllegalArgumentException("above: expected a probability of 0 to 1, got " + probability);
        }
        return new Classification(scores.stream().filter(score -> score.probability() >= probability).toList(), independent);
    }
}
