package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.image.Image;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What is searched for: words and images, added and subtracted. `beach + 2:sunset - people`
///
/// The unit vectors of the terms are added with their weights, and the sum is the direction that is searched for.
///
/// @param terms at least one
record SearchQuery(List<Term> terms) {
    /// A `+` or `-` that stands alone between terms, or before the first.
    private static final Pattern SIGN = Pattern.compile("(?:^|(?<=\\s))([+-])(?=\\s)");
    private static final Pattern WEIGHT = Pattern.compile("([0-9]+(?:\\.[0-9]+)?):(.+)", Pattern.DOTALL);

    /// A part of a query.
    ///
    /// @param weight negative when it is subtracted
    record Term(double weight, String text, boolean image) {}

    /// Reads arguments, whose terms are all added. One that names a file is an image.
    ///
    /// A `+` or `-` that is an argument by itself, as a shell makes them of a query without quotes, belongs to the next one.
    ///
    /// @throws IllegalArgumentException for a term without words or weight, or with the name of an image that is not there
    static SearchQuery parse(List<String> arguments) {
        List<Term> terms = new ArrayList<>();
        double next = 1;
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("+") || argument.equals("-")) {
                if (i + 1 == arguments.size()) {
                    throw blank(argument);
                }
                next = argument.equals("-") ? -1 : 1;
                continue;
            }
            if (isFile(argument)) {
                terms.add(new Term(next, argument, true));
                next = 1;
                continue;
            }
            Matcher signs = SIGN.matcher(argument);
            double sign = next;
            next = 1;
            int from = 0;
            while (signs.find()) {
                if (signs.start() > 0) {
                    terms.add(term(argument, argument.substring(from, signs.start()), sign));
                }
                sign = signs.group(1).equals("-") ? -1 : 1;
                from = signs.end();
            }
            terms.add(term(argument, argument.substring(from), sign));
        }
        return new SearchQuery(terms);
    }

    private static Term term(String argument, String text, double sign) {
        String words = text.strip();
        Matcher weighted = WEIGHT.matcher(words);
        double weight = 1;
        if (!isFile(words) && weighted.matches()) {
            weight = Double.parseDouble(weighted.group(1));
            words = weighted.group(2).strip();
            if (weight == 0) {
                throw new IllegalArgumentException("'%s': expected a weight above 0, got %s".formatted(argument, weighted.group(1)));
            }
        }
        if (words.isEmpty()) {
            throw blank(argument);
        }
        boolean image = isFile(words);
        if (!image && isNamedAsImage(words)) {
            throw new IllegalArgumentException("'%s': expected an image file, got nothing of that name".formatted(words));
        }
        return new Term(sign * weight, words, image);
    }

    private static IllegalArgumentException blank(String argument) {
        return new IllegalArgumentException("'%s': expected words or an image on both sides of + and -, got a blank".formatted(argument));
    }

    /// Whether words can only be meant as the name of an image file.
    private static boolean isNamedAsImage(String words) {
        return words.chars().noneMatch(Character::isWhitespace) && ImageKind.isImageName(words);
    }

    private static boolean isFile(String name) {
        try {
            return Files.isRegularFile(Path.of(name));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    boolean hasImages() {
        return terms.stream().anyMatch(Term::image);
    }

    /// The direction that is searched for.
    ///
    /// @throws IOException when an image cannot be read, or the terms cancel each other
    Embedding embed(Clip clip, ReadOptions reading) throws IOException {
        double[] sum = new double[clip.dimension()];
        for (Term term : terms) {
            Embedding embedding = term.image ? clip.embedImage(image(term.text, reading)) : clip.embedText(term.text);
            float[] values = embedding.toArray();
            for (int i = 0; i < sum.length; i++) {
                sum[i] += term.weight * values[i];
            }
        }
        float[] direction = new float[sum.length];
        double largest = 0;
        for (int i = 0; i < sum.length; i++) {
            direction[i] = (float) sum[i];
            largest = Math.max(largest, Math.abs(sum[i]));
        }
        if (!(largest > 1e-6) || !Double.isFinite(largest)) { // what rounding leaves of terms that cancel
            throw new IOException("expected a query with a direction, got terms that cancel each other");
        }
        return Embedding.normalized(direction);
    }

    private static Image image(String name, ReadOptions reading) throws IOException {
        ImageItem item = ImageItem.file(name, FileNames.path(name));
        try {
            return reading.read(item);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(item.message(e), e);
        }
    }
}
