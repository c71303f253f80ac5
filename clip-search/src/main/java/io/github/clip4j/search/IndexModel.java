package io.github.clip4j.search;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.image.Image;
import java.util.Objects;
import java.util.Random;

/// The model of an index: embeddings of another one cannot be compared with it.
///
/// Its fingerprint is what the model makes of one image and one text. That covers weights, tokenizer and preparation at once, and leaves
/// room for what does not matter: the rounding of 16-bit weights. Profiles may differ by less, so the profile is kept by name.
///
/// @param name of the model, for messages
/// @param source where it can be loaded from again: a path or the name of a repository; empty for the built-in one
/// @param profile the reference implementation that prepares images and texts, as [io.github.clip4j.checkpoint.Profile#id()] gives it
/// @param image the embedding of the fingerprint's image
/// @param text the embedding of the fingerprint's text
public record IndexModel(String name, String source, String profile, Embedding image, Embedding text) {
    /// Two runs of one model differ by far less, and two models by far more: 16-bit weights cost 1e-5 at most.
    private static final double SAME = 0.9999;

    /// The text of the fingerprint: short enough for every model.
    private static final String TEXT = "Cafés at 7!";

    /// Checks that nothing is null and that the dimensions agree.
    ///
    /// @throws IllegalArgumentException when they do not
    public IndexModel {
        Objects.requireNonNull(name, "name is null");
        Objects.requireNonNull(source, "source is null");
        Objects.requireNonNull(profile, "profile is null");
        if (image.dimension() != text.dimension()) {
            throw new IllegalArgumentException(
                    "expected embeddings of one dimension, got %d and %d".formatted(image.dimension(), text.dimension()));
        }
    }

    /// {@return the model of a new index} It embeds one image and one text.
    ///
    /// @param clip with both encoders
    /// @param source where it can be loaded from again; empty for the built-in model
    public static IndexModel of(Clip clip, String source) {
        return new IndexModel(clip.name(), source, clip.profile().id(), clip.embedImage(probe()), clip.embedText(TEXT));
    }

    /// The image of the fingerprint: steps and noise of an odd size, so that another resampling or normalising shows.
    private static Image probe() {
        int width = 301;
        int height = 233;
        byte[] rgb = new byte[3 * width * height];
        Random random = new Random(20_261_126);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    int step = (x / 37 + y / 29 + c) % 3 * 90;
                    rgb[3 * (y * width + x) + c] = (byte) (step + random.nextInt(70));
                }
            }
        }
        return Image.ofRgb(width, height, rgb);
    }

    /// {@return the number of components of its embeddings}
    public int dimension() {
        return image.dimension();
    }

    /// Checks that a model is this one, by its text encoder: a search by words needs no other. Where texts begin with their language, as
    /// NLLB-CLIP's do, a query may be in another one than the index's text, and the image encoder tells.
    ///
    /// @param clip the model that made a query
    /// @throws IllegalArgumentException when it is another one
    public void requireTexts(Clip clip) {
        if (clip.tokenizer().language().isPresent()) {
            requireImages(clip);
        } else {
            require(clip, fits(clip) ? clip.embedText(TEXT).dot(text) : Double.NaN);
        }
    }

    /// Checks that a model is this one, by its image encoder.
    ///
    /// @param clip the model that made an embedding
    /// @throws IllegalArgumentException when it is another one
    public void requireImages(Clip clip) {
        require(clip, fits(clip) ? clip.embedImage(probe()).dot(image) : Double.NaN);
    }

    /// Checks that another description is of this model.
    ///
    /// @param other the model of other embeddings
    /// @throws IllegalArgumentException when it is of another one
    public void require(IndexModel other) {
        if (other.dimension() != dimension() || !other.profile.equals(profile) || other.image.dot(image) < SAME
                || other.text.dot(text) < SAME) {
            throw different(other.name, other.profile);
        }
    }

    private boolean fits(Clip clip) {
        return clip.dimension() == dimension() && clip.profile().id().equals(profile);
    }

    private void require(Clip clip, double cosine) {
        if (!(cosine >= SAME)) {
            throw different(clip.name(), clip.profile().id());
        }
    }

    private IllegalArgumentException different(String other, String otherProfile) {
        return new IllegalArgumentException(("the index is of the model %s with the profile %s, and its embeddings cannot be compared "
                + "with those of %s with the profile %s, which differs in weights, profile or size; use the model of the index, or "
                + "make another index")
                .formatted(name, profile, other, otherProfile));
    }
}
