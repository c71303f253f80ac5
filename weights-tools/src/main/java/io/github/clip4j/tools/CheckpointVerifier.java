package io.github.clip4j.tools;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.Embedding;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.Probe;
import io.github.clip4j.model.TextEncoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Runs a checkpoint on stored inputs and compares what comes out, stage by stage, with what another implementation computed.
///
/// Two forms of expectation are read. A safetensors file, as `weights-tools/python/export.py` writes it, holds inputs (`pixels`, `ids.0`,
/// …) and every intermediate result (`image0/vision_model.encoder.layers.0.layer_norm1`, …) in float64 rounded to float32, with the error
/// of PyTorch's own float32 run of each in its metadata. The encoders are traced, and the first stage that diverges is named. A JSON file,
/// written by hand from published values, holds an image, texts, and what is known of the result:
///
/// ```json
/// {"image": "cat.png", "texts": ["a photo of a cat", "a photo of a dog"], "logits_per_image": [24.5701, 19.3049], "tolerance": 0.001}
/// ```
///
/// also `probs`, `image_embedding` and `text_embeddings` (raw outputs or their first elements).
public final class CheckpointVerifier {
    /// Half a unit in the last place of float32, relative.
    private static final double U = 0x1p-24;

    /// One comparison.
    ///
    /// @param stage what was compared
    /// @param error the greatest absolute difference
    /// @param bound what it may be
    public record Result(String stage, double error, double bound) {
        /// {@return whether the error is within the bound}
        public boolean passed() {
            return error <= bound; // false for NaN
        }
    }

    private CheckpointVerifier() {}

    /// Compares a checkpoint, which stays open, with a file of expectations, in the order of computation.
    ///
    /// @param checkpoint only read
    /// @param expected a safetensors file of inputs and results
    /// @param activation for a checkpoint that does not say it, else empty
    /// @return one result for each stage
    /// @throws IOException when a file cannot be read
    public static List<Result> verify(Checkpoint checkpoint, Path expected, Optional<Activation> activation) throws IOException {
        ClipOptions options = activation.map(ClipOptions.defaults()::withActivation).orElse(ClipOptions.defaults());
        return String.valueOf(expected.getFileName()).endsWith(".json")
                ? verifyPublished(checkpoint, expected, options)
                : verifyStages(checkpoint, expected, options);
    }

