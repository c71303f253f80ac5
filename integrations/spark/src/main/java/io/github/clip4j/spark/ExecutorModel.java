package io.github.clip4j.spark;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.DType;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.jspecify.annotations.Nullable;

/// A model by the place of its checkpoint and its options. This is what goes from the driver to the executors, a few hundred bytes; the
/// weights never do. The first task of a process that needs the model loads it, and all tasks of the process share it.
///
/// A place is one of
///
/// - a directory, a zip archive or a file of weights that every machine has under the same path;
/// - a URI that Hadoop reads, such as `hdfs://…` or `s3a://…`, of one of these: it is copied to the local disk, once a machine;
/// - `owner/name` or `owner/name@revision`, a repository in the hub's cache of every machine, where `clip fetch` puts it. Nothing is
///   downloaded from the hub: a thousand executors would ask it at once.
///
/// A process gives its model as many threads as it has cores: `spark.executor.cores` if that is set, N of a master `local[N]`, and
/// otherwise the processors that the JVM sees. Tasks only feed the model, however many run side by side.
///
/// Immutable and thread-safe. No method accepts null.
public final class ExecutorModel implements Serializable {
    private static final long serialVersionUID = 1;

    /// The models of this process. They are never closed: a process of Spark ends with its application.
    private static final Map<ExecutorModel, Clip> LOADED = new ConcurrentHashMap<>();
    private static final Map<Labelled, ZeroShotClassifier> CLASSIFIERS = new ConcurrentHashMap<>();

    private record Labelled(ExecutorModel model, List<String> labels, List<String> templates) {}

    private final String location;
    private final @Nullable String profile;
    private final @Nullable Boolean truncation;
    private final DType weights;

    private ExecutorModel(String location, @Nullable String profile, @Nullable Boolean truncation, DType weights) {
        this.location = location;
        this.profile = profile;
        this.truncation = truncation;
        this.weights = weights;
    }

    /// {@return the model of a checkpoint, with the default options}
    ///
    /// @param location a path, a URI or a repository
    /// @throws IllegalArgumentException when it is blank
    public static ExecutorModel of(String location) {
        Objects.requireNonNull(location, "location is null");
        if (location.isBlank()) { // Java reads it as the current folder
            throw new IllegalArgumentException("model: expected a path, a URI or owner/name, got nothing");
        }
        return new ExecutorModel(location, null, null, DType.F32);
    }

    /// {@return this model with a profile} See [ClipOptions#withProfile(Profile)].
    ///
    /// @param chosen takes the place of the checkpoint's
    public ExecutorModel withProfile(Profile chosen) {
        return new ExecutorModel(location, chosen.id(), truncation, weights);
    }

    /// {@return this model with texts that are too long cut, or refused} See [ClipOptions#withTruncation(boolean)].
    ///
    /// @param truncates whether they are cut
    public ExecutorModel withTruncation(boolean truncates) {
        return new ExecutorModel(location, profile, truncates, weights);
    }

    /// {@return this model with its weights kept in another form} See [ClipOptions#withWeights(DType)].
    ///
    /// @param storage F32, F16 or BF16
    /// @throws IllegalArgumentException for another one
    public ExecutorModel withWeights(DType storage) {
        ClipOptions.defaults().withWeights(storage);
        return new ExecutorModel(location, profile, truncation, storage);
    }

    /// {@return the place of the checkpoint, as it was given}
    public String location() {
        return location;
    }

    /// {@return the model of this process} The first call loads it, and others wait meanwhile. Do not close it: others use it too.
    ///
    /// @throws UncheckedIOException when there is no checkpoint, or it cannot be read; the next call tries again
    public Clip clip() {
        return LOADED.computeIfAbsent(this, ExecutorModel::load);
    }

    /// {@return a classifier of this process} The first call embeds the labels.
    ///
    /// @param labels at least one, and no two with the same tokens
    /// @param templates the sentences that each label is put into
    /// @throws RuntimeException what [Clip#classifier(List, PromptTemplates)] throws
    public ZeroShotClassifier classifier(List<String> labels, List<String> templates) {
        Labelled key = new Labelled(this, List.copyOf(labels), List.copyOf(templates));
        return CLASSIFIERS.computeIfAbsent(key, made -> clip().classifier(made.labels, new PromptTemplates(made.templates)));
    }

    private Clip load() {
        SparkConf conf = SparkEnv.get() == null ? new SparkConf(false) : SparkEnv.get().conf();
        try {
            return Clip.load(new ModelFiles(conf).of(location), options(conf));
        } catch (IOException e) {
            throw new UncheckedIOException("model %s: %s".formatted(location, e.getMessage()), e);
        }
    }

    private ClipOptions options(SparkConf conf) {
        ClipOptions options = ClipOptions.defaults().withThreads(cores(conf)).withWeights(weights);
        if (profile != null) {
            options = options.withProfile(Profile.ofId(profile).orElseThrow());
        }
        return truncation == null ? options : options.withTruncation(truncation);
    }

    /// The cores that Spark gives this process.
    static int cores(SparkConf conf) {
        int processors = ClipOptions.defaults().threads();
        String master = conf.get("spark.master", "");
        if (master.matches("local\\[\\d+[^]]*]")) {
            return Math.max(1, Integer.parseInt(master.replaceFirst("local\\[(\\d+).*", "$1")));
        }
        if (master.startsWith("local")) {
            return master.equals("local") ? 1 : processors;
        }
        return conf.getInt("spark.executor.cores", processors);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ExecutorModel model && location.equals(model.location) && Objects.equals(profile, model.profile)
                && Objects.equals(truncation, model.truncation) && weights == model.weights;
    }

    @Override
    public int hashCode() {
        return Objects.hash(location, profile, truncation, weights);
    }

    @Override
    public String toString() {
        return "ExecutorModel[%s, profile=%s, truncation=%s, weights=%s]".formatted(
                location, profile == null ? "the checkpoint's" : profile, truncation == null ? "the checkpoint's" : truncation, weights);
    }
}
