package example;

import io.github.clip4j.Clip;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.lucene.ClipHit;
import io.github.clip4j.lucene.ClipSearcher;
import io.github.clip4j.lucene.EmbeddingField;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;

/// Images of a folder in an index of Lucene, found by words and by an image.
public final class FindImages {
    private FindImages() {}

    /// @param args a folder for the index, a folder of images, then texts or image files to look for
    public static void main(String[] args) throws IOException {
        try (Clip clip = TinyClip.load();
                Directory directory = FSDirectory.open(Path.of(args[0]))) {
            write(clip, directory, Path.of(args[1]));
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                ClipSearcher searcher = ClipSearcher.of(clip, reader, "image");
                for (String wanted : List.of(args).subList(2, args.length)) {
                    Path file = Path.of(wanted);
                    List<ClipHit> hits = Files.exists(file) ? searcher.search(ImageFile.read(file), 1) : searcher.search(wanted, 1);
                    ClipHit best = hits.getFirst();
                    System.out.printf(Locale.ROOT, "%-28s %-28s %.3f%n", file.getFileName(), best.document().get("name"), best.cosine());
                }
            }
        }
    }

    private static void write(Clip clip, Directory directory, Path folder) throws IOException {
        EmbeddingField images = EmbeddingField.of("image", IndexModel.of(clip, ""));
        IndexWriterConfig config = new IndexWriterConfig().setOpenMode(IndexWriterConfig.OpenMode.CREATE); // in place of an older index
        try (IndexWriter writer = images.writer(directory, config);
                var files = Files.newDirectoryStream(folder, "*.png")) {
            for (Path file : files) {
                writer.addDocument(images.document(clip.embedImage(ImageFile.read(file)),
                        new StringField("name", file.getFileName().toString(), Field.Store.YES)));
            }
        }
    }
}
