package io.github.clip4j.cli;

import java.io.IOException;
import java.util.Locale;

/// Draws the maps of an image side by side: what speaks for each label in red, what speaks against it in blue.
final class ExplainedImage {
    private static final int EDGE = 288;
    private static final int MARGIN = 12;
    private static final int CAPTION = 40;
    private static final int LEGEND = 44;

    private ExplainedImage() {}

    /// {@return a PNG file}
    ///
    /// @throws IOException when the system has no fonts
    static byte[] of(Explained explained) throws IOException {
        int edge = Math.max(1, EDGE / explained.rows()) * explained.rows(); // whole pixels a patch
        int panels = explained.labels().size() + (explained.contrast().isPresent() ? 1 : 0) + (explained.segments().isPresent() ? 1 : 0);
        Canvas canvas = new Canvas(MARGIN + panels * (edge + MARGIN), 2 * MARGIN + CAPTION + edge + LEGEND);
        double largest = explained.largest();
        int x = MARGIN;
        for (Explained.LabelMap label : explained.labels()) {
            panel(canvas, explained, label.patches(), largest, x, edge, label.label(),
                    String.format(Locale.ROOT, "cosine %+.3f", label.cosine()));
            x += edge + MARGIN;
        }
        if (explained.contrast().isPresent()) {
            Explained.Pair pair = explained.contrast().get();
            Explained.LabelMap label = explained.labels().get(pair.label());
            Explained.LabelMap other = explained.labels().get(pair.other());
            panel(canvas, explained, explained.contrastMap(pair), largest, x, edge, label.label() + " more than " + other.label(),
                    String.format(Locale.ROOT, "difference %+.3f", label.cosine() - other.cosine()));
        }
        if (explained.segments().isPresent()) {
            segments(canvas, explained, explained.segments().get(), MARGIN + (panels - 1) * (edge + MARGIN), edge);
        }
        legend(canvas, largest, edge, 2 * MARGIN + CAPTION + edge);
        return canvas.toPng();
    }

    private static void panel(
            Canvas canvas, Explained explained, double[][] map, double largest, int x, int edge, String title, String value)
            throws IOException {
        canvas.caption(Output.printable(title), x, MARGIN + 12, edge);
        canvas.caption(value, x, MARGIN + 30, edge);
        canvas.map(explained.image(), map, largest, x, MARGIN + CAPTION, edge);
    }

    /// The label that fits each patch best, with a square of its colour before each label.
    private static void segments(Canvas canvas, Explained explained, int[][] segments, int x, int edge) throws IOException {
        canvas.caption("the label that fits each patch best", x, MARGIN + 12, edge);
        int width = edge / explained.labels().size();
        for (int i = 0; i < explained.labels().size(); i++) {
            canvas.fill(x + i * width, MARGIN + 20, 12, 12, Canvas.tint(128, i));
            canvas.caption(Output.printable(explained.labels().get(i).label()), x + i * width + 16, MARGIN + 30, Math.max(1, width - 20));
        }
        canvas.segments(explained.image(), segments, x, MARGIN + CAPTION, edge);
    }

    /// The colours of the values from the least to the largest.
    private static void legend(Canvas canvas, double largest, int width, int y) throws IOException {
        for (int i = 0; i < width; i++) {
            canvas.fill(MARGIN + i, y, 1, 12, Canvas.over(128, 2.0 * i / (width - 1) - 1));
        }
        canvas.caption(String.format(Locale.ROOT, "against %.3f", -largest), MARGIN, y + 28, width / 2);
        canvas.caption(String.format(Locale.ROOT, "for %+.3f", largest), MARGIN + width - 80, y + 28, 80);
    }
}
