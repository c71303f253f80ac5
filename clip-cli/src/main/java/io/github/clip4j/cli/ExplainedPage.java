package io.github.clip4j.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.Decomposition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;

/// One page to look at an explanation in a browser: a file by itself, without a server and without a network.
final class ExplainedPage {
    private static final double STEP = 1e-6; // what is shown has fewer digits

    private ExplainedPage() {}

    /// {@return an HTML file}
    static byte[] of(Explained explained) throws IOException {
        Image image = explained.image();
        JsonObject data = new JsonObject();
        data.addProperty("file", explained.file());
        data.addProperty("rows", explained.rows());
        data.addProperty("columns", explained.columns());
        data.addProperty("image", "data:image/png;base64,"
                + Base64.getEncoder().encodeToString(PngWriter.write(image.width(), image.height(), image.toRgb())));
        JsonArray labels = new JsonArray();
        explained.labels().forEach(label -> labels.add(label(explained, label)));
        data.add("labels", labels);
        // the default escapes < and &, so that no label ends the script that holds it
        return template().replace("/*DATA*/", new GsonBuilder().create().toJson(data)).getBytes(StandardCharsets.UTF_8);
    }

    private static JsonObject label(Explained explained, Explained.LabelMap label) {
        Decomposition parts = label.parts().image();
        int hidden = parts.positions() - explained.rows() * explained.columns();
        JsonObject entry = new JsonObject();
        entry.addProperty("label", label.label());
        entry.addProperty("cosine", label.cosine());
        JsonArray patches = new JsonArray();
        for (int position = hidden; position < parts.positions(); position++) {
            patches.add(rounded(parts.position(position)));
        }
        entry.add("patches", patches);
        entry.addProperty("rest", Explained.rest(parts, hidden));
        entry.add("tokens", Explained.tokens(label.parts()));
        JsonArray layers = new JsonArray();
        for (int layer = 0; layer < parts.layers(); layer++) {
            JsonArray heads = new JsonArray();
            for (int head = 0; head < parts.heads(); head++) {
                JsonArray map = new JsonArray();
                for (int position = hidden; position < parts.positions(); position++) {
                    map.add(rounded(parts.part(layer, head, position)));
                }
                JsonObject part = new JsonObject();
                part.addProperty("part", parts.head(layer, head));
                part.add("patches", map);
                heads.add(part);
            }
            JsonObject one = new JsonObject();
            one.add("heads", heads);
            one.addProperty("mlp", parts.mlp(layer));
            layers.add(one);
        }
        entry.add("layers", layers);
        return entry;
    }

    private static double rounded(double value) {
        return Math.round(value / STEP) * STEP;
    }

    private static String template() throws IOException {
        try (InputStream in = Objects.requireNonNull(ExplainedPage.class.getResourceAsStream("explain.html"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
