package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.ClipConfig;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageHead;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.Tokenizer;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A published checkpoint: the files of a Hugging Face repository, in the form of transformers or of open_clip, or a file of weights alone.
///
/// ```
/// config.json               the model's extents; or open_clip_config.json; without either they follow from the weights
/// model.safetensors         the weights; or model.safetensors.index.json and the shards it lists; model.npz; a directory weights/ with one
///                           NAME.npy a tensor; open_clip_model.safetensors; pytorch_model.bin; open_clip_pytorch_model.bin; or the only
///                           .safetensors, .npz, .pt, .bin, .pth or .ckpt file there. Shards of PyTorch's files have an index alike
/// tokenizer.json            the vocabulary; or CLIP's vocab.json and merges.txt, or bpe_simple_vocab_16e6.txt.gz; or SigLIP's
///                           spiece.model, XLM-R's sentencepiece.bpe.model, BERT's vocab.txt. Without it the model still serves images
/// processor_config.json     how images are prepared, as transformers 5 saves it; or preprocessor_config.json; without either as OpenAI
///                           does, at the model's size
/// modules.json              of sentence-transformers: the CLIP's own folder is followed, or a chain of a text encoder, Pooling and Dense
/// ```
///
/// The files may lie in a directory of any file system, in a zip archive, on the class path or in memory. Nothing is written anywhere, and
/// nothing is downloaded. How tensors are named and stored is seen from the weights themselves: the one CLIP is found under any key or
/// prefix, and beside anything else ([#leftOut()]); of two the caller names one ([#choose]).
///
/// Each file is read when it is first asked for, once. Not thread-safe, except [#weights()], which several threads may read at once. After
/// [#close()] weights cannot be read; what was read before stays valid. No method accepts null.
public final class Checkpoint implements Closeable {
    private final CheckpointFiles files;

    private boolean configIsRead;
    private @Nullable ConfigFile configFile;
    private @Nullable WeightSource stored;
    private Optional<String> part = Optional.empty();
    private ModelFinder.@Nullable Found found;
    private @Nullable CanonicalWeights canonical;
    private @Nullable ClipConfig extents;
    private KnownActivations.@Nullable Known known;
    private boolean vocabularyIsRead;
    private @Nullable Vocabulary vocabulary;

    private Checkpoint(CheckpointFiles files) {
        this.files = files;
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
        Objects.requireNonNull(path, "path is null");
        return opened(new Checkpoint(CheckpointFiles.of(path)));
    }

    /// {@return a checkpoint whose files are in memory}
    ///
    /// @param name what [#name()] gives
    /// @param files by their names in the repository, such as `config.json`; they must not change while it is open
    /// @throws WeightFormatException as [#open] does
    public static Checkpoint ofBytes(String name, Map<String, byte[]> files) throws IOException {
        Objects.requireNonNull(name, "name is null");
        Objects.requireNonNull(files, "files is null");
        files.forEach((file, bytes) -> Objects.requireNonNull(bytes, () -> "files: " + file + " is null"));
        return opened(new Checkpoint(CheckpointFiles.of(Folder.of(name, files))));
    }

    /// {@return a checkpoint whose files are resources of the class path, or in packages that named modules open} Resources cannot be
    /// listed, so weights have one of the names above. Those in a jar are read into memory, at most 2 GiB a file: shard what is larger.
    ///
    /// @param loader for example `getClass().getClassLoader()`
    /// @param folder with `/` between its parts, such as `models/clip`; its last part is what [#name()] gives
    /// @throws WeightFormatException as [#open] does
    public static Checkpoint ofResources(ClassLoader loader, String folder) throws IOException {
        Objects.requireNonNull(loader, "loader is null");
        Objects.requireNonNull(folder, "folder is null");
        return opened(new Checkpoint(CheckpointFiles.of(Folder.of(loader, folder))));
    }

    /// Reads what must be right: the config, unless a file was asked for by itself, and the list of tensors.
    private static Checkpoint opened(Checkpoint checkpoint) throws IOException {
        try {
            if (!checkpoint.isFileOfWeights()) {
                checkpoint.configFile();
            }
            checkpoint.storedWeights();
            return checkpoint;
        } catch (IOException | RuntimeException e) {
            checkpoint.close();
            throw e;
        }
    }

    /// {@return the repository's name, such as `openai/clip-vit-base-patch32`, for files in the cache that Hugging Face's tools share; else
    /// the name of the directory or file}
    public String name() {
        return files.name();
    }

    /// {@return whether it was opened as a file of weights, by itself}
    public boolean isFileOfWeights() {
        return files.file().isPresent();
    }

    private Optional<ConfigFile> configFile() throws IOException {
        if (!configIsRead) {
            configFile = files.config().orElse(null);
            configIsRead = true;
        }
        return Optional.ofNullable(configFile);
    }

