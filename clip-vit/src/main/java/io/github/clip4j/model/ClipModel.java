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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/// The two encoders and the scale that makes logits of their cosines (openai/CLIP `model.py`, class `CLIP`). Immutable and thread-safe.
public final class ClipModel {
    private final ClipConfig config;
    private final @Nullable ImageEncoder imageEncoder;
    private final @Nullable TextEncoder textEncoder;
    private final float logitScale;
    private final float logitBias;

    private ClipModel(
            ClipConfig config, @Nullable ImageEncoder imageEncoder, @Nullable TextEncoder textEncoder, float logitScale, float logitBias) {
        this.config = config;
        this.imageEncoder = imageEncoder;
        this.textEncoder = textEncoder;
        this.logitScale = logitScale;
        this.logitBias = logitBias;
    }

    /// The tensors that a model needs, in the order of computation, under the names of Hugging Face's checkpoints. Check, load, conversion
    /// and inspection read this one table.
    public static List<TensorSpec> parameters(ClipConfig config) {
        return ClipParameters.of(config);
    }

    /// Checks that a source holds exactly the tensors that the config needs. It may also hold `logit_bias` and the buffers of position
    /// numbers that older files carry.
    ///
    /// @throws WeightFormatException which lists every finding at once
    public static void check(ClipConfig config, WeightSource source) throws WeightFormatException {
        ClipParameters.check(config, source);
    }

    /// Reads a model. The source may be closed afterwards.
    ///
    /// @param workers the threads that its encoders run on; not closed by the model
    /// @throws WeightFormatException when the source's tensors are not exactly those that the config needs
    @SuppressWarnings("exports") // for our own modules: whoever embeds clip4j loads a Clip
    public static ClipModel load(ClipConfig config, WeightSource source, Workers workers) throws IOException {
        return load(config, source, workers, 0, PositionInterpolation.HUGGING_FACE, DType.F32);
    }

    /// Reads a model for images of another size than it was trained on.
    ///
    /// @param imageSize the edge of images, pixels; 0 for the config's
    /// @param interpolation how position embeddings are resampled
    /// @param storage how the weights of linear layers are kept: F32, or F16 or BF16 for half the memory
    @SuppressWarnings("exports") // as above
    public static ClipModel load(
            ClipConfig trained, WeightSource weights, Workers workers, int imageSize, PositionInterpolation interpolation, DType storage)
            throws IOException {
        ClipParameters.check(trained, weights);
        ClipConfig config = trained;
        WeightSource source = weights;
        VisionConfig vision = trained.vision();
        if (vision != null && imageSize > 0 && imageSize != vision.imageSize()) {
            VisionConfig resized = vision.withImageSize(imageSize);
            source = new ResampledPositions(weights, interpolation, vision.grid(), resized.grid(), vision.transformer().width());
            config = new ClipConfig(resized, trained.text());
            vision = resized;
        }
        TextConfig text = config.text();
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
        return new ClipModel(
                config, imageEncoder, textEncoder,
                config.hasBothTowers() ? source.read(ParameterNames.LOGIT_SCALE)[0] : Float.NaN,
                source.tensors().containsKey(ParameterNames.LOGIT_BIAS) ? source.read(ParameterNames.LOGIT_BIAS)[0] : 0);
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

    /// The config, of images of the size that this model was loaded for.
    public ClipConfig config() {
        return config;
    }

    /// The image encoder, or empty in a checkpoint of texts alone.
    public Optional<ImageEncoder> imageEncoder() {
        return Optional.ofNullable(imageEncoder);
    }

    /// The text encoder, or empty in a checkpoint of images alone.
    public Optional<TextEncoder> textEncoder() {
        return Optional.ofNullable(textEncoder);
    }

    /// e^logit_scale: what a cosine is multiplied by to give a logit; 100 in OpenAI's checkpoints. NaN when a tower is missing.
    public double logitScale() {
        return Math.exp(logitScale);
    }

    /// What is added to a logit; 0 in most models.
    public double logitBias() {
        return logitBias;
    }
}
