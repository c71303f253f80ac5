package io.github.clip4j;

import io.github.clip4j.core.Shape;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/// Checks of what callers hand in. A message names the list and the index in it.
final class Inputs {
    private Inputs() {}

    /// A copy of a list without nulls.
    ///
    /// @throws NullPointerException when one is null; it says which
    static <T> List<T> copyOf(List<T> list, String name) {
        requireNoNulls(list, name);
        return List.copyOf(list);
    }

    /// Checks that neither a list nor an element of it is null.
    ///
    /// @param name of the list, `texts` in "texts[3] is null"
    static void requireNoNulls(List<?> list, String name) {
        Objects.requireNonNull(list, () -> name + " is null");
        for (int i = 0; i < list.size(); i++) {
            int index = i;
            Objects.requireNonNull(list.get(i), () -> name + "[" + index + "] is null");
        }
    }

    /// Checks what a call with a sink is given, before anything is embedded.
    ///
    /// @param name of the iterator
    /// @throws NullPointerException when one of them is null; it says which
    static void requireSource(Iterator<?> items, String name, EmbeddingSink sink) {
        Objects.requireNonNull(items, () -> name + " is null");
        Objects.requireNonNull(sink, "sink is null");
    }

    /// The token ids of the texts from `from` to before `to`.
    ///
    /// @param name of the list, for messages
    /// @throws TextTooLongException when one is too long and the tokenizer does not cut; it says the index in `texts` when there are
    ///     several
    static List<int[]> tokenize(Tokenizer tokenizer, List<String> texts, String name, int from, int to, int contextLength) {
        List<int[]> ids = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            try {
                ids.add(tokenizer.encode(texts.get(i), contextLength));
            } catch (TextTooLongException e) {
                throw texts.size() == 1 ? e : e.at(name, i);
            }
        }
        return ids;
    }

    /// Checks the preprocessed pixels of several images.
    ///
    /// @param expected `[channels, height, width]`
    /// @throws IllegalArgumentException when one has more or fewer numbers than that, or one is not finite
    static void requirePixels(List<float[]> pixels, Shape expected) {
        requireNoNulls(pixels, "pixels");
        for (int i = 0; i < pixels.size(); i++) {
            requirePixels(pixels.get(i), "pixels[" + i + "]", expected);
        }
    }

    /// Checks preprocessed pixels.
    ///
    /// @param name of the array, for messages
    /// @param expected `[channels, height, width]`
    /// @throws IllegalArgumentException when there are more or fewer numbers than that, or one is not finite
    static void requirePixels(float[] pixels, String name, Shape expected) {
        Objects.requireNonNull(pixels, () -> name + " is null");
        if (pixels.length != expected.elements()) {
            throw new IllegalArgumentException("%s: expected the %d numbers of %s, got %d; Clip.preprocess() prepares images for this model"
                    .formatted(name, expected.elements(), expected, pixels.length));
        }
        for (int i = 0; i < pixels.length; i++) {
            if (!Float.isFinite(pixels[i])) {
                throw new IllegalArgumentException("%s: expected finite numbers, got %s at index %d".formatted(name, pixels[i], i));
            }
        }
    }

    static IllegalStateException noTextEncoder(String model) {
        return new IllegalStateException(model + " has no text encoder: it is a checkpoint of images only");
    }
}