    /// {@return the tensors under the names that the file gives them, whatever model they are of}
    ///
    /// @throws IOException when a file cannot be read
    public WeightSource storedWeights() throws IOException {
        if (stored == null) {
            WeightSource encoder = WeightFile.open(files.folder(), weightsFile());
            stored = files.text().isPresent() ? files.text().get().joined(encoder) : encoder;
        }
        return stored;
    }

    /// Chooses one CLIP of a file that holds several, such as `model` and `ema` of a training checkpoint. To be called before anything of
    /// the model is asked for.
    ///
    /// @param name the keys that lead to it, with dots between them; `.` for the one at the top level
    /// @return this checkpoint
    /// @throws IllegalStateException when another one has been read already
    public Checkpoint choose(String name) {
        Objects.requireNonNull(name, "name is null");
        if (found != null) {
            throw new IllegalStateException(name() + ": expected a model to be chosen before it is read");
        }
        part = Optional.of(name);
        return this;
    }

    /// {@return one line that names what the file of weights holds beside the CLIP, such as an optimizer or a head; empty when there is
    /// nothing else} It is not loaded.
    ///
    /// @throws WeightFormatException when there is no CLIP, or several and none was chosen
    public Optional<String> leftOut() throws IOException {
        return found().leftOut();
    }

    private ModelFinder.Found found() throws IOException {
        if (found == null) {
            found = ModelFinder.find(storedWeights(), part);
        }
        return found;
    }

    private CanonicalWeights canonical() throws IOException {
        if (canonical == null) {
            canonical = LayoutMapper.map(found().weights());
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
        return isFileOfWeights() ? files.file().orElseThrow() : files.weights(configFile());
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
            Optional<KnownActivations.Known> said = KnownActivations.ofCode(storedWeights())
                    .or(() -> KnownActivations.ofName(files.ownName()))
                    .or(() -> KnownActivations.ofName(name()));
            if (said.isEmpty() && files.folder().has(weightsFile())) {
                try (ByteSource source = files.folder().open(weightsFile())) {
                    said = KnownActivations.ofContent(source);
                }
            }
            known = said.orElseThrow(() -> new WeightFormatException(
                    ("%s: expected a config that says the activation, got none, and weights look the same with any; was it trained with "
                            + "quick_gelu (OpenAI, MetaCLIP, DFN) or gelu (LAION, DataComp)? Say so with --activation or ClipOptions")
                            .formatted(name())));
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

    /// {@return CLIP's vocabulary; empty when there is none, or the model has a tokenizer of another kind}
    ///
    /// @throws io.github.clip4j.tokenizer.VocabularyFormatException when it is malformed
    public Optional<Vocabulary> vocabulary() throws IOException {
        if (!vocabularyIsRead) {
            vocabulary = TokenizerFiles.vocabulary(this, extents()).orElse(null);
            vocabularyIsRead = true;
        }
        return Optional.ofNullable(vocabulary);
    }

    /// {@return small files beside the weights as they are: those of `names` that are there, bytes by name, each of at most 100 MB}
    ///
    /// @param names in the repository, such as `preprocessor_config.json`
    /// @throws IOException when a file cannot be read
    public Map<String, byte[]> files(List<String> names) throws IOException {
        return files.bytes(names);
    }

    /// {@return the tokenizer with the rules of a profile, or empty when there are no files of one}
    ///
    /// @param profile the reference implementation to agree with
    /// @throws IOException when a file cannot be read
    public Optional<Tokenizer> tokenizer(Profile profile) throws IOException {
        Optional<String> clean = configFile().orElse(null) instanceof OpenClipConfigFile file ? file.clean() : Optional.empty();
        return TokenizerFiles.tokenizer(this, extents(), profile, clean, files.text().isPresent() || profile.truncates());
    }

    /// {@return how images are prepared for the image encoder, in the order of a profile; empty when there is no image encoder}
    ///
    /// @param profile the reference implementation to agree with
    /// @throws WeightFormatException when images so prepared would not fit the encoder
    public Optional<ClipPreprocess> preprocessing(Profile profile) throws IOException {
        Optional<VisionConfig> vision = extents().vision();
        return vision.isPresent() ? Optional.of(preprocessing(vision.get(), profile)) : Optional.empty();
    }

    private ClipPreprocess preprocessing(VisionConfig vision, Profile profile) throws IOException {
        int size = vision.imageSize();
        boolean siglip = vision.head() instanceof ImageHead.AttentionPool;
        ConfigFile said = configFile().orElse(null);
        Optional<JsonFields> processor = said instanceof ClipConfigFile ? files.imageProcessor() : Optional.empty();
        ClipPreprocess preprocess;
        if (said instanceof OpenClipConfigFile openClip) {
            preprocess = openClip.preprocess();
        } else if (processor.isPresent()) {
            preprocess = PreprocessConfigFile.read(processor.get(), siglip);
        } else {
            preprocess = siglip ? PreprocessConfigFile.siglip(size) : ClipPreprocess.huggingFace(size);
        }
        PreprocessConfigFile.check(preprocess, size, processor.map(JsonFields::where).orElse("preprocessor_config.json"));
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
            files.container().close();
        }
    }
}
