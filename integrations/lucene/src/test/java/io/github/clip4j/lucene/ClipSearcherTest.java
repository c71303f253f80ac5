package io.github.clip4j.lucene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.Embedding;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.NIOFSDirectory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipSearcherTest {
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("docs/examples");
    private static final List<String> FILES =
            List.of("letter-k.png", "red-circle.png", "square-above-triangle.png", "striped-star.png", "three-hearts.png");
    private static final Clip CLIP = TinyClip.load();
    private static final IndexModel MODEL = IndexModel.of(CLIP, "");

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        CLIP.close();
    }

    @BeforeEach
    void writeAnIndex() throws IOException {
        write(EmbeddingField.of("image", MODEL));
    }

    private void write(EmbeddingField images) throws IOException {
        try (Directory directory = new NIOFSDirectory(folder);
                IndexWriter writer = images.writer(directory, new IndexWriterConfig())) {
            for (String file : FILES) {
                writer.addDocument(images.document(CLIP.embedImage(ImageFile.read(IMAGES.resolve(file))),
                        new StringField("path", file, Field.Store.YES),
                        new StringField("length", Integer.toString(file.length()), Field.Store.NO)));
            }
        }
    }

    private static String path(ClipHit hit) {
        return Objects.requireNonNull(hit.document().get("path"));
    }

    @Test
    void findsImagesByWordsAndByAnImage() throws IOException {
        try (Directory directory = new NIOFSDirectory(folder);
                DirectoryReader reader = DirectoryReader.open(directory)) {
            ClipSearcher searcher = ClipSearcher.of(CLIP, reader, "image");
            assertThat(path(searcher.search("a red circle", 1).getFirst())).isEqualTo("red-circle.png");
            assertThat(path(searcher.search("three hearts", 1).getFirst())).isEqualTo("three-hearts.png");
            List<ClipHit> hits = searcher.search(ImageFile.read(IMAGES.resolve("letter-k.png")), 5);
            assertThat(hits).extracting(ClipSearcherTest::path).first().isEqualTo("letter-k.png");
            assertThat(hits).extracting(ClipSearcherTest::path).containsExactlyInAnyOrderElementsOf(FILES);
            assertThat(hits).isSortedAccordingTo((a, b) -> Double.compare(b.cosine(), a.cosine()));
            assertThat(searcher.search("a red circle", 3)).hasSize(3);
            assertThat(searcher.search("a red circle", 200)).hasSize(5);
        }
    }

    @Test
    void theQueriesAreLucenesOwn() throws IOException {
        try (Directory directory = new NIOFSDirectory(folder);
                DirectoryReader reader = DirectoryReader.open(directory)) {
            TermQuery filter = new TermQuery(new Term("length", "12"));
            ClipSearcher searcher = ClipSearcher.of(CLIP, reader, "image").withFilter(filter);
            var query = searcher.query("a red circle", 7);
            assertThat(query.getField()).isEqualTo("image");
            assertThat(query.getK()).isEqualTo(7);
            assertThat(query.getFilter()).isEqualTo(filter);
            assertThat(query.getTargetCopy()).isEqualTo(CLIP.embedText("a red circle").toArray());
            var image = ImageFile.read(IMAGES.resolve("letter-k.png"));
            assertThat(searcher.query(image, 7).getTargetCopy()).isEqualTo(CLIP.embedImage(image).toArray());
            assertThat(searcher.search("a red circle", 5)).extracting(ClipSearcherTest::path).containsExactly("letter-k.png");
        }
    }

    /// Of as many candidates as are asked for Lucene misses some of the best, here 22 of 400.
    @Test
    void looksAtMoreThanIsAskedFor() throws IOException {
        int queries = 40;
        List<Embedding> rows = IntStream.range(0, 4000).mapToObj(row -> Rows.row(MODEL.dimension(), row)).toList();
        EmbeddingField many = EmbeddingField.of("many", MODEL);
        try (Directory directory = new NIOFSDirectory(folder);
                IndexWriter writer = many.writer(directory, new IndexWriterConfig())) {
            for (int row = 0; row < rows.size(); row++) {
                writer.addDocument(many.document(rows.get(row), new StringField("path", Rows.path(row), Field.Store.YES)));
            }
        }
        try (Directory directory = new NIOFSDirectory(folder);
                DirectoryReader reader = DirectoryReader.open(directory)) {
            ClipSearcher searcher = ClipSearcher.of(CLIP, reader, "many");
            int found = 0;
            for (int i = 0; i < queries; i++) {
                Embedding query = Rows.row(MODEL.dimension(), rows.size() + i);
                double[] cosines = rows.stream().mapToDouble(query::dot).toArray();
                List<String> best = IntStream.range(0, cosines.length).boxed()
                        .sorted(Comparator.comparingDouble(row -> -cosines[row]))
                        .limit(10).map(Rows::path).toList();
                found += (int) searcher.search(query, 10).stream().map(ClipSearcherTest::path).filter(best::contains).count();
            }
            assertThat(found).isGreaterThanOrEqualTo(10 * queries * 99 / 100);
            assertThat(searcher.search(rows.getFirst(), 150)).hasSize(150);
        }
    }

    /// Lucene takes memory for as many documents as are asked for.
    @Test
    void asksForNoMoreThanThereAre() throws IOException {
        try (Directory directory = new NIOFSDirectory(folder);
                DirectoryReader reader = DirectoryReader.open(directory)) {
            assertThat(ClipSearcher.of(CLIP, reader, "image").search("a red circle", Integer.MAX_VALUE)).hasSize(FILES.size());
        }
    }

    @Test
    void aNewIndexIsSearchedAndHasNothing(@TempDir Path empty) throws IOException {
        try (Directory directory = new NIOFSDirectory(empty);
                IndexWriter writer = EmbeddingField.of("image", MODEL).writer(directory, new IndexWriterConfig());
                DirectoryReader reader = DirectoryReader.open(writer)) {
            assertThat(ClipSearcher.of(CLIP, reader, "image").search("a red circle", 3)).isEmpty();
        }
    }

    @Test
    void refusesAnotherProfileThanTheOneThatMadeTheIndex() throws IOException {
        try (Directory directory = new NIOFSDirectory(folder);
                DirectoryReader reader = DirectoryReader.open(directory);
                Clip immich = TinyClip.load(ClipOptions.defaults().withProfile(Profile.IMMICH))) {
            assertThatThrownBy(() -> ClipSearcher.of(immich, reader, "image")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the index is of the model clip-tiny with the profile hf")
                    .hasMessageContaining("with the profile immich");
        }
    }

    @Test
    void refusesOtherWeightsOfTheSameShape() throws IOException {
        float[] moved = MODEL.text().toArray();
        moved[0] += 0.1f;
        write(EmbeddingField.of("moved", new IndexModel(MODEL.name(), "", MODEL.profile(), MODEL.image(), Embedding.normalized(moved))));
        try (Directory directory = new NIOFSDirectory(folder);
                DirectoryReader reader = DirectoryReader.open(directory)) {
            assertThatThrownBy(() -> ClipSearcher.of(CLIP, reader, "moved")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("differs in weights");
        }
    }

    @Test
    void refusesWhatCannotBeSearchedFor() throws IOException {
        try (Directory directory = new NIOFSDirectory(folder);
                DirectoryReader reader = DirectoryReader.open(directory)) {
            ClipSearcher searcher = ClipSearcher.of(CLIP, reader, "image");
            assertThatThrownBy(() -> searcher.search("a", 0)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("top: expected at least 1, got 0");
            assertThatThrownBy(() -> searcher.search(Rows.row(MODEL.dimension() + 1, 0), 1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("was it made by the model of the field");
            assertThatThrownBy(() -> ClipSearcher.of(CLIP, reader, "path")).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
