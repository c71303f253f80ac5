package io.github.clip4j;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.ops.KernelChoice;
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
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// CLIP, ready to use: a checkpoint with its tokenizer and preprocessing.
///
/// Immutable and thread-safe; calls from several threads at once are served at once. After [#close()] every method throws
/// `IllegalStateException`; calls that are running are finished. No method accepts null. Interrupting a thread ends its embedding, after a few pictures or
/// texts, with a [java.util.concurrent.CancellationException].
public final class Clip implements AutoCloseable {
    /// Pictures that are preprocessed before any of them is encoded: bounds the memory of long lists.
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

    /// Loads a published checkpoint with the default options: a directory with the files of its repository, a zip archive of them, or a
    /// file of weights alone ([Checkpoint] says which files are read).
    ///
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed or does not fit the others
    /// @throws IOException when a file cannot be read
    public static Clip load(Path path) throws IOException {
        return load(path, ClipOptions.defaults());
    }

    /// Loads a published checkpoint. Nothing is downloaded, and no file stays open.
    ///
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed or does not fit the others
    /// @throws IOException when a file cannot be read
    public static Clip load(Path path, ClipOptions options) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            return load(checkpoint, options);
        }
    }

    /// Loads a checkpoint that is open, such as one whose files are in memory or on the class path. It stays open; the model does not need
    /// it afterwards.
    ///
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed or does not fit the others
    /// @throws IOException when a file cannot be read
    public static Clip load(Checkpoint checkpoint, ClipOptions options) throws IOException {
        KernelWarmUp warmUp = KernelWarmUp.start(checkpoint.weights());
        try {
            return read(checkpoint, options);
        } finally {
            warmUp.stop();
        }
    }

    private static Clip read(Checkpoint checkpoint, ClipOptions options) throws IOException {
        Profile profile = options.profile() == null ? checkpoint.profile() : options.profile();
        ClipTokenizer tokenizer = checkpoint.tokenizer(profile).orElse(null);
        Workers workers = new Workers(options.threads());
        try {
            ClipConfig config = checkpoint.config(Optional.ofNullable(options.activation()));
            ClipPreprocess preprocess = checkpoint.preprocessing(profile).orElse(null);
            if (preprocess != null && options.imageSize() > 0) {
                preprocess = preprocess.withSize(options.imageSize());
            }
            ClipModel model =
                    ClipModel.load(config, checkpoint.weights(), workers, options.imageSize(), profile.interpolation(), options.weights());
            return new Clip(checkpoint.name(), model, tokenizer, preprocess, workers);
        } catch (IOException | RuntimeException e) {
            workers.close();
            throw e;
        }
    }

    /// Embeds a blank picture and short texts until that is about as fast as it will be, for a service that must not be slow at its first request: until the
    /// JIT compiler has seen the kernels a pass takes several times as long. Takes some seconds for ViT-B/32.
    public void warmUp() {
        requireOpen();
        KernelChoice.vectors();
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
            throw new IllegalStateException(name + " has no tokenizer: expected tokenizer.json, or vocab.json and merges.txt, in its directory");
        }
        return tokenizer;
    }

    /// How pictures are prepared.
    ///
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public ClipPreprocess preprocess() {
        requireOpen();
        if (preprocess == null) {
            throw new IllegalStateException(name + " has no image encoder: it is a checkpoint of texts alone");
        }
        return preprocess;
    }

    public Embedding embedImage(Image image) {
        return embedImages(List.of(image)).getFirst();
    }

    /// One embedding a picture, in their order. The embedding of a picture does not depend on the others.
    public List<Embedding> embedImages(List<Image> images) {
        ClipPreprocess prepare = preprocess();
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
        return embedTexts(List.of(text)).getFirst();
    }

    /// One embedding a text, in their order. The embedding of a text does not depend on the others.
    ///
    /// @throws TextTooLongException when one has more tokens than the model has positions
    public List<Embedding> embedTexts(List<String> texts) {
        TextEncoder encoder = textEncoder();
        ClipTokenizer words = tokenizer();
        List<Embedding> embeddings = new ArrayList<>(texts.size());
        for (int from = 0; from < texts.size(); from += TEXT_CHUNK) {
            List<int[]> ids = texts.subList(from, Math.min(texts.size(), from + TEXT_CHUNK)).stream()
                    .map(text -> words.encode(text, encoder.config().contextLength()))
                    .toList();
            addRows(encoder.encode(ids), embeddings);
        }
        return embeddings;
    }

    private TextEncoder textEncoder() {
        requireOpen();
        return model.textEncoder()
                .orElseThrow(() -> new IllegalStateException(name + " has no text encoder: it is a checkpoint of pictures alone"));
    }

    private static void addRows(Tensor outputs, List<Embedding> embeddings) {
        for (int row = 0; row < outputs.rows(); row++) {
            embeddings.add(Embedding.normalized(outputs.rows(row, 1).toArray()));
        }
    }

    /// A classifier that chooses among `labels`, each put into the templates and embedded now, once.
    ///
    /// @param labels at least one, none twice
    /// @throws IllegalArgumentException for no label or a label given twice
    /// @throws TextTooLongException when a prompt has more tokens than the model has positions
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates) {
        return classifier(labels, templates, done -> {});
    }

    /// A classifier over many labels, which takes a while: 1,000 labels in 80 templates are 80,000 texts. They are embedded in parts, so that memory stays
    /// bounded.
    ///
    /// @param progress is told the number of labels that are embedded, after each part
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates, IntConsumer progress) {
        ZeroShotClassifier.requireLabels(labels);
        preprocess(); // a checkpoint without an image encoder is told so before the labels are embedded
        List<Embedding> classEmbeddings = new ArrayList<>();
        int perChunk = Math.max(1, TEXT_CHUNK / templates.templates().size());
        for (int from = 0; from < labels.size(); from += perChunk) {
            List<String> chunk = labels.subList(from, Math.min(labels.size(), from + perChunk));
            List<Embedding> prompts =
                    embedTexts(chunk.stream().flatMap(label -> templates.apply(label).stream()).toList());
            int perLabel = templates.templates().size();
            for (int i = 0; i < chunk.size(); i++) {
                classEmbeddings.add(ZeroShotClassifier.ensemble(prompts.subList(i * perLabel, (i + 1) * perLabel)));
            }
            progress.accept(classEmbeddings.size());
        }
        return new ZeroShotClassifier(labels, classEmbeddings, model.logitScale(), model.logitBias(), this::embedImages);
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
