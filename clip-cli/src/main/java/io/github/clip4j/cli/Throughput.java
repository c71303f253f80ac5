package io.github.clip4j.cli;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.TextConfig;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.model.TransformerConfig;
import io.github.clip4j.model.VisionConfig;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/// How many images or texts a tower encodes in a second.
///
/// @param perSecond the median over rounds
/// @param gflops nominal operations a second, in 10⁹
/// @param fraction of the peak; NaN without the Vector API, which measures the peak
record Throughput(Tower tower, int batch, int threads, double perSecond, double gflops, double fraction) {
    private static final long LONGEST_WARM_UP_NANOS = 15_000_000_000L;
    private static final long ROUND_NANOS = 500_000_000;

    /// What is measured.
    enum Tower {
        IMAGE("image", "images"),
        TEXT("text", "texts");

        private final String id;
        private final String plural;

        Tower(String id, String plural) {
            this.id = id;
            this.plural = plural;
        }

        String id() {
            return id;
        }
    }

    /// Numbers of tokens of a text; texts of all of them take turns.
    record Lengths(int least, int most) {
        /// Texts as long as the model takes.
        static final Lengths FULL = new Lengths(Integer.MAX_VALUE, Integer.MAX_VALUE);

        Lengths atMost(int positions) {
            return new Lengths(Math.min(least, positions), Math.min(most, positions));
        }
    }

    /// Measures one cell.
    ///
    /// @param lengths of the texts; what is more than the positions of the model is its positions
    /// @param peak GFLOP/s
    static Throughput measure(ClipModel model, Tower tower, int batch, int threads, Lengths lengths, double seconds, double peak) {
        double flops;
        Runnable pass;
        if (tower == Tower.IMAGE) {
            ImageEncoder encoder = model.imageEncoder().orElseThrow();
            flops = flops(encoder.config());
            Tensor pixels = pixels(encoder.config(), batch);
            pass = () -> encoder.encode(pixels);
        } else {
            TextEncoder encoder = model.textEncoder().orElseThrow();
            Lengths possible = switch (encoder.config().head()) {
                case TextHead.EndOfText _, TextHead.FirstPosition _, TextHead.Bert _ -> lengths;
                case TextHead.EndOfPaddedText _, TextHead.LastPosition _ -> Lengths.FULL;
            };
            List<int[]> texts = texts(encoder.config(), batch, possible.atMost(encoder.config().contextLength()));
            flops = texts.stream().mapToDouble(text -> flops(encoder.config(), text.length)).average().orElseThrow();
            pass = () -> encoder.encode(texts);
        }
        double perSecond = batch * rate(pass, seconds);
        double gflops = perSecond * flops / 1e9;
        return new Throughput(tower, batch, threads, perSecond, gflops, gflops / peak);
    }

    String line() {
        String share = Double.isFinite(fraction) ? String.format(Locale.ROOT, "  %5.1f %% of the peak", 100 * fraction) : "";
        return String.format(
                Locale.ROOT, "  %-5s batch %3d  %8.2f %s/s  %7.1f GFLOP/s%s%n", tower.id, batch, perSecond, tower.plural, gflops, share);
    }

    /// Passes a second: the median of rounds of at least half a second each.
    private static double rate(Runnable pass, double seconds) {
        warmUp(pass);
        List<Double> rates = new ArrayList<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        do {
            int passes = 0;
            long start = System.nanoTime();
            long now;
            do {
                pass.run();
                passes++;
                now = System.nanoTime();
            } while (now - start < ROUND_NANOS);
            rates.add(passes * 1e9 / (now - start));
        } while (System.nanoTime() < end);
        rates.sort(null);
        return rates.get(rates.size() / 2);
    }

