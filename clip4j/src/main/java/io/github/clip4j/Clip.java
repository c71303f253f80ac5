package io.github.clip4j;

import io.github.clip4j.checkpoint.CanonicalWeights;
import io.github.clip4j.checkpoint.CheckpointDirectory;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.ClipTokenizer;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// CLIP, ready to use: a checkpoint with its tokenizer and preprocessing.
///
/// Immutable and thread-safe; calls from several threads at once are served at once. After [#close()] every method throws
/// `IllegalStateException`; calls that are running are finished. No method accepts null. Interrupting a thread ends its embedding, after a
/// few images or texts, with a [java.util.concurrent.CancellationException].
public final class Clip implements AutoCloseable {
    /// Images that are preprocessed before any of them is encoded: bounds the memory of long lists.
    private static final int CHUNK = 64;

    /// Texts that are encoded together: enough to share most of their beginnings, few enough for bounded memory.
    private static final int TEXT_CHUNK = 4096;

    private static final int STEADY_PASSES = 8;
    private static final int MAX_WARM_UP_PASSES = 200;

    private final String name;
    private final ClipModel model;
    private final @Nullable ClipTokenizer tokenizer;
    private final @Nullable ClipPreprocess preprocess;
    private final Workers workers;
    private volatile boolean closed;

    private Clip(
            String name, ClipModel model, @Nullable ClipTokenizer tokenizer, @Nullable ClipPreprocess preprocess, Workers workers) {
        this.name = name;
        this.model = model;
        this.tokenizer = tokenizer;
        this.preprocess = preprocess;
        this.workers = workers;
    }

    /// Loads a published checkpoint with the default options: a directory with the files of its repository, or a file of weights alone
    /// ([CheckpointDirectory] says which files are read).
    ///
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed or does not fit the others
    /// @throws IOException when a file cannot be read
    public static Clip load(Path directory) throws IOException {
        return load(directory, ClipOptions.defaults());
    }

    /// Loads a published checkpoint. Nothing is downloaded, and no file stays open.
    public static Clip load(Path directory, ClipOptions options) throws IOException {
        CheckpointDirectory checkpoint = CheckpointDirectory.open(directory);
        try (CanonicalWeights weights = checkpoint.openWeights()) {
            KernelWarmUp warmUp = KernelWarmUp.start(weights);
            try {
                return read(checkpoint, weights, options);
            } finally {
                warmUp.stop();
            }
        }
    }

    private static Clip read(CheckpointDirectory checkpoint, CanonicalWeights weights, ClipOptions options) throws IOException {
        Optional<Vocabulary> vocabulary = checkpoint.vocabulary();
        Workers workers = KernelWarmUp.workers(weights, options.threads());
        try {
            ClipConfig config = checkpoint.config(weights, options.activation().orElse(null));
            TokenizerProfile profile = options.profile().orElseGet(() -> checkpoint.profile(weights.layout()));
            int imageSize = options.imageSize().orElse(0);
            VisionConfig vision = config.vision();
            ClipPreprocess preprocess = vision == null ? null : checkpoint.preprocess(vision, profile);
            if (preprocess != null && imageSize > 0) {
                preprocess = preprocess.withSize(imageSize);
            }
            ClipModel model = ClipModel.load(
                    config, weights, workers, imageSize, CheckpointDirectory.interpolation(profile), options.weights());
            boolean truncates = options.truncation().orElse(profile.truncates());
            ClipTokenizer tokenizer = vocabulary.map(v -> new ClipTokenizer(v, profile).withTruncation(truncates)).orElse(null);
            return new Clip(checkpoint.name(), model, tokenizer, preprocess, workers);
        } catch (IOException | RuntimeException e) {
            workers.close();
            throw e;
        }
    }

    /// Embeds a blank picture and short texts until that is about as fast as it will be, for a service that must not be slow at its first
    /// request: until the JIT compiler has seen the kernels a pass takes several times as long. Takes some seconds for ViT-B/32.
    public void warmUp() {
        requireOpen();
        workers.vectorsFromNow();
        if (preprocess != null) {
            Image blank = Image.ofRgb(320, 240, new byte[320 * 240 * 3]);
            repeatUntilSteady(() -> embedImage(blank));
        }
        if (tokenizer != null && model.textEncoder().isPresent()) {
            repeatUntilSteady(() -> embedText("a photo of a cat"));
            repeatUntilSteady(() -> embedTexts(List.of("a photo of a cat", "a photo of a dog")));
        }
    }

    /// Repeats a pass until none of the last [#STEADY_PASSES] was faster than what came before.
    private static void repeatUntilSteady(Runnable pass) {
        long best = Long.MAX_VALUE;
        for (int since = 0, done = 0; since < STEADY_PASSES && done < MAX_WARM_UP_PASSES; done++) {
            long start = System.nanoTime();
            pass.run();
            long nanos = System.nanoTime() - start;
            since = nanos < best ? 0 : since + 1;
            best = Math.min(best, nanos);
        }
    }

