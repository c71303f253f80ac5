package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.Explanation;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ImageEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// The ways to say which patches of an image count for a label. All but the first are for comparison.
enum MapMethod {
    DECOMPOSITION("what each patch adds to the cosine with the label; patches and the rest sum to it exactly") {
        @Override
        List<double[][]> maps(Clip clip, Tensor pixels, Explanation explanation) {
            List<double[][]> maps = new ArrayList<>();
            for (int i = 0; i < explanation.labels().size(); i++) {
                maps.add(explanation.patches(i));
            }
            return maps;
        }
    },
    ATTENTION("how much the class token reads from each patch in the last layer, mean over heads; the same for every label") {
        @Override
        List<double[][]> maps(Clip clip, Tensor pixels, Explanation explanation) {
            List<double[][]> layers = attention(encoder(clip), pixels);
            return same(layers.getLast()[0], explanation);
        }
    },
    ROLLOUT("attention rollout (Abnar, Zuidema 2020): attention multiplied through all layers, half of each kept by the residual stream; "
            + "the same for every label") {
        @Override
        List<double[][]> maps(Clip clip, Tensor pixels, Explanation explanation) {
            List<double[][]> layers = attention(encoder(clip), pixels);
            double[] row = new double[layers.getFirst().length];
            row[0] = 1; // the class token
            for (double[][] layer : layers.reversed()) {
                double[] before = new double[row.length];
                for (int i = 0; i < row.length; i++) {
                    before[i] += row[i] / 2;
                    for (int j = 0; j < row.length; j++) {
                        before[j] += row[i] * layer[i][j] / 2;
                    }
                }
                row = before;
            }
            return same(row, explanation);
        }
    },
    MASKCLIP("patch similarity as in MaskCLIP (Zhou, Loy, Dai 2022): the cosine of what each patch says by itself in the last layer with "
            + "the label; a segmentation map") {
        @Override
        List<double[][]> maps(Clip clip, Tensor pixels, Explanation explanation) {
            Tensor patches = encoder(clip).encodePatches(pixels); // [rows·columns, p]
            List<double[][]> maps = new ArrayList<>();
            for (Embedding label : clip.embedTexts(explanation.labels().stream().map(Explanation.Label::label).toList())) {
                double[] cosines = new double[patches.rows()];
                for (int i = 0; i < cosines.length; i++) {
                    cosines[i] = Embedding.normalized(patches.rows(i, 1).toArray()).dot(label);
                }
                maps.add(grid(cosines, 0, explanation));
            }
            return maps;
        }
    };

    private final String shows;

    MapMethod(String shows) {
        this.shows = shows;
    }

    /// What its maps show, in a sentence.
    String shows() {
        return shows;
    }

    /// Its name on the command line.
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<MapMethod> ofId(String id) {
        return Arrays.stream(values()).filter(method -> method.id().equals(id)).findFirst();
    }

    static String ids() {
        return Arrays.stream(values()).map(MapMethod::id).collect(Collectors.joining(", "));
    }

    /// Whether a map has negative values: patches that speak against a label.
    boolean signed() {
        return this == DECOMPOSITION || this == MASKCLIP;
    }

    /// A map for each label of `explanation`, `[rows][columns]`.
    ///
    /// @param pixels the preprocessed image, `[3, imageSize, imageSize]`
    abstract List<double[][]> maps(Clip clip, Tensor pixels, Explanation explanation);

    private static ImageEncoder encoder(Clip clip) {
        return clip.model().imageEncoder().orElseThrow();
    }

    /// The mean over the heads of each layer's attention weights: query, key.
    private static List<double[][]> attention(ImageEncoder encoder, Tensor pixels) {
        if (encoder.config().tokens() == encoder.config().patches()) {
            throw new IllegalStateException("the model pools its patches and has no class token whose attention could be shown; "
                    + "--method decomposition shows what each patch adds");
        }
        List<double[][]> layers = new ArrayList<>();
        encoder.trace(pixels, (name, value) -> {
            if (name.endsWith(".self_attn.weights")) { // [h, n, n]
                layers.add(meanOverHeads(value));
            }
        });
        return layers;
    }

    private static double[][] meanOverHeads(Tensor weights) {
        int heads = weights.shape().dim(0);
        int n = weights.shape().dim(1);
        float[] values = weights.toArray();
        double[][] mean = new double[n][n];
        for (int i = 0; i < values.length; i++) {
            mean[i / n % n][i % n] += values[i] / (double) heads;
        }
        return mean;
    }

    private static List<double[][]> same(double[] classToken, Explanation explanation) {
        double[][] map = grid(classToken, 1, explanation);
        return explanation.labels().stream().map(label -> map).toList();
    }

    private static double[][] grid(double[] values, int from, Explanation explanation) {
        double[][] rows = new double[explanation.rows()][];
        for (int row = 0; row < rows.length; row++) {
            int start = from + row * explanation.columns();
            rows[row] = Arrays.copyOfRange(values, start, start + explanation.columns());
        }
        return rows;
    }
}
