package io.github.clip4j.tiny;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

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

    /// {@return the model, loaded on all processors; the caller closes it}
    public static Clip load() {
        return load(ClipOptions.defaults());
    }

    /// Loads the model. Its files, 3 MB, are read from this class's jar into memory; nothing is written.
    ///
    /// @param options how it is kept and computed
    /// @return the model
    public static Clip load(ClipOptions options) {
        try (Checkpoint checkpoint = Checkpoint.ofBytes(NAME, files())) {
            return Clip.load(checkpoint, options);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: expected its files in the jar, whole, got %s; was it repackaged?"
                    .formatted(NAME, e.getMessage()), e);
        }
    }

    /// Writes the model's files, in the layout of a Hugging Face repository, into a directory.
    ///
    /// @param directory made when it does not exist
    /// @throws java.nio.file.FileAlreadyExistsException when one is there already; nothing is written then
    /// @throws IOException when one cannot be written
    public static void copyTo(Path directory) throws IOException {
        Objects.requireNonNull(directory, "directory is null");
        for (String file : FILES) {
            Path target = directory.resolve(file);
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(target.toString());
            }
        }
        Files.createDirectories(directory);
        for (Map.Entry<String, byte[]> file : files().entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue(), StandardOpenOption.CREATE_NEW);
        }
    }

    private static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String file : FILES) {
            try (InputStream in = TinyClip.class.getResourceAsStream("model/" + file)) {
                if (in == null) {
                    throw new IllegalStateException(NAME + ": " + file + " is not in the jar; was it repackaged without its resources?");
                }
                files.put(file, in.readAllBytes());
            }
        }
        return files;
    }
}
