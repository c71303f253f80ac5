package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.ClipTokenizer;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A published checkpoint: the files of a Hugging Face repository, in the form of transformers or of open_clip, or a file of weights alone.
///
/// ```
/// config.json               the model's extents; or open_clip_config.json; without either they follow from the weights
/// model.safetensors         the weights; or model.safetensors.index.json and the shards it lists; model.npz; a directory weights/ with one
///                           NAME.npy a tensor; open_clip_model.safetensors; pytorch_model.bin; open_clip_pytorch_model.bin; or the only
///                           .safetensors, .npz, .pt or .bin file there
/// tokenizer.json            the vocabulary; or vocab.json and merges.txt; or bpe_simple_vocab_16e6.txt.gz. Without it the model still
///                           serves images
/// preprocessor_config.json  how images are prepared; without it as OpenAI does, at the model's size
/// ```
///
/// The files may lie in a directory of any file system, in a zip archive, on the class path or in memory. Nothing is written anywhere, and
/// nothing is downloaded. How tensors are named and stored is seen from the weights themselves.
///
/// Each file is read when it is first asked for, once. Not thread-safe, except [#weights()], which several threads may read at once. After
/// [#close()] weights cannot be read; what was read before stays valid. No method accepts null.
public final class Checkpoint implements Closeable {
    private static final String HF_CONFIG = "config.json";
    private static final String OPEN_CLIP_CONFIG = "open_clip_config.json";
    private static final String PREPROCESSOR = "preprocessor_config.json";

    private final String name;
    private final String ownName;
    private final Folder folder;
    private final Optional<String> file;
    private final Closeable container;

    private boolean configIsRead;
    private @Nullable ConfigFile configFile;
    private @Nullable WeightSource stored;
    private @Nullable CanonicalWeights canonical;
    private @Nullable ClipConfig extents;
    private KnownActivations.@Nullable Known known;
    private boolean vocabularyIsRead;
    private @Nullable Vocabulary vocabulary;

    /// @param ownName the name of the directory or file
    /// @param file the file of weights within `folder`, when it was asked for by itself
    /// @param container what `folder` reads from, closed at the end
    private Checkpoint(String name, String ownName, Folder folder, Optional<String> file, Closeable container) {
        this.name = name;
        this.ownName = ownName;
        this.folder = folder;
        this.file = file;
        this.container = container;
    }

