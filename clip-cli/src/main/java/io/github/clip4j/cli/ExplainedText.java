package io.github.clip4j.cli;

import io.github.clip4j.Explanation;
import java.util.Locale;

/// Explanations in plain characters, which read without colours.
final class ExplainedText {
    /// For shares of the largest value: below ⅛, ⅜, ⅝, ⅞, and above.
    private static final String[] FOR = {" · ", " + ", " ++", "+++", "###"};
    private static final String[] AGAINST = {" · ", " - ", " --", "---", "==="};

    private ExplainedText() {}

    /// The maps of an image, a cell a patch, and the words of each label.
    static String of(Explained explained) {
        StringBuilder text = new StringBuilder(Output.printable(explained.file())).append('\n');
        double largest = explained.largest();
        for (Explained.LabelMap label : explained.labels()) {
            text.append(words(label.parts())).append('\n');
            append(text, label.patches(), largest);
        }
        explained.contrast().ifPresent(pair -> {
            text.append("  ").append(Output.printable(explained.labels().get(pair.label()).label())).append(", more than ")
                    .append(Output.printable(explained.labels().get(pair.other()).label())).append('\n');
            append(text, explained.contrastMap(pair), largest);
        });
        text.append(String.format(Locale.ROOT, "  ### for, === against; the largest part is %.3f", largest));
        return text.toString();
    }

    private static void append(StringBuilder text, double[][] map, double largest) {
        for (double[] row : map) {
            text.append("    ");
            for (double value : row) {
                int strength = (int) Math.min(4, Math.round(4 * Math.abs(value) / largest));
                text.append(value < 0 ? AGAINST[strength] : FOR[strength]);
            }
            text.append('\n');
        }
    }

    /// The cosine of a label and what each of its tokens adds.
    static String words(Explanation.Label label) {
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, "  %s  cosine %+.3f%n    ", Output.printable(label.label()), label.cosine()));
        for (int i = 0; i < label.tokens().size(); i++) {
            text.append(String.format(Locale.ROOT, "%s %+.3f  ", Output.printable(label.tokens().get(i)), label.text().position(i)));
        }
        return text.append(String.format(Locale.ROOT, "rest %+.3f", Explained.rest(label.text(), 0))).toString();
    }
}
