package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Classification;
import io.github.clip4j.image.Image;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Every image compared with every text: a row an image, a column a text.
final class SimilarityMatrix {
    /// A row.
    ///
    /// @param scores in the order of the texts
    /// @param image as the model sees it, when it is drawn
    record Row(String name, List<Classification.Score> scores, @Nullable Image image) {}

    private final List<String> texts;
    private final boolean independent;
    private final List<Row> rows = new ArrayList<>();
    private final JsonArray failures = new JsonArray();

    /// @param independent whether a probability is of its cell alone, and not of its row
    SimilarityMatrix(List<String> texts, boolean independent) {
        this.texts = texts;
        this.independent = independent;
    }

    /// @param classification of the image, with all texts in any order
    void add(String name, Classification classification, @Nullable Image image) {
        Map<String, Classification.Score> byText = new HashMap<>();
        classification.scores().forEach(score -> byText.put(score.label(), score));
        rows.add(new Row(name, texts.stream().map(byText::get).toList(), image));
    }

    /// The same cosines at another temperature.
    ///
    /// @param scale the factor of the cosines
    /// @param bias what is added to the logits of a model that was trained with a sigmoid
    SimilarityMatrix scaled(double scale, double bias) {
        SimilarityMatrix scaled = new SimilarityMatrix(texts, independent);
        for (Row row : rows) {
            double[] logits = row.scores.stream().mapToDouble(score -> scale * score.cosine() + bias).toArray();
            double sum = logSum(logits);
            List<Classification.Score> scores = new ArrayList<>();
            for (int i = 0; i < logits.length; i++) {
                double probability = independent ? 1 / (1 + Math.exp(-logits[i])) : Math.exp(logits[i] - sum);
                scores.add(new Classification.Score(texts.get(i), row.scores.get(i).cosine(), logits[i], probability));
            }
            scaled.rows.add(new Row(row.name, scores, row.image));
        }
        scaled.failures.addAll(failures);
        return scaled;
    }

    /// Σ over all numbers of e to them, as a logarithm.
    private static double logSum(double[] logits) {
        double largest = Arrays.stream(logits).max().orElse(0);
        return largest + Math.log(Arrays.stream(logits).map(logit -> Math.exp(logit - largest)).sum());
    }

    /// −ln of a share of the softmax. A small one keeps its digits: the share itself would be rounded to 1.
    private static double crossEntropy(double[] logits, int right) {
        double others = 0;
        for (int i = 0; i < logits.length; i++) {
            others += i == right ? 0 : Math.exp(logits[i] - logits[right]);
        }
        return Double.isInfinite(others) ? logSum(logits) - logits[right] : Math.log1p(others);
    }

    /// How wrong the model is about the pairs, image i with text i.
    ///
    /// A softmax: the mean of two cross-entropies, of each image among all texts and of each text among all images (Radford et al. 2021,
    /// figure 3). A sigmoid: −log σ of each logit, with its sign turned where the pair is none (Zhai et al. 2023, algorithm 1).
    ///
    /// There is a text for each image, and none has failed.
    double loss() {
        int n = texts.size();
        double[][] logits = new double[n][n];
        for (int i = 0; i < n; i++) {
            logits[i] = rows.get(i).scores.stream().mapToDouble(Classification.Score::logit).toArray();
        }
        double loss = 0;
        for (int i = 0; i < n; i++) {
            int pair = i;
            if (independent) {
                double[] row = logits[i];
                loss += IntStream.range(0, n).mapToDouble(j -> Math.log1p(Math.exp(j == pair ? -row[j] : row[j]))).sum() / n;
            } else {
                double[] column = Arrays.stream(logits).mapToDouble(row -> row[pair]).toArray();
                loss += (crossEntropy(logits[i], i) + crossEntropy(column, i)) / 2 / n;
            }
        }
        return loss;
    }

    void failed(String name, String message) {
        JsonObject failure = new JsonObject();
        failure.addProperty("image", name);
        failure.addProperty("error", message);
        failures.add(failure);
    }

    /// Whether an image has no row.
    boolean hasFailures() {
        return !failures.isEmpty();
    }

    List<String> texts() {
        return texts;
    }

    List<Row> rows() {
        return rows;
    }

    /// What a probability says.
    String probabilityTitle() {
        return independent ? "probability of each cell by itself: sigmoid of its logit" : "probability: softmax of each row of logits";
    }

    /// The document of `--json`. Images that failed have no row; they stand under `failed`, which is there only then.
    JsonObject toJson() {
        JsonArray images = new JsonArray();
        rows.forEach(row -> images.add(row.name));
        JsonArray columns = new JsonArray();
        texts.forEach(columns::add);
        JsonObject document = new JsonObject();
        document.add("images", images);
        document.add("texts", columns);
        document.add("cosine", values(Classification.Score::cosine));
        document.add("probability", values(Classification.Score::probability));
        if (!failures.isEmpty()) {
            document.add("failed", failures);
        }
        return document;
    }

    private JsonArray values(ToDoubleFunction<Classification.Score> value) {
        return Explained.matrix(rows.stream().map(row -> row.scores.stream().mapToDouble(value).toArray()).toArray(double[][]::new));
    }

    /// What is printed: the texts with their numbers, then the matrix before and after temperature and softmax.
    String toText() {
        StringBuilder text = new StringBuilder("texts\n");
        for (int i = 0; i < texts.size(); i++) {
            text.append(String.format(Locale.ROOT, "  %d  %s%n", i + 1, Output.printable(texts.get(i))));
        }
        if (!rows.isEmpty()) {
            append(text, "cosine", "%7.3f", Classification.Score::cosine);
            append(text, "logit: cosine × scale" + (independent ? " + bias" : ""), "%7.2f", Classification.Score::logit);
            append(text, probabilityTitle(), "%7.3f", Classification.Score::probability);
        }
        return text.toString().stripTrailing();
    }

    private void append(StringBuilder text, String title, String format, ToDoubleFunction<Classification.Score> value) {
        int width = rows.stream().mapToInt(row -> row.name.codePointCount(0, row.name.length())).max().orElse(0);
        text.append('\n').append(title).append('\n').append("  ").append(" ".repeat(width));
        for (int i = 1; i <= texts.size(); i++) {
            text.append(String.format(Locale.ROOT, "  %7d", i));
        }
        text.append('\n');
        for (Row row : rows) {
            String padding = " ".repeat(width - row.name.codePointCount(0, row.name.length()));
            text.append("  ").append(Output.printable(row.name)).append(padding);
            for (Classification.Score score : row.scores) {
                text.append("  ").append(String.format(Locale.ROOT, format, value.applyAsDouble(score)));
            }
            text.append('\n');
        }
    }
}
