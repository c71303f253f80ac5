package io.github.clip4j;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.ClipPreprocess;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// How a model's images are prepared, or why they cannot be. A file that says it wrongly stops images alone: texts, and pixels that were
/// prepared elsewhere, do not need it.
///
/// @param profile of images and texts
/// @param preprocess null when they cannot be prepared
/// @param problem what to say then
record ImagePreparation(Profile profile, @Nullable ClipPreprocess preprocess, String problem) {
    /// Reads what a checkpoint says.
    ///
    /// @param imageSize the edge of images, when it is not the checkpoint's
    static ImagePreparation of(Checkpoint checkpoint, Profile profile, OptionalInt imageSize) throws IOException {
        try {
            Optional<ClipPreprocess> said = checkpoint.preprocessing(profile);
            if (said.isPresent() && imageSize.isPresent()) {
                said = Optional.of(said.get().withSize(imageSize.getAsInt()));
            }
            return new ImagePreparation(profile, said.orElse(null), noEncoder(checkpoint.name()));
        } catch (WeightFormatException e) {
            return new ImagePreparation(
                    profile, null, "%s: images cannot be prepared: %s".formatted(checkpoint.name(), e.getMessage()));
        }
    }

    static String noEncoder(String name) {
        return name + " has no image encoder: it is a checkpoint of texts only";
    }

    /// The preparation.
    ///
    /// @throws IllegalStateException when there is none
    ClipPreprocess require() {
        if (preprocess == null) {
            throw new IllegalStateException(problem);
        }
        return preprocess;
    }
}
