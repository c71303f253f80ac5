package example;

import io.github.clip4j.Clip;
import io.github.clip4j.Explanation.Label;
import io.github.clip4j.tiny.TinyClip;
import java.awt.Color;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Finds the heads that read colours: those whose part of "red" against "blue" differs most between red and blue shapes.
public final class ColourHead {
    public static void main(String[] args) {
        double[][] parts = new double[2][]; // of red shapes and of blue ones: what each head adds, layer by layer
        int heads;
        try (Clip clip = TinyClip.load()) {
            heads = clip.model().config().vision().orElseThrow().transformer().heads();
            for (String shape : List.of("circle", "square", "triangle")) {
                for (int colour = 0; colour < 2; colour++) {
                    Color paint = colour == 0 ? new Color(219, 26, 31) : new Color(31, 61, 209);
                    List<Label> labels = clip.explain(
                            Draw.shape(shape, paint, Color.WHITE, 48, 48, 28), List.of("a red " + shape, "a blue " + shape)).labels();
                    double[] sum = parts[colour] == null ? new double[labels.get(0).image().layers() * heads] : parts[colour];
                    for (int i = 0; i < sum.length; i++) {
                        sum[i] += (labels.get(0).image().head(i / heads, i % heads) - labels.get(1).image().head(i / heads, i % heads)) / 3;
                    }
                    parts[colour] = sum;
                }
            }
        }
        IntStream.range(0, parts[0].length).boxed().sorted(Comparator.comparing(i -> parts[1][i] - parts[0][i])).limit(5)
                .forEach(i -> System.out.printf(Locale.ROOT, "layer %d, head %d adds %+.3f for red shapes, %+.3f for blue ones%n",
                        i / heads, i % heads, parts[0][i], parts[1][i]));
    }
}
