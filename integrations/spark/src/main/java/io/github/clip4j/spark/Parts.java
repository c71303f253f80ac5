package io.github.clip4j.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/// The parts of an output: the folders `part=0`, `part=1` and so on, each with what came of some files of the input.
///
/// A part is finished when it has the file `_files`, which names these files and is written last. What a stopped run has left of a part
/// that is not finished is deleted, and its files are done again.
final class Parts {
    private static final String PREFIX = "part=";
    private static final String FILES = "_files";

    private final FileSystem fs;
    private final Path output;

    Parts(FileSystem fs, Path output) {
        this.fs = fs;
        this.output = output;
    }

    /// A part to be made.
    record Part(int number, List<InputFile> files) {}

    /// The parts that are still to be made, of files that no finished part has.
    ///
    /// @param files of the input
    /// @param size of a part, in files
    List<Part> open(List<InputFile> files, int size) throws IOException {
        Set<String> done = new HashSet<>();
        int next = 0;
        if (fs.exists(output)) {
            for (FileStatus status : fs.listStatus(output)) {
                Path folder = status.getPath();
                if (!folder.getName().matches(PREFIX + "\\d+")) {
                    continue;
                }
                next = Math.max(next, Integer.parseInt(folder.getName().substring(PREFIX.length())) + 1);
                Path marker = new Path(folder, FILES);
                if (fs.exists(marker)) {
                    HadoopFiles.read(fs, marker).lines().forEach(done::add);
                } else {
                    fs.delete(folder, true);
                }
            }
        }
        List<InputFile> left = files.stream().filter(file -> !done.contains(file.uri())).toList();
        List<Part> parts = new ArrayList<>();
        for (int from = 0; from < left.size(); from += size) {
            parts.add(new Part(next++, left.subList(from, Math.min(left.size(), from + size))));
        }
        return parts;
    }

    Path folder(Part part) {
        return new Path(output, PREFIX + part.number);
    }

    /// Marks a part as finished.
    void finish(Part part) throws IOException {
        HadoopFiles.write(fs, new Path(folder(part), FILES),
                part.files.stream().map(file -> file.uri() + "\n").collect(Collectors.joining()));
    }
}
