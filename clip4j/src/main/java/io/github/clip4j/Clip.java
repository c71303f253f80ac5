package io.github.clip4j;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// CLIP, ready to use: a checkpoint with its tokenizer and preprocessing.
///
/// Immutable and thread-safe. Images and texts are prepared and encoded on the model's own threads; callers, virtual threads among them,
/// sleep meanwhile. What several callers want while a pass is computed is encoded together in the next, and no result depends on it, to the
/// bit; an item that fails, fails for its caller alone. [ClipOptions#withMaxConcurrent(int)] says how many passes run side by side.
///
/// Interrupting a thread ends its call with a [java.util.concurrent.CancellationException], and its interrupt status stays set. After
/// [#close()] every method throws `IllegalStateException` except [#name()], [#profile()] and those that tell memory; calls that were made
/// before are finished. A forgotten model ends its threads once it is garbage-collected. No method accepts null.
public final class Clip implements AutoCloseable {
    /// Ends the threads of models that were forgotten.
    private static final Cleaner CLEANER = Cleaner.create();

    private final String name;
    private final ClipModel model;
    private final @Nullable Tokenizer tokenizer;
    private final ImagePreparation images;
    private final Workers workers;
    private final PassQueue queue;
    private final Calls calls;

    /// A model whose threads are not started yet.
    Clip(
            String name, ClipModel model, @Nullable Tokenizer tokenizer, ImagePreparation images, Workers workers, PassQueue queue) {
        this.name = name;
        this.model = model;
        this.tokenizer = tokenizer;
        this.images = images;
        this.workers = workers;
        this.queue = queue;
        this.calls = new Calls(model, workers, queue);
    }

    /// Loads a published checkpoint with the default options: a directory with the files of its repository, a zip archive of them, or a
    /// file of weights alone ([Checkpoint] says which files are read).
    ///
    /// @param path a directory, a zip archive or a file of weights
    /// @return the model, which the caller closes
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed or does not fit the others
    /// @throws IOException when a file cannot be read
    public static Clip load(Path path) throws IOException {
        return load(path, ClipOptions.defaults());
    }

