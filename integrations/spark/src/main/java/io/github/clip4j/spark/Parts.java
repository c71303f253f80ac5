package io.github.clip4j.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/// The parts of an output: the folders `part=0`, `part=1` and so on, each with what came of some files of the input.
///
/// A part is finished when it has the file `_files`, which names these files and is written last. What a stopped run has left of a part
/// that is not finished is deleted, and its files are done again. A part in whose place another one was made has the number that the file
/// `_replaces` of the other one says; the other one is finished, so it goes.
final class Parts {
    private static final String PREFIX = "part=";
    private static final String FILES = "_files";
    private static final String REPLACES = "_replaces";
    private static final int NONE = -1;

    private final FileSystem fs;
    private final Path output;
    private final Map<Integer, List<String>> finished = new TreeMap<>(); // the files of each part, as URIs
    private int next;

    /// Looks at what there is, and deletes what is not finished.
    Parts(FileSystem fs, Path output) throws IOException {
        this.fs = fs;
        this.output = output;
        if (!fs.exists(output)) {
            return;
        }
        List<Integer> replaced = new ArrayList<>();
        for (FileStatus status : fs.listStatus(output)) {
            Path folder = status.getPath();
            if (!folder.getName().matches(PREFIX + "\\d+")) {
                continue;
            }
            int number = Integer.parseInt(folder.getName().substring(PREFIX.length()));
            next = Math.max(next, number + 1);
            if (!fs.exists(new Path(folder, FILES))) {
                fs.delete(folder, true);
                continue;
            }
            finished.put(number, HadoopFiles.read(fs, new Path(folder, FILES)).lines().toList());
            if (fs.exists(new Path(folder, REPLACES))) {
                replaced.add(Integer.parseInt(HadoopFiles.read(fs, new Path(folder, REPLACES)).strip()));
            }
        }
        for (int number : replaced) {
            if (finished.remove(number) != null) {
                fs.delete(folder(number), true);
            }
        }
    }

    /// A part to be made.
    ///
    /// @param replaces the part that is deleted when this one is finished; −1 for none
    /// @param failed names of the files that had an error in that part
    record Part(int number, List<InputFile> files, int replaces, Set<String> failed) {
        boolean isRetry() {
            return replaces != NONE;
        }
    }

    boolean isEmpty() {
        return finished.isEmpty();
    }

    /// The parts that are still to be made, of files that no finished part has.
    ///
    /// @param files of the input
    /// @param size of a part, in files
    List<Part> open(List<InputFile> files, int size) {
        Set<String> done = new HashSet<>();
        finished.values().forEach(done::addAll);
        List<InputFile> left = files.stream().filter(file -> !done.contains(file.uri())).toList();
        List<Part> parts = new ArrayList<>();
        for (int from = 0; from < left.size(); from += size) {
            parts.add(new Part(next++, left.subList(from, Math.min(left.size(), from + size)), NONE, Set.of()));
        }
        return parts;
    }

    /// The parts that take the place of finished ones with errors.
    ///
    /// @param files of the input; one that is gone will have an error again
    /// @param failed the names of rows with an error, by the number of their part
    List<Part> again(List<InputFile> files, Map<Integer, Set<String>> failed) {
        Map<String, InputFile> present = files.stream().collect(Collectors.toMap(InputFile::uri, Function.identity()));
        List<Part> parts = new ArrayList<>();
        for (Map.Entry<Integer, Set<String>> part : failed.entrySet()) {
            List<InputFile> same = finished.getOrDefault(part.getKey(), List.of()).stream()
                    .map(uri -> present.getOrDefault(uri, new InputFile(uri, 0, 0))).toList();
            parts.add(new Part(next++, same, part.getKey(), part.getValue()));
        }
        return parts;
    }

    Path folder(int number) {
        return new Path(output, PREFIX + number);
    }

    /// Marks a part as finished, and deletes the one that it replaces. Killed in between, the next run deletes it.
    void finish(Part part) throws IOException {
        Path folder = folder(part.number);
        if (part.isRetry()) {
            HadoopFiles.write(fs, new Path(folder, REPLACES), part.replaces + "\n");
        }
        HadoopFiles.write(fs, new Path(folder, FILES), part.files.stream().map(file -> file.uri() + "\n").collect(Collectors.joining()));
        if (part.isRetry()) {
            fs.delete(folder(part.replaces), true);
        }
    }
}
