package io.github.clip4j.bench;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.tools.RandomWeights;
import io.github.clip4j.tools.SafetensorsWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// What a service sees: many virtual threads that embed one image each, with one model.
///
/// `java --add-modules jdk.incubator.vector -cp clip-bench/target/benchmarks.jar io.github.clip4j.bench.Callers [CALLERS [SECONDS
/// [MODEL]]]`
///
/// Without MODEL it writes random weights of ViT-B/32's size to a temporary directory, 605 MB, and deletes them at the end. It prints
///
/// - how long one call takes on an idle model;
/// - in seven rounds, how many images a second one caller embeds eight at a time, and CALLERS virtual threads, each one image at a time;
///   and how long a virtual thread that does nothing waits among them until it runs;
/// - the heap after a garbage collection, before and after a burst of 24 callers with eight images each, and what of it the model says that
///   it holds.
public final class Callers {
    private static final int BURST = 24;
    private static final int ROUNDS = 7;

    private final Clip clip;
    private final List<Image> images = new ArrayList<>();
    private final PrintStream out;

    private Callers(Clip clip, PrintStream out) {
        this.clip = clip;
        this.out = out;
        Random random = new Random(1);
        for (int i = 0; i < 8; i++) {
            byte[] rgb = new byte[320 * 240 * 3];
            random.nextBytes(rgb);
            images.add(Image.ofRgb(320, 240, rgb));
        }
    }

    /// Measures and prints.
    ///
    /// @param args callers, 50 unless given; seconds of each measurement, 10 unless given; a checkpoint
    public static void main(String[] args) throws Exception {
        int callers = args.length > 0 ? Integer.parseInt(args[0]) : 50;
        double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 10;
        if (args.length > 2) {
            run(Path.of(args[2]), callers, seconds);
            return;
        }
        Path directory = Files.createTempDirectory("clip4j-callers");
        try {
            writeModel(directory);
            run(directory, callers, seconds);
        } finally {
            for (String file : List.of("config.json", "model.safetensors")) {
                Files.deleteIfExists(directory.resolve(file));
            }
            Files.delete(directory);
        }
    }

    @SuppressWarnings("SystemOut") // a command
    private static void run(Path model, int callers, double seconds) throws Exception {
        try (Clip clip = Clip.load(model)) {
            clip.warmUp();
            new Callers(clip, System.out).measure(callers, seconds);
        }
    }

    private void measure(int callers, double seconds) throws Exception {
        double alone = rate(seconds, () -> List.of(clip.embedImage(images.getFirst())), 1);
        out.printf(Locale.ROOT, "one caller, one image at a time: %.2f ms a call, median%n", alone);
        rate(1, () -> clip.embedImages(images), images.size());
        long heap = heap();
        List<Double> ratios = new ArrayList<>();
        double bestAtEight = 0;
        double bestTogether = 0;
        List<Double> waits = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) { // in turn, because other programs take processors too
            double atEight = 1000 * images.size() / rate(seconds, () -> clip.embedImages(images), images.size());
            double together = together(callers, seconds, waits);
            out.printf(
                    Locale.ROOT, "one caller, 8 images a call: %.2f images/s; %d virtual callers, one a call: %.2f, %.3f times as many%n",
                    atEight, callers, together, together / atEight);
            ratios.add(together / atEight);
            bestAtEight = Math.max(bestAtEight, atEight);
            bestTogether = Math.max(bestTogether, together);
        }
        ratios.sort(null);
        waits.sort(null);
        out.printf(
                Locale.ROOT, "median of the ratios: %.3f; the best round of each: %.2f and %.2f images/s, %.3f times as many%n",
                ratios.get(ROUNDS / 2), bestAtEight, bestTogether, bestTogether / bestAtEight);
        out.printf(
                Locale.ROOT, "an empty virtual thread meanwhile waited: median %.2f ms, 99 %% %.2f ms, longest %.2f ms (%d threads)%n",
                waits.get(waits.size() / 2), waits.get(waits.size() * 99 / 100), waits.getLast(), waits.size());
        burst();
        long after = heap();
        out.printf(
                Locale.ROOT, "heap after a collection: %d MB, after a burst of %d callers with 8 images each %d MB (%+.1f %%)%n",
                heap >> 20, BURST, after >> 20, 100.0 * (after - heap) / heap);
        out.printf(
                Locale.ROOT, "of it weights %.1f MB, scratch %.1f MB%n", clip.weightBytes() / 1048576.0, clip.scratchBytes() / 1048576.0);
    }

    private interface Pass {
        List<Embedding> run();
    }

    /// The median time of a pass, milliseconds; passes of a second come first.
    private static double rate(double seconds, Pass pass, int expected) {
        List<Double> times = new ArrayList<>();
        long begin = System.nanoTime();
        long now = begin;
        while (now - begin < (seconds + 1) * 1e9) {
            if (pass.run().size() != expected) {
                throw new IllegalStateException("expected " + expected + " embeddings");
            }
            long end = System.nanoTime();
            if (end - begin > 1e9) {
                times.add((end - now) / 1e6);
            }
            now = end;
        }
        times.sort(null);
        return times.get(times.size() / 2);
    }

    /// Images a second of all callers; a virtual thread that does nothing is started every five milliseconds.
    ///
    /// @param waits gets the times until such threads ran, milliseconds
    private double together(int callers, double seconds, List<Double> waits) throws Exception {
        List<Embedding> expected = clip.embedImages(images);
        long begin = System.nanoTime() + 1_000_000_000;
        long end = begin + (long) (seconds * 1e9);
        Queue<Long> ends = new ConcurrentLinkedQueue<>();
        AtomicInteger wrong = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int caller = 0; caller < callers; caller++) {
                int image = caller % images.size();
                threads.execute(() -> {
                    while (System.nanoTime() < end) {
                        wrong.addAndGet(clip.embedImage(images.get(image)).equals(expected.get(image)) ? 0 : 1);
                        ends.add(System.nanoTime());
                    }
                });
            }
            while (System.nanoTime() < end) {
                long started = System.nanoTime();
                Future<Long> ran = threads.submit(System::nanoTime);
                waits.add((ran.get() - started) / 1e6);
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }
        if (wrong.get() > 0) {
            throw new IllegalStateException(wrong.get() + " results differ from those of the images together");
        }
        // callers are answered in groups: count from the last answer before the beginning to the last one before the end
        long first = ends.stream().mapToLong(Long::longValue).filter(time -> time <= begin).max().orElse(begin);
        long last = ends.stream().mapToLong(Long::longValue).filter(time -> time <= end).max().orElse(end);
        long answers = ends.stream().filter(time -> time > first && time <= last).count();
        return answers * 1e9 / (last - first);
    }

    private void burst() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < BURST; i++) {
            threads.add(Thread.ofPlatform().start(() -> clip.embedImages(images)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(200);
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static void writeModel(Path directory) throws IOException {
        try (RandomWeights weights = new RandomWeights(ClipConfig.vitB32())) {
            SafetensorsWriter file = new SafetensorsWriter();
            for (TensorInfo tensor : weights.tensors().values()) {
                file.add(tensor.name(), DType.F32, tensor.shape(), () -> weights.read(tensor.name()));
            }
            file.write(directory.resolve("model.safetensors"));
        }
        // all other values of ViT-B/32 are the defaults of Hugging Face's format
        Files.write(directory.resolve("config.json"), Arrays.asList("{\"model_type\": \"clip\", \"projection_dim\": 512}"));
    }
}
