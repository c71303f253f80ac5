package io.github.clip4j.spark;

import io.github.clip4j.Classification;
import io.github.clip4j.Embedding;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.ArraySeq;

/// CLIP over the rows of a Spark application.
///
/// ```java
/// ExecutorModel model = ExecutorModel.of("hdfs:///models/clip-vit-base-patch32");
/// Dataset<Row> images = spark.read().format("binaryFile").load("hdfs:///photos");
/// ClipFunctions.embedImages(images, "content", model).write().parquet("hdfs:///embeddings");
/// ```
///
/// Those with a [Dataset] take the rows of a partition in chunks and read ahead, which keeps the model busy. Those without are functions
/// for SQL, one row at a time: `spark.udf().register("clip_embed_text", ClipFunctions.embedTexts(model))`.
///
/// An embedding is an `array<float>` of length 1, with the bits that [io.github.clip4j.Clip] gives on one machine. A row that cannot be
/// embedded has null, and what was wrong with it in the column `error`; it costs the others nothing. No method accepts null.
public final class ClipFunctions {
    /// The column of embeddings that these functions add.
    public static final String EMBEDDING = "embedding";

    /// The column that says what was wrong with a row, and is null otherwise.
    public static final String ERROR = "error";

    static final ArrayType FLOATS = DataTypes.createArrayType(DataTypes.FloatType, false);

    private static final List<StructField> EMBEDDED = List.of(
            DataTypes.createStructField(EMBEDDING, FLOATS, true), DataTypes.createStructField(ERROR, DataTypes.StringType, true));
    private static final List<StructField> LABELLED = List.of(
            DataTypes.createStructField("label", DataTypes.StringType, true),
            DataTypes.createStructField("probability", DataTypes.DoubleType, true),
            EMBEDDED.getLast());

    private ClipFunctions() {}

    /// {@return the rows with their images embedded: the columns `embedding` and `error` take the place of the one with the images}
    ///
    /// @param rows in any partitions; a column `path` names the images in messages
    /// @param column of encoded images, binary
    /// @param model that the executors load
    /// @throws IllegalArgumentException when the column does not exist or is of another type, or one of the new ones exists already
    public static Dataset<Row> embedImages(Dataset<Row> rows, String column, ExecutorModel model) {
        int content = index(rows, column, DataTypes.BinaryType);
        int name = Arrays.asList(rows.columns()).indexOf("path");
        return appended(rows, content, EMBEDDED, AheadIterator.Limits.IMAGES, row -> length(row, content), chunk ->
                images(chunk, content, name, model).stream().map(ClipFunctions::values).toList());
    }

    /// {@return the rows with the columns `embedding` and `error`, of one of texts}
    ///
    /// @param rows in any partitions
    /// @param column of strings, which stays
    /// @param model that the executors load
    /// @throws IllegalArgumentException when the column does not exist or is of another type, or one of the new ones exists already
    public static Dataset<Row> embedTexts(Dataset<Row> rows, String column, ExecutorModel model) {
        int text = index(rows, column, DataTypes.StringType);
        return appended(rows, -1, EMBEDDED, AheadIterator.Limits.TEXTS, _ -> 0, chunk -> {
            List<@Nullable String> texts = new ArrayList<>();
            chunk.forEach(row -> texts.add(row.getString(text)));
            return Outcome.ofTexts(model.clip(), texts, column).stream().map(ClipFunctions::values).toList();
        });
    }

