package io.github.clip4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Embedding;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.image.ImageFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipFunctionsTest {
    private static final ExecutorModel MODEL = ExecutorModel.of(Local.MODEL.toString());
    private static final List<String> LABELS = List.of("a red square", "a blue circle", "a green triangle");
    private static final PromptTemplates TEMPLATES = PromptTemplates.of("a photo of {}", "{}");

    /// Images with a number, the third of them damaged and the last one null, in three partitions.
    private static Dataset<Row> images(int count) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] png = Images.png(i);
            rows.add(RowFactory.create(i, i == 2 ? Arrays.copyOf(png, 50) : i == count - 1 ? null : png));
        }
        return Local.SPARK.createDataFrame(rows, new StructType().add("number", DataTypes.IntegerType).add("png", DataTypes.BinaryType))
                .repartitionByRange(3, functions.col("number"));
    }

    private static Embedding embedding(Row row, int at) {
        List<Float> values = row.getList(at);
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return Embedding.ofUnit(floats);
    }

    private static List<Float> floats(Embedding embedding) {
        List<Float> floats = new ArrayList<>();
        for (float value : embedding.toArray()) {
            floats.add(value);
        }
        return floats;
    }

    @Test
    void imagesHaveTheBitsOfOneMachineAndABadOneCostsTheOthersNothing() throws IOException {
        Dataset<Row> embedded = ClipFunctions.embedImages(images(300), "png", MODEL);
        assertThat(embedded.columns()).containsExactly("number", "embedding", "error");
        List<Row> rows = embedded.collectAsList();
        assertThat(rows).hasSize(300);
        for (int i = 0; i < 300; i++) {
            Row row = rows.get(i);
            assertThat(row.getInt(0)).isEqualTo(i);
            if (i == 2 || i == 299) {
                assertThat(row.isNullAt(1)).isTrue();
                assertThat(row.getString(2)).startsWith("the image");
            } else {
                assertThat(row.getString(2)).isNull();
                assertThat(embedding(row, 1)).isEqualTo(Local.CLIP.embedImage(ImageFile.read(Images.png(i))));
            }
        }
        assertThat(rows.getLast().getString(2)).isEqualTo("the image is null");
    }

    @Test
    void binaryFileIsEmbeddedAndErrorsNameThePath(@TempDir Path folder) throws IOException {
        Images.folder(folder, 6);
        Dataset<Row> files = Local.SPARK.read().format("binaryFile").option("recursiveFileLookup", true).load(folder.toString());
        List<Row> rows = ClipFunctions.embedImages(files, "content", MODEL).orderBy("path").collectAsList();
        assertThat(rows).hasSize(7);
        Row bad = rows.stream().filter(row -> row.isNullAt(row.fieldIndex("embedding"))).findFirst().orElseThrow();
        assertThat(bad.<String>getAs("error")).contains("no-image.png");
    }

    @Test
    void textsHaveTheBitsOfOneMachine() {
        String tooLong = "cat ".repeat(200);
        List<@Nullable String> texts = Arrays.asList("a red square", tooLong, null, "a blue circle", "");
        Dataset<Row> rows = Local.SPARK.createDataset(texts, Encoders.STRING()).toDF("caption").coalesce(1);
        List<Row> embedded = ClipFunctions.embedTexts(rows, "caption", MODEL).collectAsList();
        assertThat(embedded).extracting(row -> row.isNullAt(1)).containsExactly(false, true, true, false, false);
        assertThat(embedding(embedded.get(0), 1)).isEqualTo(Local.CLIP.embedText("a red square"));
        assertThat(embedding(embedded.get(3), 1)).isEqualTo(Local.CLIP.embedText("a blue circle"));
        assertThat(embedded.get(1).getString(2)).contains("tokens");
        assertThat(embedded.get(2).getString(2)).isEqualTo("caption is null");
        Dataset<Row> cut = ClipFunctions.embedTexts(rows, "caption", MODEL.withTruncation(true));
        assertThat(cut.filter("caption like 'cat%'").first().isNullAt(1)).isFalse();
    }

    @Test
    void imagesAndTheirEmbeddingsAreClassifiedAlike() throws IOException {
        ZeroShotClassifier classifier = Local.CLIP.classifier(LABELS, TEMPLATES);
        Dataset<Row> images = images(40);
        List<Row> ofImages = ClipFunctions.classify(images, "png", MODEL, LABELS, TEMPLATES).collectAsList();
        Dataset<Row> embedded = ClipFunctions.embedImages(images, "png", MODEL);
        List<Row> ofEmbeddings = ClipFunctions.classify(embedded, "embedding", MODEL, LABELS, TEMPLATES).collectAsList();
        for (int i = 0; i < 40; i++) {
            Row row = ofImages.get(i);
            Row other = ofEmbeddings.get(i);
            assertThat(other.<String>getAs("label")).isEqualTo(row.getAs("label"));
            assertThat(other.<Double>getAs("probability")).isEqualTo(row.getAs("probability"));
            assertThat(other.<String>getAs("error")).isEqualTo(row.getAs("error"));
            if (i == 2 || i == 39) {
                assertThat(row.<String>getAs("label")).isNull();
                assertThat(row.<String>getAs("error")).isNotNull();
            } else {
                var best = classifier.classify(ImageFile.read(Images.png(i))).best();
                assertThat(row.<String>getAs("label")).isEqualTo(best.label());
                assertThat(row.<Double>getAs("probability")).isEqualTo(best.probability());
            }
        }
        assertThat(ofImages).extracting(row -> row.<String>getAs("label")).as("not the same label everywhere").contains(LABELS.get(0))
                .containsAnyOf(LABELS.get(1), LABELS.get(2));
    }

    @Test
    void anEmbeddingThatIsNotOfTheModelCostsTheOthersNothing() throws IOException {
        Embedding good = Local.CLIP.embedImage(ImageFile.read(Images.png(1)));
        List<Float> notUnit = new ArrayList<>(floats(good));
        notUnit.set(3, 7f);
        List<@Nullable Float> withNull = new ArrayList<>(floats(good));
        withNull.set(3, null);
        List<Row> rows = new ArrayList<>();
        for (Object value : Arrays.asList(floats(good), notUnit, List.of(1f, 0f), withNull, null, floats(good))) {
            rows.add(RowFactory.create(value));
        }
        Dataset<Row> table = Local.SPARK.createDataFrame(rows, new StructType()
                .add("vector", DataTypes.createArrayType(DataTypes.FloatType, true)));
        List<Row> classified = ClipFunctions.classify(table, "vector", MODEL, LABELS, TEMPLATES).collectAsList();
        String label = Local.CLIP.classifier(LABELS, TEMPLATES).classify(good).best().label();
        assertThat(classified).extracting(row -> row.<String>getAs("label")).containsExactly(label, null, null, null, null, label);
        assertThat(classified).extracting(row -> row.<String>getAs("error")).satisfiesExactly(
                first -> assertThat(first).isNull(), length -> assertThat(length).contains("length"),
                two -> assertThat(two).isEqualTo("expected an embedding of " + good.dimension() + " components, as the model gives, got 2"),
                nan -> assertThat(nan).contains("NaN"), none -> assertThat(none).isNull(), last -> assertThat(last).isNull());
    }

    @Test
    void theFunctionsOfSqlGiveTheSame() throws IOException {
        Local.SPARK.udf().register("clip_embed_image", ClipFunctions.embedImages(MODEL));
        Local.SPARK.udf().register("clip_embed_text", ClipFunctions.embedTexts(MODEL));
        Local.SPARK.udf().register("shape_of", ClipFunctions.classify(MODEL, LABELS, TEMPLATES));
        images(10).createOrReplaceTempView("images");
        List<Row> rows = Local.SPARK.sql("SELECT number, e.embedding, e.error, s.label, t.embedding FROM (SELECT number,"
                + " clip_embed_image(png) AS e, shape_of(png) AS s, clip_embed_text('a red square') AS t FROM images) ORDER BY number")
                .collectAsList();
        assertThat(rows).hasSize(10);
        ZeroShotClassifier classifier = Local.CLIP.classifier(LABELS, TEMPLATES);
        assertThat(embedding(rows.get(5), 1)).isEqualTo(Local.CLIP.embedImage(ImageFile.read(Images.png(5))));
        assertThat(rows.get(5).getString(3)).isEqualTo(classifier.classify(ImageFile.read(Images.png(5))).best().label());
        assertThat(embedding(rows.get(5), 4)).isEqualTo(Local.CLIP.embedText("a red square"));
        assertThat(rows.get(2).isNullAt(1)).isTrue();
        assertThat(rows.get(2).getString(2)).startsWith("the image");
        assertThat(rows.get(9).getString(2)).isEqualTo("the image is null");
    }

    @Test
    void wrongColumnsAreRefusedBeforeAnyTaskRuns() throws IOException {
        Dataset<Row> rows = images(4);
        assertThatThrownBy(() -> ClipFunctions.embedImages(rows, "jpg", MODEL)).hasMessage("column jpg: expected one of number, png");
        assertThatThrownBy(() -> ClipFunctions.embedImages(rows, "number", MODEL)).hasMessage("column number: expected binary, got int");
        assertThatThrownBy(() -> ClipFunctions.classify(rows, "number", MODEL, LABELS, TEMPLATES))
                .hasMessage("column number: expected binary or array<float>, got int");
        assertThatThrownBy(() -> ClipFunctions.embedImages(rows.withColumnRenamed("number", "Error"), "png", MODEL))
                .hasMessage("column error: expected rows without it, got one; rename it or drop it before");
    }
}