    /// The name of the checkpoint's directory.
    public String name() {
        return name;
    }

    /// The encoders, for tensors and token ids.
    public ClipModel model() {
        requireOpen();
        return model;
    }

    /// The tokenizer.
    ///
    /// @throws IllegalStateException when the checkpoint has none
    public ClipTokenizer tokenizer() {
        requireOpen();
        if (tokenizer == null) {
            throw new IllegalStateException(
                    name + " has no tokenizer: expected tokenizer.json, or vocab.json and merges.txt, in its directory");
        }
        return tokenizer;
    }

    /// How images are prepared for the encoder.
    ///
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public ClipPreprocess preprocess() {
        requireOpen();
        if (preprocess == null) {
            throw new IllegalStateException(name + " has no image encoder: it is a checkpoint of texts only");
        }
        return preprocess;
    }

    /// The embedding of an image.
    ///
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public Embedding embedImage(Image image) {
        Objects.requireNonNull(image, "image is null");
        return embedImages(List.of(image)).getFirst();
    }

    /// One embedding for each image, in their order. The embedding of an image does not depend on the others.
    ///
    /// @throws NullPointerException when one is null; it says which
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public List<Embedding> embedImages(List<Image> images) {
        ClipPreprocess prepare = preprocess();
        Inputs.requireNoNulls(images, "images");
        ImageEncoder encoder = model.imageEncoder().orElseThrow();
        int size = encoder.config().imageSize();
        int floats = VisionConfig.CHANNELS * size * size;
        List<Embedding> embeddings = new ArrayList<>(images.size());
        for (int from = 0; from < images.size(); from += CHUNK) {
            List<Image> chunk = images.subList(from, Math.min(images.size(), from + CHUNK));
            float[] pixels = new float[chunk.size() * floats];
            for (int i = 0; i < chunk.size(); i++) {
                System.arraycopy(prepare.apply(chunk.get(i)).array(), 0, pixels, i * floats, floats);
            }
            addRows(encoder.encode(Tensor.of(pixels, Shape.of(chunk.size(), VisionConfig.CHANNELS, size, size))), embeddings);
        }
        return embeddings;
    }

    /// The embedding of a text.
    ///
    /// @throws TextTooLongException when it has more tokens than the model has positions
    public Embedding embedText(String text) {
        Objects.requireNonNull(text, "text is null");
        return embedTexts(List.of(text)).getFirst();
    }

    /// One embedding for each text, in their order. The embedding of a text does not depend on the others.
    ///
    /// @throws TextTooLongException when one has more tokens than the model has positions; it says which
    /// @throws NullPointerException when one is null; it says which
    /// @throws IllegalStateException when the checkpoint lacks the text encoder or the tokenizer
    public List<Embedding> embedTexts(List<String> texts) {
        TextEncoder encoder = textEncoder();
        ClipTokenizer words = tokenizer();
        Inputs.requireNoNulls(texts, "texts");
        List<Embedding> embeddings = new ArrayList<>(texts.size());
        for (int from = 0; from < texts.size(); from += TEXT_CHUNK) {
            int to = Math.min(texts.size(), from + TEXT_CHUNK);
            addRows(encoder.encode(Inputs.tokenize(words, texts, from, to, encoder.config().contextLength())), embeddings);
        }
        return embeddings;
    }

    private TextEncoder textEncoder() {
        requireOpen();
        return model.textEncoder()
                .orElseThrow(() -> new IllegalStateException(name + " has no text encoder: it is a checkpoint of images only"));
    }

    private static void addRows(Tensor outputs, List<Embedding> embeddings) {
        for (int row = 0; row < outputs.rows(); row++) {
            embeddings.add(Embedding.normalized(outputs.rows(row, 1).toArray()));
        }
    }

