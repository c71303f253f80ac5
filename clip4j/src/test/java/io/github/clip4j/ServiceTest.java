package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.testkit.Gen;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.TextTooLongException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a service relies on when it shares one model: many callers, long lists, closing.
@Timeout(120)
class ServiceTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final ClipOptions TWO = ClipOptions.defaults().withThreads(2);

    private static List<Image> images(int count) {
        Random random = new Random(7);
        return IntStream.range(0, count).mapToObj(i -> {
            byte[] rgb = new byte[3 * 40 * (30 + i)];
            random.nextBytes(rgb);
            return Image.ofRgb(40, 30 + i, rgb);
        }).toList();
    }

    @Test
    void manyCallersGetTheBitsThatEachGetsAlone() throws Exception {
        List<Image> images = images(20);
        List<String> texts = IntStream.range(0, 20).mapToObj(i -> "a photo of " + i + " cats".repeat(i % 3)).toList();
        List<Embedding> imagesAlone = new ArrayList<>();
        List<Embedding> textsAlone = new ArrayList<>();
        try (Clip alone = Clip.load(MODEL, ClipOptions.defaults().withThreads(1))) {
            images.forEach(image -> imagesAlone.add(alone.embedImage(image)));
            texts.forEach(text -> textsAlone.add(alone.embedText(text)));
        }
        for (int passes : new int[] {1, 3}) {
            try (Clip clip = Clip.load(MODEL, TWO.withMaxConcurrent(passes));
                    ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<Embedding>> embedded = new ArrayList<>();
                List<Embedding> expected = new ArrayList<>();
                for (int i = 0; i < 400; i++) {
                    int item = i % 20;
                    boolean image = i % 3 > 0;
                    embedded.add(callers.submit(() -> image ? clip.embedImage(images.get(item)) : clip.embedText(texts.get(item))));
                    expected.add((image ? imagesAlone : textsAlone).get(item));
                }
                Future<List<Embedding>> list = callers.submit(() -> clip.embedTexts(texts));
                for (int i = 0; i < embedded.size(); i++) {
                    assertThat(embedded.get(i).get()).as("call %d", i).isEqualTo(expected.get(i));
                }
                assertThat(list.get()).isEqualTo(textsAlone);
                assertThat(clip.embedImages(images)).isEqualTo(imagesAlone);
            }
        }
    }

    @Test
    void aSinkHasEveryImageInOrderAndOneBadOneCostsNothing() throws IOException {
        List<Image> images = images(100);
        try (Clip clip = Clip.load(MODEL, TWO)) {
            Stream<Callable<Image>> sources = IntStream.range(0, 100).mapToObj(i -> () -> {
                if (i % 10 == 3) {
                    throw new IOException("image " + i);
                }
                return images.get(i);
            });
            Collected collected = new Collected();
            clip.embedImages(sources.iterator(), collected);
            assertThat(collected.failures.keySet()).containsExactlyInAnyOrder(3L, 13L, 23L, 33L, 43L, 53L, 63L, 73L, 83L, 93L);
            assertThat(collected.failures.get(43L)).isInstanceOf(IOException.class).hasMessage("image 43");
            List<Image> good = IntStream.range(0, 100).filter(i -> i % 10 != 3).mapToObj(images::get).toList();
            assertThat(collected.embeddings).isEqualTo(clip.embedImages(good));
        }
    }

    @Test
    void aSinkHasEveryTextInOrderAndOneBadOneCostsNothing() throws IOException {
        List<String> texts = IntStream.range(0, 9_000).mapToObj(i -> i == 5_000 ? "cat ".repeat(30) : "photo " + i % 300).toList();
        try (Clip clip = Clip.load(MODEL, TWO)) {
            Collected collected = new Collected();
            clip.embedTexts(texts.iterator(), collected);
            assertThat(collected.failures).containsOnlyKeys(5_000L);
            assertThat(collected.failures.get(5_000L)).isInstanceOf(TextTooLongException.class);
            List<Embedding> distinct = clip.embedTexts(texts.subList(0, 300));
            for (int i = 0; i < collected.embeddings.size(); i++) {
                int text = i < 5_000 ? i : i + 1;
                assertThat(collected.embeddings.get(i)).as("text %d", text).isEqualTo(distinct.get(text % 300));
            }
            assertThatThrownBy(() -> clip.embedTexts(texts)).isInstanceOf(TextTooLongException.class);
        }
    }

    @Test
    void whatASinkThrowsEndsTheCallAndTheModelServesOn() throws IOException {
        try (Clip clip = Clip.load(MODEL, TWO)) {
            List<Callable<Image>> sources = images(50).stream().<Callable<Image>>map(image -> () -> image).toList();
            assertThatThrownBy(() -> clip.embedImages(sources.iterator(), new EmbeddingSink() {
                        @Override
                        public void embedded(long index, Embedding embedding) {
                            throw new IllegalStateException("full at " + index);
                        }

                        @Override
                        public void failed(long index, Throwable failure) {}
                    }))
                    .hasMessage("full at 0");
            assertThat(clip.embedImages(images(3))).hasSize(3);
        }
    }

    private static final class Collected implements EmbeddingSink {
        private final List<Embedding> embeddings = new ArrayList<>();
        private final Map<Long, Throwable> failures = Collections.synchronizedMap(new TreeMap<>());

        @Override
        public void embedded(long index, Embedding embedding) {
            assertThat(index).isEqualTo(embeddings.size() + failures.size());
            embeddings.add(embedding);
        }

        @Override
        public void failed(long index, Throwable failure) {
            assertThat(index).isEqualTo(embeddings.size() + failures.size());
            failures.put(index, failure);
        }
    }

    @Test
    void futuresHaveTheSameResultsAndFailures() throws Exception {
        try (Clip clip = Clip.load(MODEL, TWO)) {
            List<Image> images = images(5);
            assertThat(clip.embedImageAsync(images.getFirst()).get()).isEqualTo(clip.embedImage(images.getFirst()));
            assertThat(clip.embedImagesAsync(images).get()).isEqualTo(clip.embedImages(images));
            assertThat(clip.embedTextAsync("a").get()).isEqualTo(clip.embedText("a"));
            assertThat(clip.embedTextsAsync(List.of("a", "b")).get()).isEqualTo(clip.embedTexts(List.of("a", "b")));
            assertThatThrownBy(() -> clip.embedTextAsync("cat ".repeat(30)).join())
                    .isInstanceOf(CompletionException.class).hasCauseInstanceOf(TextTooLongException.class);
        }
    }

    /// A call whose image comes only when the latch is counted down; returns once it holds the model's threads.
    private static CompletableFuture<Void> blocked(Clip clip, CountDownLatch latch) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        Callable<Image> source = () -> {
            begun.countDown();
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
            return images(1).getFirst();
        };
        Collected collected = new Collected();
        CompletableFuture<Void> call = CompletableFuture.runAsync(
                () -> clip.embedImages(List.of(source).iterator(), collected), task -> Thread.ofVirtual().start(task));
        begun.await();
        return call;
    }

    @Test
    void aCancelledFutureCostsTheOthersNothing() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        try (Clip clip = Clip.load(MODEL, TWO)) {
            CompletableFuture<Void> first = blocked(clip, latch);
            CompletableFuture<Embedding> cancelled = clip.embedTextAsync("a");
            CompletableFuture<Embedding> kept = clip.embedTextAsync("b");
            assertThat(cancelled.cancel(true)).isTrue();
            assertThatThrownBy(cancelled::join).isInstanceOf(CancellationException.class);
            latch.countDown();
            first.get();
            assertThat(kept.get()).isEqualTo(clip.embedText("b"));
        }
    }

    @Test
    void closingForNoTimeGivesWaitingCallsUp() throws Exception {
        CountDownLatch latch = new CountDownLatch(1);
        Clip clip = Clip.load(MODEL, TWO);
        CompletableFuture<Void> first = blocked(clip, latch);
        CompletableFuture<Embedding> waiting = clip.embedTextAsync("a");
        assertThat(clip.close(Duration.ZERO)).isFalse();
        assertThatThrownBy(waiting::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("tiny is closed");
        latch.countDown();
        first.get();
        clip.close();
        assertThatThrownBy(() -> clip.embedTextAsync("a")).isInstanceOf(IllegalStateException.class).hasMessage("tiny is closed");
    }

    /// Not only the calls: a program that closes its model and ends loses no result. The moment between the end of a call and that of its
    /// future is short, so there are many of them.
    @Test
    void closingWaitsForTheFuturesThemselves() throws IOException {
        for (int round = 0; round < 20; round++) {
            List<CompletableFuture<Embedding>> futures = new ArrayList<>();
            try (Clip clip = Clip.load(MODEL, TWO)) {
                for (int i = 0; i < 8; i++) {
                    futures.add(clip.embedTextAsync("a"));
                }
            }
            assertThat(futures).as("round %d", round).allMatch(future -> future.state() == Future.State.SUCCESS);
        }
    }

    /// Two futures at once, each with something that closes the model: neither waits for what depends on the other.
    @Test
    void whatDependsOnSeveralFuturesMayCloseTheModel() throws Exception {
        Clip clip = Clip.load(MODEL, TWO);
        List<CompletableFuture<Void>> closed = Stream.of("a", "b", "c", "d")
                .map(clip::embedTextAsync)
                .toList().stream()
                .map(future -> future.thenAccept(embedding -> clip.close()))
                .toList();
        CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        assertThatThrownBy(() -> clip.embedText("a")).hasMessage("tiny is closed");
    }

    @Test
    void anyLimitOfTimeMayBeGivenToClose() throws IOException {
        Clip clip = Clip.load(MODEL, TWO);
        clip.close(Duration.ofSeconds(Long.MIN_VALUE)); // not at all: the threads may still be ending
        assertThat(clip.close(Duration.ofSeconds(Long.MAX_VALUE))).isTrue();
    }

    @Test
    void whatDependsOnAFutureMayCloseTheModel() throws Exception {
        Clip clip = Clip.load(MODEL, TWO);
        assertThat(clip.embedTextAsync("a").thenApply(embedding -> {
            clip.close();
            return embedding.dimension();
        }).get()).isEqualTo(24);
        assertThatThrownBy(() -> clip.embedText("a")).hasMessage("tiny is closed");
    }

    @Test
    void aSinkMayEmbedButNotClose() throws IOException {
        try (Clip clip = Clip.load(MODEL, TWO)) {
            AtomicReference<Embedding> nested = new AtomicReference<>();
            clip.embedTexts(List.of("a").iterator(), new EmbeddingSink() {
                @Override
                public void embedded(long index, Embedding embedding) {
                    nested.set(clip.embedText("b"));
                    assertThatThrownBy(clip::close)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith("tiny: expected close() outside");
                }

                @Override
                public void failed(long index, Throwable failure) {}
            });
            assertThat(nested.get()).isEqualTo(clip.embedText("b"));
        }
    }

    /// A full pass of one thread has 40 images of this model; each of two threads keeps scratch for one, and the team for what it computes
    /// together.
    @Test
    void aBurstLeavesTheScratchOfItsThreads() throws Exception {
        List<Image> images = images(40);
        long ofOneThread;
        try (Clip alone = Clip.load(MODEL, TWO.withThreads(1))) {
            assertThat(alone.scratchBytes()).isZero();
            alone.embedImages(images);
            ofOneThread = alone.scratchBytes();
            assertThat(ofOneThread).isPositive();
        }
        try (Clip clip = Clip.load(MODEL, TWO)) {
            burst(() -> clip.embedImages(images));
            assertThat(clip.scratchBytes()).isBetween(1L, 3 * ofOneThread);
            ImageEncoder encoder = clip.model().imageEncoder().orElseThrow();
            Tensor pixels = Tensor.of(new Gen(1).floats(8 * 3 * 30 * 30), Shape.of(8, 3, 30, 30));
            burst(() -> encoder.encode(pixels)); // on the callers' threads, all at once
            assertThat(clip.scratchBytes()).isBetween(1L, 3 * ofOneThread);
        }
    }

    private static void burst(Runnable call) throws InterruptedException {
        List<Thread> burst = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            burst.add(Thread.ofPlatform().start(call));
        }
        for (Thread thread : burst) {
            thread.join();
        }
    }

    @Test
    void theMemoryOfWeightsIsTold() throws IOException {
        try (Clip full = Clip.load(MODEL); Clip half = Clip.load(MODEL, ClipOptions.defaults().withWeights(DType.F16))) {
            long file = Files.size(MODEL.resolve("model.safetensors"));
            assertThat(full.weightBytes()).isBetween(file / 2, 3 * file); // panels of 32 outputs: a matrix of 24 grows by a third
            assertThat(half.weightBytes()).isBetween(full.weightBytes() / 2, full.weightBytes() - 1);
        }
    }

    private static Set<Thread> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("clip4j-"))
                .collect(Collectors.toSet());
    }

    private static void awaitNone(Set<Thread> before) throws InterruptedException {
        Set<Thread> left = ourThreads();
        for (int tries = 0; tries < 600; tries++) {
            System.gc();
            Thread.sleep(20);
            left = ourThreads();
            left.removeAll(before);
            if (left.isEmpty()) {
                return;
            }
        }
        assertThat(left).isEmpty();
    }

    private static void loadUseAndForget() throws IOException {
        Clip clip = Clip.load(MODEL, TWO.withMaxConcurrent(2));
        assertThat(clip.embedImages(images(5))).hasSize(5);
        assertThat(clip.embedText("a").dimension()).isEqualTo(24);
        assertThat(ourThreads().stream().map(Thread::getName)).contains("clip4j-worker-1", "clip4j-pass-1", "clip4j-pass-2");
    }

    @Test
    void aForgottenModelLeavesNoThread() throws Exception {
        Set<Thread> before = ourThreads();
        loadUseAndForget();
        awaitNone(before);
    }

    @TempDir
    private Path directory = Path.of("");

    @Test
    void aFailedLoadLeavesNoThread() throws Exception {
        Set<Thread> before = ourThreads();
        Files.copy(MODEL.resolve("model.safetensors"), directory.resolve("model.safetensors"));
        String config = Files.readString(MODEL.resolve("config.json"));
        Files.writeString(directory.resolve("config.json"), config.replaceFirst("\"image_size\": \\d+", "\"image_size\": 300"));
        assertThatThrownBy(() -> Clip.load(directory, TWO)).isInstanceOf(IOException.class);
        awaitNone(before);
    }
}
