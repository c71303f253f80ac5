package io.github.clip4j.cli;

import io.github.clip4j.search.EmbeddingIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Where an index is, and what of folders is not in it.
final class IndexOptions {
    /// Folders of programs, not of people: of Synology, Node, git and Windows.
    private static final List<String> EXCLUDED = List.of("@eaDir", "node_modules", ".git", "System Volume Information");

    @Mixin
    private Place place = new Place();

    @Option(names = "--exclude", paramLabel = "NAME", description =
            "leave out folders of this name too, beside @eaDir, node_modules, .git and System Volume Information; repeatable")
    private List<String> excluded = List.of();

    Path folder() throws IOException {
        return place.folder();
    }

    Path existing() throws IOException {
        return place.existing();
    }

    Set<String> excluded() {
        Set<String> names = new TreeSet<>(EXCLUDED);
        names.addAll(excluded);
        return names;
    }

    /// Where an index is.
    static final class Place {
        @Option(names = "--index", paramLabel = "DIR", description =
                "the folder of the index; the nearest " + EmbeddingIndex.FOLDER + " from the current folder upward unless given")
        private @Nullable String index;

        /// The index, which may not exist yet: without `--index` the nearest one, or a new one in the current folder.
        Path folder() throws IOException {
            if (index != null) {
                return FileNames.path(index).toAbsolutePath().normalize();
            }
            Path here = Path.of("").toAbsolutePath();
            return EmbeddingIndex.find(here).orElse(here.resolve(EmbeddingIndex.FOLDER));
        }

        /// An index that must exist.
        Path existing() throws IOException {
            Path folder = folder();
            if (index != null && !EmbeddingIndex.isIndex(folder)) {
                throw new IOException("--index: expected an index, got " + (Files.exists(folder) ? "something else" : "nothing") + " at "
                        + folder + "; make one with: clip index FOLDER --index " + index);
            }
            if (!EmbeddingIndex.isIndex(folder)) {
                throw new IOException("expected an index in this folder or one above it, or --index, got none; make one with: "
                        + "clip index FOLDER");
            }
            return folder;
        }
    }
}
