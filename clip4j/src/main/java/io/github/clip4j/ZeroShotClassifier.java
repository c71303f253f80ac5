package io.github.clip4j;

import io.github.clip4j.image.Image;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;

/// Classifies pictures by labels in words. The labels are embedded once, when it is made. Immutable and thread-safe.
public final class ZeroShotClassifier {
    private final List<String> labels;
    private final List<Embedding> classEmbeddings;
    private final double logitScale;
    private final double logitBias;
    private final Function<List<Image>, List<Embedding>> embedImages;

    /// A classifier over labels whose embeddings are known.
    ///
    /// @param logitScale e^logit_scale, [io.github.clip4j.model.ClipModel#logitScale()]
    /// @param logitBias added to every logit, [io.github.clip4j.model.ClipModel#logitBias()]
    /// @param embedImages the image encoder
    public ZeroShotClassifier(
            List<String> labels, List<Embedding> classEmbeddings, double logitScale, double logitBias,
            Function<List<Image>, List<Embedding>> embedImages) {
        requireLabels(labels);
        if (classEmbeddings.size() != labels.size()) {
            throw new IllegalArgumentException("classifier: expected %d embeddings, got %d".formatted(labels.size(), classEmbeddings.size()));
        }
        this.labels = List.copyOf(labels);
        this.classEmbeddings = List.copyOf(classEmbeddings);
        this.logitScale = logitScale;
        this.logitBias = logitBias;
        this.embedImages = embedImages;
    }

    /// Checks that there are labels, and no label twice.
    ///
    /// @throws IllegalArgumentException otherwise
    public static void requireLabels(List<String> labels) {
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("labels: expected at least one");
        }
        HashSet<String> seen = new HashSet<>();
        for (String label : labels) {
            if (!seen.add(label)) {
                throw new IllegalArgumentException("labels: '%s' is given twice".formatted(label));
            }
        }
    }

    /// The embedding of a class from those of its prompts: their mean, normalised again (openai/CLIP
    /// `notebooks/Prompt_Engineering_for_ImageNet.ipynb`, `zeroshot_classifier`).
    public static Embedding ensemble(List<Embedding> prompts) {
        if (prompts.size() == 1) {
            return prompts.getFirst();
        }
        double[] sum = new double[prompts.getFirst().dimension()];
        for (Embedding prompt : prompts) {
            float[] values = prompt.toArray();
            for (int i = 0; i < sum.length; i++) {
                sum[i] += values[i];
            }
        }
        float[] mean = new float[sum.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (sum[i] / prompts.size());
        }
        return Embedding.normalized(mean);
    }

    public List<String> labels() {
        return labels;
    }

    public Classification classify(Image image) {
        return classify(List.of(image)).getFirst();
    }

    /// One result a picture, in their order.
    public List<Classification> classify(List<Image> images) {
        return embedImages.apply(images).stream().map(this::classify).toList();
    }

    /// Classifies a picture that is embedded already.
    public Classification classify(Embedding image) {
        double[] logits = new double[labels.size()];
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < logits.length; i++) {
            logits[i] = logitScale * image.dot(classEmbeddings.get(i)) + logitBias;
            max = Math.max(max, logits[i]);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit - max);
        }
        List<Classification.Score> scores = new ArrayList<>();
        for (int i = 0; i < logits.length; i++) {
            scores.add(new Classification.Score(labels.get(i), Math.exp(logits[i] - max) / sum, logits[i]));
        }
        scores.sort(Comparator.comparingDouble(Classification.Score::logit).reversed());
        return new Classification(scores);
    }
}
