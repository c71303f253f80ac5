package io.github.clip4j;

import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.Decomposition;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Why an image fits labels as it does: each cosine taken apart exactly, over the patches of the image and over the tokens of the label.
///
/// The parts are signed. A positive patch speaks for the label, a negative one against it, and all patches and the rest sum to the cosine.
/// What explains a choice between two labels is their [#contrast]: the parts that speak for both cancel. The parts are direct effects:
/// they say at which position the last layers found something, not how it came to be there ([Decomposition] has the formula). Immutable.
public final class Explanation {
    private final int rows;
    private final int columns;
    private final List<Label> labels;

    private Explanation(int rows, int columns, List<Label> labels) {
        this.rows = rows;
        this.columns = columns;
        this.labels = labels;
    }

    /// One forward pass of the image and one of each label: in the middle of the image's, its embedding is known, and the labels are taken
    /// apart along it, which gives their embeddings, along which the image is taken apart.
    static Explanation of(Clip clip, Image image, List<String> texts) {
        Inputs.requireNoNulls(texts, "labels");
        ClipPreprocess preprocess = clip.preprocess(); // this and the next two say which part a checkpoint lacks
        int contextLength = clip.contextLength();
        Tokenizer tokenizer = clip.tokenizer();
        ImageEncoder images = clip.model().imageEncoder().orElseThrow();
        TextEncoder encoder = clip.model().textEncoder().orElseThrow();
        List<int[]> ids = Inputs.tokenize(tokenizer, texts, "labels", 0, texts.size(), contextLength);
        List<Decomposition> ofTexts = new ArrayList<>();
        List<Decomposition> ofImage = images.decompose(preprocess.apply(image), embedding -> {
            List<float[]> toImage = List.of(Embedding.normalized(embedding).toArray());
            List<float[]> toTexts = new ArrayList<>();
            for (int[] text : ids) {
                ofTexts.addAll(encoder.decompose(text, output -> {
                    toTexts.add(Embedding.normalized(output).toArray());
                    return toImage;
                }));
            }
            return toTexts;
        });
        List<Label> labels = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            List<String> tokens = Arrays.stream(ids.get(i)).mapToObj(id -> token(tokenizer, id)).toList();
            labels.add(new Label(texts.get(i), ofImage.get(i), ofTexts.get(i), tokens));
        }
        return new Explanation(images.config().grid(), images.config().grid(), List.copyOf(labels));
    }

    /// A token as text; start and end, which stand for no text, by their names.
    private static String token(Tokenizer tokenizer, int id) {
        String text = tokenizer.decode(new int[] {id}).strip();
        return text.isEmpty() ? tokenizer.token(id).orElseThrow() : text;
    }

    /// {@return the number of patches from top to bottom}
    public int rows() {
        return rows;
    }

    /// {@return the number of patches from left to right}
    public int columns() {
        return columns;
    }

    /// {@return what is known of each label, in the order given}
    public List<Label> labels() {
        return labels;
    }

    /// {@return what each patch adds to the cosine of a label, `[rows][columns]`}
    ///
    /// @param label its index
    public double[][] patches(int label) {
        Decomposition image = labels.get(label).image();
        int before = image.positions() - rows * columns; // the class token
        double[][] patches = new double[rows][columns];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                patches[row][column] = image.position(before + row * columns + column);
            }
        }
        return patches;
    }

    /// {@return what each patch adds to the cosine of one label more than to that of another, `[rows][columns]`}
    ///
    /// @param label its index
    /// @param other the index of the label that is subtracted
    public double[][] contrast(int label, int other) {
        double[][] difference = patches(label);
        double[][] subtracted = patches(other);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                difference[row][column] -= subtracted[row][column];
            }
        }
        return difference;
    }

    /// One label's cosine from both sides.
    public static final class Label {
        private final String label;
        private final Decomposition image;
        private final Decomposition text;
        private final List<String> tokens;

        private Label(String label, Decomposition image, Decomposition text, List<String> tokens) {
            this.label = label;
            this.image = image;
            this.text = text;
            this.tokens = List.copyOf(tokens);
        }

        /// {@return the label as it was given}
        public String label() {
            return label;
        }

        /// {@return the cosine of image and label, −1 to 1}
        public double cosine() {
            return image.cosine();
        }

        /// {@return the cosine over the layers, heads and positions of the image encoder}
        public Decomposition image() {
            return image;
        }

        /// {@return the cosine over the layers, heads and positions of the text encoder}
        public Decomposition text() {
            return text;
        }

        /// {@return the label's tokens, start and end included, one for each position of [#text()]}
        public List<String> tokens() {
            return tokens;
        }
    }
}
