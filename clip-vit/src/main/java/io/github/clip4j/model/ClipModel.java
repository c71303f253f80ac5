package io.github.clip4j.model;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.ParameterNames;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/// The two encoders and the scale that makes logits of their cosines (openai/CLIP `model.py`, class `CLIP`). Immutable and thread-safe.
public final class ClipModel {
    private final ClipConfig config;
    private final @Nullable ImageEncoder imageEncoder;
    private final @Nullable TextEncoder textEncoder;
    private final OptionalDouble logitScale;
    private final OptionalDouble logitBias;

    private ClipModel(
            ClipConfig config, @Nullable ImageEncoder imageEncoder, @Nullable TextEncoder textEncoder, OptionalDouble logitScale,
            OptionalDouble logitBias) {
        this.config = config;
        this.imageEncoder = imageEncoder;
        this.textEncoder = textEncoder;
        this.logitScale = logitScale;
        this.logitBias = logitBias;
    }

    /// {@return the tensors that a model needs, in the order of computation, under the names of Hugging Face's checkpoints} Check, load,
    /// conversion and inspection read this one table.
    ///
    /// @param config the extents of both towers
    public static List<TensorSpec> parameters(ClipConfig config) {
        return ClipParameters.of(config);
    }

    /// Checks that a source holds exactly the tensors that the config needs. It may also hold `logit_bias` and the buffers of position
    /// numbers that older files carry, and lack `logit_scale`, which embeddings do not need.
    ///
    /// @param config the extents of both towers
    /// @param source holds the weights, under Hugging Face's names
    /// @throws WeightFormatException which lists every finding at once
    public static void check(ClipConfig config, WeightSource source) throws WeightFormatException {
        ClipParameters.check(config, source);
    }

    /// Reads a model. The source may be closed afterwards.
    ///
    /// @param config the extents of both towers
    /// @param source holds the weights, under Hugging Face's names
    /// @param workers the threads that its encoders run on; not closed by the model
    /// @return the model
    /// @throws WeightFormatException when the source's tensors are not exactly those that the config needs
    @SuppressWarnings("exports") // for our own modules: whoever embeds clip4j loads a Clip
    public static ClipModel load(ClipConfig config, WeightSource source, Workers workers) throws IOException {
        return load(config, source, workers, OptionalInt.empty(), PositionInterpolation.HUGGING_FACE, DType.F32);
    }

    /// Reads a model for images of another size than it was trained on.
    ///
    /// @param trained the extents that the weights were trained with
    /// @param weights the tensors, under Hugging Face's names
    /// @param workers the threads that its encoders run on; not closed by the model
    /// @param imageSize the edge of images, pixels; empty for the config's
    /// @param interpolation how position embeddings are resampled
    /// @param storage how the weights of linear layers and the table of tokens are kept: F32, or F16 or BF16 for half the memory; a table
    ///     that is stored in 16 bits stays so
    /// @return the model
    /// @throws IOException when the weights cannot be read
    @SuppressWarnings("exports") // as above
    public static ClipModel load(
            ClipConfig trained, WeightSource weights, Workers workers, OptionalInt imageSize, PositionInterpolation interpolation,
            DType storage) throws IOException {
        ClipParameters.check(trained, weights);
        ClipConfig config = trained;
        WeightSource source = weights;
        VisionConfig vision = trained.vision().orElse(null);
        if (vision != null && imageSize.orElse(vision.imageSize()) != vision.imageSize()) {
            VisionConfig resized = vision.withImageSize(imageSize.getAsInt());
            source = new ResampledPositions(
                    weights, interpolation, vision.positionsBeforePatches(), vision.grid(), resized.grid(),
                    vision.transformer().width());
            config = new ClipConfig(Optional.of(resized), trained.text());
            vision = resized;
        }
        TextConfig text = config.text().orElse(null);
        FutureTask<Optional<TextEncoder>> texts =
                new FutureTask<>(() -> text == null ? Optional.empty() : Optional.of(new TextEncoder(text, weights, storage, workers)));
        boolean together = vision != null && Runtime.getRuntime().availableProcessors() > 1;
        if (together) {
            // both towers are read at once
            Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).name("clip4j-load").start(texts);
        }
        ImageEncoder imageEncoder;
        try {
            imageEncoder = vision == null ? null : new ImageEncoder(vision, source, storage, workers);
            if (!together) {
                texts.run();
            }
        } finally {
            if (together) {
                await(texts); // also when the image encoder failed: the caller closes the weights next
            }
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted while a model was read");
        }
        TextEncoder textEncoder = result(texts).orElse(null);
        boolean hasScale = config.hasBothTowers() && source.tensors().containsKey(ParameterNames.LOGIT_SCALE);
        return new ClipModel(
                config, imageEncoder, textEncoder,
                hasScale ? OptionalDouble.of(Math.exp(finite(source, ParameterNames.LOGIT_SCALE))) : OptionalDouble.empty(),
                source.tensors().containsKey(ParameterNames.LOGIT_BIAS)
                        ? OptionalDouble.of(finite(source, ParameterNames.LOGIT_BIAS))
                        : OptionalDouble.empty());
    }

    /// A single number, which no output would show to be wrong.
    private static double finite(WeightSource source, String name) throws IOException {
        double value = source.read(name)[0];
        if (!Double.isFinite(name.equals(ParameterNames.LOGIT_SCALE) ? Math.exp(value) : value)) {
            throw new WeightFormatException(
                    "%s in %s: expected a finite number, and not above 700, got %s".formatted(name, source.location(), value));
        }
        return value;
    }

    /// Waits until a task is done, whatever its result, and whether the thread is interrupted or not.
    private static void await(FutureTask<?> task) {
        boolean interrupted = false;
        while (!task.isDone()) {
            try {
                task.get();
            } catch (ExecutionException e) {
                break; // result() throws it
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static <T> T result(FutureTask<T> done) throws IOException {
        if (done.state() == Future.State.SUCCESS) {
            return done.resultNow();
        }
        switch (done.exceptionNow()) {
            case IOException failure -> throw failure;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case Throwable failure -> throw new IllegalStateException(failure);
        }
    }

    /// {@return the config, of images of the size that this model was loaded for}
    public ClipConfig config() {
        return config;
    }

    /// {@return the image encoder, or empty in a checkpoint of texts alone}
    public Optional<ImageEncoder> imageEncoder() {
        return Optional.ofNullable(imageEncoder);
    }

    /// {@return the text encoder, or empty in a checkpoint of images alone}
    public Optional<TextEncoder> textEncoder() {
        return Optional.ofNullable(textEncoder);
    }

    /// {@return e^logit_scale: what a cosine is multiplied by to give a logit, 100 in OpenAI's checkpoints; empty when a tower or the scale
    /// is missing}
    public OptionalDouble logitScale() {
        return logitScale;
    }

    /// {@return what is added to a logit, in a model that was trained with a sigmoid (Zhai et al. 2023, arXiv:2303.15343 §3.2): its logits
    /// are those of independent probabilities; empty in CLIP, which was trained with a softmax}
    public OptionalDouble logitBias() {
        return logitBias;
    }
}
