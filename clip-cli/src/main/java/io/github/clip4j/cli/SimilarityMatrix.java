package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.Classification;
import io.github.clip4j.image.Image;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
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

    void failed(String name, String message) {
        JsonObject failure = new JsonObject();
        failure.addProperty("image", name);
        failure.addProperty("error", message);
        failures.add(failure);
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
