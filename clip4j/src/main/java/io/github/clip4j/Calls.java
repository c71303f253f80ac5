package io.github.clip4j;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.Tokenizer;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The calls of a [Clip]: what they want encoded goes through its [PassQueue].
///
/// A call runs on its caller's thread, which sleeps while passes are computed. An asynchronous one is the same on a virtual thread of its
/// own.
final class Calls {
    private static final int[] NOTHING = {};

    /// Texts that are put in order together: enough to share most of their beginnings, few enough for bounded memory.
    private static final int TEXT_CHUNK = 4096;

    private final PassQueue queue;
    private final Optional<Tower<float[]>> images;
    private final Optional<Tower<int[]>> texts;
    private final int floats; // of an image
    private final boolean shares; // whether texts share the rows of their beginnings

    Calls(ClipModel model, Workers workers, PassQueue queue) {
        this.queue = queue;
        this.images = model.imageEncoder().map(encoder -> new Tower<>(
                pixels -> encode(encoder, pixels), workers, encoder.imagesPerPass(), encoder::whyNotFinite));
        this.floats = model.imageEncoder().map(encoder -> floats(encoder.config())).orElse(0);
        this.shares = model.textEncoder().map(encoder -> switch (encoder.config().head()) {
            case TextHead.EndOfText _ -> true;
            case TextHead.EndOfPaddedText _, TextHead.LastPosition _, TextHead.FirstPosition _, TextHead.Bert _ -> false;
        }).orElse(false);
        this.texts = model.textEncoder().map(encoder -> new Tower<>(
                encoder::encode, workers, encoder.rowsPerPass(), encoder::whyNotFinite));
    }

