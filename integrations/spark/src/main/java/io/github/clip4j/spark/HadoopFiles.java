package io.github.clip4j.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import scala.Tuple2;

/// Files where Hadoop finds them: on local disks, HDFS, S3.
final class HadoopFiles {
    private static final Pattern GLOB = Pattern.compile("[\\[\\]{}*?\\\\]");

    private HadoopFiles() {}

    /// Hadoop's settings in an executor. Those of the application have the prefix `spark.hadoop.` there.
    static Configuration settings(SparkConf conf) {
        Configuration settings = new Configuration();
        for (Tuple2<String, String> setting : conf.getAllWithPrefix("spark.hadoop.")) {
            settings.set(setting._1(), setting._2());
        }
        return settings;
    }

    /// The settings of this executor, read once: Hadoop parses some files for them.
    static final class OfExecutor {
        static final Configuration SETTINGS = settings(SparkEnv.get().conf());

        private OfExecutor() {}
    }

    /// All files of a folder and the folders below it, in the order of their paths. Names that begin with a dot or an underscore are left
    /// out, as everywhere in Spark.
    ///
    /// @param glob what a name has to look like
    static List<InputFile> list(String folder, String glob, Configuration settings) throws IOException {
        Path root = new Path(folder);
        var fs = root.getFileSystem(settings);
        var filter = new GlobFilter(glob);
        String base = fs.getFileStatus(root).getPath().toUri().getPath();
        List<InputFile> files = new ArrayList<>();
        var all = fs.listFiles(root, true);
        while (all.hasNext()) {
            FileStatus file = all.next();
            String below = file.getPath().toUri().getPath().substring(base.length());
            if (isVisible(below) && filter.accept(file.getPath())) {
                files.add(new InputFile(file.getPath().toUri().toString(), file.getLen(), file.getModificationTime()));
            }
        }
        files.sort(Comparator.comparing(InputFile::uri));
        return files;
    }

    private static boolean isVisible(String path) {
        for (String element : path.split("/", -1)) {
            if (element.startsWith(".") || element.startsWith("_")) {
                return false;
            }
        }
        return true;
    }

    /// Writes a file that gets its name when it is whole.
    static void write(FileSystem fs, Path file, String text) throws IOException {
        Path partial = file.suffix(".partial");
        try (var out = fs.create(partial, true)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        if (!fs.rename(partial, file)) {
            throw new IOException(file + ": cannot be written; is another run at work in this folder?");
        }
    }

    static String read(FileSystem fs, Path file) throws IOException {
        try (var in = fs.open(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /// A path that Spark does not take for a pattern of paths.
    static String literal(Path path) {
        return GLOB.matcher(path.toString()).replaceAll("\\\\$0");
    }
}
