package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.github.clip4j.Classification;
import io.github.clip4j.Clip;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.search.Cluster;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.SearchHit;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `clip cluster`
@Command(
        name = "cluster",
        description = "Groups the images of an index by what they show, and names the groups.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Without labels nothing has to be known before: similar images come together (spherical k-means). With labels each group is",
            "named by the one that fits it better than it fits the other groups. The index is taken as it is.",
            "",
            "Examples:",
            "  clip cluster",
            "  clip cluster --groups 20 --labels-file words.txt --template \"a photo of {}\"",
            "  clip cluster --index photos.index --groups 8 --label beach --label mountains --label city --json"
        })
final class ClusterCommand implements Callable<Integer> {
    private static final int MOST_GROUPS = 50;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private TextOptions text = new TextOptions();

    @Mixin
    private IndexOptions.Place index = new IndexOptions.Place();

    @Option(names = "--groups", paramLabel = "N", description =
            "the number of groups; the root of half the number of images unless given, and 50 at most")
    private @Nullable Integer groups;

    @Mixin
    private LabelOptions labels = new LabelOptions();

    @Option(names = "--top", paramLabel = "N", description =
            "print the N most typical images of each group; 5 unless given. --json has all of them")
    private int top = 5;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    /// A name, and the cosine of its text with the centre of the group.
    private record Name(String label, double cosine) {}

    @Override
    public Integer call() throws IOException {
        if (groups != null && groups < 1) {
            throw new ParameterException(spec.commandLine(), "--groups: expected at least 1, got " + groups);
        }
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top: expected at least 1, got " + top);
        }
        labels.check(text);
        Labels all = labels.isGiven() ? labels.read(text) : null;
        Path folder = index.existing();
        EmbeddingIndex embeddings = EmbeddingIndex.open(folder);
        List<Cluster> clusters = embeddings.clusters(groups != null ? groups : usual(embeddings.size()));
        print(folder, clusters, all == null ? List.of() : names(embeddings, clusters, all));
        return ClipCommand.DONE;
    }

    private static int usual(int images) {
        return Math.clamp(Math.round(Math.sqrt(images / 2.0)), 1, MOST_GROUPS);
    }

    private List<Name> names(EmbeddingIndex embeddings, List<Cluster> clusters, Labels all) throws IOException {
        model.orElse(embeddings.model());
        try (Clip clip = model.load()) {
            embeddings.model().requireTexts(clip);
            return names(clusters, all.classifier(clip, labels.prompts()));
        }
    }

    /// The name of each group: the label whose cosine with its centre exceeds the label's mean over all groups most. The cosine alone
    /// would give many groups the same name, because some words are near to all images.
    private static List<Name> names(List<Cluster> clusters, ZeroShotClassifier classifier) {
        Map<String, Double> means = new TreeMap<>();
        List<Classification> classified = clusters.stream().map(cluster -> classifier.classify(cluster.centre())).toList();
        if (clusters.size() > 1) {
            classified.forEach(one -> one.scores().forEach(
                    score -> means.merge(score.label(), score.cosine() / clusters.size(), Double::sum)));
        }
        List<Name> names = new ArrayList<>();
        for (Classification one : classified) {
            Classification.Score best = one.scores().getFirst();
            double most = Double.NEGATIVE_INFINITY;
            for (Classification.Score score : one.scores()) {
                double more = score.cosine() - means.getOrDefault(score.label(), 0.0);
                if (more > most) {
                    most = more;
                    best = score;
                }
            }
            names.add(new Name(best.label(), best.cosine()));
        }
        return names;
    }

    private void print(Path folder, List<Cluster> clusters, List<Name> names) throws IOException {
        Streams streams = Streams.of(spec);
        JsonArray array = new JsonArray();
        for (int i = 0; i < clusters.size(); i++) {
            Cluster cluster = clusters.get(i);
            Name name = names.isEmpty() ? null : names.get(i);
            if (json) {
                array.add(toJson(cluster, name));
            } else {
                print(cluster, name, streams.out());
            }
        }
        if (json) {
            JsonObject document = new JsonObject();
            document.addProperty("index", folder.toString());
            document.add("groups", array);
            streams.out().println(Output.json(document));
        }
        streams.requireOpen();
    }

    private static JsonObject toJson(Cluster cluster, @Nullable Name name) {
        JsonArray images = new JsonArray();
        cluster.members().forEach(hit -> images.add(SearchCommand.toJson(hit)));
        JsonObject group = new JsonObject();
        if (name == null) {
            group.add("name", JsonNull.INSTANCE);
        } else {
            group.addProperty("name", name.label);
            group.addProperty("cosine", name.cosine);
        }
        group.addProperty("size", cluster.members().size());
        group.add("images", images);
        return group;
    }

    private void print(Cluster cluster, @Nullable Name name, PrintWriter out) {
        int size = cluster.members().size();
        String title = name == null ? "" : String.format(Locale.ROOT, "  %s  (cosine %.3f)", Output.printable(name.label), name.cosine);
        out.println(String.format(Locale.ROOT, "%,d %s%s", size, size == 1 ? "image" : "images", title));
        for (SearchHit hit : cluster.members().subList(0, Math.min(top, size))) {
            out.println(String.format(Locale.ROOT, "%6.3f  %s", hit.cosine(), Output.printable(hit.entry().path())));
        }
    }
}