    /// A future whose cancelling interrupts the thread that computes it.
    private static final class Cancellable<T> extends CompletableFuture<T> {
        private @Nullable Thread thread;

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            Thread computing = thread;
            if (cancelled && computing != null) {
                computing.interrupt();
            }
            return cancelled;
        }
    }

    private static int floats(VisionConfig config) {
        return VisionConfig.CHANNELS * config.imageSize() * config.imageSize();
    }

    private static Tensor encode(ImageEncoder encoder, List<float[]> pixels) {
        VisionConfig config = encoder.config();
        int floats = floats(config);
        float[] batch = pixels.getFirst();
        if (pixels.size() > 1) {
            batch = new float[pixels.size() * floats];
            for (int i = 0; i < pixels.size(); i++) {
                System.arraycopy(pixels.get(i), 0, batch, i * floats, floats);
            }
        }
        return encoder.encode(Tensor.of(batch, Shape.of(pixels.size(), VisionConfig.CHANNELS, config.imageSize(), config.imageSize())));
    }

    /// Runs a call on its caller's thread. Closing waits for it.
    ///
    /// @param owner stays reachable until the call has ended, so that its cleaner does not end the queue before
    /// @throws IllegalStateException when the model is closed
    <T> T run(Clip owner, Supplier<T> call) {
        queue.begin(Thread.currentThread());
        try {
            return call.get();
        } finally {
            queue.end(Thread.currentThread());
            Reference.reachabilityFence(owner);
        }
    }

    /// Runs a call on a virtual thread. Cancelling the future gives it up.
    ///
    /// @throws IllegalStateException when the model is closed
    <T> CompletableFuture<T> async(Clip owner, Supplier<T> call) {
        Cancellable<T> future = new Cancellable<>();
        Thread thread = Thread.ofVirtual().name("clip4j-call").inheritInheritableThreadLocals(false).unstarted(() -> {
            T result;
            try {
                result = call.get();
            } catch (RuntimeException | Error e) {
                queue.end(Thread.currentThread()); // before the future is done: what depends on it may close the model
                future.completeExceptionally(e);
                queue.answered(Thread.currentThread());
                return;
            } finally {
                Reference.reachabilityFence(owner);
            }
            queue.end(Thread.currentThread());
            future.complete(result);
            queue.answered(Thread.currentThread());
        });
        future.thread = thread;
        queue.begin(thread, future);
        thread.start();
        return future;
    }

    /// Encodes images.
    ///
    /// @param images asked for the next one when there is room for it
    /// @param pixels of an image, `[3, imageSize, imageSize]`; called on the team's threads
    /// @param ended is told of each image, in their order
    <I> void images(Iterator<? extends I> images, Pixels<I> pixels, Ended ended) {
        Tower<float[]> tower = this.images.orElseThrow();
        Iterator<Item<float[]>> items = new Iterator<>() {
            @Override
            public boolean hasNext() {
                return images.hasNext();
            }

            @Override
            public Item<float[]> next() {
                I image = images.next();
                return new Item<>(tower, () -> checked(pixels.of(image)), 1);
            }
        };
        long[] index = {0};
        queue.inOrder(tower, items, item -> ended.accept(index[0]++, item));
    }

    /// Encodes the images of a list.
    ///
    /// @throws RuntimeException what was wrong with the first that failed
    <I> List<Embedding> images(List<? extends I> images, Pixels<I> pixels) {
        List<Embedding> embeddings = new ArrayList<>(images.size());
        images(images.iterator(), pixels, (index, item) -> embeddings.add(item.get()));
        return embeddings;
    }

    private float[] checked(float[] pixels) {
        if (pixels.length != floats) {
            throw new IllegalArgumentException(
                    "image encoder: expected %d numbers, three channels of a square image, got %d; was it prepared for this model?"
                            .formatted(floats, pixels.length));
        }
        return pixels;
    }

    /// How an image becomes what the encoder takes.
    @FunctionalInterface
    interface Pixels<I> {
        float[] of(I image) throws Exception;
    }

    /// Encodes texts, those that begin alike together, because they share the rows of their beginning.
    ///
    /// @param ids of each, as the tokenizer returns them
    /// @param ended is told of each text, in no order
    void texts(List<int[]> ids, Ended ended) {
        Tower<int[]> tower = texts.orElseThrow();
        int[] order = IntStream.range(0, ids.size())
                .boxed()
                .sorted((a, b) -> Arrays.compare(ids.get(a), ids.get(b)))
                .mapToInt(Integer::intValue)
                .toArray();
        Iterator<Item<int[]>> items = IntStream.range(0, order.length)
                .mapToObj(i -> text(tower, i == 0 || !shares ? NOTHING : ids.get(order[i - 1]), ids.get(order[i])))
                .iterator();
        int[] done = {0};
        queue.inOrder(tower, items, item -> ended.accept(order[done[0]++], item));
    }

    /// Encodes the texts of a list.
    ///
    /// @param ids of each, as the tokenizer returns them
    /// @throws RuntimeException what was wrong with one that failed
    List<Embedding> texts(List<int[]> ids) {
        Embedding[] embeddings = new Embedding[ids.size()];
        texts(ids, (index, item) -> embeddings[(int) index] = item.get());
        return Arrays.asList(embeddings);
    }

    /// Tokenizes and encodes the texts of a list, a part at a time.
    ///
    /// @throws RuntimeException what was wrong with one that failed
    List<Embedding> texts(List<String> texts, Tokenizer tokenizer, int contextLength) {
        List<Embedding> embeddings = new ArrayList<>(texts.size());
        for (int from = 0; from < texts.size(); from += TEXT_CHUNK) {
            int to = Math.min(texts.size(), from + TEXT_CHUNK);
            embeddings.addAll(texts(Inputs.tokenize(tokenizer, texts, "texts", from, to, contextLength)));
        }
        return embeddings;
    }

    /// Tokenizes and encodes the texts of an iterator, a part at a time, and tells the sink of each, in their order.
    void texts(Iterator<String> texts, Tokenizer tokenizer, int contextLength, EmbeddingSink sink) {
        for (long first = 0; texts.hasNext(); first += TEXT_CHUNK) {
            texts(texts, first, text -> tokenizer.encode(text, contextLength), sink);
        }
    }

    /// Encodes the next texts of an iterator and tells the sink of each, in their order.
    ///
    /// @param first the index of the first of them
    /// @param tokenize what it throws is told to the sink
    private void texts(Iterator<String> texts, long first, Function<String, int[]> tokenize, EmbeddingSink sink) {
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
        texts(ids, (index, item) -> items[(int) index] = item);
        int next = 0;
        for (int i = 0; i < refused.size(); i++) {
            RuntimeException failure = refused.get(i);
            if (failure == null) {
                items[next++].tell(sink, first + i);
            } else {
                sink.failed(first + i, failure);
            }
        }
    }

    /// Its weight: the tokens that the text before it does not begin with; at least 1, so that a pass has an end.
    private static Item<int[]> text(Tower<int[]> tower, int[] before, int[] ids) {
        int common = Arrays.mismatch(before, ids);
        return new Item<>(tower, () -> ids, Math.max(1, common < 0 ? 0 : ids.length - common));
    }

    /// Told of an item that has ended.
    @FunctionalInterface
    interface Ended {
        /// An item has ended.
        ///
        /// @param index its place among those of the call
        void accept(long index, Item<?> item);
    }
}
