package example;

import io.github.clip4j.Clip;
import io.github.clip4j.tiny.TinyClip;
import java.awt.Color;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;

/// Trains a linear probe on embeddings (CLIP §3.2): do they say how large a shape is? The model was never asked for a number.
public final class LinearProbe {
    public static void main(String[] args) {
        Random random = new Random(1);
        float[][] x = new float[300][]; // embeddings; the probe is trained on the first 200
        double[] y = new double[300]; //   radius in pixels, less the mean
        try (Clip clip = TinyClip.load()) {
            for (int i = 0; i < 300; i++) {
                y[i] = random.nextInt(21) - 10;
                String shape = List.of("circle", "square", "triangle").get(random.nextInt(3));
                Color colour = Color.getHSBColor(random.nextFloat(), 1, 0.9f);
                x[i] = clip.embedImage(Draw.shape(shape, colour, Color.BLACK, 43 + random.nextInt(11), 48, 25 + (int) y[i])).toArray();
            }
        }
        double[] w = new double[x[0].length];
        for (int step = 0; step < 200_000; step++) { // stochastic gradient descent on the squared error
            int i = random.nextInt(200);
            double slope = 0.05 * (dot(w, x[i]) - y[i]);
            IntStream.range(0, w.length).forEach(j -> w[j] -= slope * x[i][j]);
        }
        System.out.printf(Locale.ROOT, "on 100 other images the mean is off by %.1f pixels, the probe by %.1f%n",
                IntStream.range(200, 300).mapToDouble(i -> Math.abs(y[i])).average().orElseThrow(),
                IntStream.range(200, 300).mapToDouble(i -> Math.abs(dot(w, x[i]) - y[i])).average().orElseThrow());
    }

    private static double dot(double[] w, float[] x) {
        return IntStream.range(0, w.length).mapToDouble(j -> w[j] * x[j]).sum();
    }
}
