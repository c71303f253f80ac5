package io.github.clip4j;

import io.github.clip4j.image.Image;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.Tokenizer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// Classifies images by labels in words. [Clip#classifier(List, PromptTemplates)] makes one; the labels are embedded then, once. Immutable
/// and thread-safe. No method accepts null.
///
/// Two questions can be asked of the same labels:
///
/// - *which one is it?* The softmax of the logits, over all labels: probabilities sum to 1, and one label is always best. CLIP was trained
/// to answer it.
/// - *which ones apply?* The sigmoid of each logit by itself: several labels may be probable, or none. SigLIP was trained to answer it.
///
/// [#classify(Image)] asks what the model was trained for, as the zero-shot pipeline of transformers does, and
/// [Classification#independent()] says which it was; [#classifyIndependent(Image)] asks the second question of any model.
public final class ZeroShotClassifier {
    /// Prompts that are embedded together, about: enough to share most of their beginnings, few enough for bounded memory.
    private static final int PROMPTS = 4096;

    private final List<String> labels;
    private final List<Embedding> classEmbeddings;
    private final double logitScale;
    private final OptionalDouble logitBias;
    private final Function<List<Image>, List<Embedding>> embedImages;

    /// A classifier over labels whose embeddings are known.
    ///
    /// @param logitScale e^logit_scale, [io.github.clip4j.model.ClipModel#logitScale()]
    /// @param logitBias added to every logit, [io.github.clip4j.model.ClipModel#logitBias()]; empty for a model trained with a softmax
    /// @param embedImages the image encoder
    ZeroShotClassifier(
            List<String> labels, List<Embedding> classEmbeddings, double logitScale, OptionalDouble logitBias,
            Function<List<Image>, List<Embedding>> embedImages) {
        this.labels = List.copyOf(labels);
        this.classEmbeddings = List.copyOf(classEmbeddings);
        this.logitScale = logitScale;
        this.logitBias = logitBias;
        this.embedImages = embedImages;
    }

    /// Checks all labels, then embeds them part by part.
    ///
    /// @param progress is told the number of labels that are embedded, after each part
    static ZeroShotClassifier of(Clip clip, List<String> labels, PromptTemplates templates, IntConsumer progress) {
        Objects.requireNonNull(templates, "templates is null");
        Objects.requireNonNull(progress, "progress is null");
        ClipModel model = clip.model();
        clip.preprocess(); // a checkpoint without an image encoder says so before the labels are embedded
        double logitScale = model.logitScale()
                .orElseThrow(() -> new IllegalStateException(
                        clip.name() + " has no logit_scale, which makes shares of cosines: expected one beside the encoders; "
                                + "embeddings and "
                                + "similarities need none"));
        requireLabels(labels, templates, clip.tokenizer(), clip.contextLength());
        List<Embedding> classEmbeddings = new ArrayList<>();
        int perLabel = templates.templates().size();
        int perPart = Math.max(1, PROMPTS / perLabel);
        for (int from = 0; from < labels.size(); from += perPart) {
            List<String> part = labels.subList(from, Math.min(labels.size(), from + perPart));
            List<Embedding> prompts = clip.embedTexts(part.stream().flatMap(label -> templates.apply(label).stream()).toList());
            for (int i = 0; i < part.size(); i++) {
                classEmbeddings.add(ensemble(prompts.subList(i * perLabel, (i + 1) * perLabel)));
            }
            progress.accept(classEmbeddings.size());
        }
        return new ZeroShotClassifier(labels, classEmbeddings, logitScale, model.logitBias(), clip::embedImages);
    }

