package io.github.clip4j.spark;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.image.Image;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/// Which model made the embeddings of a folder: the file `_clip4j` in it.
///
/// The model is known by what it makes of one image and of one text, to the bit: every machine gives the same bits, so that a checkpoint
/// may be moved, and another one is not mistaken for it.
final class ModelIdentity {
    private static final String FILE = "_clip4j";
    private static final String ERROR = "error";
    private static final String TEXT = "Cafés at 7!";
    private static final int EDGE = 96;

    private ModelIdentity() {}

    /// The lines of the file, computed by an executor: the driver may be a machine that has no model.
    static Map<String, String> of(SparkSession spark, ExecutorModel model) {
        Map<String, String> lines = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(List.of(model), 1)
                .map(ModelIdentity::of)
                .first();
        if (lines.containsKey(ERROR)) {
            throw new IllegalArgumentException(lines.get(ERROR));
        }
        return lines;
    }

    private static Map<String, String> of(ExecutorModel model) {
        Map<String, String> lines = new TreeMap<>();
        Clip clip;
        try {
            clip = model.clip();
        } catch (RuntimeException e) { // thrown in a task, Spark would try it four times, and print hundreds of lines
            lines.put(ERROR, String.valueOf(e.getMessage()));
            return lines;
        }
        lines.put("name", clip.name());
        lines.put("profile", clip.profile().id());
        if (clip.model().imageEncoder().isPresent()) {
            lines.put("image", fingerprint(clip.embedImage(probe())));
        }
        if (clip.model().textEncoder().isPresent()) {
            lines.put("text", fingerprint(clip.embedText(TEXT)));
        }
        return lines;
    }

    private static String fingerprint(Embedding embedding) {
        return embedding.dimension() + ":" + ModelFiles.sha256(embedding.toBytes());
    }

    /// Stripes and a ramp of an odd size, so that another resampling or normalising shows.
    private static Image probe() {
        int width = EDGE + 5;
        byte[] rgb = new byte[3 * width * EDGE];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % width;
            int y = i / 3 / width;
            rgb[i] = (byte) (i % 3 == 0 ? 2 * x : i % 3 == 1 ? y * y / 40 : (x / 7 + y / 5) % 2 * 255);
        }
        return Image.ofRgb(width, EDGE, rgb);
    }

    /// Checks that a folder is of this model and was made with these options of the job, or makes it so when it is new.
    static void claim(FileSystem fs, Path folder, Map<String, String> identity, Map<String, String> options) throws IOException {
        Path file = new Path(folder, FILE);
        if (fs.exists(file)) {
            Map<String, String> before = read(fs, folder);
            require(before, identity, folder);
            options.forEach((option, value) -> {
                String other = before.getOrDefault(option, value);
                if (!other.equals(value)) {
                    throw new IllegalArgumentException("--%s: expected %s, as in the runs that wrote %s, got %s; use another --output"
                            .formatted(option, other, folder, value));
                }
            });
        } else {
            // folders of another table would be taken for parts that were not finished, and deleted; a killed job leaves half a file
            if (fs.exists(folder)
                    && Arrays.stream(fs.listStatus(folder)).anyMatch(status -> !status.getPath().getName().startsWith(FILE))) {
                throw new IllegalArgumentException("--output: expected a new or empty folder, or one that this job has written, got "
                        + folder + ", which holds something else");
            }
            fs.mkdirs(folder);
            HadoopFiles.write(fs, file, Stream.concat(identity.entrySet().stream(), options.entrySet().stream())
                    .map(line -> line.getKey() + "=" + line.getValue() + "\n").collect(Collectors.joining()));
        }
    }

    /// @throws FileNotFoundException when the folder has no such file
    static Map<String, String> read(FileSystem fs, Path folder) throws IOException {
        return HadoopFiles.read(fs, new Path(folder, FILE)).lines().filter(line -> line.contains("="))
                .collect(Collectors.toMap(line -> line.substring(0, line.indexOf('=')), line -> line.substring(line.indexOf('=') + 1)));
    }

    /// @throws IllegalArgumentException when the embeddings of a folder cannot be compared with those of a model
    static void require(Map<String, String> ofFolder, Map<String, String> ofModel, Path folder) {
        boolean same = ofFolder.getOrDefault("profile", "").equals(ofModel.get("profile"));
        for (String encoder : List.of("image", "text")) {
            String known = ofFolder.get(encoder);
            same &= known == null || !ofModel.containsKey(encoder) || known.equals(ofModel.get(encoder));
        }
        if (!same) {
            throw new IllegalArgumentException(("%s: its embeddings are of the model %s with the profile %s, and cannot be compared with"
                    + " those of %s with the profile %s, which differs in weights, files or profile; use that model, or another folder")
                    .formatted(folder, ofFolder.get("name"), ofFolder.get("profile"), ofModel.get("name"), ofModel.get("profile")));
        }
    }
}