    private static List<Result> verifyStages(Checkpoint checkpoint, Path expected, ClipOptions options) throws IOException {
        List<Result> results = new ArrayList<>();
        try (SafetensorsFile file = SafetensorsFile.open(expected); Clip clip = Clip.load(checkpoint, options)) {
            Stages stages = new Stages(file, results);
            Optional<ImageEncoder> images = clip.model().imageEncoder();
            TensorInfo pixels = file.tensors().get("pixels");
            if (images.isPresent() && pixels != null) {
                float[] values = file.read("pixels");
                int[] dims = pixels.shape().toArray();
                if (dims.length != 4 || pixels.shape().elements() == 0) {
                    throw new WeightFormatException("%s: pixels: expected the shape [images, channels, height, width], got %s"
                            .formatted(file.location(), pixels.shape()));
                }
                int elements = pixels.shape().elements() / dims[0];
                for (int i = 0; i < dims[0]; i++) {
                    float[] image = Arrays.copyOfRange(values, i * elements, (i + 1) * elements);
                    images.get().trace(Tensor.of(image, Shape.of(dims[1], dims[2], dims[3])), stages.of("image" + i));
                }
            }
            Optional<TextEncoder> texts = clip.model().textEncoder();
            for (int i = 0; texts.isPresent() && file.tensors().containsKey("ids." + i); i++) {
                texts.get().trace(ints(file.read("ids." + i)), stages.of("text" + i));
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (results.isEmpty()) {
            throw new WeightFormatException("%s: expected inputs 'pixels' or 'ids.0' and results of this model's stages, got none"
                    .formatted(expected.getFileName()));
        }
        return results;
    }

    private static int[] ints(float[] values) {
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = (int) values[i];
        }
        return ints;
    }

    /// The comparisons of one file.
    private record Stages(SafetensorsFile file, List<Result> results) {
        /// Compares every stage of an input that the file holds.
        Probe of(String input) {
            return (name, x) -> {
                try {
                    compare(input + "/" + name, x.toArray());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            };
        }

        /// Float32's roundings differ between implementations, but are of one size: four times PyTorch's own error, or four roundings of
        /// the greatest element where PyTorch was lucky.
        private void compare(String stage, float[] actual) throws IOException {
            if (!file.tensors().containsKey(stage)) {
                return;
            }
            String float32Error = file.metadata().get(stage);
            if (float32Error == null) {
                throw new WeightFormatException(("%s: %s: expected the error of PyTorch's float32 run in the metadata, got none; "
                                + "write the file again with export.py")
                        .formatted(file.location(), stage));
            }
            float[] expected = file.read(stage);
            double error = expected.length == actual.length ? 0 : Double.POSITIVE_INFINITY;
            double greatest = 0;
            for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
                double difference = Math.abs((double) expected[i] - actual[i]);
                error = Math.max(error, difference); // NaN stays NaN
                greatest = Math.max(greatest, Math.abs(expected[i]));
            }
            results.add(new Result(stage, error, 4 * Math.max(number(stage, float32Error), U * greatest)));
        }

        private double number(String stage, String float32Error) throws WeightFormatException {
            try {
                return Double.parseDouble(float32Error);
            } catch (NumberFormatException e) {
                throw new WeightFormatException(("%s: %s: expected a number as the error of PyTorch's float32 run, got '%s'; "
                                + "write the file again with export.py")
                        .formatted(file.location(), stage, float32Error.substring(0, Math.min(float32Error.length(), 60))), e);
            }
        }
    }

    private static List<Result> verifyPublished(Checkpoint checkpoint, Path expected, ClipOptions options) throws IOException {
        JsonFields json = StrictJson.readObject(expected);
        double tolerance = json.number("tolerance").orElse(1e-3);
        List<String> texts = json.strings("texts").orElse(List.of());
        List<List<Double>> textEmbeddings = json.rows("text_embeddings").orElse(List.of());
        if (textEmbeddings.size() > texts.size()) {
            throw json.wrong("text_embeddings", "at most one row for each of the %d texts".formatted(texts.size()),
                    textEmbeddings.size() + " rows");
        }
        Optional<List<Double>> imageEmbedding = json.numbers("image_embedding");
        Optional<List<Double>> logitsPerImage = json.numbers("logits_per_image");
        Optional<List<Double>> probs = json.numbers("probs");
        Optional<String> imageFile = json.string("image");
        if (imageFile.isEmpty() && (imageEmbedding.isPresent() || logitsPerImage.isPresent() || probs.isPresent())) {
            throw json.wrong("image", "the name of an image file beside this one", "nothing");
        }
        List<Result> results = new ArrayList<>();
        try (Clip clip = Clip.load(checkpoint, options)) {
            double[] image = imageFile.isPresent() ? imageOutput(clip, imagePath(json, expected, imageFile.get())) : new double[0];
            List<double[]> textOutputs = new ArrayList<>();
            for (String text : texts) {
                textOutputs.add(textOutput(clip, text));
            }
            if (imageEmbedding.isPresent()) {
                results.add(compare("image_embedding", imageEmbedding.get(), image, tolerance));
            }
            for (int i = 0; i < textEmbeddings.size(); i++) {
                results.add(compare("text_embeddings[" + i + "]", textEmbeddings.get(i), textOutputs.get(i), tolerance));
            }
            double[] logits = logitsPerImage.isPresent() || probs.isPresent() ? logits(clip, image, textOutputs) : new double[0];
            if (logitsPerImage.isPresent()) {
                results.add(compare("logits_per_image", logitsPerImage.get(), logits, tolerance));
            }
            if (probs.isPresent()) {
                results.add(compare("probs", probs.get(), probabilities(clip, logits), tolerance));
            }
        }
        if (results.isEmpty()) {
            throw new WeightFormatException("%s: expected one of image_embedding, text_embeddings, logits_per_image and probs, got none"
                    .formatted(expected.getFileName()));
        }
        return results;
    }

    private static Path imagePath(JsonFields json, Path expected, String name) throws IOException {
        try {
            return expected.resolveSibling(name);
        } catch (InvalidPathException e) {
            throw json.wrong("image", "the name of an image file beside this one", "'" + e.getInput() + "', which no file can have");
        }
    }

    private static double[] textOutput(Clip clip, String text) throws IOException {
        TextEncoder encoder = clip.model().textEncoder()
                .orElseThrow(() -> new WeightFormatException("expected a model with a text encoder, as there are texts, got none"));
        return doubles(encoder.encode(List.of(clip.tokenizer().encode(text, encoder.config().contextLength()))).toArray());
    }

    private static double[] imageOutput(Clip clip, Path file) throws IOException {
        ImageEncoder encoder = clip.model().imageEncoder()
                .orElseThrow(() -> new WeightFormatException("expected a model with an image encoder, as there is an image, got none"));
        Tensor pixels = clip.preprocess().apply(ImageFile.read(file));
        int[] dims = pixels.shape().toArray();
        Tensor batch = Tensor.of(pixels.array(), Shape.of(1, dims[0], dims[1], dims[2]));
        return doubles(encoder.encode(batch).toArray());
    }

    private static double[] logits(Clip clip, double[] image, List<double[]> texts) throws IOException {
        Embedding point = Embedding.normalized(floats(image));
        double scale = clip.model().logitScale()
                .orElseThrow(() -> new WeightFormatException("expected a model with a logit_scale, as there are logits, got none"));
        return texts.stream()
                .mapToDouble(text -> scale * point.dot(Embedding.normalized(floats(text))) + clip.model().logitBias().orElse(0))
                .toArray();
    }

    /// The sigmoid of each logit for a model that was trained with it, else the softmax.
    private static double[] probabilities(Clip clip, double[] logits) {
        if (clip.model().logitBias().isPresent()) {
            return Arrays.stream(logits).map(logit -> 1 / (1 + Math.exp(-logit))).toArray();
        }
        double max = Arrays.stream(logits).max().orElse(0);
        double[] powers = Arrays.stream(logits).map(logit -> Math.exp(logit - max)).toArray();
        double sum = Arrays.stream(powers).sum();
        return Arrays.stream(powers).map(power -> power / sum).toArray();
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /// Published values are often the first ones alone.
    private static Result compare(String stage, List<Double> values, double[] actual, double tolerance) {
        double error = values.size() <= actual.length ? 0 : Double.POSITIVE_INFINITY;
        for (int i = 0; i < Math.min(values.size(), actual.length); i++) {
            double difference = Math.abs(values.get(i) - actual[i]);
            error = Math.max(error, difference); // NaN stays NaN
        }
        return new Result(stage, error, tolerance);
    }
}