    /// Checks that there are labels, that each has tokens and fits the model in every template, and that the model can tell any two apart.
    private static void requireLabels(List<String> labels, PromptTemplates templates, Tokenizer tokenizer, int contextLength) {
        Inputs.requireNoNulls(labels, "labels");
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("labels: expected at least one");
        }
        Map<IntBuffer, Integer> known = new HashMap<>();
        int blank = tokenizer.encode("").length;
        for (int i = 0; i < labels.size(); i++) {
            int[] own = tokenizer.encode(labels.get(i));
            if (own.length <= blank) {
                throw new IllegalArgumentException(
                        "labels[%d] is blank: expected a text with tokens, got '%s'".formatted(i, labels.get(i)));
            }
            int[] prompts = promptTokens(templates.apply(labels.get(i)), i, tokenizer, contextLength);
            int[] key = tokenizer.truncates() ? prompts : own; // labels may differ only behind the cut
            Integer same = known.putIfAbsent(IntBuffer.wrap(key), i);
            if (same != null) {
                throw new IllegalArgumentException(
                        "labels[%d] '%s' and labels[%d] '%s' have the same tokens, so no image tells them apart; remove one"
                                .formatted(same, labels.get(same), i, labels.get(i)));
            }
        }
    }

    /// The tokens of a label's prompts, one prompt after the other.
    private static int[] promptTokens(List<String> prompts, int label, Tokenizer tokenizer, int contextLength) {
        try {
            return prompts.stream().flatMapToInt(prompt -> Arrays.stream(tokenizer.encode(prompt, contextLength))).toArray();
        } catch (TextTooLongException e) {
            throw e.at("labels", label);
        }
    }

    /// The embedding of a class from those of its prompts: their mean, normalised again (openai/CLIP
    /// `notebooks/Prompt_Engineering_for_ImageNet.ipynb`, `zeroshot_classifier`).
    private static Embedding ensemble(List<Embedding> prompts) {
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

    /// {@return the labels, in the order in which they were given}
    public List<String> labels() {
        return labels;
    }

    /// {@return the embedding of each label, in their order: over several templates, the normalised mean of its prompts' embeddings}
    public List<Embedding> classEmbeddings() {
        return classEmbeddings;
    }

    /// {@return whether the model was trained to judge each label by itself, with a sigmoid: whether it has a `logit_bias`}
    public boolean isIndependent() {
        return logitBias.isPresent();
    }

    /// {@return which of the labels fits an image: the softmax over all labels, or each label's own probability when the model
    /// [judges them independently][#isIndependent()]}
    ///
    /// @param image of any size
    /// @throws IllegalStateException when the model is closed
    public Classification classify(Image image) {
        return classify(embed(image));
    }

    /// {@return one result for each image, in their order, as [#classify(Image)]} The result for an image does not depend on the
    /// others.
    ///
    /// @param images of any sizes
    /// @throws IllegalStateException when the model is closed
    public List<Classification> classify(List<Image> images) {
        return embedImages.apply(images).stream().map(this::classify).toList();
    }

    /// {@return the result of [#classify(Image)] for an image that is embedded already}
    ///
    /// @param image embedded by the same model
    /// @throws IllegalArgumentException when it is from a model of another dimension
    public Classification classify(Embedding image) {
        if (isIndependent()) {
            return classifyIndependent(image);
        }
        double[] cosines = cosines(image);
        double[] logits = Arrays.stream(cosines).map(this::logit).toArray();
        double max = Arrays.stream(logits).max().orElseThrow();
        double sum = Arrays.stream(logits).map(logit -> Math.exp(logit - max)).sum();
        return classification(cosines, logits, Arrays.stream(logits).map(logit -> Math.exp(logit - max) / sum).toArray(), false);
    }

    /// {@return which of the labels apply to an image, each judged by itself: the sigmoid of its logit, 1 / (1 + e^−logit)} The
    /// probabilities do not sum to 1.
    ///
    /// They are probabilities for a model that was trained with a sigmoid and has a `logit_bias`. A model that was trained with a softmax,
    /// as OpenAI's, learnt only which label fits better than others: its logits are 100 times a cosine, most of them above 10, and the
    /// sigmoid of nearly every label is above 0.9999. Use it there for the order alone, or set a threshold on
    /// [Classification.Score#cosine()] that was found with images of your own.
    ///
    /// @param image of any size
    /// @throws IllegalStateException when the model is closed
    public Classification classifyIndependent(Image image) {
        return classifyIndependent(embed(image));
    }

    /// {@return one result for each image, in their order, with each label judged by itself ([#classifyIndependent(Image)])}
    ///
    /// @param images of any sizes
    /// @throws IllegalStateException when the model is closed
    public List<Classification> classifyIndependent(List<Image> images) {
        return embedImages.apply(images).stream().map(this::classifyIndependent).toList();
    }

    /// {@return the result of [#classifyIndependent(Image)] for an image that is embedded already}
    ///
    /// @param image embedded by the same model
    /// @throws IllegalArgumentException when it is from a model of another dimension
    public Classification classifyIndependent(Embedding image) {
        double[] cosines = cosines(image);
        double[] logits = Arrays.stream(cosines).map(this::logit).toArray();
        return classification(cosines, logits, Arrays.stream(logits).map(logit -> 1 / (1 + Math.exp(-logit))).toArray(), true);
    }

    private Embedding embed(Image image) {
        Objects.requireNonNull(image, "image is null");
        return embedImages.apply(List.of(image)).getFirst();
    }

    private double[] cosines(Embedding image) {
        Objects.requireNonNull(image, "image is null");
        return classEmbeddings.stream().mapToDouble(image::dot).toArray();
    }

    private double logit(double cosine) {
        return logitScale * cosine + logitBias.orElse(0);
    }

    private Classification classification(double[] cosines, double[] logits, double[] probabilities, boolean independent) {
        return new Classification(IntStream.range(0, logits.length)
                .mapToObj(i -> new Classification.Score(labels.get(i), cosines[i], logits[i], probabilities[i]))
                .sorted(Comparator.comparingDouble(Classification.Score::logit).reversed())
                .toList(), independent);
    }
}
