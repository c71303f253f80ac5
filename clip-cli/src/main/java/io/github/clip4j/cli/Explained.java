package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Clip;
import io.github.clip4j.Explanation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.Decomposition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An image with a map for each label: what `clip explain` shows.
///
/// @param file its name as the user gave it
/// @param image resized and cropped, as the model sees it
/// @param contrast the labels whose maps are subtracted
record Explained(String file, Image image, MapMethod method, List<LabelMap> labels, Optional<Pair> contrast) {
    /// The indices of two labels.
    record Pair(int label, int other) {}

    /// A label and its map.
    ///
    /// @param patches `[rows][columns]`
    /// @param parts its cosine taken apart, whatever the method of the map
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record LabelMap(String label, double cosine, double[][] patches, Explanation.Label parts) {}

    static Explained of(Clip clip, String file, Image image, List<String> texts, MapMethod method, Optional<Pair> contrast) {
        Explanation explanation = clip.explain(image, texts);
        Tensor pixels = clip.preprocess().apply(image);
        List<double[][]> maps = method.maps(clip, pixels, explanation);
        List<LabelMap> labels = new ArrayList<>();
        for (int i = 0; i < maps.size(); i++) {
            Explanation.Label parts = explanation.labels().get(i);
            requireNumber(parts.cosine());
            labels.add(new LabelMap(parts.label(), parts.cosine(), maps.get(i), parts));
        }
        return new Explained(file, clip.preprocess().resizeAndCrop(image), method, List.copyOf(labels), contrast);
    }

    static void requireNumber(double cosine) {
        if (!Double.isFinite(cosine)) {
            throw new IllegalArgumentException(
                    "expected a cosine, got " + cosine + ": the model's output for this input is zero or not finite");
        }
    }

    int rows() {
        return labels.getFirst().patches().length;
    }

    int columns() {
        return labels.getFirst().patches()[0].length;
    }

    /// What each patch adds to one label more than to the other, `[rows][columns]`.
    double[][] contrastMap(Pair pair) {
        double[][] difference = new double[rows()][columns()];
        for (int row = 0; row < rows(); row++) {
            for (int column = 0; column < columns(); column++) {
                difference[row][column] = labels.get(pair.label).patches()[row][column] - labels.get(pair.other).patches()[row][column];
            }
        }
        return difference;
    }

    /// The number of the label that each patch fits best, `[rows][columns]`: a map of segments. Empty for a single label, and for maps
    /// that are the same for every label or are no cosines of patches.
    Optional<int[][]> segments() {
        if (method != MapMethod.MASKCLIP || labels.size() < 2) {
            return Optional.empty();
        }
        int[][] segments = new int[rows()][columns()];
        for (int row = 0; row < rows(); row++) {
            for (int column = 0; column < columns(); column++) {
                for (int i = 1; i < labels.size(); i++) {
                    if (labels.get(i).patches[row][column] > labels.get(segments[row][column]).patches[row][column]) {
                        segments[row][column] = i;
                    }
                }
            }
        }
        return Optional.of(segments);
    }

    /// The largest of the values without their signs; 1 when all are 0. The colours of all maps of an image are relative to it.
    double largest() {
        double largest = 0;
        List<double[][]> maps = new ArrayList<>(labels.stream().map(LabelMap::patches).toList());
        contrast.ifPresent(pair -> maps.add(contrastMap(pair)));
        for (double[][] map : maps) {
            for (double[] row : map) {
                for (double value : row) {
                    largest = Math.max(largest, Math.abs(value));
                }
            }
        }
        return largest == 0 ? 1 : largest;
    }

    /// The document of `--json`, without the model's name.
    JsonArray labelsAsJson() {
        JsonArray array = new JsonArray();
        for (LabelMap label : labels) {
            JsonObject entry = new JsonObject();
            entry.addProperty("label", label.label);
            entry.addProperty("cosine", label.cosine);
            entry.add("patches", matrix(label.patches));
            if (method == MapMethod.DECOMPOSITION) {
                Decomposition image = label.parts.image();
                entry.add("layers", layers(image));
                entry.addProperty("rest", rest(image, image.positions() - rows() * columns()));
                entry.add("tokens", tokens(label.parts));
                entry.addProperty("tokens_rest", rest(label.parts.text(), 0));
            }
            array.add(entry);
        }
        return array;
    }

    /// What heads and MLP of each layer add.
    static JsonArray layers(Decomposition parts) {
        JsonArray array = new JsonArray();
        for (int layer = 0; layer < parts.layers(); layer++) {
            JsonArray heads = new JsonArray();
            for (int head = 0; head < parts.heads(); head++) {
                heads.add(parts.head(layer, head));
            }
            JsonObject entry = new JsonObject();
            entry.add("heads", heads);
            entry.addProperty("mlp", parts.mlp(layer));
            array.add(entry);
        }
        return array;
    }

    /// The words of a label with their parts.
    static JsonArray tokens(Explanation.Label label) {
        JsonArray array = new JsonArray();
        for (int i = 0; i < label.tokens().size(); i++) {
            JsonObject entry = new JsonObject();
            entry.addProperty("token", label.tokens().get(i));
            entry.addProperty("part", label.text().position(i));
            array.add(entry);
        }
        return array;
    }

    /// What the positions from `hidden` on do not add: the positions before them, the MLPs, the first embedding and the biases.
    static double rest(Decomposition parts, int hidden) {
        double rest = parts.rest();
        for (int layer = 0; layer < parts.layers(); layer++) {
            rest += parts.mlp(layer);
        }
        for (int position = 0; position < hidden; position++) {
            rest += parts.position(position);
        }
        return rest;
    }

    static JsonArray matrix(double[][] rows) {
        JsonArray array = new JsonArray();
        for (double[] row : rows) {
            JsonArray numbers = new JsonArray();
            for (double value : row) {
                numbers.add(value);
            }
            array.add(numbers);
        }
        return array;
    }
}
