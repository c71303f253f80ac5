package io.github.clip4j;

import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/// How a model is loaded and run. Immutable.
///
/// ```java
/// Clip.load(directory, ClipOptions.defaults().withThreads(4).withTruncation(true));
/// ```
///
/// The number of threads does not change results, to the bit. The other options say what a checkpoint's files do not say, or ask for
/// something else than they say; what is not given is empty.
public final class ClipOptions {
    private static final int LARGEST_IMAGE = 10_000;

    /// More than any machine has processors. Threads beyond what a process may have end in an OutOfMemoryError while a model is loaded.
    private static final int MOST_THREADS = 4_096;

    private final int threads;
    private final Optional<Profile> profile;
    private final Optional<Activation> activation;
    private final OptionalInt imageSize;
    private final Optional<Boolean> truncation;
    private final Optional<String> language;
    private final DType weights;
    private final int maxConcurrent;

    private ClipOptions(
            int threads, Optional<Profile> profile, Optional<Activation> activation, OptionalInt imageSize,
            Optional<Boolean> truncation, Optional<String> language, DType weights, int maxConcurrent) {
        this.threads = threads;
        this.profile = profile;
        this.activation = activation;
        this.imageSize = imageSize;
        this.truncation = truncation;
        this.language = language;
        this.weights = weights;
        this.maxConcurrent = maxConcurrent;
    }