    /// Opens a directory, a file of weights, or a zip archive of the files of a directory. A file of weights is read with the configs and
    /// the vocabulary beside it. Paths may be of any file system, such as that of a jar.
    ///
    /// Of two configs Hugging Face's is taken, unless it describes another library's model or its weights are not there.
    ///
    /// @param path of any file system
    /// @return the checkpoint, which the caller closes
    /// @throws NoSuchFileException when there is nothing at `path`
    /// @throws WeightFormatException when a config is malformed or describes another kind of model, or has weights in no form or several
    public static Checkpoint open(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path + ": expected a checkpoint directory or a file of weights, got nothing there");
        }
        Folder itself = Folder.of(path);
        String own = itself.name();
        String name = HubName.of(path).orElse(own);
        if (Files.isDirectory(path)) {
            return opened(new Checkpoint(name, own, itself, Optional.empty(), () -> {}));
        }
        ByteSource bytes = ByteSource.open(path);
        try {
            Optional<Folder> archive = archive(bytes, own);
            if (archive.isPresent()) {
                return opened(new Checkpoint(name, own, archive.get(), Optional.empty(), bytes));
            }
            bytes.close();
        } catch (IOException | RuntimeException e) {
            bytes.close();
            throw e;
        }
        Path directory = Optional.ofNullable(path.toAbsolutePath().getParent()).orElse(path);
        return opened(new Checkpoint(name, own, Folder.of(directory), Optional.of(String.valueOf(path.getFileName())), () -> {}));
    }

    /// {@return a checkpoint whose files are in memory}
    ///
    /// @param name what [#name()] gives
    /// @param files by their names in the repository, such as `config.json`; they must not change while it is open
    /// @throws WeightFormatException as [#open] does
    public static Checkpoint ofBytes(String name, Map<String, byte[]> files) throws IOException {
        return opened(new Checkpoint(name, name, Folder.of(name, files), Optional.empty(), () -> {}));
    }

    /// {@return a checkpoint whose files are resources of the class path, or in packages that named modules open} Resources cannot be
    /// listed, so weights have one of the names above. Those in a jar are read into memory, at most 2 GiB a file: shard what is larger.
    ///
    /// @param loader for example `getClass().getClassLoader()`
    /// @param folder with `/` between its parts, such as `models/clip`; its last part is what [#name()] gives
    /// @throws WeightFormatException as [#open] does
    public static Checkpoint ofResources(ClassLoader loader, String folder) throws IOException {
        Folder resources = Folder.of(loader, folder);
        return opened(new Checkpoint(resources.name(), resources.name(), resources, Optional.empty(), () -> {}));
    }

    /// Reads what must be right: the config, unless a file was asked for by itself, and the list of tensors.
    private static Checkpoint opened(Checkpoint checkpoint) throws IOException {
        try {
            if (checkpoint.file.isEmpty()) {
                checkpoint.configFile();
            }
            checkpoint.storedWeights();
            return checkpoint;
        } catch (IOException | RuntimeException e) {
            checkpoint.close();
            throw e;
        }
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
        boolean holds = folder.has(HF_CONFIG) || folder.has(OPEN_CLIP_CONFIG) || folder.files().stream()
                .anyMatch(file -> file.endsWith(".safetensors"));
        return holds && !folder.has("data.pkl") ? Optional.of(folder) : Optional.empty();
    }

    /// {@return the repository's name, such as `openai/clip-vit-base-patch32`, for files in the cache that Hugging Face's tools share; else
    /// the name of the directory or file}
    public String name() {
        return name;
    }

    /// {@return whether it was opened as a file of weights, by itself}
    public boolean isFileOfWeights() {
        return file.isPresent();
    }

    private Optional<ConfigFile> configFile() throws IOException {
        if (!configIsRead) {
            configFile = readConfig().orElse(null);
            configIsRead = true;
        }
        return Optional.ofNullable(configFile);
    }

    private Optional<ConfigFile> readConfig() throws IOException {
        boolean hasOpenClip = folder.has(OPEN_CLIP_CONFIG) && file.map(weights -> weights.startsWith("open_clip")).orElse(true);
        boolean hasHfWeights = file.isEmpty() && WeightFile.isOfTransformers(folder);
        if (folder.has(HF_CONFIG) && (!hasOpenClip || hasHfWeights)) {
            JsonFields root = json(HF_CONFIG);
            if (!hasOpenClip || ClipConfigFile.isOfTransformers(root)) {
                return Optional.of(ClipConfigFile.read(root));
            }
        }
        return hasOpenClip ? Optional.of(OpenClipConfigFile.read(json(OPEN_CLIP_CONFIG))) : Optional.empty();
    }

    private JsonFields json(String fileName) throws IOException {
        try (ByteSource source = folder.open(fileName)) {
            return StrictJson.readObject(source);
        }
    }

    /// {@return the tensors under the names that the file gives them, whatever model they are of}
    ///
    /// @throws IOException when a file cannot be read
    public WeightSource storedWeights() throws IOException {
        if (stored == null) {
            stored = WeightFile.open(folder, weightsFile());
        }
        return stored;
    }

    private CanonicalWeights canonical() throws IOException {
        if (canonical == null) {
            canonical = LayoutMapper.map(storedWeights());
        }
        return canonical;
    }

    /// {@return the tensors under Hugging Face's names and in its shapes, whatever the file calls them} Closed with this checkpoint.
    ///
    /// @throws WeightFormatException when they are those of another kind of model, which the message names
    public WeightSource weights() throws IOException {
        return canonical();
    }

    /// {@return how the file names its tensors}
    ///
    /// @throws WeightFormatException as [#weights()] does
    public Layout layout() throws IOException {
        return canonical().layout();
    }

    private String weightsFile() throws IOException {
        return file.isPresent() ? file.get() : WeightFile.find(folder, configFile().orElse(null) instanceof OpenClipConfigFile, name);
    }

    /// The extents, with the activation that a file says, or a placeholder where none does.
    private ClipConfig extents() throws IOException {
        if (extents == null) {
            Optional<ConfigFile> said = configFile();
            extents = said.isPresent()
                    ? ConfigInference.reconcile(said.get().config(), canonical())
                    : ConfigInference.infer(canonical(), Activation.QUICK_GELU);
        }
        return extents;
    }

    /// {@return the model's config: the file's, with the towers and projections that the weights have; or what the weights' shapes say}
    ///
    /// @throws WeightFormatException when no file says the activation and it is not known for this checkpoint, or the shapes fit no CLIP
    public ClipConfig config() throws IOException {
        return config(Optional.empty());
    }

    /// {@return the config with another activation than the files say}
    ///
    /// @param activation of both towers; empty for the checkpoint's
    /// @throws IOException when a file cannot be read
    public ClipConfig config(Optional<Activation> activation) throws IOException {
        if (activation.isPresent()) {
            return extents().withActivation(activation.get());
        }
        return configFile().isPresent() ? extents() : extents().withActivation(knownActivation().activation());
    }

    private KnownActivations.Known knownActivation() throws IOException {
        if (known == null) {
            Optional<KnownActivations.Known> found = KnownActivations.ofName(ownName).or(() -> KnownActivations.ofName(name));
            if (found.isEmpty() && folder.has(weightsFile())) {
                try (ByteSource source = folder.open(weightsFile())) {
                    found = KnownActivations.ofContent(source);
                }
            }
            known = found.orElseThrow(() -> new WeightFormatException(
                    ("%s: expected a config that says the activation, got none, and weights look the same with any; was it trained with "
                            + "quick_gelu (OpenAI, MetaCLIP, DFN) or gelu (LAION, DataComp)? Say so with --activation or ClipOptions")
                            .formatted(name)));
        }
        return known;
    }

    /// Checks that the weights are exactly those that the config needs.
    ///
    /// @throws WeightFormatException which lists every finding at once
    public void check() throws IOException {
        ClipModel.check(extents(), canonical());
    }

    /// {@return where the config came from: `config.json`, `open_clip_config.json`, or `the weights' shapes`}
    ///
    /// @throws IOException when a file cannot be read
    public String configOrigin() throws IOException {
        return configFile().map(ConfigFile::name).orElse("the weights' shapes");
    }

    /// {@return where each value of the config came from: for every key such as `vision_config.patch_size`, its value, and `config.json`,
    /// `default`, or what it was inferred from} Values of an `open_clip_config.json` are not listed.
    ///
    /// @throws IOException when a file cannot be read
    public Map<String, String> origins() throws IOException {
        Optional<ConfigFile> said = configFile();
        Map<String, String> origins = new LinkedHashMap<>(said.isPresent() ? said.get().origins() : ConfigInference.origins(extents()));
        if (said.isEmpty()) {
            origins.put("hidden_act", knownActivation().activation().configName() + "  " + knownActivation().origin());
        } else {
            origins.putAll(ConfigInference.corrections(said.get().config(), extents()));
        }
        return Collections.unmodifiableMap(origins);
    }

    /// {@return the reference implementation that this checkpoint's files belong to: Hugging Face for `config.json`, open_clip for
    /// `open_clip_config.json` and the names of its class `CustomTextCLIP`, OpenAI for OpenAI's names without a config}
    ///
    /// @throws IOException when a file cannot be read
    public Profile profile() throws IOException {
        Optional<ConfigFile> said = configFile();
        if (said.orElse(null) instanceof ClipConfigFile) {
            return Profile.HF;
        }
        return switch (layout()) {
            case HUGGING_FACE -> Profile.HF;
            case OPENAI -> said.isEmpty() ? Profile.OPENAI : Profile.OPEN_CLIP;
            case OPEN_CLIP -> Profile.OPEN_CLIP;
        };
    }

    /// {@return the vocabulary, or empty when there is none}
    ///
    /// @throws io.github.clip4j.tokenizer.VocabularyFormatException when it is malformed
    public Optional<Vocabulary> vocabulary() throws IOException {
        if (!vocabularyIsRead) {
            vocabulary = readVocabulary().orElse(null);
            vocabularyIsRead = true;
        }
        return Optional.ofNullable(vocabulary);
    }

    private Optional<Vocabulary> readVocabulary() throws IOException {
        for (List<String> form : Vocabulary.FORMS) {
            if (folder.has(form.getFirst())) {
                return Optional.of(Vocabulary.of(files(form)));
            }
        }
        return Optional.empty();
    }

    /// {@return small files beside the weights as they are: those of `names` that are there, bytes by name, each of at most 100 MB}
    ///
    /// @param names in the repository, such as `preprocessor_config.json`
    /// @throws IOException when a file cannot be read
    public Map<String, byte[]> files(List<String> names) throws IOException {
        Map<String, byte[]> found = new LinkedHashMap<>();
        for (String each : names) {
            if (folder.has(each)) {
                try (ByteSource source = folder.open(each)) {
                    Vocabulary.requireSize(each, source.size());
                    found.put(each, source.bytes(0, (int) source.size()));
                }
            }
        }
        return found;
    }

    /// {@return the tokenizer with the rules of a profile, or empty when there is no vocabulary}
    ///
    /// @param profile the reference implementation to agree with
    /// @throws IOException when a file cannot be read
    public Optional<ClipTokenizer> tokenizer(Profile profile) throws IOException {
        return vocabulary().map(words -> new ClipTokenizer(words, profile.tokenizer()));
    }

    /// {@return how images are prepared for the image encoder, in the order of a profile; empty when there is no image encoder}
    ///
    /// @param profile the reference implementation to agree with
    /// @throws WeightFormatException when images so prepared would not fit the encoder
    public Optional<ClipPreprocess> preprocessing(Profile profile) throws IOException {
        Optional<VisionConfig> vision = extents().vision();
        return vision.isPresent() ? Optional.of(preprocessing(vision.get().imageSize(), profile)) : Optional.empty();
    }

    private ClipPreprocess preprocessing(int size, Profile profile) throws IOException {
        ClipPreprocess preprocess =
                switch (configFile().orElse(null)) {
                    case OpenClipConfigFile openClip -> openClip.preprocess();
                    case ClipConfigFile _ when folder.has(PREPROCESSOR) -> PreprocessConfigFile.read(json(PREPROCESSOR));
                    case null, default -> ClipPreprocess.huggingFace(size);
                };
        PreprocessConfigFile.check(preprocess, size);
        return PreprocessConfigFile.withConvention(preprocess, profile.convention());
    }

    /// Closes the weights and, for an archive, its file. Closing twice is harmless.
    @Override
    public void close() throws IOException {
        try {
            if (stored != null) {
                stored.close();
            }
        } finally {
            container.close();
        }
    }
}
