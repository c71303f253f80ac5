package io.github.clip4j;

import io.github.clip4j.checkpoint.CanonicalWeights;
import io.github.clip4j.checkpoint.CheckpointDirectory;
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
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// CLIP, ready to use: a checkpoint with its tokenizer and preprocessing.
///
/// Immutable and thread-safe. Images and texts are prepared and encoded on the model's own threads; callers, virtual threads among them,
/// sleep meanwhile. What several callers want while a pass is computed is encoded together in the next, and no result depends on it, to the
/// bit; an item that fails, fails for its caller alone. [ClipOptions#withMaxConcurrent(int)] says how many passes run side by side.
///
/// Interrupting a thread ends its call with a [java.util.concurrent.CancellationException], and its interrupt status stays set. After
/// [#close()] every method throws `IllegalStateException`; calls that were made before are finished. A model that is forgotten without
/// being closed ends its threads once it is garbage-collected. No method accepts null.
public final class Clip implements AutoCloseable {
    /// Texts that are put in order together: enough to share most of their beginnings, few enough for bounded memory.
    private static final int TEXT_CHUNK = 4096;

    private static final int STEADY_PASSES = 8;
    private static final int MAX_WARM_UP_PASSES = 200;

    /// Ends the threads of models that were forgotten.
    private static final Cleaner CLEANER = Cleaner.create();

    private final String name;
    private final ClipModel model;
    private final @Nullable ClipTokenizer tokenizer;
    private final @Nullable ClipPreprocess preprocess;
    private final PassQueue queue;
    private final Calls calls;

    private Clip(
            String name, ClipModel model, @Nullable ClipTokenizer tokenizer, @Nullable ClipPreprocess preprocess, Workers workers,
            PassQueue queue) {
        this.name = name;
        this.model = model;
        this.tokenizer = tokenizer;
        this.preprocess = preprocess;
        this.queue = queue;
        this.calls = new Calls(model, workers, queue);
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
        Workers workers = new Workers(options.threads());
        try {
            ClipConfig config = checkpoint.config(weights, options.activation());
            TokenizerProfile profile = options.profile() == null ? checkpoint.profile(weights.layout()) : options.profile();
            VisionConfig vision = config.vision();
            ClipPreprocess preprocess = vision == null ? null : checkpoint.preprocess(vision, profile);
            if (preprocess != null && options.imageSize() > 0) {
                preprocess = preprocess.withSize(options.imageSize());
            }
            ClipModel model = ClipModel.load(
                    config, weights, workers, options.imageSize(), CheckpointDirectory.interpolation(profile), options.weights());
            ClipTokenizer tokenizer = vocabulary.map(v -> new ClipTokenizer(v, profile)).orElse(null);
            PassQueue queue = new PassQueue(checkpoint.name(), workers, options.maxConcurrent());
            return start(new Clip(checkpoint.name(), model, tokenizer, preprocess, workers, queue));
        } catch (IOException | RuntimeException | Error e) {
            workers.close();
            throw e;
        }
    }

    /// Starts the threads of a model, which end when it is closed or forgotten.
    private static Clip start(Clip clip) {
        clip.queue.start();
        CLEANER.register(clip, clip.queue::forget);
        return clip;
    }

    /// Embeds a blank picture and short texts until that is about as fast as it will be, for a service that must not be slow at its first
    /// request: until the JIT compiler has seen the kernels a pass takes several times as long. Takes some seconds for ViT-B/32.
    public void warmUp() {
        queue.requireOpen();
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
        queue.requireOpen();
        return model;
    }

    /// The tokenizer.
    ///
    /// @throws IllegalStateException when the checkpoint has none
    public ClipTokenizer tokenizer() {
        queue.requireOpen();
        if (tokenizer == null) {
            throw new IllegalStateException(
                    name + " has no tokenizer: expected tokenizer.json, or vocab.json and merges.txt, in its directory");
        }
        return tokenizer;
    }

