package io.github.clip4j.cli;

import io.github.clip4j.Explanation;
import io.github.clip4j.image.Image;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Explanations in characters, which read without colours. With them a cell has the grey of its patch under the colour of its part.
final class ExplainedText {
    /// For shares of the largest value: below ⅛, ⅜, ⅝, ⅞, and above.
    private static final String[] FOR = {" · ", " + ", " ++", "+++", "###"};
    private static final String[] AGAINST = {" · ", " - ", " --", "---", "==="};

    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// The most labels that a map of segments tells apart.
    static final int MOST_SEGMENTS = LETTERS.length();

    /// A map of one number a patch, as it is shown.
    private interface Cells {
        String of(int row, int column);
    }

    private final Explained explained;
    private final double largest;
    private final int @Nullable [][] greys; // of patches; null without colours

    private ExplainedText(Explained explained, boolean colors) {
        this.explained = explained;
        this.largest = explained.largest();
        this.greys = colors ? greys(explained) : null;
    }

    /// The maps of an image, a cell a patch, and the words of each label.
    ///
    /// @param colors whether the terminal shows 24-bit colours
    static String of(Explained explained, boolean colors) {
        return new ExplainedText(explained, colors).text();
    }

    private String text() {
        StringBuilder text = new StringBuilder(Output.printable(explained.file())).append('\n');
        for (Explained.LabelMap label : explained.labels()) {
            text.append(words(label.parts(), greys != null)).append('\n');
            append(text, map(label.patches()));
        }
        explained.contrast().ifPresent(pair -> {
            text.append("  ").append(Output.printable(explained.labels().get(pair.label()).label())).append(", more than ")
                    .append(Output.printable(explained.labels().get(pair.other()).label())).append('\n');
            append(text, map(explained.contrastMap(pair)));
        });
        explained.segments().ifPresent(segments -> {
            text.append("  the label that fits each patch best\n");
            for (int i = 0; i < explained.labels().size(); i++) {
                text.append("    ").append(letter(i)).append("  ").append(Output.printable(explained.labels().get(i).label())).append('\n');
            }
            append(text, (row, column) -> {
                int label = segments[row][column];
                return painted(" " + letter(label) + " ", greys == null ? 0 : Canvas.tint(greys[row][column], label));
            });
        });
        text.append(String.format(Locale.ROOT, "  ### for, === against; the largest part is %.3f", largest));
        return text.toString();
    }

    private Cells map(double[][] map) {
        return (row, column) -> {
            double value = map[row][column];
            int strength = (int) Math.min(4, Math.round(4 * Math.abs(value) / largest));
            return painted((value < 0 ? AGAINST : FOR)[strength], greys == null ? 0 : Canvas.over(greys[row][column], value / largest));
        };
    }

    private void append(StringBuilder text, Cells cells) {
        for (int row = 0; row < explained.rows(); row++) {
            text.append("    ");
            for (int column = 0; column < explained.columns(); column++) {
                text.append(cells.of(row, column));
            }
            text.append('\n');
        }
    }

    private String painted(String text, int rgb) {
        return greys == null ? text : paint(text, rgb);
    }

    /// Text on a colour of its own, in black or white, whichever is seen better.
    private static String paint(String text, int rgb) {
        int red = rgb >> 16;
        int green = (rgb >> 8) & 0xff;
        int blue = rgb & 0xff;
        String letters = 299 * red + 587 * green + 114 * blue > 128_000 ? "30" : "97";
        return "\u001b[48;2;" + red + ";" + green + ";" + blue + "m\u001b[" + letters + "m" + text + "\u001b[0m";
    }

    private static String letter(int label) {
        return LETTERS.substring(label, label + 1);
    }

    private static int[][] greys(Explained explained) {
        Image image = explained.image();
        byte[] rgb = image.toRgb();
        int[][] sums = new int[explained.rows()][explained.columns()];
        int[][] counts = new int[explained.rows()][explained.columns()];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                int row = y * explained.rows() / image.height();
                int column = x * explained.columns() / image.width();
                sums[row][column] += Canvas.grey(rgb, 3 * (y * image.width() + x));
                counts[row][column]++;
            }
        }
        for (int row = 0; row < sums.length; row++) {
            for (int column = 0; column < sums[row].length; column++) {
                sums[row][column] /= Math.max(1, counts[row][column]);
            }
        }
        return sums;
    }

    /// The cosine of a label and what each of its tokens adds.
    static String words(Explanation.Label label, boolean colors) {
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, "  %s  cosine %+.3f%n    ", Output.printable(label.label()), label.cosine()));
        double largest = 1e-9;
        for (int i = 0; i < label.tokens().size(); i++) {
            largest = Math.max(largest, Math.abs(label.text().position(i)));
        }
        for (int i = 0; i < label.tokens().size(); ) {
            String token = label.tokens().get(i);
            double part = 0;
            int from = i;
            while (i < label.tokens().size() && label.tokens().get(i).equals(token)) {
                part += label.text().position(i++); // SigLIP's texts end in some sixty times the same token
            }
            String shown = Output.printable(token) + (i - from > 1 ? " × " + (i - from) : "");
            text.append(colors ? paint(shown, Canvas.over(128, part / largest)) : shown)
                    .append(String.format(Locale.ROOT, " %+.3f  ", part));
        }
        return text.append(String.format(Locale.ROOT, "rest %+.3f", Explained.rest(label.text(), 0))).toString();
    }
}
