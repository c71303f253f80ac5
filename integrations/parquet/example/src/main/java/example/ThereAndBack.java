package example;

import io.github.clip4j.Clip;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.parquet.ParquetIndex;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import io.github.clip4j.search.SearchHit;
import io.github.clip4j.search.SearchOptions;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// An index of a folder of images goes to a Parquet file, and into another index.
public final class ThereAndBack {
    private ThereAndBack() {}

    /// @param args a folder for two indexes and the file, a folder of images, and a text to look for
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Path file = folder.resolve("photos.parquet");
        try (Clip clip = TinyClip.load()) {
            try (IndexWriter writer = IndexWriter.open(folder.resolve("first"), IndexModel.of(clip, ""))) {
                for (Path path : images(Path.of(args[1]))) {
                    Image image = ImageFile.read(path);
                    long modified = Files.getLastModifiedTime(path).to(TimeUnit.NANOSECONDS);
                    IndexEntry entry = IndexEntry.of(path.toString(), Files.size(path), modified, "", image.width(), image.height());
                    writer.put(entry, clip.embedImage(image));
                }
                writer.commit();
            }
            ParquetIndex.export(EmbeddingIndex.open(folder.resolve("first")), file);
            try (IndexWriter writer = IndexWriter.open(folder.resolve("second"), ParquetIndex.modelOf(file).orElseThrow())) {
                System.out.println(ParquetIndex.importInto(file, writer, System.err::println));
            }
            EmbeddingIndex index = EmbeddingIndex.open(folder.resolve("second"));
            for (SearchHit hit : index.search(clip.embedText(args[2]), SearchOptions.top(1))) {
                System.out.println(Path.of(hit.entry().path()).getFileName());
            }
        }
    }

    private static List<Path> images(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder.toAbsolutePath().normalize())) {
            return files.filter(file -> file.toString().endsWith(".png")).sorted().toList();
        }
    }
}
