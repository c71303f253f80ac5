package io.github.clip4j.cli;

import io.github.clip4j.Classification;
import io.github.clip4j.image.Image;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// Draws a matrix of images and texts, as one SVG file that needs nothing else: before and after temperature and softmax, side by side,
/// with the images as the model sees them.
final class SimilaritySvg {
    private static final int CELL = 64;
    private static final int GAP = 4;
    private static final int MARGIN = 16;
    private static final int FONT = 13;
    private static final int TITLE = 24;
    private static final int BETWEEN = 48;

    private final SimilarityMatrix matrix;
    private final StringBuilder svg = new StringBuilder();
    private final int columns;
    private final int heading; // room for the texts, which stand upright over their columns
    private final int panel;

    private SimilaritySvg(SimilarityMatrix matrix) {
        this.matrix = matrix;
        this.columns = matrix.texts().size();
        this.heading = 8 + FONT * 6 / 10 * matrix.texts().stream().mapToInt(String::length).max().orElse(0);
        this.panel = columns * (CELL + GAP);
    }

    static String of(SimilarityMatrix matrix) {
        return new SimilaritySvg(matrix).draw();
    }

    private String draw() {
        int left = MARGIN + CELL + 2 * GAP;
        int second = left + panel + BETWEEN;
        int top = MARGIN + TITLE + heading;
        int width = second + panel + MARGIN;
        int height = top + matrix.rows().size() * (CELL + GAP) + MARGIN;
        svg.append(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="%d">
                <rect width="100%%" height="100%%" fill="white"/>
                """, width, height, width, height, FONT));
        for (int row = 0; row < matrix.rows().size(); row++) {
            thumbnail(matrix.rows().get(row), MARGIN, top + row * (CELL + GAP));
        }
        // a cosine of 1 is full; between images and texts of CLIP it is rarely above 0.4, so colours go up to the largest
        double largest = matrix.rows().stream().flatMap(row -> row.scores().stream()).mapToDouble(Classification.Score::cosine)
                .map(Math::abs).max().orElse(1);
        panel("cosine", left, top, "%.3f", Classification.Score::cosine, largest == 0 ? 1 : largest);
        panel(matrix.probabilityTitle(), second, top, "%.3f", Classification.Score::probability, 1);
        return svg.append("</svg>\n").toString();
    }

    private void thumbnail(SimilarityMatrix.Row row, int x, int y) {
        Image image = row.image();
        if (image != null) {
            String png = Base64.getEncoder().encodeToString(PngWriter.write(image.width(), image.height(), image.toRgb()));
            svg.append(String.format(Locale.ROOT,
                    "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" href=\"data:image/png;base64,%s\"><title>%s</title></image>%n",
                    x, y, CELL, CELL, png, Markup.escape(row.name())));
        }
    }

    private void panel(
            String title, int left, int top, String format, ToDoubleFunction<Classification.Score> value, double largest) {
        svg.append(String.format(
                Locale.ROOT, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>%n", left, MARGIN + FONT, Markup.escape(title)));
        for (int column = 0; column < columns; column++) {
            int x = left + column * (CELL + GAP) + CELL / 2 + FONT / 3;
            svg.append(String.format(Locale.ROOT, "<text transform=\"translate(%d %d) rotate(-90)\">%s</text>%n",
                    x, top - 6, Markup.escape(matrix.texts().get(column))));
        }
        for (int row = 0; row < matrix.rows().size(); row++) {
            List<Classification.Score> scores = matrix.rows().get(row).scores();
            for (int column = 0; column < columns; column++) {
                double cell = value.applyAsDouble(scores.get(column));
                int x = left + column * (CELL + GAP);
                int y = top + row * (CELL + GAP);
                double strength = Math.min(1, Math.abs(cell) / largest);
                svg.append(String.format(Locale.ROOT, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n",
                        x, y, CELL, CELL, color(cell < 0, strength)));
                svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"%s\">%s</text>%n",
                        x + CELL / 2, y + CELL / 2 + FONT / 3, strength > 0.6 ? "white" : "black",
                        String.format(Locale.ROOT, format, cell)));
            }
        }
    }

    /// White for 0, red for what is above it and blue for what is below.
    private static String color(boolean negative, double strength) {
        int faded = (int) Math.round(255 * (1 - 0.8 * strength));
        return String.format(Locale.ROOT, negative ? "#%02x%02xff" : "#ff%02x%02x", faded, faded);
    }
}