    /// {@return the rows with the best of some labels for each image: `label` and its `probability`, and `error`, in place of the column
    /// with the images; or, of a column with embeddings, `label`, `probability` and `error` beside it}
    ///
    /// Embeddings cost no forward pass. A null among them has no label, and an embedding that is not of the model has an error. A column
    /// `error` that is there already, as [#embedImages] makes it, keeps its errors.
    ///
    /// @param rows in any partitions; a column `path` names the images in messages
    /// @param column of encoded images, binary, or of embeddings, `array<float>`
    /// @param model that the executors load; the one that made the embeddings
    /// @param labels at least one, and no two with the same tokens
    /// @param templates the sentences that each label is put into
    /// @throws IllegalArgumentException when the column does not exist or is of another type, or one of the new ones exists already
    public static Dataset<Row> classify(
            Dataset<Row> rows, String column, ExecutorModel model, List<String> labels, PromptTemplates templates) {
        List<String> named = List.copyOf(labels);
        List<String> sentences = templates.templates();
        int at = index(rows, column, DataTypes.BinaryType, FLOATS);
        if (rows.schema().fields()[at].dataType() instanceof ArrayType) {
            int error = Arrays.asList(rows.schema().fields()).indexOf(LABELLED.getLast());
            return appended(rows, error, LABELLED, AheadIterator.Limits.TEXTS, _ -> 0, chunk -> {
                ZeroShotClassifier classifier = model.classifier(named, sentences);
                return chunk.stream().map(row -> labelOrError(classifier, embedded(row, at, error, model))).toList();
            });
        }
        int name = Arrays.asList(rows.columns()).indexOf("path");
        return appended(rows, at, LABELLED, AheadIterator.Limits.IMAGES, row -> length(row, at), chunk -> {
            ZeroShotClassifier classifier = model.classifier(named, sentences);
            return images(chunk, at, name, model).stream().map(outcome -> labelOrError(classifier, outcome)).toList();
        });
    }

    /// {@return a function of an encoded image for SQL: binary → struct of `embedding` and `error`}
    ///
    /// Spark may not call it twice for one row, nor drop the calls, so it says that it is not deterministic.
    ///
    /// @param model that the executors load
    public static UserDefinedFunction embedImages(ExecutorModel model) {
        return function((UDF1<byte[], Row>) content -> row(values(image(content, model))), EMBEDDED);
    }

    /// {@return a function of a text for SQL: string → struct of `embedding` and `error`}
    ///
    /// @param model that the executors load
    public static UserDefinedFunction embedTexts(ExecutorModel model) {
        return function((UDF1<String, Row>) text ->
                row(values(Outcome.ofTexts(model.clip(), Arrays.asList(text), "the text").getFirst())), EMBEDDED);
    }

    /// {@return a function of an encoded image for SQL: binary → struct of `label`, `probability` and `error`}
    ///
    /// @param model that the executors load
    /// @param labels at least one, and no two with the same tokens
    /// @param templates the sentences that each label is put into
    public static UserDefinedFunction classify(ExecutorModel model, List<String> labels, PromptTemplates templates) {
        List<String> named = List.copyOf(labels);
        List<String> sentences = templates.templates();
        return function((UDF1<byte[], Row>) content ->
                row(labelOrError(model.classifier(named, sentences), image(content, model))), LABELLED);
    }

    private static UserDefinedFunction function(UDF1<?, Row> function, List<StructField> result) {
        return functions.udf(function, DataTypes.createStructType(result)).asNondeterministic();
    }

    private static Row row(List<@Nullable Object> values) {
        return RowFactory.create(values.toArray());
    }

    /// What comes of a chunk of rows: the values of the new columns for each. Goes to the executors.
    private interface Work extends Function<List<Row>, List<List<@Nullable Object>>>, java.io.Serializable {}

    /// About how much memory a row holds. Goes to the executors.
    private interface Size extends java.util.function.ToLongFunction<Row>, java.io.Serializable {}

    /// The rows with further columns.
    ///
    /// @param leftOut the column that is left out; −1 for none
    private static Dataset<Row> appended(
            Dataset<Row> rows, int leftOut, List<StructField> columns, AheadIterator.Limits limits, Size size, Work work) {
        List<StructField> fields = new ArrayList<>(Arrays.asList(rows.schema().fields()));
        if (leftOut >= 0) {
            fields.remove(leftOut);
        }
        for (StructField column : columns) {
            if (fields.stream().anyMatch(field -> field.name().equalsIgnoreCase(column.name()))) {
                throw new IllegalArgumentException(
                        "column %s: expected rows without it, got one; rename it or drop it before".formatted(column.name()));
            }
        }
        fields.addAll(columns);
        MapPartitionsFunction<Row, Row> function = partition -> new AheadIterator<>(partition, limits, size, chunk -> {
            List<List<@Nullable Object>> added = work.apply(chunk);
            List<Row> results = new ArrayList<>(chunk.size());
            for (int i = 0; i < chunk.size(); i++) {
                results.add(joined(chunk.get(i), leftOut, added.get(i)));
            }
            return results;
        });
        return rows.mapPartitions(function, Encoders.row(DataTypes.createStructType(fields)));
    }

