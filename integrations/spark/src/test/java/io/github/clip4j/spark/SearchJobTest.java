package io.github.clip4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Embedding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchJobTest {
    @TempDir
    private Path folder = Path.of("");

    private static EmbeddedRow row(String name, float[] embedding) {
        EmbeddedRow row = new EmbeddedRow();
        row.setName(name);
        row.setEmbedding(embedding);
        return row;
    }

    /// Unit vectors; every tenth is one of five, so that there are ties.
    private static List<EmbeddedRow> rows(int count, int dimension, long seed) {
        Random random = new Random(seed);
        List<EmbeddedRow> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Random of = i % 10 == 0 ? new Random(i / 10 % 5) : random;
            float[] vector = new float[dimension];
            for (int j = 0; j < dimension; j++) {
                vector[j] = (float) of.nextGaussian();
            }
            rows.add(row("row " + i, Embedding.normalized(vector).toArray()));
        }
        return rows;
    }

    private static List<TopK.Hit> exact(List<EmbeddedRow> rows, float[] query, int top) {
        return rows.stream().map(row -> new TopK.Hit(row.getName(), Embedding.ofUnit(row.getEmbedding()).dot(Embedding.ofUnit(query))))
                .sorted(Comparator.comparingDouble(TopK.Hit::cosine).reversed().thenComparing(TopK.Hit::name)).limit(top).toList();
    }

    @Test
    void theBestOfAllRowsAreFoundExactlyWhateverThePartitions() {
        List<EmbeddedRow> rows = rows(5000, 100, 1);
        List<EmbeddedRow> queries = new ArrayList<>(rows(33, 100, 2));
        queries.add(rows.get(10)); // a hundred rows are equal to it
        float[][] vectors = queries.stream().map(EmbeddedRow::getEmbedding).toArray(float[][]::new);
        JavaSparkContext spark = JavaSparkContext.fromSparkContext(Local.SPARK.sparkContext());
        for (int partitions : new int[] {1, 3, 40}) {
            for (int top : new int[] {1, 25}) {
                TopK[] best = SearchJob.search(spark.parallelize(rows, partitions), vectors, top).best();
                assertThat(best).hasSameSizeAs(vectors);
                for (int q = 0; q < vectors.length; q++) {
                    assertThat(best[q].hits()).as("query %d of %d partitions", q, partitions).isEqualTo(exact(rows, vectors[q], top));
                }
            }
        }
    }

    @Test
    void fewerRowsThanAreAskedForAndEmptyPartitionsAreFine() {
        List<EmbeddedRow> rows = rows(3, 8, 1);
        JavaSparkContext spark = JavaSparkContext.fromSparkContext(Local.SPARK.sparkContext());
        float[] query = rows.get(1).getEmbedding();
        for (int top : new int[] {10, Integer.MAX_VALUE}) { // takes no memory for more than there is
            assertThat(SearchJob.search(spark.parallelize(rows, 7), new float[][] {query}, top).best()[0].hits())
                    .isEqualTo(exact(rows, query, top));
        }
        assertThat(SearchJob.search(spark.parallelize(List.<EmbeddedRow>of(), 2), new float[][] {query}, 10).best()[0].hits()).isEmpty();
    }

    @Test
    void aRowThatCannotBeComparedIsNamedAndCostsTheOthersNothing() {
        List<EmbeddedRow> good = rows(20, 8, 1);
        float[] query = good.get(3).getEmbedding();
        List<EmbeddedRow> all = new ArrayList<>(good);
        all.add(4, row("x", new float[9]));
        all.add(9, row("y", new float[] {1, 1, 0, 0, 0, 0, 0, 0}));
        all.add(15, row("z", new float[] {Float.NaN, 1, 0, 0, 0, 0, 0, 0}));
        JavaSparkContext spark = JavaSparkContext.fromSparkContext(Local.SPARK.sparkContext());
        for (int partitions : new int[] {1, 4}) {
            Found found = SearchJob.search(spark.parallelize(all, partitions), new float[][] {query}, 5);
            assertThat(found.best()[0].hits()).isEqualTo(exact(good, query, 5));
            assertThat(found.compared()).isEqualTo(20);
            assertThat(found.unfit()).isEqualTo(3);
            assertThat(found.reasons().split("; (?=[xyz]:)")).satisfiesExactlyInAnyOrder(
                    x -> assertThat(x)
                            .isEqualTo("x: expected an embedding of 8 components, as the queries have, got 9; are all of one model?"),
                    y -> assertThat(y).startsWith("y: expected an embedding of length 1, got 1.414"),
                    z -> assertThat(z).startsWith("z: expected an embedding of length 1, got NaN"));
        }
    }

    @Test
    void aTableOfAnotherModelAloneIsRefused() {
        Path table = folder.resolve("other");
        Local.SPARK.createDataFrame(List.of(RowFactory.create("a", new float[] {1, 0})), new StructType()
                .add("path", DataTypes.StringType).add("embedding", DataTypes.createArrayType(DataTypes.FloatType)))
                .write().parquet(table.toString());
        assertThatThrownBy(() -> SearchJob.run(Local.SPARK, "--embeddings", table.toString(), "--text", "a",
                "--model", Local.MODEL.toString())).hasMessage(table + ": 1 of 1 embeddings cannot be compared with the queries and are "
                + "left out: a: expected an embedding of " + Local.CLIP.dimension() + " components, as the queries have, got 2; are all of "
                + "one model?");
        assertThatThrownBy(() -> SearchJob.run(
                Local.SPARK, "--embeddings", table.toString(), "--queries", table.toString(), "--id", "name"))
                .hasMessageStartingWith("--id: expected one of path, embedding, got name\n");
        assertThatThrownBy(() -> SearchJob.run(Local.SPARK, "--embeddings", table.toString(), "--queries", table + "2"))
                .hasMessageStartingWith("--queries: expected a folder of Parquet files, got none: " + table + "2\n");
    }

    /// The bound decides what is computed exactly, so a product beyond it would lose a result.
    @Test
    void theErrorOfProductsStaysBelowItsBound() {
        for (int dimension : new int[] {8, 100, 512, 768, 1152}) {
            List<EmbeddedRow> rows = rows(200, dimension, dimension);
            float worst = 0;
            for (EmbeddedRow row : rows) {
                for (EmbeddedRow other : rows.subList(0, 20)) {
                    float sum = 0; // one chain, the worst order
                    for (int i = 0; i < dimension; i++) {
                        sum += row.getEmbedding()[i] * other.getEmbedding()[i];
                    }
                    worst = Math.max(worst, (float) Math.abs(sum - Embedding.ofUnit(row.getEmbedding())
                            .dot(Embedding.ofUnit(other.getEmbedding()))));
                }
            }
            assertThat(worst).as("dimension %d", dimension).isPositive().isLessThan(BlockSearch.error(dimension));
        }
    }

    @Test
    void imagesAreFoundByWordsAndByImages() throws IOException {
        Path input = Images.folder(folder.resolve("in"), 60);
        Path output = folder.resolve("out");
        EmbedJob.run(Local.SPARK, "--model", Local.MODEL.toString(), "--input", input.toString(), "--output", output.toString(),
                "--part-files", "25", "--task-rows", "10");
        var expected = EmbedJobTest.expected(input);
        expected.values().removeIf(value -> !(value instanceof Embedding));

        List<String> texts = List.of("a red square", "a blue circle", "three green triangles");
        List<Row> found = SearchJob.run(Local.SPARK, "--embeddings", output.toString(), "--model", Local.MODEL.toString(),
                "--text", texts.get(0), "--text", texts.get(1), "--text", texts.get(2), "--top", "7").collectAsList();
        assertThat(found).hasSize(21);
        for (int q = 0; q < 3; q++) {
            Embedding query = Local.CLIP.embedText(texts.get(q));
            List<String> best = expected.entrySet().stream()
                    .sorted(Comparator.comparingDouble(entry -> -query.dot((Embedding) entry.getValue())))
                    .limit(7).map(entry -> entry.getKey()).toList();
            int at = 7 * q;
            assertThat(IntStream.range(at, at + 7).mapToObj(i -> found.get(i).getString(2))).containsExactlyElementsOf(best);
            assertThat(found.get(at).getString(0)).isEqualTo(texts.get(q));
            assertThat(found.get(at + 6).getInt(1)).isEqualTo(7);
            assertThat(found.get(at).getDouble(3))
                    .isEqualTo(query.dot((Embedding) Objects.requireNonNull(expected.get(best.getFirst()))));
        }

        List<Row> itself = SearchJob.run(
                Local.SPARK, "--embeddings", output.toString(), "--queries", output.toString(), "--top", "1").collectAsList();
        assertThat(itself).hasSize(60).allMatch(row -> row.getString(0).equals(row.getString(2)) && row.getDouble(3) > 0.9999
                && row.getDouble(3) <= 1);

        assertThatThrownBy(() -> SearchJob.run(Local.SPARK, "--embeddings", output.toString(), "--text", "a", "--profile", "openai",
                "--model", Local.MODEL.toString())).hasMessageContaining("cannot be compared");
        assertThatThrownBy(() -> SearchJob.run(Local.SPARK, "--embeddings", output.toString(), "--text", "cat ".repeat(200),
                "--model", Local.MODEL.toString())).hasMessageContaining("tokens");
        assertThatThrownBy(() -> SearchJob.run(Local.SPARK, "--embeddings", output.toString()))
                .hasMessageStartingWith("--text or --queries: expected one of them, got neither");
    }
}