    /// How pictures are prepared.
    ///
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public ClipPreprocess preprocess() {
        queue.requireOpen();
        if (preprocess == null) {
            throw new IllegalStateException(name + " has no image encoder: it is a checkpoint of texts alone");
        }
        return preprocess;
    }

    /// The embedding of an image.
    public Embedding embedImage(Image image) {
        return embedImages(List.of(image)).getFirst();
    }

    /// One embedding an image, in their order. The embedding of an image does not depend on the others.
    public List<Embedding> embedImages(List<Image> images) {
        return calls.run(this, () -> {
            ClipPreprocess prepare = preprocess();
            List<Embedding> embeddings = new ArrayList<>(images.size());
            calls.images(images.iterator(), image -> prepare.apply(image).array(), (index, item) -> embeddings.add(embedding(item)));
            return embeddings;
        });
    }

    /// Embeds images of a list of any length in bounded memory: some images a thread are under way at a time, while the sink has what came
    /// before.
    ///
    /// An image that cannot be read or prepared is told to the sink and costs the others nothing.
    ///
    /// @param images how each image comes to be, such as `() -> ImageFile.read(file)`; called on the model's threads, several at once. What
    ///     waits, for a network for instance, belongs into the iterator, which is called on the thread that calls this method; an exception
    ///     of the iterator ends the call
    /// @param sink is told of each image, in order, on the thread that calls this method
    public void embedImages(Iterator<? extends Callable<Image>> images, EmbeddingSink sink) {
        calls.run(this, () -> {
            ClipPreprocess prepare = preprocess();
            calls.images(images, image -> prepare.apply(image.call()).array(), (index, item) -> tell(sink, index, item));
            return null;
        });
    }

    /// [#embedImage(Image)] without waiting. What is wrong with the image completes the future; cancelling it drops the image.
    public CompletableFuture<Embedding> embedImageAsync(Image image) {
        return calls.async(this, () -> embedImage(image));
    }

    /// [#embedImages(List)] without waiting. Cancelling the future drops what is not encoded yet.
    public CompletableFuture<List<Embedding>> embedImagesAsync(List<Image> images) {
        List<Image> copy = List.copyOf(images);
        return calls.async(this, () -> embedImages(copy));
    }

    private static Embedding embedding(Item<?> item) {
        return switch (item.failure()) {
            case null -> item.embedding();
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        };
    }

    private static void tell(EmbeddingSink sink, long index, Item<?> item) {
        Throwable failure = item.failure();
        if (failure == null) {
            sink.embedded(index, item.embedding());
        } else {
            sink.failed(index, failure);
        }
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
        return calls.run(this, () -> {
            TextEncoder encoder = textEncoder();
            ClipTokenizer words = tokenizer();
            Embedding[] embeddings = new Embedding[texts.size()];
            for (int from = 0; from < texts.size(); from += TEXT_CHUNK) {
                int first = from;
                List<int[]> ids = texts.subList(from, Math.min(texts.size(), from + TEXT_CHUNK)).stream()
                        .map(text -> words.encode(text, encoder.config().contextLength()))
                        .toList();
                calls.texts(ids, (index, item) -> embeddings[first + (int) index] = embedding(item));
            }
            return new ArrayList<>(Arrays.asList(embeddings));
        });
    }

    /// Embeds texts of a list of any length in bounded memory: the sink is told of some thousands at a time.
    ///
    /// A text that is too long is told to the sink and costs the others nothing.
    ///
    /// @param texts called on the thread that calls this method
    /// @param sink is told of each text, in order, on the same thread
    public void embedTexts(Iterator<String> texts, EmbeddingSink sink) {
        calls.run(this, () -> {
            TextEncoder encoder = textEncoder();
            ClipTokenizer words = tokenizer();
            for (long first = 0; texts.hasNext(); first += TEXT_CHUNK) {
                embedTexts(texts, first, text -> words.encode(text, encoder.config().contextLength()), sink);
            }
            return null;
        });
    }