    /// Loads a published checkpoint. Nothing is downloaded, and no file stays open.
    ///
    /// @param path a directory, a zip archive or a file of weights
    /// @param options how it is kept and computed
    /// @return the model, which the caller closes
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed or does not fit the others
    /// @throws IOException when a file cannot be read
    public static Clip load(Path path, ClipOptions options) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            return load(checkpoint, options);
        }
    }

    /// Loads an open checkpoint, perhaps of files in memory or on the class path. It stays open; the model does not need it afterwards.
    ///
    /// @param checkpoint only read
    /// @param options how it is kept and computed
    /// @return the model, which the caller closes
    /// @throws io.github.clip4j.core.weights.WeightFormatException when a file is malformed or does not fit the others
    /// @throws IOException when a file cannot be read
    public static Clip load(Checkpoint checkpoint, ClipOptions options) throws IOException {
        Clip clip = ClipLoader.load(checkpoint, options);
        clip.queue.start();
        CLEANER.register(clip, clip.queue::forget);
        return clip;
    }

    /// Embeds a blank image and short texts until that is about as fast as it will be, for a service that must not be slow at its first
    /// request: until the JIT compiler has seen the kernels a pass takes several times as long. Takes some seconds for ViT-B/32.
    public void warmUp() {
        queue.requireOpen();
        workers.vectorsFromNow();
        KernelWarmUp.embed(this, images.preprocess() != null, tokenizer != null && model.textEncoder().isPresent());
    }

    /// {@return the checkpoint's name, as [Checkpoint#name()] gives it}
    public String name() {
        return name;
    }

    /// {@return the reference implementation that it agrees with}
    public Profile profile() {
        return images.profile();
    }

    /// {@return the encoders, for tensors and token ids}
    public ClipModel model() {
        queue.requireOpen();
        return model;
    }

    /// {@return the tokenizer}
    ///
    /// @throws IllegalStateException when the checkpoint has none
    public Tokenizer tokenizer() {
        queue.requireOpen();
        if (tokenizer == null) {
            throw new IllegalStateException(
                    name + " has no tokenizer: expected tokenizer.json, or vocab.json and merges.txt, or spiece.model, in its directory");
        }
        return tokenizer;
    }

    /// {@return how images are prepared}
    ///
    /// @throws IllegalStateException when the checkpoint has no image encoder, or says that images are prepared as none would fit it
    public ClipPreprocess preprocess() {
        queue.requireOpen();
        return images.require();
    }

    /// {@return the embedding of an image}
    ///
    /// @param image of any size
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public Embedding embedImage(Image image) {
        Objects.requireNonNull(image, "image is null");
        return embedImages(List.of(image)).getFirst();
    }

    /// {@return one embedding for each image, in their order} The embedding of an image does not depend on the others.
    ///
    /// @param images of any sizes
    /// @throws NullPointerException when one is null; it says which
    /// @throws IllegalStateException when the checkpoint has no image encoder, or a weight that is not finite; it says which
    public List<Embedding> embedImages(List<Image> images) {
        Inputs.requireNoNulls(images, "images");
        return calls.run(this, () -> {
            ClipPreprocess prepare = preprocess();
            return calls.images(images, image -> prepare.apply(image).array());
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
        Inputs.requireSource(images, "images", sink);
        calls.run(this, () -> {
            ClipPreprocess prepare = preprocess();
            calls.images(images, image -> prepare.apply(image.call()).array(), (index, item) -> item.tell(sink, index));
            return null;
        });
    }

    /// [#embedImage(Image)] without waiting. What is wrong with the image completes the future; cancelling it drops the image.
    ///
    /// @param image of any size
    /// @return the embedding to come
    public CompletableFuture<Embedding> embedImageAsync(Image image) {
        Objects.requireNonNull(image, "image is null");
        return calls.async(this, () -> embedImage(image));
    }

    /// [#embedImages(List)] without waiting. Cancelling the future drops what is not encoded yet.
    ///
    /// @param images of any sizes
    /// @return the embeddings to come, in the order of the images
    public CompletableFuture<List<Embedding>> embedImagesAsync(List<Image> images) {
        List<Image> copy = Inputs.copyOf(images, "images");
        return calls.async(this, () -> embedImages(copy));
    }

    /// {@return the embedding of a text}
    ///
    /// @param text in the language that the model was trained with
    /// @throws TextTooLongException when it has more tokens than the model has positions
    /// @throws IllegalStateException when the checkpoint lacks the text encoder or the tokenizer
    public Embedding embedText(String text) {
        Objects.requireNonNull(text, "text is null");
        return embedTexts(List.of(text)).getFirst();
    }

    /// {@return one embedding for each text, in their order} The embedding of a text does not depend on the others.
    ///
    /// @param texts may be empty
    /// @throws TextTooLongException when one has more tokens than the model has positions; it says which
    /// @throws NullPointerException when one is null; it says which
    /// @throws IllegalStateException when the checkpoint lacks the text encoder or the tokenizer, or has a weight that is not finite
    public List<Embedding> embedTexts(List<String> texts) {
        Inputs.requireNoNulls(texts, "texts");
        return calls.run(this, () -> {
            int positions = contextLength();
            return calls.texts(texts, tokenizer(), positions);
        });
    }

    /// Embeds texts of a list of any length in bounded memory: the sink is told of some thousands at a time.
    ///
    /// A text that is too long is told to the sink and costs the others nothing.
    ///
    /// @param texts called on the thread that calls this method
    /// @param sink is told of each text, in order, on the same thread
    public void embedTexts(Iterator<String> texts, EmbeddingSink sink) {
        Inputs.requireSource(texts, "texts", sink);
        calls.run(this, () -> {
            int positions = contextLength();
            calls.texts(texts, tokenizer(), positions, sink);
            return null;
        });
    }

    /// [#embedText(String)] without waiting. What is wrong with the text completes the future; cancelling it drops the text.
    ///
    /// @param text in the language that the model was trained with
    /// @return the embedding to come
    public CompletableFuture<Embedding> embedTextAsync(String text) {
        Objects.requireNonNull(text, "text is null");
        return calls.async(this, () -> embedText(text));
    }

    /// [#embedTexts(List)] without waiting. Cancelling the future drops what is not encoded yet.
    ///
    /// @param texts may be empty
    /// @return the embeddings to come, in the order of the texts
    public CompletableFuture<List<Embedding>> embedTextsAsync(List<String> texts) {
        List<String> copy = Inputs.copyOf(texts, "texts");
        return calls.async(this, () -> embedTexts(copy));
    }

    /// {@return a classifier that chooses among `labels`, each put into the templates and embedded now, once}
    ///
    /// @param labels at least one, and no two with the same tokens
    /// @param templates the sentences that each label is put into
    /// @throws IllegalArgumentException when there is no label, one is blank, or two have the same tokens, as "Cat" and "cat" have
    /// @throws TextTooLongException when a prompt has more tokens than the model has positions
    /// @throws IllegalStateException when the checkpoint lacks an encoder or the tokenizer
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates) {
        return classifier(labels, templates, done -> {});
    }

    /// {@return a classifier over many labels, which takes a while: 1,000 labels in 80 templates are 80,000 texts} All labels are checked
    /// first. Then they are embedded in parts, so that memory stays bounded.
    ///
    /// @param labels at least one, and no two with the same tokens
    /// @param templates the sentences that each label is put into
    /// @param progress is told the number of labels that are embedded, after each part
    /// @throws RuntimeException what [#classifier(List, PromptTemplates)] throws
    public ZeroShotClassifier classifier(List<String> labels, PromptTemplates templates, IntConsumer progress) {
        return calls.run(this, () -> ZeroShotClassifier.of(this, labels, templates, progress));
    }

    /// {@return the number of components of this model's embeddings}
    public int dimension() {
        queue.requireOpen();
        return model.config().vision().map(VisionConfig::outputDim).orElseGet(() -> model.config().text().orElseThrow().outputDim());
    }

    /// {@return the cosines of images and texts, `[images.size()][texts.size()]`, −1 to 1} [Embedding#similarity] takes embeddings.
    ///
    /// @param images the rows of the result
    /// @param texts the columns of the result
    /// @throws TextTooLongException when a text has more tokens than the model has positions
    /// @throws IllegalStateException when the checkpoint lacks an encoder or the tokenizer
    public double[][] similarity(List<Image> images, List<String> texts) {
        List<Embedding> columns = embedTexts(texts); // first: a text may be refused
        return Embedding.similarity(embedImages(images), columns);
    }

    /// {@return each label's cosine with an image, taken apart over patches, tokens, layers and heads} For study: it computes on the
    /// caller's thread, and encodes the image and each label once.
    ///
    /// @param image of any size
    /// @param labels whole prompts
    /// @throws TextTooLongException when a label has more tokens than the model has positions
    /// @throws IllegalStateException when the checkpoint lacks an encoder or the tokenizer, or has a text encoder of BERT's kind
    public Explanation explain(Image image, List<String> labels) {
        Objects.requireNonNull(image, "image is null");
        return calls.run(this, () -> Explanation.of(this, image, labels));
    }

    /// {@return the embedding of an image that has been preprocessed already}
    ///
    /// @param pixels `[3, h, w]` as [#preprocess()] makes them: one channel after the other, row by row; only read
    /// @throws IllegalArgumentException when there are more or fewer numbers, or one is not finite
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public Embedding embedPixels(float[] pixels) {
        Inputs.requirePixels(pixels, "pixels", pixelShape());
        return calls.run(this, () -> calls.images(List.of(pixels), array -> array)).getFirst();
    }

    /// {@return one embedding for each preprocessed image, in their order}
    ///
    /// @param pixels `[3, h, w]` each, as [#preprocess()] makes them; only read
    /// @throws IllegalArgumentException when one has more or fewer numbers, or one is not finite; nothing is embedded then
    /// @throws IllegalStateException when the checkpoint has no image encoder
    public List<Embedding> embedPixels(List<float[]> pixels) {
        Inputs.requirePixels(pixels, pixelShape());
        return calls.run(this, () -> calls.images(pixels, array -> array));
    }

    private Shape pixelShape() {
        queue.requireOpen();
        ImageEncoder encoder = model.imageEncoder().orElseThrow(() -> new IllegalStateException(ImagePreparation.noEncoder(name)));
        return Shape.of(VisionConfig.CHANNELS, encoder.config().imageSize(), encoder.config().imageSize());
    }

    /// {@return the embedding of a text that has been tokenized already} The checkpoint needs no tokenizer for it.
    ///
    /// @param ids as [Tokenizer#encode(String, int)] makes them; what follows the end of text is ignored, and SigLIP takes all positions
    /// @throws IllegalArgumentException when there are no ids or more than the model has positions, or one is not in its vocabulary
    /// @throws IllegalStateException when the checkpoint has no text encoder
    public Embedding embedTokens(int[] ids) {
        Objects.requireNonNull(ids, "ids is null");
        return embedTokens(List.of(ids)).getFirst();
    }

    /// {@return one embedding for each tokenized text, in their order}
    ///
    /// @param ids of each text, as [Tokenizer#encode(String, int)] makes them
    /// @throws IllegalArgumentException when a text has no ids or more than the model has positions, or one is not in its vocabulary
    /// @throws IllegalStateException when the checkpoint has no text encoder
    public List<Embedding> embedTokens(List<int[]> ids) {
        Inputs.requireNoNulls(ids, "ids");
        return calls.run(this, () -> {
            model.textEncoder().orElseThrow(() -> Inputs.noTextEncoder(name)).check(ids);
            return calls.texts(ids);
        });
    }

    /// The positions of the text encoder: the tokens of a text, start and end included, that it takes at most.
    ///
    /// @throws IllegalStateException when the checkpoint has no text encoder
    int contextLength() {
        queue.requireOpen();
        return model.textEncoder().orElseThrow(() -> Inputs.noTextEncoder(name)).config().contextLength();
    }

    /// {@return the memory that the weights of both encoders take, in bytes}
    public long weightBytes() {
        return model.imageEncoder().map(ImageEncoder::weightBytes).orElse(0L)
                + model.textEncoder().map(TextEncoder::weightBytes).orElse(0L);
    }

    /// {@return the memory that the scratch of forward passes takes now, in bytes: nothing at first, and after any burst what as many
    /// passes need as there are threads that compute} Beside it a pass has the pixels of its images.
    public long scratchBytes() {
        return model.imageEncoder().map(ImageEncoder::scratchBytes).orElse(0L)
                + model.textEncoder().map(TextEncoder::scratchBytes).orElse(0L);
    }

    /// Refuses further calls, waits until those that were made before are finished and the futures of asynchronous ones are done, and ends
    /// the model's threads. What depends on a future is not waited for. Closing twice is harmless.
    ///
    /// When the thread is interrupted it waits only for the pass that is being computed: other calls end with an `IllegalStateException`.
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
