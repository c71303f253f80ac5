package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.ForeignFile;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The files of a checkpoint, wherever they lie, and what to call them.
///
/// @param name of the checkpoint: a repository's, else that of the directory or file
/// @param ownName the name of the directory or file
/// @param folder where the files are
/// @param text the modules of sentence-transformers that make an embedding of a text, when the folder is a part of such a chain
/// @param file the file of weights within `folder`, when it was asked for by itself
/// @param container what `folder` reads from, closed at the end
record CheckpointFiles(
        String name, String ownName, Folder folder, Optional<TextModules> text, Optional<String> file, Closeable container) {
    private static final String HF_CONFIG = "config.json";
    private static final String OPEN_CLIP_CONFIG = "open_clip_config.json";
    private static final String PREPROCESSOR = "preprocessor_config.json";
    private static final String PROCESSOR = "processor_config.json";

    /// Those of a directory, a file of weights with the files beside it, or a zip archive.
    ///
    /// @throws NoSuchFileException when there is nothing at `path`
    static CheckpointFiles of(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path + ": expected a checkpoint directory or a file of weights, got nothing there");
        }
        Folder itself = Folder.of(path);
        String own = itself.name();
        String name = HubName.of(path).orElse(own);
        if (Files.isDirectory(path)) {
            return of(name, own, itself, () -> {});
        }
        ByteSource bytes = ByteSource.open(path);
        try {
            Optional<Folder> archive = archive(bytes, own);
            if (archive.isPresent()) {
                return of(name, own, archive.get(), bytes);
            }
            bytes.close();
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
        Path directory = Optional.ofNullable(path.toAbsolutePath().getParent()).orElse(path);
        Optional<String> file = Optional.of(String.valueOf(path.getFileName()));
        return new CheckpointFiles(name, own, Folder.of(directory), Optional.empty(), file, () -> {});
    }

    /// Those of a folder in memory or on the class path.
    static CheckpointFiles of(Folder folder) throws IOException {
        return of(folder.name(), folder.name(), folder, () -> {});
    }

    private static CheckpointFiles of(String name, String own, Folder folder, Closeable container) throws IOException {
        SentenceTransformers.Led led = SentenceTransformers.follow(folder);
        return new CheckpointFiles(name, own, led.folder(), led.text(), Optional.empty(), container);
    }

    /// The folder in a zip archive that holds the files of a checkpoint. PyTorch's files and npz are archives too, of other files.
    private static Optional<Folder> archive(ByteSource bytes, String own) throws IOException {
        if (!ZipDirectory.isZip(bytes.start(4))) {
            return Optional.empty();
        }
        ZipDirectory zip;
        try {
            zip = ZipDirectory.read(bytes);
        } catch (WeightFormatException e) {
            return Optional.empty(); // the reader of weights says what is wrong with it
        }
        Folder folder = Folder.of(own, zip);
        boolean holds = folder.has(HF_CONFIG) || folder.has(OPEN_CLIP_CONFIG) || folder.has(SentenceTransformers.MODULES)
                || folder.files().stream().anyMatch(file -> file.endsWith(".safetensors"));
        return holds && !folder.has("data.pkl") ? Optional.of(folder) : Optional.empty();
    }

    /// What says the model's extents. Of two configs Hugging Face's is taken, unless it describes another library's model or its weights
    /// are not there.
    Optional<ConfigFile> config() throws IOException {
        boolean hasOpenClip = folder.has(OPEN_CLIP_CONFIG) && file.map(weights -> weights.startsWith("open_clip")).orElse(true);
        boolean hasHfWeights = file.isEmpty() && WeightFile.isOfTransformers(folder);
        if (folder.has(HF_CONFIG) && (!hasOpenClip || hasHfWeights)) {
            JsonFields root = json(HF_CONFIG);
            if (!hasOpenClip || ClipConfigFile.isOfTransformers(root)) {
                return Optional.of(text.isPresent() ? ClipConfigFile.read(root, text.get()) : ClipConfigFile.read(root));
            }
        }
        return hasOpenClip ? Optional.of(OpenClipConfigFile.read(json(OPEN_CLIP_CONFIG))) : Optional.empty();
    }

    /// How images are prepared: transformers 5 writes it into `processor_config.json`, and reads that first.
    Optional<JsonFields> imageProcessor() throws IOException {
        if (folder.has(PROCESSOR)) {
            Optional<JsonFields> images = json(PROCESSOR).object("image_processor");
            if (images.isPresent()) {
                return images;
            }
        }
        return folder.has(PREPROCESSOR) ? Optional.of(json(PREPROCESSOR)) : Optional.empty();
    }

    private JsonFields json(String fileName) throws IOException {
        return json(folder, fileName);
    }

    /// A config in a folder; what stands in its place, such as a web page, is named.
    static JsonFields json(Folder folder, String fileName) throws IOException {
        try (ByteSource source = folder.open(fileName)) {
            ForeignFile.refuse(source);
            return StrictJson.readObject(source);
        }
    }

    /// The file of weights, or the folder of npy files, in a folder with a config or without one.
    String weights(Optional<ConfigFile> config) throws IOException {
        return WeightFile.find(folder, config.orElse(null) instanceof OpenClipConfigFile, name);
    }

    /// Small files as they are: those of `names` that are there.
    Map<String, byte[]> bytes(List<String> names) throws IOException {
        Map<String, byte[]> found = new LinkedHashMap<>();
        for (String each : names) {
            if (folder.has(each)) {
                try (ByteSource source = folder.open(each)) {
                    Vocabulary.requireSize(each, source.size());
                    if (!each.endsWith(".gz")) {
                        ForeignFile.refuse(source);
                    }
                    found.put(each, source.bytes(0, (int) source.size()));
                }
            }
        }
        return found;
    }
}
