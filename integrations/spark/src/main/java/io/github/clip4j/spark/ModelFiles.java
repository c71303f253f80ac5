package io.github.clip4j.spark;

import io.github.clip4j.hub.Hub;
import io.github.clip4j.hub.HubSettings;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.SparkConf;

/// Where a checkpoint lies on this machine.
///
/// One that Hadoop reads is copied into the folder `spark.clip4j.cache`, or into one of the user in the temporary folder. The copy has a
/// name made of the URI and of the sizes and times of its files, so that a checkpoint that was replaced is copied again. It is written
/// under another name and renamed when it is whole; a lock on a file keeps the other processes of the machine waiting meanwhile. It stays
/// there for the next application.
final class ModelFiles {
    private final SparkConf conf;

    ModelFiles(SparkConf conf) {
        this.conf = conf;
    }

    /// @param location a path, a URI or a repository
    Path of(String location) throws IOException {
        // Two letters at least: C:\models is a path.
        if (location.matches("[a-zA-Z][a-zA-Z0-9+.-]+:.*")) {
            var source = new org.apache.hadoop.fs.Path(location);
            return "file".equals(source.toUri().getScheme()) ? Path.of(source.toUri().getPath()) : copied(source);
        }
        Path path = Path.of(location);
        if (Files.exists(path)) {
            return path;
        }
        int at = location.indexOf('@');
        String repository = at < 0 ? location : location.substring(0, at);
        if (repository.contains("/") && Hub.isRepository(repository)) {
            Hub hub = new Hub(HubSettings.of(System.getenv(), Path.of(System.getProperty("user.home"))).withOffline(true));
            return hub.find(repository, at < 0 ? Hub.MAIN : location.substring(at + 1))
                    .orElseThrow(() -> new FileNotFoundException(missing("neither a path nor a repository in the hub's cache")));
        }
        throw new FileNotFoundException(missing("no such path"));
    }

    private static String missing(String found) {
        return ("expected a checkpoint that this machine has too, got %s; put it on every machine, or give a URI such as hdfs:// or"
                + " s3a://, which is copied once a machine").formatted(found);
    }

    /// A file of the checkpoint, and where it goes.
    private record Source(FileStatus status, String target) {}

    private Path copied(org.apache.hadoop.fs.Path source) throws IOException {
        FileSystem fs = source.getFileSystem(HadoopFiles.settings(conf));
        List<Source> files = files(fs, source);
        Path cache = Files.createDirectories(Path.of(conf.get(
                "spark.clip4j.cache", System.getProperty("java.io.tmpdir") + "/clip4j-" + System.getProperty("user.name"))));
        String key = key(source, files);
        // The last element is the model's name in messages.
        String name = source.getName().isEmpty() ? "model" : source.getName();
        // A second lock of one process on one file would be an error.
        synchronized (ModelFiles.class) {
            try (FileChannel channel = FileChannel.open(
                    cache.resolve(key + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                if (Files.notExists(cache.resolve(key))) {
                    Path partial = cache.resolve(key + ".partial");
                    delete(partial); // of a process that was killed
                    copy(fs, files, partial.resolve(name));
                    Files.move(partial, cache.resolve(key), StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
        return cache.resolve(key).resolve(name);
    }

    private static void copy(FileSystem fs, List<Source> files, Path to) throws IOException {
        for (Source file : files) {
            Path target = file.target.isEmpty() ? to : to.resolve(file.target);
            Files.createDirectories(target.getParent());
            try (var in = fs.open(file.status.getPath())) {
                Files.copy(in, target);
            }
        }
    }

    private static List<Source> files(FileSystem fs, org.apache.hadoop.fs.Path source) throws IOException {
        FileStatus root = fs.getFileStatus(source);
        List<Source> files = new ArrayList<>();
        if (root.isFile()) {
            files.add(new Source(root, ""));
        } else {
            String base = root.getPath().toUri().getPath();
            RemoteIterator<? extends FileStatus> all = fs.listFiles(source, true);
            while (all.hasNext()) {
                FileStatus file = all.next();
                files.add(new Source(file, file.getPath().toUri().getPath().substring(base.length()).replaceFirst("^/", "")));
            }
        }
        if (files.isEmpty()) {
            throw new FileNotFoundException("expected the files of a checkpoint, got an empty folder");
        }
        files.sort(Comparator.comparing(Source::target));
        return files;
    }

    private static String key(org.apache.hadoop.fs.Path source, List<Source> files) {
        StringBuilder text = new StringBuilder(source.toUri().toString());
        for (Source file : files) {
            text.append('\n').append(file.target).append('\t').append(file.status.getLen()).append('\t')
                    .append(file.status.getModificationTime());
        }
        return sha256(text.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 24);
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
