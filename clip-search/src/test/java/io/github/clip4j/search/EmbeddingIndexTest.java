package io.github.clip4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.Embedding;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingIndexTest {
    private static final int D = 40;

    @TempDir
    private Path scratch;

    private Path folder() {
        return scratch.resolve("index");
    }

    private void write(String... paths) throws IOException {
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            for (String path : paths) {
                writer.put(Rows.entry(path), Rows.of(path, D));
            }
            writer.commit();
        }
    }

    private List<String> paths() throws IOException {
        return EmbeddingIndex.open(folder()).entries().stream().map(IndexEntry::path).toList();
    }

    private Path file(String extension) throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            return files.filter(file -> file.toString().endsWith(extension)).findFirst().orElseThrow();
        }
    }

    @Test
    void whatIsCommittedIsThereAgainToTheBit() throws IOException {
        write("a.jpg", "b/ä 日本.png");
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            writer.addRoots(List.of("/photos"));
            writer.putFailed(IndexEntry.failed("bad.jpg", 3, 4, "", "not an image"));
            writer.commit();
        }
        EmbeddingIndex index = EmbeddingIndex.open(folder());
        assertThat(index.roots()).containsExactly("/photos");
        assertThat(index.entries()).containsExactly(Rows.entry("a.jpg"), Rows.entry("b/ä 日本.png"));
        assertThat(index.embedding(1)).isEqualTo(Rows.of("b/ä 日本.png", D));
        assertThat(index.failures()).containsExactly(IndexEntry.failed("bad.jpg", 3, 4, "", "not an image"));
    }

    @Test
    void changesMovesAndRemovals() throws IOException {
        write("a", "b", "c");
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            writer.put(Rows.entry("a"), Rows.of("changed", D));
            assertThat(writer.entryOfHash("hash of b")).contains(Rows.entry("b"));
            writer.putSame(Rows.entry("b").at("moved", 5), "b");
            writer.remove("b");
            writer.remove("was never there");
            assertThat(writer.size()).isEqualTo(3);
            writer.commit();
        }
        EmbeddingIndex index = EmbeddingIndex.open(folder());
        assertThat(index.entries().stream().map(IndexEntry::path)).containsExactly("c", "a", "moved");
        assertThat(index.embedding(1)).isEqualTo(Rows.of("changed", D));
        assertThat(index.embedding(2)).isEqualTo(Rows.of("b", D));
    }

    @Test
    void whatWasNotCommittedIsNotThere() throws IOException {
        write("a");
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            writer.put(Rows.entry("b"), Rows.of("b", D));
        }
        assertThat(paths()).containsExactly("a");
    }

    /// A process that was killed leaves bytes behind the committed ones, of which some may have reached the disk.
    @Test
    void whatLiesBehindTheCommitIsCutOff() throws IOException {
        write("a");
        for (String extension : new String[] {Segment.RECORDS, Segment.VECTORS}) {
            Files.write(file(extension), new byte[] {0, 0, 0, 9, 1, 2, 3}, StandardOpenOption.APPEND);
        }
        Files.writeString(folder().resolve("manifest.tmp"), "{\"version\":1,");
        Files.writeString(folder().resolve("000099.records"), "of a segment that was never committed");
        assertThat(paths()).containsExactly("a");
        write("b");
        assertThat(paths()).containsExactly("a", "b");
        assertThat(EmbeddingIndex.open(folder()).embedding(1)).isEqualTo(Rows.of("b", D));
        assertThat(folder().resolve("000099.records")).doesNotExist();
    }

    @Test
    void oneWriterAtATime() throws IOException {
        write("a");
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            assertThatThrownBy(() -> IndexWriter.open(folder(), Rows.model(D))).isInstanceOf(IndexLockedException.class)
                    .hasMessageContaining(" of process " + ProcessHandle.current().pid());
            EmbeddingIndex before = EmbeddingIndex.open(folder());
            writer.put(Rows.entry("b"), Rows.of("b", D));
            writer.commit();
            assertThat(before.size()).isEqualTo(1);
            assertThat(EmbeddingIndex.open(folder()).size()).isEqualTo(2);
        }
        IndexWriter.open(folder(), Rows.model(D)).close();
    }

    /// Every byte of every file, changed or cut off: the reader says so, or it never mattered; the writer keeps what is whole.
    @Test
    void damageIsFoundAndCostsOnlyWhatIsDamaged() throws IOException {
        String[] names = IntStream.range(0, 5).mapToObj(i -> "f" + i).toArray(String[]::new);
        write(names);
        Random random = new Random(3);
        for (String extension : new String[] {Segment.RECORDS, Segment.VECTORS}) {
            byte[] whole = Files.readAllBytes(file(extension));
            for (int i = 0; i < 60; i++) {
                byte[] damaged = whole.clone();
                int at = random.nextInt(whole.length);
                damaged[at] ^= (byte) (1 << random.nextInt(8));
                assertDamage(extension, damaged, names);
                byte[] cut = new byte[at];
                System.arraycopy(whole, 0, cut, 0, at);
                assertDamage(extension, cut, names);
            }
        }
    }

    /// Without the manifest nothing can be read, so there are two, and each of them will do.
    @Test
    void aManifestThatIsDamagedIsReadFromItsCopy() throws IOException {
        write("a", "b");
        Path manifest = folder().resolve(Manifest.FILE);
        Path copy = folder().resolve(Manifest.COPY);
        byte[] whole = Files.readAllBytes(manifest);
        assertThat(copy).hasBinaryContent(whole);
        for (int at = 0; at < whole.length; at += 7) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) (at % 2 == 0 ? 2 : 0x80);
            for (byte[] bytes : new byte[][] {damaged, Arrays.copyOf(whole, at)}) {
                Files.write(manifest, bytes);
                assertThat(paths()).containsExactly("a", "b");
            }
            Files.write(copy, damaged);
            assertThatThrownBy(() -> EmbeddingIndex.open(folder())).isInstanceOf(IOException.class).hasMessageContaining("manifest");
            Files.write(copy, whole);
        }
        Files.delete(manifest);
        write("c");
        assertThat(paths()).containsExactly("a", "b", "c");
        assertThat(manifest).exists();
    }

    private void assertDamage(String extension, byte[] damaged, String[] names) throws IOException {
        Path backup = scratch.resolve("backup");
        copy(folder(), backup);
        Files.write(file(extension), damaged);
        assertThatThrownBy(() -> EmbeddingIndex.open(folder())).isInstanceOf(IOException.class).hasMessageContaining("is damaged");
        Set<String> lost = new HashSet<>(Set.of(names));
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            writer.paths().forEach(lost::remove);
            assertThat(lost).isNotEmpty();
            assertThat(writer.wasDamaged()).isTrue();
            for (String path : lost) {
                writer.put(Rows.entry(path), Rows.of(path, D));
            }
            writer.commit();
        }
        EmbeddingIndex index = EmbeddingIndex.open(folder());
        assertThat(index.size()).isEqualTo(names.length);
        for (int i = 0; i < names.length; i++) {
            assertThat(index.embedding(i)).isEqualTo(Rows.of(index.entries().get(i).path(), D));
        }
        copy(backup, folder());
    }

    private static void copy(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            try (Stream<Path> files = Files.list(to)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
        }
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void deadRowsAreCompactedAndReadersGoOn() throws IOException {
        String[] names = IntStream.range(0, 1500).mapToObj(i -> "f" + i).toArray(String[]::new);
        write(names);
        EmbeddingIndex before = EmbeddingIndex.open(folder());
        write(names);
        write(names[0]);
        long size = Files.size(file(Segment.VECTORS));
        write();
        assertThat(Files.size(file(Segment.VECTORS))).isEqualTo(1500L * D * 4).isLessThan(size);
        assertThat(EmbeddingIndex.open(folder()).size()).isEqualTo(1500);
        assertThat(before.embedding(7)).isEqualTo(Rows.of("f7", D));
        assertThat(EmbeddingIndex.open(folder()).embedding(1499)).isEqualTo(Rows.of("f0", D)); // changed last
    }

    @Test
    void anotherModelIsRefused() throws IOException {
        write("a");
        IndexModel other = new IndexModel("other", "", "hf", Rows.of("another image", D), Rows.of("text", D));
        assertThatThrownBy(() -> IndexWriter.open(folder(), other)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the index is of the model test").hasMessageContaining("those of other");
        assertThatThrownBy(() -> EmbeddingIndex.open(folder()).search(Rows.of("q", D + 1), SearchOptions.top(1)))
                .hasMessageContaining("expected a query of 40 components, got 41");
        try (Clip clip = TinyClip.load(ClipOptions.defaults().withThreads(1));
                Clip torchvision = TinyClip.load(ClipOptions.defaults().withThreads(1).withProfile(Profile.HF_TORCHVISION))) {
            IndexModel tiny = IndexModel.of(clip, "");
            assertThat(tiny.profile()).isEqualTo("hf");
            assertThatThrownBy(() -> tiny.requireImages(torchvision))
                    .hasMessageContaining("clip-tiny with the profile hf")
                    .hasMessageContaining("clip-tiny with the profile hf-torchvision");
            tiny.requireTexts(clip);
            tiny.requireImages(clip);
            assertThatThrownBy(() -> Rows.model(D).requireTexts(clip)).hasMessageContaining("use the model of the index");
        }
    }

    @Test
    void aFolderOfSomethingElseIsNoIndex() throws IOException {
        Files.createDirectories(folder());
        Files.writeString(folder().resolve("letter.txt"), "mine");
        assertThatThrownBy(() -> IndexWriter.open(folder(), Rows.model(D))).hasMessageContaining("got a folder with other files");
        assertThatThrownBy(() -> EmbeddingIndex.open(folder())).hasMessageContaining("expected an index");
        assertThat(EmbeddingIndex.find(folder())).isEmpty();
    }

    @Test
    void anEmptyIndexFindsNothing() throws IOException {
        write();
        assertThat(EmbeddingIndex.open(folder()).search(Rows.of("q", D), SearchOptions.top(3))).isEmpty();
    }

    @Test
    void theExactSearchGivesTheBestInTheirOrder() throws IOException {
        String[] names = IntStream.range(0, 6000).mapToObj(i -> "f" + i).toArray(String[]::new);
        write(names);
        EmbeddingIndex index = EmbeddingIndex.open(folder());
        for (int q = 0; q < 5; q++) {
            Embedding query = Rows.of("query " + q, D);
            List<SearchHit> expected = new ArrayList<>();
            for (int i = 0; i < names.length; i++) {
                expected.add(new SearchHit(index.entries().get(i), query.dot(index.embedding(i))));
            }
            expected.sort(Comparator.comparingDouble(SearchHit::cosine).reversed().thenComparing(hit -> hit.entry().path()));
            assertThat(index.search(query, SearchOptions.top(25))).isEqualTo(expected.subList(0, 25));
            assertThat(index.search(query, SearchOptions.top(100_000))).isEqualTo(expected);
            List<SearchHit> filtered = expected.stream().filter(hit -> hit.entry().path().endsWith("7") && hit.cosine() >= 0.1).toList();
            assertThat(index.search(query, SearchOptions.top(6000).withMin(0.1).withFilter(entry -> entry.path().endsWith("7"))))
                    .isEqualTo(filtered);
        }
    }

    /// A large index looks at signs first. All that it gives is exact, and of neighbours in clusters it finds nearly all.
    @Test
    void aLargeIndexIsSearchedByItsSigns() throws IOException {
        int d = 128;
        int rows = EmbeddingIndex.SIGNS_FROM;
        Random random = new Random(5);
        List<Embedding> centres = IntStream.range(0, 200).mapToObj(i -> Rows.random(random, d)).toList();
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(d))) {
            for (int i = 0; i < rows; i++) {
                writer.put(Rows.entry("f" + i), Rows.near(centres.get(i % 200), 0.7, random));
            }
            writer.commit();
        }
        EmbeddingIndex index = EmbeddingIndex.open(folder());
        int found = 0;
        int queries = 30;
        for (int q = 0; q < queries; q++) {
            Embedding query = Rows.near(centres.get(q), 0.7, random);
            List<SearchHit> exact = index.search(query, SearchOptions.top(10).withExact());
            List<SearchHit> hits = index.search(query, SearchOptions.top(10));
            assertThat(hits).hasSize(10).isSortedAccordingTo(Comparator.comparingDouble(SearchHit::cosine).reversed());
            found += (int) hits.stream().filter(exact::contains).count(); // path and cosine, to the bit
        }
        assertThat(found / (10.0 * queries)).isGreaterThanOrEqualTo(0.9);
        Embedding same = index.embedding(77);
        assertThat(index.search(same, SearchOptions.top(1)).getFirst().entry()).isEqualTo(index.entries().get(77));
    }

    @Test
    void theDistanceOfSignsIsTheNumberThatDiffer() {
        Random random = new Random(6);
        for (int d : new int[] {1, 63, 64, 65, 128, 512, 513}) {
            int n = 5;
            VectorRows vectors = new VectorRows(n, d);
            for (int row = 0; row < n; row++) {
                vectors.put(row, FloatBuffer.wrap(Rows.random(random, d).toArray()));
            }
            float[] query = Rows.random(random, d).toArray();
            short[] distances = new short[n];
            new SignBits(vectors, d).distances(SignBits.of(query), distances, 1, n);
            assertThat(distances[0]).isZero();
            for (int row = 1; row < n; row++) {
                float[] values = vectors.row(row);
                long expected = IntStream.range(0, d).filter(i -> (values[i] < 0) != (query[i] < 0)).count();
                assertThat(distances[row]).as("d=%d", d).isEqualTo((short) expected);
            }
        }
    }

    @Test
    void anEntryThatIsEqualIsFoundFirst() throws IOException {
        write("b", "a");
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            writer.putSame(Rows.entry("a").at("0", 1), "a");
            writer.commit();
        }
        List<SearchHit> hits = EmbeddingIndex.open(folder()).search(Rows.of("a", D), SearchOptions.top(2));
        assertThat(hits.stream().map(hit -> hit.entry().path())).containsExactly("0", "a");
        assertThat(hits.getFirst().entry()).isEqualTo(new IndexEntry("0", 100, 1, "hash of a", 640, 480, Optional.empty()));
    }

    /// Three centres with some neighbours each, spread over several blocks of rows, and many that have none.
    @Test
    void duplicatesAreAllPairsAndTheirConnections() throws IOException {
        Random random = new Random(5);
        try (IndexWriter writer = IndexWriter.open(folder(), Rows.model(D))) {
            for (int i = 0; i < 8000; i++) {
                Embedding row = i % 2000 < 3 ? Rows.near(Rows.of("centre " + i % 2000, D), 0.05, random) : Rows.of("f" + i, D);
                writer.put(Rows.entry("f" + i), row);
            }
            writer.commit();
        }
        EmbeddingIndex index = EmbeddingIndex.open(folder());
        Set<Set<String>> groups = new HashSet<>();
        for (List<SearchHit> group : index.duplicates(0.98)) {
            assertThat(group.getFirst().cosine()).isEqualTo(index.embedding(row(group.getFirst())).dot(index.embedding(row(group.get(0)))));
            Set<String> paths = new HashSet<>();
            group.forEach(hit -> paths.add(hit.entry().path()));
            groups.add(paths);
        }
        assertThat(groups).containsExactlyInAnyOrder(
                Set.of("f0", "f2000", "f4000", "f6000"), Set.of("f1", "f2001", "f4001", "f6001"), Set.of("f2", "f2002", "f4002", "f6002"));
        assertThat(index.duplicates(1.01)).isEmpty();
    }

    private static int row(SearchHit hit) {
        return Integer.parseInt(hit.entry().path().substring(1));
    }
}