    private static Row joined(Row row, int leftOut, List<@Nullable Object> added) {
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < row.size(); i++) {
            if (i != leftOut) {
                values.add(row.get(i));
            }
        }
        values.addAll(added);
        return row(values);
    }

    private static int index(Dataset<Row> rows, String column, DataType... types) {
        StructType schema = rows.schema();
        int index = Arrays.asList(schema.fieldNames()).indexOf(column);
        if (index < 0) {
            throw new IllegalArgumentException(
                    "column %s: expected one of %s".formatted(column, String.join(", ", schema.fieldNames())));
        }
        DataType type = schema.fields()[index].dataType();
        // Whether the elements of an array may be null is part of its type.
        boolean fits = Arrays.stream(types).anyMatch(wanted -> wanted.equals(type)
                || (wanted instanceof ArrayType && type instanceof ArrayType array && array.elementType().equals(DataTypes.FloatType)));
        if (!fits) {
            throw new IllegalArgumentException("column %s: expected %s, got %s".formatted(
                    column, String.join(" or ", Arrays.stream(types).map(DataType::catalogString).toList()), type.catalogString()));
        }
        return index;
    }

    private static long length(Row row, int content) {
        return row.isNullAt(content) ? 0 : row.<byte[]>getAs(content).length;
    }

    private static List<Outcome> images(List<Row> chunk, int content, int name, ExecutorModel model) {
        List<Outcome.Content> contents = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Row row : chunk) {
            contents.add(() -> row.<byte @Nullable []>getAs(content));
            names.add(name < 0 || row.isNullAt(name) ? "the image" : row.get(name).toString());
        }
        return Outcome.ofImages(model.clip(), contents, names);
    }

    private static Outcome image(byte @Nullable [] content, ExecutorModel model) {
        return Outcome.ofImages(model.clip(), List.<Outcome.Content>of(() -> content), List.of("the image")).getFirst();
    }

    /// The values of `embedding` and `error`. The first is a sequence of Scala, which `Row.getList` expects: Spark hands a row on to a
    /// function that follows as it is.
    static List<@Nullable Object> values(Outcome outcome) {
        Embedding embedding = outcome.embedding();
        return Arrays.asList(embedding == null ? null : ArraySeq.unsafeWrapArray(embedding.toArray()), outcome.error());
    }

    /// The embedding of a row, or what is wrong with it: with the row before, if `error` is one of its columns, or with the embedding.
    private static Outcome embedded(Row row, int embedding, int error, ExecutorModel model) {
        if (row.isNullAt(embedding)) {
            return new Outcome(null, error < 0 ? null : row.getString(error));
        }
        try {
            Embedding unit = Embedding.ofUnit(floats(row.getList(embedding)));
            int dimension = model.clip().dimension();
            if (unit.dimension() == dimension) {
                return new Outcome(unit, null);
            }
            return new Outcome(null, "expected an embedding of %d components, as the model gives, got %d".formatted(
                    dimension, unit.dimension()));
        } catch (IllegalArgumentException e) {
            return new Outcome(null, e.getMessage());
        }
    }

    private static List<@Nullable Object> label(ZeroShotClassifier classifier, @Nullable Embedding embedding) {
        if (embedding == null) {
            return Arrays.asList(null, null);
        }
        Classification.Score best = classifier.classify(embedding).best();
        return Arrays.asList(best.label(), best.probability());
    }

    private static List<@Nullable Object> labelOrError(ZeroShotClassifier classifier, Outcome outcome) {
        List<@Nullable Object> values = new ArrayList<>(label(classifier, outcome.embedding()));
        values.add(outcome.error());
        return values;
    }

    private static float[] floats(List<@Nullable Float> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = Objects.requireNonNullElse(values.get(i), Float.NaN); // NaN is refused, with its place
        }
        return floats;
    }
}
