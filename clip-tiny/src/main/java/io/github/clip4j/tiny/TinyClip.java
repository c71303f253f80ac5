package io.github.clip4j.tiny;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// clip-tiny: a CLIP that was trained on drawn shapes, letters and digits, so that something can be classified without a download.
///
/// It is a demonstration. It knows 18 shapes, 12 colours, 4 fills, letters, digits, counts up to four and where two shapes lie; anything
/// else it classifies all the same, and the answer means nothing. Its card, with what it was measured to do, is `model/README.md` beside
/// this class. For photographs load a published checkpoint with [Clip#load(Path)].
public final class TinyClip {
    /// The name that [Clip#name()] gives.
    public static final String NAME = "clip-tiny";

    private static final List<String> FILES =
            List.of("config.json", "model.safetensors", "vocab.json", "merges.txt", "preprocessor_config.json");

    private TinyClip() {}

    /// Loads the model on all processors. The caller closes it.
    public static Clip load() {
        return load(ClipOptions.defaults());
    }

    /// Loads the model.
    ///
    /// Its files, 3 MB, are copied to the directory for temporary files and deleted before this method returns.
    ///
    /// @throws IllegalStateException when they cannot be written there
    public static Clip load(ClipOptions options) {
        return load(options, Path.of(System.getProperty("java.io.tmpdir")));
    }

    static Clip load(ClipOptions options, Path temporary) {
        try {
            Path directory = Files.createTempDirectory(temporary, "clip4j-");
            try {
                Path model = Files.createDirectory(directory.resolve(NAME));
                copyTo(model);
                return Clip.load(model, options);
            } finally {
                delete(directory);
            }
        } catch (IOException e) {
            throw new IllegalStateException(
                    "%s: expected to unpack its files in %s for a moment, got %s; the system property java.io.tmpdir can name another place"
                            .formatted(NAME, temporary, e),
                    e);
        }
    }

    /// Writes the model's files, in the layout of a Hugging Face repository, into an existing directory.
    public static void copyTo(Path directory) throws IOException {
        for (String file : FILES) {
            try (InputStream in = TinyClip.class.getResourceAsStream("model/" + file)) {
                if (in == null) {
                    throw new IllegalStateException(NAME + ": " + file + " is not in the jar; was it repackaged without its resources?");
                }
                Files.copy(in, directory.resolve(file));
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        for (String file : FILES) {
            Files.deleteIfExists(directory.resolve(NAME).resolve(file));
        }
        Files.deleteIfExists(directory.resolve(NAME));
        Files.deleteIfExists(directory);
    }
}
