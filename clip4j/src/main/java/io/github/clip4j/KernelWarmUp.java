package io.github.clip4j;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/// Lets the JIT compiler see the kernels before the first image does, by running a model of two narrow layers in a thread of its own
/// while the weights of the real one are read.
///
/// A vector operation that is not yet compiled is a call that allocates, a hundred times slower than scalar code. The compiler starts on a
/// method when it has run often; the tiles of the real model run often only once it is loaded.
final class KernelWarmUp {
    private static final int WIDTH = 64;
    private static final int MLP_WIDTH = 1024; // long sums are cut into segments: those paths too must have been seen
    private static final int VOCABULARY = 16;

    /// The parameters of a small model: 50 tokens of it are as many multiply-adds as the scalar kernels compute before vectors take over.
    private static final long SMALL = 6_000_000;

    private static final int STEADY_PASSES = 8;
    private static final int MAX_PASSES = 200;

    private volatile boolean stopped;

    private KernelWarmUp() {}

    /// Starts the warm-up for a model that is about to be loaded, unless the machine has one processor, which then has better to do. A
    /// small model needs none: its process may end before the kernels are compiled, so it begins with the scalar kernels
    /// ([#workers(WeightSource, int)]).
    ///
    /// @param weights of the model
    static KernelWarmUp start(WeightSource weights) {
        KernelWarmUp warmUp = new KernelWarmUp();
        if (!isSmall(weights) && Runtime.getRuntime().availableProcessors() > 1) {
            Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).name("clip4j-warm-up").start(warmUp::run);
        }
        return warmUp;
    }

    /// The team of threads for a model that is about to be loaded.
    public static Workers workers(WeightSource weights, int threads) {
        return isSmall(weights) ? Workers.scalarAtFirst(threads) : new Workers(threads);
    }

    private static boolean isSmall(WeightSource weights) {
        return weights.tensors().values().stream().mapToLong(tensor -> tensor.shape().elements()).sum() <= SMALL;
    }

    private static TransformerConfig layers(Activation activation) {
        return new TransformerConfig(WIDTH, 2, 2, MLP_WIDTH, activation, 1e-5);
    }

    private void run() {
        ClipConfig config = ClipConfig.of(
                new VisionConfig(56, 8, layers(Activation.QUICK_GELU), new ImageHead.ClassToken(OptionalInt.of(WIDTH))),
                new TextConfig(
                        VOCABULARY, 16, layers(Activation.GELU),
                        new TextHead.EndOfText(OptionalInt.of(WIDTH), TextHead.Pooling.GREATEST_ID, VOCABULARY - 1)));
        try {
            ClipModel model = ClipModel.load(config, new Zeros(config), Workers.SERIAL);
            Tensor pixels = Tensor.zeros(1, 3 * 56 * 56);
            Tensor image = Tensor.of(pixels.array(), Shape.of(1, 3, 56, 56));
            while (!stopped) {
                model.imageEncoder().orElseThrow().encode(image); // 50 rows, as ViT-B/32 has
                // a short prompt; tiles of other heights would cost more compilation than they save
                model.textEncoder().orElseThrow().encode(texts(8));
            }
        } catch (IOException e) {
            throw new AssertionError("nothing is read", e);
        }
    }

    private static List<int[]> texts(int length) {
        int[] ids = new int[length];
        ids[length - 1] = VOCABULARY - 1;
        return new ArrayList<>(List.of(ids));
    }

    /// Repeats a pass until none of the last [#STEADY_PASSES] was faster than what came before.
    static void untilSteady(Runnable pass) {
        long best = Long.MAX_VALUE;
        for (int since = 0, done = 0; since < STEADY_PASSES && done < MAX_PASSES; done++) {
            long start = System.nanoTime();
            pass.run();
            long nanos = System.nanoTime() - start;
            since = nanos < best ? 0 : since + 1;
            best = Math.min(best, nanos);
        }
    }

    /// Embeds a blank image and short texts, one and two at a time, until that is about as fast as it will be.
    static void embed(Clip clip, boolean images, boolean texts) {
        if (images) {
            Image blank = Image.ofRgb(320, 240, new byte[320 * 240 * 3]);
            untilSteady(() -> clip.embedImage(blank));
        }
        if (texts) {
            untilSteady(() -> clip.embedText("a photo of a cat"));
            untilSteady(() -> clip.embedTexts(List.of("a photo of a cat", "a photo of a dog")));
        }
    }

    /// Ends the warm-up, after its current pass.
    void stop() {
        stopped = true;
    }

    /// Weights of any shape, all of them zero.
    private static final class Zeros implements WeightSource {
        private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();

        Zeros(ClipConfig config) {
            for (TensorSpec spec : ClipModel.parameters(config)) {
                tensors.put(spec.name(), new TensorInfo(spec.name(), DType.F32, spec.shape(), "warm-up"));
            }
        }

        @Override
        public String location() {
            return "warm-up";
        }

        @Override
        public SortedMap<String, TensorInfo> tensors() {
            return tensors;
        }

        @Override
        public float[] read(String name) {
            return new float[Objects.requireNonNull(tensors.get(name)).shape().elements()];
        }

        @Override
        public void close() {}
    }
}
