package example;

import io.github.clip4j.Clip;
import io.github.clip4j.tiny.TinyClip;
import java.awt.Color;
import java.util.List;
import java.util.Locale;

/// Plots a concept direction: texts give the way from "blue" to "red", and images of every hue are laid along it.
public final class ConceptDirection {
    public static void main(String[] args) {
        try (Clip clip = TinyClip.load()) {
            float[] way = new float[clip.dimension()];
            for (String shape : List.of("circle", "square", "triangle")) {
                float[] red = clip.embedText("a red " + shape).toArray();
                float[] blue = clip.embedText("a blue " + shape).toArray();
                for (int i = 0; i < way.length; i++) {
                    way[i] += (red[i] - blue[i]) / 3;
                }
            }
            for (int hue = 0; hue < 360; hue += 20) {
                Color colour = Color.getHSBColor(hue / 360f, 1, 0.9f);
                float[] x = clip.embedImage(Draw.shape("square", colour, Color.BLACK, 48, 48, 26)).toArray();
                double along = 0;
                for (int i = 0; i < way.length; i++) {
                    along += x[i] * way[i];
                }
                System.out.printf(Locale.ROOT, "hue %3d°  %+.2f  %s*%n", hue, along, " ".repeat((int) Math.round(30 + 40 * along)));
            }
        }
    }
}
