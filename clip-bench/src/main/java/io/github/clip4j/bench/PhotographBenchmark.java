package io.github.clip4j.bench;

import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.tools.RandomWeights;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The way of a JPEG photograph to its embedding, stage by stage, in milliseconds on one thread: decoded, resized and cropped, made
/// numbers, encoded by ViT-B/32.
///
/// The photograph is drawn: soft shapes and grain, which compresses as photographs do.
@NullUnmarked // JMH sets the fields, in prepare()
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(5)
public class PhotographBenchmark {
    /// Width × height: 0.3, 2 and 12 megapixels.
    @Param({"640x480", "1600x1200", "4000x3000"})
    public String size = "";

    private final ClipPreprocess preprocess = ClipPreprocess.huggingFace(224);
    private Path file;
    private Image decoded;
    private Image cropped;
    private Tensor pixels;
    private ImageEncoder encoder;

    @Setup(Level.Trial)
    public void prepare() throws IOException {
        String[] edges = size.split("x", -1);
        file = Files.createTempFile("clip4j-photograph", ".jpg");
        ImageIO.write(draw(Integer.parseInt(edges[0]), Integer.parseInt(edges[1])), "jpg", file.toFile());
        decoded = ImageFile.read(file);
        cropped = preprocess.resizeAndCrop(decoded);
        pixels = Tensor.of(preprocess.apply(decoded).toArray(), Shape.of(1, 3, 224, 224));
        ClipConfig config = ClipConfig.vitB32();
        try (WeightSource weights = new RandomWeights(config)) {
            encoder = ClipModel.load(config, weights, Workers.SERIAL).imageEncoder().orElseThrow();
        }
    }

    private static BufferedImage draw(int width, int height) {
        Random random = new Random(1);
        BufferedImage drawn = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double u = 20.0 * x / width;
                double v = 20.0 * y / height;
                int grain = random.nextInt(9) - 4;
                int red = (int) (120 + 100 * Math.sin(u + Math.cos(v))) + grain;
                int green = (int) (120 + 100 * Math.sin(v * 1.3 + Math.cos(u * 0.7))) + grain;
                int blue = (int) (120 + 100 * Math.sin(u * v * 0.2)) + grain;
                drawn.setRGB(x, y, red << 16 | green << 8 | blue);
            }
        }
        return drawn;
    }

    @Benchmark
    public Image decode() throws IOException {
        return ImageFile.read(file);
    }

    @Benchmark
    public Image resizeAndCrop() {
        return preprocess.resizeAndCrop(decoded);
    }

    /// Of an image that needs no resizing any more.
    @Benchmark
    public Tensor normalize() {
        return preprocess.apply(cropped);
    }

    @Benchmark
    public Tensor encode() {
        return encoder.encode(pixels);
    }

    @TearDown(Level.Trial)
    public void delete() throws IOException {
        Files.delete(file);
    }
}
