package io.github.clip4j;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static io.github.clip4j.testkit.FloatAssert.assertWithin;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// Models of published sizes with random weights and gigabytes, which `weights-tools/python/make_large_siglip.py` and
/// `make_bert_goldens.py large` make:
///
/// ```
/// mvn test -pl clip4j -am -Dtest=LargeModelsTest -Dsurefire.failIfNoSpecifiedTests=false -Dclip.large=FOLDER,…
/// -Dclip.test.jvmArgs="--add-modules jdk.incubator.vector -Xmx8g"
/// ```
class LargeModelsTest {
    @Test
    void outputsAreWithinTwiceTheErrorOfTheLibraryInEveryBatchAndWithAnyThreads() throws IOException {
        String folders = System.getProperty("clip.large", "");
        Assumptions.assumeFalse(folders.isEmpty(), "skipped: no -Dclip.large=FOLDER,… of make_large_siglip.py or make_bert_goldens.py");
        for (String folder : folders.split(",", -1)) {
            compare(folder);
        }
    }

    private static void compare(String folder) throws IOException {
        System.out.println(folder);
        try (Checkpoint checkpoint = Checkpoint.open(Path.of(folder, "model"));
                SafetensorsFile expected = SafetensorsFile.open(Path.of(folder, "expected.safetensors"))) {
            checkpoint.check();
            float[][] images = new float[2][];
            float[][] texts = new float[2][];
            for (int threads = 1; threads <= 2; threads++) {
                try (Workers workers = new Workers(threads)) {
                    ClipModel model = ClipModel.load(checkpoint.config(), checkpoint.weights(), workers);
                    if (model.imageEncoder().isPresent()) {
                        images[threads - 1] = images(model.imageEncoder().get(), expected);
                    }
                    if (model.textEncoder().isPresent()) {
                        texts[threads - 1] = texts(model.textEncoder().get(), expected);
                    }
                }
            }
            if (images[0] != null) {
                assertSameBits(images[0], images[1], "images with 1 and 2 threads");
            }
            if (texts[0] != null) {
                assertSameBits(texts[0], texts[1], "texts with 1 and 2 threads");
            }
        }
    }

    private static float[] images(ImageEncoder encoder, SafetensorsFile expected) throws IOException {
        int size = encoder.config().imageSize();
        float[] pixels = expected.read("pixels");
        float[] together = encoder.encode(Tensor.of(pixels, Shape.of(8, 3, size, size))).toArray();
        int one = pixels.length / 8;
        for (int i = 0; i < 8; i += 7) {
            Tensor image = Tensor.of(Arrays.copyOfRange(pixels, i * one, (i + 1) * one), Shape.of(1, 3, size, size));
            assertSameBits(encoder.encode(image).toArray(), row(together, i), "image " + i);
        }
        assertClose(together, expected, "images");
        return together;
    }

    private static float[] texts(TextEncoder encoder, SafetensorsFile expected) throws IOException {
        float[] values = expected.read("ids");
        List<int[]> ids = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int[] text = new int[values.length / 8];
            for (int j = 0; j < text.length; j++) {
                text[j] = (int) values[i * text.length + j];
            }
            ids.add(text);
        }
        float[] together = encoder.encode(ids).toArray();
        for (int i = 0; i < 8; i += 7) {
            assertSameBits(encoder.encode(List.of(ids.get(i))).toArray(), row(together, i), "text " + i);
        }
        assertClose(together, expected, "texts");
        return together;
    }

    private static float[] row(float[] together, int i) {
        int width = together.length / 8;
        return Arrays.copyOfRange(together, i * width, (i + 1) * width);
    }

    private static void assertClose(float[] actual, SafetensorsFile file, String name) throws IOException {
        double error = Double.parseDouble(Objects.requireNonNull(file.metadata().get(name)));
        float[] expected = file.read(name);
        double own = 0;
        for (int i = 0; i < actual.length; i++) {
            own = Math.max(own, Math.abs((double) actual[i] - expected[i]));
        }
        System.out.printf("%s: error %.3g, the library's %.3g, ratio %.2f%n", name, own, error, own / error);
        assertWithin(actual, expected, 2 * error, name);
    }
}
