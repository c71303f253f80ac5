package io.github.clip4j.core.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkersTest {
    @Test
    void runsEveryShareOnceAndManyTimes() {
        try (Workers workers = new Workers(3)) {
            AtomicIntegerArray runs = new AtomicIntegerArray(3);
            for (int i = 0; i < 2_000; i++) {
                workers.run(runs::incrementAndGet);
            }
            assertThat(runs).hasToString("[2000, 2000, 2000]");
        }
    }

    @Test
    void helpersWakeUpAfterTheySlept() throws InterruptedException {
        try (Workers workers = new Workers(2)) {
            AtomicInteger runs = new AtomicInteger();
            for (int i = 0; i < 5; i++) {
                Thread.sleep(5); // far longer than the spin
                workers.run(worker -> runs.incrementAndGet());
            }
            assertThat(runs).hasValue(10);
        }
    }

    @Test
    void aFailureOfAnyShareReachesTheCallerAndTheTeamSurvives() {
        try (Workers workers = new Workers(2)) {
            assertThatThrownBy(() -> workers.run(worker -> {
                        if (worker == 1) {
                            throw new IllegalStateException("share 1");
                        }
                    }))
                    .hasMessage("share 1");
            AtomicInteger runs = new AtomicInteger();
            workers.run(worker -> runs.incrementAndGet());
            assertThat(runs).hasValue(2);
        }
    }

    @Test
    void aTaskMayUseItsOwnTeam() {
        try (Workers workers = new Workers(2)) {
            AtomicInteger runs = new AtomicInteger();
            workers.run(outer -> workers.run(inner -> runs.incrementAndGet()));
            assertThat(runs).hasValue(4);
        }
    }

    @Test
    void aClosedTeamRunsOnItsCaller() {
        Workers workers = new Workers(2);
        workers.close();
        workers.close();
        AtomicInteger runs = new AtomicInteger();
        workers.run(worker -> runs.incrementAndGet());
        assertThat(runs).hasValue(2);
    }

    @Test
    void closingWaitsAsleepForTheTaskThatRuns() throws InterruptedException {
        Workers workers = new Workers(2);
        CountDownLatch running = new CountDownLatch(2);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger ended = new AtomicInteger();
        Thread caller = Thread.ofPlatform().start(() -> workers.run(worker -> {
            running.countDown();
            await(goOn);
            ended.incrementAndGet();
        }));
        running.await();
        Thread closer = Thread.ofPlatform().start(workers::close);
        closer.interrupt(); // does not end the waiting
        while (closer.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        assertThat(ended).hasValue(0);
        assertThat(workers.awaitTermination(Duration.ofMillis(1))).isFalse();
        goOn.countDown();
        closer.join();
        caller.join();
        assertThat(ended).hasValue(2);
        assertThat(workers.awaitTermination(Duration.ofSeconds(30))).isTrue();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closingFromWithinATaskEndsTheTeamAfterIt() throws InterruptedException {
        Workers workers = new Workers(3);
        AtomicInteger runs = new AtomicInteger();
        workers.run(worker -> {
            assertThat(workers.isRunning()).isTrue();
            workers.close();
            runs.incrementAndGet();
        });
        assertThat(runs).hasValue(3);
        assertThat(workers.isRunning()).isFalse();
        assertThat(workers.awaitTermination(Duration.ofSeconds(30))).isTrue();
    }

    @Test
    void anInterruptedCallerStaysInterrupted() {
        try (Workers workers = new Workers(2)) {
            Thread.currentThread().interrupt();
            AtomicInteger runs = new AtomicInteger();
            workers.run(worker -> runs.incrementAndGet());
            assertThat(runs).hasValue(2);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void aHelperGivesUpWhenItsCallerIsInterrupted() throws InterruptedException {
        try (Workers workers = new Workers(2)) {
            CountDownLatch running = new CountDownLatch(2);
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            AtomicBoolean stillInterrupted = new AtomicBoolean();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    workers.run(worker -> {
                        running.countDown();
                        while (worker == 1) { // the caller waits for this share, perhaps asleep
                            workers.requireNotInterrupted();
                            Thread.onSpinWait();
                        }
                    });
                } catch (CancellationException e) {
                    thrown.set(e);
                }
                stillInterrupted.set(Thread.currentThread().isInterrupted());
            });
            running.await();
            Thread.sleep(5);
            caller.interrupt();
            caller.join(10_000);
            assertThat(thrown.get()).isInstanceOf(CancellationException.class);
            assertThat(stillInterrupted).isTrue();
            workers.requireNotInterrupted(); // another thread is not concerned
        }
    }

    @Test
    void sharesCoverEverythingOnce() {
        for (int n = 0; n < 40; n++) {
            for (int workers = 1; workers < 7; workers++) {
                assertThat(Workers.share(n, workers, 0)).isZero();
                assertThat(Workers.share(n, workers, workers)).isEqualTo(n);
                for (int worker = 0; worker < workers; worker++) {
                    int size = Workers.share(n, workers, worker + 1) - Workers.share(n, workers, worker);
                    assertThat(size).isBetween(n / workers, n / workers + 1);
                }
            }
        }
    }
}