    /// Up to [#TEXT_CHUNK] texts.
    private void embedTexts(Iterator<String> texts, long first, Function<String, int[]> tokenize, EmbeddingSink sink) {
        List<int[]> ids = new ArrayList<>();
        List<@Nullable RuntimeException> refused = new ArrayList<>(); // null for a text that was tokenized
        while (refused.size() < TEXT_CHUNK && texts.hasNext()) {
            String text = texts.next();
            try {
                ids.add(tokenize.apply(text));
                refused.add(null);
            } catch (RuntimeException e) {
                refused.add(e);
            }
        }
        Item<?>[] items = new Item<?>[ids.size()];
        calls.texts(ids, (index, item) -> items[(int) index] = item);
        int next = 0;
        for (int i = 0; i < refused.size(); i++) {
            RuntimeException failure = refused.get(i);
            if (failure == null) {
                tell(sink, first + i, items[next++]);
            } else {
                sink.failed(first + i, failure);
            }
        }
    }

    /// [#embedText(String)] without waiting. What is wrong with the text completes the future; cancelling it drops the text.
    public CompletableFuture<Embedding> embedTextAsync(String text) {
        return calls.async(this, () -> embedText(text));
    }

    /// [#embedTexts(List)] without waiting. Cancelling the future drops what is not encoded yet.
    public CompletableFuture<List<Embedding>> embedTextsAsync(List<String> texts) {
        List<String> copy = List.copyOf(texts);
        return calls.async(this, () -> embedTexts(copy));
    }

    private TextEncoder textEncoder() {
        queue.requireOpen();
        return model.textEncoder()
                .orElseThrow(() -> new IllegalStateException(name + " has no text encoder: it is a checkpoint of pictures alone"));
    }

    /// A classifier that chooses among `labels`, each put into the templates and embedded now, once.
    ///
    /// @param labels at least one, none twice
    /// @throws IllegalArgumentException for no label or a label given twice
    /// @throws TextTooLongException when a prompt has more tokens than the model has positions
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates) {
        return classifier(labels, templates, done -> {});
    }

    /// A classifier over many labels, which takes a while: 1,000 labels in 80 templates are 80,000 texts. They are embedded in parts, so
    /// that memory stays bounded.
    ///
    /// @param progress is told the number of labels that are embedded, after each part
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates, IntConsumer progress) {
        ZeroShotClassifier.requireLabels(labels);
        return calls.run(this, () -> classify(labels, templates, progress));
    }

    private ZeroShotClassifier classify(List<String> labels, PromptTemplates templates, IntConsumer progress) {
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

    /// The memory that the weights of both encoders take, in bytes.
    public long weightBytes() {
        return model.imageEncoder().map(ImageEncoder::weightBytes).orElse(0L)
                + model.textEncoder().map(TextEncoder::weightBytes).orElse(0L);
    }

    /// The memory that the scratch of forward passes takes now, in bytes: nothing at first, and after any burst what as many passes need as
    /// there are threads that compute. Beside it a pass has the pixels of its images.
    public long scratchBytes() {
        return model.imageEncoder().map(ImageEncoder::scratchBytes).orElse(0L)
                + model.textEncoder().map(TextEncoder::scratchBytes).orElse(0L);
    }

    /// Refuses further calls, waits until those that were made before are finished, asynchronous ones too, and ends the model's threads.
    /// Closing twice is harmless.
    ///
    /// When the thread is interrupted it waits no longer than for the pass that is being computed: the other calls end with an
    /// `IllegalStateException`.
    ///
    /// @throws IllegalStateException within a call of this model, in a sink for instance: it would wait for itself
    @Override
    public void close() {
        queue.close(PassQueue.FOREVER);
    }

    /// Closes as [#close()] does, but waits for a limited time. Calls that are not finished then end with an `IllegalStateException`; a
    /// pass that is being computed is finished, and the threads end after it.
    ///
    /// @param limit how long to wait; zero or less not at all
    /// @return whether all calls were finished and the threads have ended
    /// @throws IllegalStateException within a call of this model, in a sink for instance: it would wait for itself
    public boolean close(Duration limit) {
        return queue.close(limit);
    }
}