    /// A classifier that chooses among `labels`, each put into the templates and embedded now, once.
    ///
    /// @param labels at least one, and no two with the same tokens
    /// @throws IllegalArgumentException when there is no label, one is blank, or two have the same tokens, as "Cat" and "cat" have
    /// @throws TextTooLongException when a prompt has more tokens than the model has positions
    /// @throws IllegalStateException when the checkpoint lacks an encoder or the tokenizer
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates) {
        return classifier(labels, templates, done -> {});
    }

    /// A classifier over many labels, which takes a while: 1,000 labels in 80 templates are 80,000 texts. All labels are checked first.
    /// Then they are embedded in parts, so that memory stays bounded.
    ///
    /// @param progress is told the number of labels that are embedded, after each part
    /// @throws IllegalArgumentException when there is no label, one is blank, or two have the same tokens
    /// @throws TextTooLongException when a prompt has more tokens than the model has positions
    /// @throws IllegalStateException when the checkpoint lacks an encoder or the tokenizer
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates, IntConsumer progress) {
        return ZeroShotClassifier.of(this, labels, templates, progress);
    }

    /// The number of components of this model's embeddings.
    public int dimension() {
        requireOpen();
        return model.imageEncoder()
                .map(encoder -> encoder.config().outputDim())
                .orElseGet(() -> model.textEncoder().orElseThrow().config().outputDim());
    }

    /// The cosines of images and texts, `[images.size()][texts.size()]`, −1 to 1. For lists that are embedded already:
    /// [Embedding#similarity].
    ///
    /// @throws TextTooLongException when a text has more tokens than the model has positions
    /// @throws IllegalStateException when the checkpoint lacks an encoder or the tokenizer
    public double[][] similarity(List<Image> images, List<String> texts) {
        List<Embedding> columns = embedTexts(texts); // first: a text may be refused
        return Embedding.similarity(embedImages(images), columns);
    }

    /// The embedding of an image that has been preprocessed already.
    ///
    /// @param pixels `[3, h, w]` as [#preprocess()] makes them: one channel after the other, row by row; only read
    /// @throws IllegalArgumentException when there are more or fewer numbers, or one is not finite
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public Embedding embedPixels(float[] pixels) {
        Inputs.requirePixels(pixels, "pixels", pixelShape());
        return encodePixels(List.of(pixels)).getFirst();
    }

    /// One embedding for each preprocessed image, in their order.
    ///
    /// @param pixels `[3, h, w]` each, as [#preprocess()] makes them; only read
    /// @throws IllegalArgumentException when one has more or fewer numbers, or one is not finite; nothing is embedded then
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public List<Embedding> embedPixels(List<float[]> pixels) {
        Inputs.requireNoNulls(pixels, "pixels");
        for (int i = 0; i < pixels.size(); i++) {
            Inputs.requirePixels(pixels.get(i), "pixels[" + i + "]", pixelShape());
        }
        return encodePixels(pixels);
    }

    private Shape pixelShape() {
        preprocess(); // says so when there is no image encoder
        int size = model.imageEncoder().orElseThrow().config().imageSize();
        return Shape.of(VisionConfig.CHANNELS, size, size);
    }

    private List<Embedding> encodePixels(List<float[]> pixels) {
        ImageEncoder encoder = model.imageEncoder().orElseThrow();
        int size = encoder.config().imageSize();
        int floats = VisionConfig.CHANNELS * size * size;
        List<Embedding> embeddings = new ArrayList<>(pixels.size());
        for (int from = 0; from < pixels.size(); from += CHUNK) {
            int images = Math.min(CHUNK, pixels.size() - from);
            float[] batch = new float[images * floats];
            for (int i = 0; i < images; i++) {
                System.arraycopy(pixels.get(from + i), 0, batch, i * floats, floats);
            }
            addRows(encoder.encode(Tensor.of(batch, Shape.of(images, VisionConfig.CHANNELS, size, size))), embeddings);
        }
        return embeddings;
    }

    /// The embedding of a text that has been tokenized already. The checkpoint needs no tokenizer for it.
    ///
    /// @param ids with start and end of text, as [ClipTokenizer#encode(String)] makes them; what follows the end of text is ignored
    /// @throws IllegalArgumentException when there are no ids or more than the model has positions, or one is not in its vocabulary
    /// @throws IllegalStateException when the checkpoint has no text encoder
    public Embedding embedTokens(int[] ids) {
        Objects.requireNonNull(ids, "ids is null");
        return embedTokens(List.of(ids)).getFirst();
    }

    /// One embedding for each tokenized text, in their order.
    ///
    /// @param ids of each text, with start and end of text; what follows the end of text is ignored
    /// @throws IllegalArgumentException when a text has no ids or more than the model has positions, or one is not in its vocabulary
    /// @throws IllegalStateException when the checkpoint has no text encoder
    public List<Embedding> embedTokens(List<int[]> ids) {
        TextEncoder encoder = textEncoder();
        Inputs.requireNoNulls(ids, "ids");
        List<Embedding> embeddings = new ArrayList<>(ids.size());
        for (int from = 0; from < ids.size(); from += TEXT_CHUNK) {
            addRows(encoder.encode(ids.subList(from, Math.min(ids.size(), from + TEXT_CHUNK))), embeddings);
        }
        return embeddings;
    }

    /// The positions of the text encoder: the tokens of a text, start and end included, that it takes at most.
    ///
    /// @throws IllegalStateException when the checkpoint has no text encoder
    int contextLength() {
        return textEncoder().config().contextLength();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(name + " is closed");
        }
    }

    /// Ends the model's threads and lets its memory be reclaimed. Closing twice is harmless.
    @Override
    public void close() {
        closed = true;
        workers.close();
    }
}
