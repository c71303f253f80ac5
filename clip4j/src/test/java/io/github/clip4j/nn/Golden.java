package io.github.clip4j.nn;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.TextHead;
import io.github.clip4j.testkit.FloatAssert;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The golden models of `weights-tools/python/make_goldens.py`, a tiny CLIP, and of `make_siglip_goldens.py`, a tiny SigLIP, with every
/// intermediate result in float64.
public final class Golden {
    /// The unit roundoff of float32.
    private static final double U = Math.scalb(1.0, -24);

    public final Path directory;
    public final ClipConfig config;
    public final Map<String, Tensor> parameters = new HashMap<>();
    private final Map<String, float[]> results = new HashMap<>();
    private final JsonObject manifest;
    private final float[] pixels;
    private final Set<String> compared = new HashSet<>();

    public Golden() {
        this("tiny");
    }

    public Golden(String name) {
        directory = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden").resolve(name);
        try {
            try (Checkpoint checkpoint = Checkpoint.open(directory)) {
                WeightSource weights = checkpoint.weights();
                config = checkpoint.config();
                for (String each : weights.tensors().keySet()) {
                    parameters.put(each, Tensor.of(weights.read(each), weights.tensors().get(each).shape()));
                }
            }
            try (SafetensorsFile file = SafetensorsFile.open(directory.resolve("goldens.safetensors"))) {
                for (String each : file.tensors().keySet()) {
                    results.put(each, file.read(each));
                }
            }
            try (SafetensorsFile file = SafetensorsFile.open(directory.resolve("inputs.safetensors"))) {
                pixels = file.read("pixels");
            }
            manifest = JsonParser.parseString(Files.readString(directory.resolve("manifest.json"))).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Both images, `[2, 3, 30, 30]`.
    public Tensor pixels() {
        return Tensor.of(pixels.clone(), Shape.of(2, 3, 30, 30));
    }

    /// Image `i`, `[3, 30, 30]`.
    public Tensor image(int i) {
        return Tensor.of(Arrays.copyOfRange(pixels, i * 2700, (i + 1) * 2700), Shape.of(3, 30, 30));
    }

    /// The ids of text `i`.
    public int[] text(int i) {
        JsonArray ids = manifest.getAsJsonArray(manifest.has("ids") ? "ids" : "texts").get(i).getAsJsonArray();
        return ids.asList().stream().mapToInt(id -> id.getAsInt()).toArray();
    }

    /// The token that ends a text.
    public int endOfText() {
        return switch (config.text().orElseThrow().head()) {
            case TextHead.EndOfText end -> end.id();
            case TextHead.EndOfPaddedText _, TextHead.LastPosition _, TextHead.FirstPosition _, TextHead.Bert _ ->
                throw new AssertionError("it has none");
        };
    }

    /// What the script wrote about its run.
    public JsonObject manifest() {
        return manifest;
    }

    /// The names of all results of one input, `image0` for example.
    public Set<String> names(String input) {
        Set<String> names = new HashSet<>();
        results.keySet().stream().filter(name -> name.startsWith(input + "/")).forEach(names::add);
        return names;
    }

    /// The results that were compared so far.
    public Set<String> compared() {
        return compared;
    }

    /// Compares a float32 result. Its roundings differ from PyTorch's, so its error does; but it is of the same size, and 4 times PyTorch's
    /// own error, or 4 roundings of the greatest element where PyTorch happened to be lucky, leaves out nothing that is not rounding: a
    /// wrong activation is off by 10⁻² here, 10⁴ times the bound.
    public void assertFloat32(String name, float[] actual) {
        FloatAssert.assertWithin(actual, expected(name), bound(name), name);
    }

    /// Compares a float32 result at 2 times the error of the library's own float32 run, at least 2 roundings of the greatest element.
    public void assertWithinTwice(String name, float[] actual) {
        FloatAssert.assertWithin(actual, expected(name), bound(name) / 2, name);
    }

    /// The bound of [#assertFloat32].
    double bound(String name) {
        JsonObject tensor = manifest.getAsJsonObject("tensors").getAsJsonObject(name);
        return 4 * Math.max(tensor.get("float32_error").getAsDouble(), U * tensor.get("max").getAsDouble());
    }

    /// Compares a float64 result: the golden's own rounding to float32, and that of `actual`, are all that may differ.
    public void assertFloat64(String name, double[][] actual) {
        float[] expected = expected(name);
        float[] flat = new float[expected.length];
        int i = 0;
        for (double[] row : actual) {
            for (double value : row) {
                flat[i++] = (float) value;
            }
        }
        FloatAssert.assertWithin(flat, expected, k -> 2 * U * Math.abs(expected[k]) + 1e-12, name);
    }

    private float[] expected(String name) {
        compared.add(name);
        float[] expected = results.get(name);
        if (expected == null) {
            throw new IllegalArgumentException("no golden named " + name);
        }
        return expected;
    }
}
