package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.TextEncoder;
import java.util.function.Supplier;

/// The towers of a model, which may have one of them alone.
final class Encoders {
    private Encoders() {}

    static ImageEncoder image(Clip clip) {
        return clip.model().imageEncoder()
                .orElseThrow(() -> new IllegalStateException(clip.name() + " has no image encoder: it is a checkpoint of texts only"));
    }

    static TextEncoder text(Clip clip) {
        return clip.model().textEncoder()
                .orElseThrow(() -> new IllegalStateException(clip.name() + " has no text encoder: it is a checkpoint of images only"));
    }

    /// Checks that an output is a vector of numbers; weights that are none are to blame when it is not.
    ///
    /// @param why the encoder's reason
    static void requireFinite(float[] output, Supplier<String> why) {
        for (float value : output) {
            if (!Float.isFinite(value)) {
                throw new IllegalStateException(why.get());
            }
        }
    }
}