    /// Runs passes until the JIT compiler is idle: two rounds in a row in which it used under 5 % of a core. Before that it takes time from
    /// one of the threads, and all wait for the slowest. With two threads on two processors the rate is a fifth lower for some seconds.
    private static void warmUp(Runnable pass) {
        CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
        long end = System.nanoTime() + LONGEST_WARM_UP_NANOS;
        for (int quiet = 0; quiet < 2 && System.nanoTime() < end; ) {
            long compiled = compiler == null ? 0 : compiler.getTotalCompilationTime();
            long start = System.nanoTime();
            do {
                pass.run();
            } while (System.nanoTime() - start < ROUND_NANOS);
            long spent = compiler == null ? 0 : compiler.getTotalCompilationTime() - compiled; // milliseconds
            quiet = spent < (System.nanoTime() - start) / 1e6 / 20 ? quiet + 1 : 0;
        }
    }

    private static Tensor pixels(VisionConfig config, int batch) {
        SplittableRandom random = new SplittableRandom(1);
        float[] values = new float[batch * VisionConfig.CHANNELS * config.imageSize() * config.imageSize()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, Shape.of(batch, VisionConfig.CHANNELS, config.imageSize(), config.imageSize()));
    }

    /// Random texts, a middle length first, no two alike, ending with the end of text.
    private static List<int[]> texts(TextConfig config, int batch, Lengths lengths) {
        SplittableRandom random = new SplittableRandom(2);
        int end = switch (config.head()) {
            case TextHead.EndOfText(_, _, int id) -> id == TextConfig.LEGACY_END_OF_TEXT ? config.vocabularySize() - 1 : id;
            case TextHead.EndOfPaddedText _ -> config.vocabularySize() - 1;
            case TextHead.LastPosition _ -> 1;
            case TextHead.FirstPosition first -> first.padId() + 1;
            case TextHead.Bert bert -> bert.padId() + 1; // anything but padding, which is left out
        };
        int choices = lengths.most() - lengths.least() + 1;
        List<int[]> texts = new ArrayList<>();
        for (int t = 0; t < batch; t++) {
            int n = lengths.least() + (t + choices / 2) % choices;
            int[] ids = random.ints(n, 0, config.vocabularySize() - 2).toArray();
            ids[n - 1] = end;
            ids[0] = t % (config.vocabularySize() - 2); // no beginnings in common
            if (config.head() instanceof TextHead.FirstPosition first) {
                Arrays.setAll(ids, i -> ids[i] == first.padId() ? end : ids[i]); // padding is left out, and no text begins with it
            }
            texts.add(ids);
        }
        return texts;
    }

    /// Nominal operations of an image: a multiplication and an addition each.
    static double flops(VisionConfig config) {
        TransformerConfig t = config.transformer();
        double patches = (double) config.patches() * switch (config.head()) {
            case ImageHead.ConvStem _ -> { // 16 windows of 48 numbers and 4 of d to a quarter of the width, and d to d
                double d = t.width();
                yield config.patchElements() * d / 4 + 4 * d * d / 4 + d * d;
            }
            case ImageHead.ClassToken _, ImageHead.PatchMean _, ImageHead.AttentionPool _ -> (double) config.patchElements() * t.width();
        };
        double head = switch (config.head()) {
            case ImageHead.ClassToken token -> (double) t.width() * token.projectionDim().orElse(0);
            case ImageHead.ConvStem stem -> (double) t.width() * stem.projectionDim().orElse(0);
            case ImageHead.PatchMean mean -> (double) t.width() * mean.projectionDim().orElse(0);
            case ImageHead.AttentionPool _ -> attentionPool(t, config.tokens());
        };
        return 2 * (patches + blocks(t, config.tokens()) + head);
    }

    /// Keys and values of all positions, one query, and an MLP over one row.
    private static double attentionPool(TransformerConfig t, int n) {
        double d = t.width();
        return n * 2 * d * d + 2 * n * d + d * d + 2 * d * t.mlpWidth();
    }

    /// Nominal operations of a text of `n` tokens.
    static double flops(TextConfig config, int n) {
        return 2 * (blocks(config.transformer(), n) + (double) config.transformer().width() * config.projectionDim().orElse(0));
    }

    private static double blocks(TransformerConfig t, int n) {
        double d = t.width();
        return t.layers() * (n * (4 * d * d + 2 * d * t.mlpWidth()) + 2.0 * n * n * d);
    }
}
