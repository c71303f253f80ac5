package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The queue with an encoder of its own, which waits until the test lets it go on: its numbers become the directions of two-dimensional
/// embeddings.
@Timeout(60)
class PassQueueTest {
    private static final int CAPACITY = 4;

    private final Workers workers = new Workers(2);
    private final PassQueue queue = new PassQueue("test", workers, 1);
    private final List<List<Integer>> passes = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch firstPass = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Tower<Integer> tower = new Tower<>(this::encode, workers, CAPACITY, () -> "not finite");

    PassQueueTest() {
        queue.start();
    }

    @AfterEach
    void close() {
        goOn.countDown();
        assertThat(queue.close(Duration.ofSeconds(30))).isTrue();
    }

    private Tensor encode(List<Integer> inputs) {
        passes.add(List.copyOf(inputs));
        firstPass.countDown();
        awaitUninterruptibly(goOn);
        float[] rows = new float[2 * inputs.size()];
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i) == 13) {
                throw new IllegalArgumentException("13");
            }
            rows[2 * i] = (float) Math.cos(inputs.get(i));
            rows[2 * i + 1] = (float) Math.sin(inputs.get(i));
        }
        return Tensor.of(rows, Shape.of(inputs.size(), 2));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// A call with one item, on a virtual thread.
    private final class Caller {
        private final AtomicReference<Object> end = new AtomicReference<>();
        private final Thread thread;

        Caller(int... numbers) {
            this.thread = Thread.ofVirtual().start(() -> {
                try {
                    queue.begin(Thread.currentThread());
                    try {
                        end.set(embed(numbers));
                    } finally {
                        queue.end(Thread.currentThread());
                    }
                } catch (RuntimeException e) {
                    end.set(e);
                }
            });
        }

        private List<Embedding> embed(int... numbers) {
            List<Embedding> results = new ArrayList<>();
            Iterator<Item<Integer>> items = IntStream.of(numbers).mapToObj(PassQueueTest.this::item).iterator();
            queue.inOrder(tower, items, item -> results.add(embedding(item)));
            return results;
        }

        Object end() throws InterruptedException {
            assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
            return end.get();
        }
    }

    private static Embedding embedding(Item<?> item) {
        if (item.failure() instanceof RuntimeException e) {
            throw e;
        }
        return item.get();
    }

    private Item<Integer> item(int number) {
        return new Item<>(tower, () -> number, 1);
    }

    private static Embedding direction(int number) {
        return Embedding.normalized(new float[] {(float) Math.cos(number), (float) Math.sin(number)});
    }

    /// Starts callers one by one, so that their order in the queue is known; the first is in its pass, which waits.
    private List<Caller> callers(int... numbers) throws InterruptedException {
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < numbers.length; i++) {
            callers.add(new Caller(numbers[i]));
            firstPass.await();
            awaitWaiting(i);
        }
        return callers;
    }

    private void awaitWaiting(int items) throws InterruptedException {
        while (queue.waiting() != items) {
            Thread.sleep(1);
        }
    }

    @Test
    void callersThatWaitAreEncodedTogetherInTheirOrder() throws InterruptedException {
        List<Caller> callers = callers(0, 1, 2, 3, 4, 5);
        goOn.countDown();
        for (int i = 0; i < callers.size(); i++) {
            assertThat(callers.get(i).end()).isEqualTo(List.of(direction(i)));
        }
        assertThat(passes).containsExactly(List.of(0), List.of(1, 2, 3, 4), List.of(5));
    }

    @Test
    void aFailureIsItsCallersAlone() throws InterruptedException {
        List<Caller> callers = callers(0, 1, 13, 3);
        goOn.countDown();
        assertThat(callers.get(1).end()).isEqualTo(List.of(direction(1)));
        assertThat(callers.get(2).end()).isInstanceOf(IllegalArgumentException.class).hasToString("java.lang.IllegalArgumentException: 13");
        assertThat(callers.get(3).end()).isEqualTo(List.of(direction(3)));
    }

    @Test
    void anInterruptedCallerLeavesAtOnceAndItsItemIsNotEncoded() throws InterruptedException {
        List<Caller> callers = callers(0, 1, 2);
        callers.get(1).thread.interrupt();
        assertThat(callers.get(1).end()).isInstanceOf(CancellationException.class); // the first pass still waits
        goOn.countDown();
        assertThat(callers.get(2).end()).isEqualTo(List.of(direction(2)));
        assertThat(passes).containsExactly(List.of(0), List.of(2));
    }

    @Test
    void aCallerWhoseItemIsInThePassMayLeaveToo() throws InterruptedException {
        List<Caller> callers = callers(0, 1);
        callers.getFirst().thread.interrupt();
        assertThat(callers.getFirst().end()).isInstanceOf(CancellationException.class);
        goOn.countDown();
        assertThat(callers.get(1).end()).isEqualTo(List.of(direction(1)));
    }

    @Test
    void aLongListIsTakenInPartsAndLetsOthersInBetween() throws InterruptedException {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Thread list = Thread.ofVirtual().start(() -> {
            Iterator<Item<Integer>> items = IntStream.range(100, 200).peek(i -> asked.incrementAndGet()).mapToObj(this::item).iterator();
            queue.inOrder(tower, items, item -> {
                most.accumulateAndGet(asked.get() - ended.getAndIncrement(), Math::max);
                assertThat(item.get()).isEqualTo(direction(99 + ended.get()));
            });
        });
        firstPass.await();
        Caller other = new Caller(7);
        awaitWaiting(2 * CAPACITY - CAPACITY + 1); // of the list's eight, four are in the pass
        goOn.countDown();
        assertThat(other.end()).isEqualTo(List.of(direction(7)));
        assertThat(list.join(Duration.ofSeconds(30))).isTrue();
        assertThat(ended).hasValue(100);
        assertThat(most.get()).isLessThanOrEqualTo(2 * CAPACITY + 1); // hasNext() asks the stream for one more
        assertThat(passes.subList(0, 3).stream().flatMap(List::stream)).contains(7);
    }

    @Test
    void severalPassesRunSideBySide() throws InterruptedException {
        PassQueue two = new PassQueue("two", new Workers(1), 2);
        two.start();
        CountDownLatch both = new CountDownLatch(2);
        Tower<Integer> meeting = new Tower<>(
                inputs -> {
                    both.countDown();
                    awaitUninterruptibly(both);
                    return Tensor.of(new float[] {1, 0}, Shape.of(1, 2));
                },
                new Workers(1), 1, () -> "not finite");
        List<Thread> threads = new ArrayList<>();
        AtomicInteger ended = new AtomicInteger();
        for (int i = 0; i < 2; i++) {
            threads.add(Thread.ofVirtual().start(() ->
                    two.inOrder(meeting, List.of(new Item<>(meeting, () -> 1, 1)).iterator(), item -> ended.incrementAndGet())));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(30))).isTrue();
        }
        assertThat(ended).hasValue(2);
        assertThat(two.close(Duration.ofSeconds(30))).isTrue();
    }

    @Test
    void virtualThreadsRunWhileMoreCallersThanCarriersWait() throws InterruptedException {
        int[] numbers = IntStream.range(0, 4 * Runtime.getRuntime().availableProcessors() + 4).toArray();
        List<Caller> callers = callers(numbers);
        assertThat(Thread.ofVirtual().start(() -> {}).join(Duration.ofSeconds(30))).isTrue(); // the pass still waits
        goOn.countDown();
        for (Caller caller : callers) {
            assertThat(caller.end()).isInstanceOf(List.class);
        }
    }

    @Test
    void closingWaitsForAllCallersAsleep() throws InterruptedException {
        List<Caller> callers = callers(0, 1);
        AtomicReference<Boolean> closed = new AtomicReference<>();
        Thread closer = Thread.ofPlatform().start(() -> closed.set(queue.close(PassQueue.FOREVER)));
        while (closer.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        assertThat(new Caller(2).end()).hasToString("java.lang.IllegalStateException: test is closed");
        goOn.countDown();
        closer.join();
        assertThat(closed).hasValue(true);
        assertThat(callers.get(0).end()).isEqualTo(List.of(direction(0)));
        assertThat(callers.get(1).end()).isEqualTo(List.of(direction(1)));
    }

    @Test
    void closingForALimitedTimeGivesWaitingCallsUpAndFinishesThePass() throws InterruptedException {
        List<Caller> callers = callers(0, 1);
        assertThat(queue.close(Duration.ofMillis(1))).isFalse();
        assertThat(callers.get(1).end()).hasToString("java.lang.IllegalStateException: test is closed");
        goOn.countDown();
        assertThat(callers.get(0).end()).isEqualTo(List.of(direction(0)));
        assertThat(queue.close(Duration.ofSeconds(30))).isTrue(); // the threads end by themselves
        assertThat(passes).containsExactly(List.of(0));
    }

    @Test
    void anInterruptedCloserWaitsForThePassAlone() throws InterruptedException {
        List<Caller> callers = callers(0, 1);
        AtomicReference<Object> end = new AtomicReference<>();
        Thread closer = Thread.ofPlatform().start(() -> {
            boolean finished = queue.close(PassQueue.FOREVER);
            end.set(finished + " " + Thread.currentThread().isInterrupted());
        });
        closer.interrupt();
        assertThat(callers.get(1).end()).isInstanceOf(IllegalStateException.class);
        goOn.countDown();
        closer.join();
        assertThat(end).hasValue("false true");
        assertThat(callers.get(0).end()).isEqualTo(List.of(direction(0)));
    }

    @Test
    void closingAndEmbeddingFromWithinSaySo() {
        goOn.countDown();
        queue.begin(Thread.currentThread());
        assertThatThrownBy(() -> queue.close(Duration.ofSeconds(1)))
                .hasMessage("test: expected close() outside of the model's own calls, got it within one, which it would wait for");
        queue.end(Thread.currentThread());
        Item<Integer> nested = new Item<>(
                tower,
                () -> {
                    queue.begin(Thread.currentThread());
                    return 1;
                },
                1);
        queue.inOrder(tower, List.of(nested).iterator(), item -> assertThat(item.failure())
                .hasMessage("test: expected a call from a thread of the caller's, got one from the source of an image, "
                        + "which runs on the model's threads"));
    }
}
