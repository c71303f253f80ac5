package io.github.clip4j.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Draws the maps of an image side by side: what speaks for each label in red, what speaks against it in blue.
final class ExplainedImage {
    private static final int EDGE = 288;
    private static final int COLUMNS = 6;
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
        int columns = Math.min(panels, COLUMNS);
        int rows = (panels + columns - 1) / columns;
        int height = MARGIN + CAPTION + edge;
        Canvas canvas = new Canvas(MARGIN + columns * (edge + MARGIN), MARGIN + rows * height + LEGEND);
        double largest = explained.largest();
        List<Panel> places = IntStream.range(0, panels)
                .mapToObj(i -> new Panel(canvas, MARGIN + i % columns * (edge + MARGIN), MARGIN + i / columns * height, edge)).toList();
        for (int i = 0; i < explained.labels().size(); i++) {
            Explained.LabelMap label = explained.labels().get(i);
            places.get(i).draw(
                    explained, label.patches(), largest, label.label(), String.format(Locale.ROOT, "cosine %+.3f", label.cosine()));
            if (explained.segments().isPresent()) {
                places.get(i).mark(i);
            }
        }
        if (explained.contrast().isPresent()) {
            Explained.Pair pair = explained.contrast().get();
            Explained.LabelMap label = explained.labels().get(pair.label());
            Explained.LabelMap other = explained.labels().get(pair.other());
            places.get(explained.labels().size()).draw(
                    explained, explained.contrastMap(pair), largest, label.label() + " more than " + other.label(),
                    String.format(Locale.ROOT, "difference %+.3f", label.cosine() - other.cosine()));
        }
        if (explained.segments().isPresent()) {
            Panel last = places.getLast();
            canvas.caption("the label that fits each patch best", last.x, last.y + 12, edge);
            canvas.segments(explained.image(), explained.segments().get(), last.x, last.y + CAPTION, edge);
        }
        legend(canvas, largest, edge, MARGIN + rows * height);
        return canvas.toPng();
    }

    /// The place of a map, its captions above it.
    private record Panel(Canvas canvas, int x, int y, int edge) {
        void draw(Explained explained, double[][] map, double largest, String title, String value) throws IOException {
            canvas.caption(Output.printable(title), x, y + 12, edge);
            canvas.caption(value, x, y + 30, edge);
            canvas.map(explained.image(), map, largest, x, y + CAPTION, edge);
        }

        /// The colour that a label has on the map of segments.
        void mark(int label) {
            canvas.fill(x + edge - 12, y + 20, 12, 12, Canvas.tint(128, label));
        }
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