    /// {@return options with one thread for each processor, weights in float32, and everything else as the checkpoint says}
    public static ClipOptions defaults() {
        return new ClipOptions(
                Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors()), Optional.empty(), Optional.empty(),
                OptionalInt.empty(), Optional.empty(), Optional.empty(), DType.F32, 1);
    }

    /// How many threads encode.
    ///
    /// @param threads 1 to 4,096, the one that runs the passes included
    /// @return options with that
    /// @throws IllegalArgumentException for another number
    public ClipOptions withThreads(int threads) {
        if (threads < 1 || threads > MOST_THREADS) {
            throw new IllegalArgumentException("threads: expected 1 to %,d, got %,d".formatted(MOST_THREADS, threads));
        }
        return new ClipOptions(threads, profile, activation, imageSize, truncation, language, weights, maxConcurrent);
    }

    /// The reference implementation to agree with in tokenizing texts and preparing images, when it is not the one that the files belong
    /// to.
    ///
    /// @param profile takes the place of the checkpoint's
    /// @return options with that
    public ClipOptions withProfile(Profile profile) {
        Objects.requireNonNull(profile, "profile is null");
        return new ClipOptions(threads, Optional.of(profile), activation, imageSize, truncation, language, weights, maxConcurrent);
    }

    /// The activation of both towers' MLPs, for a checkpoint that does not say it.
    ///
    /// @param activation takes the place of the checkpoint's
    /// @return options with that
    public ClipOptions withActivation(Activation activation) {
        Objects.requireNonNull(activation, "activation is null");
        return new ClipOptions(threads, profile, Optional.of(activation), imageSize, truncation, language, weights, maxConcurrent);
    }

    /// Images of another size than the model was trained on; its position embeddings are resampled.
    ///
    /// @param imageSize the edge of images, 1 to 10,000 pixels
    /// @return options with that
    /// @throws IllegalArgumentException for another number
    public ClipOptions withImageSize(int imageSize) {
        if (imageSize < 1 || imageSize > LARGEST_IMAGE) {
            throw new IllegalArgumentException("image size: expected 1 to %,d pixels, got %d".formatted(LARGEST_IMAGE, imageSize));
        }
        return new ClipOptions(threads, profile, activation, OptionalInt.of(imageSize), truncation, language, weights, maxConcurrent);
    }

    /// What happens to a text with more tokens than the model has positions, whatever the profile says.
    ///
    /// @param truncates true: it keeps its first tokens, and the end of text stays the last one, as in the reference implementations that
    ///     cut; false: it is refused with a [io.github.clip4j.tokenizer.TextTooLongException]
    /// @return options with that
    public ClipOptions withTruncation(boolean truncates) {
        return new ClipOptions(threads, profile, activation, imageSize, Optional.of(truncates), language, weights, maxConcurrent);
    }

    /// The language that texts are in, for a model whose texts begin with theirs: NLLB-CLIP. Without it they are in the one that the files
    /// say, which is English where they say none. To embed texts of several languages with one model, give each to
    /// [io.github.clip4j.tokenizer.Tokenizer#withLanguage] and their ids to [Clip#embedTokens].
    ///
    /// @param language as the vocabulary has it, such as `fra_Latn`; loading refuses one that it does not have, and any for another model,
    ///     with a [io.github.clip4j.tokenizer.LanguageException]
    /// @return options with that
    public ClipOptions withLanguage(String language) {
        Objects.requireNonNull(language, "language is null");
        return new ClipOptions(threads, profile, activation, imageSize, truncation, Optional.of(language), weights, maxConcurrent);
    }

    /// How the weights of linear layers are kept in memory. F16 and BF16 take half of it, and lose nothing when the checkpoint was
    /// published so. Results are computed in float32 in any case.
    ///
    /// @param weights F32, F16 or BF16
    /// @return options with that
    /// @throws IllegalArgumentException for another type
    public ClipOptions withWeights(DType weights) {
        Objects.requireNonNull(weights, "weights is null");
        if (weights != DType.F32 && weights != DType.F16 && weights != DType.BF16) {
            throw new IllegalArgumentException("weights: expected F32, F16 or BF16, got " + weights);
        }
        return new ClipOptions(threads, profile, activation, imageSize, truncation, language, weights, maxConcurrent);
    }

    /// Lets up to `maxConcurrent` forward passes run side by side; 1 unless set.
    ///
    /// Calls beyond that wait, in their order, and what has gathered when a pass ends is encoded together in the next: one pass at a time
    /// is the fastest for all together, because all threads compute it. A second pass runs on a thread of its own beside the team. It lets
    /// a short call begin while a long one is computed, makes both slower, and takes the scratch of one thread more
    /// ([Clip#scratchBytes()]).
    ///
    /// @param maxConcurrent 1 to 4,096
    /// @return options with that
    /// @throws IllegalArgumentException for another number
    public ClipOptions withMaxConcurrent(int maxConcurrent) {
        if (maxConcurrent < 1 || maxConcurrent > MOST_THREADS) {
            throw new IllegalArgumentException("max concurrent: expected 1 to %,d, got %,d".formatted(MOST_THREADS, maxConcurrent));
        }
        return new ClipOptions(threads, profile, activation, imageSize, truncation, language, weights, maxConcurrent);
    }

    /// {@return the threads that prepare and encode}
    public int threads() {
        return threads;
    }

    /// {@return the reference implementation to agree with; empty for the one that the files belong to}
    public Optional<Profile> profile() {
        return profile;
    }

    /// {@return the activation of both towers' MLPs; empty for the checkpoint's}
    public Optional<Activation> activation() {
        return activation;
    }

    /// {@return the edge of images, pixels; empty for the checkpoint's}
    public OptionalInt imageSize() {
        return imageSize;
    }

    /// {@return whether texts that are too long are cut rather than refused; empty for what the profile does}
    public Optional<Boolean> truncation() {
        return truncation;
    }

    /// {@return the language that texts are in; empty for the one that the files say}
    public Optional<String> language() {
        return language;
    }

    /// {@return how the weights of linear layers are kept: F32, F16 or BF16}
    public DType weights() {
        return weights;
    }

    /// {@return the forward passes that run side by side}
    public int maxConcurrent() {
        return maxConcurrent;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClipOptions o && threads == o.threads && profile.equals(o.profile) && activation.equals(o.activation)
                && imageSize.equals(o.imageSize) && truncation.equals(o.truncation) && language.equals(o.language) && weights == o.weights
                && maxConcurrent == o.maxConcurrent;
    }

    @Override
    public int hashCode() {
        return Objects.hash(threads, profile, activation, imageSize, truncation, language, weights, maxConcurrent);
    }

    @Override
    public String toString() {
        return ("ClipOptions[threads=%d, profile=%s, activation=%s, imageSize=%s, truncation=%s, language=%s, weights=%s, "
                + "maxConcurrent=%d]").formatted(
                threads, said(profile), said(activation), imageSize.isPresent() ? imageSize.getAsInt() : "the checkpoint's",
                said(truncation), said(language), weights, maxConcurrent);
    }

    private static Object said(Optional<?> option) {
        return option.isPresent() ? option.get() : "the checkpoint's";
    }
}
