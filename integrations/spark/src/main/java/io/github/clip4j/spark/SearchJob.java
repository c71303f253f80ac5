package io.github.clip4j.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/// Finds the images whose embeddings have the greatest cosines with each of some queries, exactly: a program for spark-submit.
///
/// Every embedding is compared with every query. Nothing is shuffled: a task keeps the best of its partition, and these are joined by a
/// tree over the executors.
public final class SearchJob {
    private static final String USAGE = """
            SearchJob --embeddings FOLDER (--model MODEL --text T … | --queries FOLDER) [--output FOLDER]
              --embeddings  Parquet files with a column embedding, as EmbedJob writes them
              --text        a query in words; repeatable
              --model       embeds the words: the model that made the embeddings
              --profile     of the model, as for EmbedJob
              --truncate    true or false, as for EmbedJob
              --queries     Parquet files with a column embedding, to search by images or by many texts
              --id          the column that names a row, of the embeddings: path
              --query-id    the column that names a query: path
              --top         results of each query: 10
              --output      a folder for Parquet files with query, rank, id and cosine; without it they are printed""";
    private static final System.Logger LOG = System.getLogger(SearchJob.class.getName());
    private static final StructType RESULT = new StructType()
            .add("query", DataTypes.StringType, false)
            .add("rank", DataTypes.IntegerType, false)
            .add("id", DataTypes.StringType, false)
            .add("cosine", DataTypes.DoubleType, false);

    private SearchJob() {}

    /// Runs the job.
    ///
    /// @param args described in the message when one is wrong
    public static void main(String[] args) {
        Program.run("SearchJob", spark -> {
            String output = arguments(args).get("output");
            requireNew(spark, output);
            Dataset<Row> results = run(spark, args);
            if (output != null) {
                results.coalesce(1).write().parquet(output);
            } else {
                for (Row row : results.collectAsList()) {
                    System.out.printf(Locale.ROOT, "%s\t%d\t%.4f\t%s%n", row.get(0), row.getInt(1), row.getDouble(3), row.get(2));
                }
            }
        });
    }

    /// Before the search, which may take long.
    private static void requireNew(SparkSession spark, @Nullable String output) throws IOException {
        if (output != null) {
            Path folder = new Path(output);
            if (folder.getFileSystem(spark.sparkContext().hadoopConfiguration()).exists(folder)) {
                throw new IllegalArgumentException("--output: expected a new folder, got one that exists: " + output);
            }
        }
    }

    private static Arguments arguments(String[] args) {
        return new Arguments(args, USAGE, Set.of(
                "embeddings", "text", "model", "profile", "truncate", "queries", "id", "query-id", "top", "output"));
    }

    /// Runs the job in a session.
    ///
    /// @param spark stays open
    /// @param args as of the program; `--output` is ignored
    /// @return rows of `query`, `rank` from 1, `id` and `cosine`, in the order of the queries, best first
    /// @throws IllegalArgumentException when an argument is wrong, or the embeddings are of another model, or none can be compared; a row
    ///     that cannot costs the others nothing, and the log has a warning that counts these rows and names the first
    public static Dataset<Row> run(SparkSession spark, String... args) {
        Arguments arguments = arguments(args);
        String folder = arguments.required("embeddings");
        List<EmbeddedRow> queries = queries(spark, arguments, folder);
        if (queries.isEmpty()) {
            throw arguments.wrong("--text or --queries: expected at least one query with an embedding");
        }
        float[][] vectors = queries.stream().map(EmbeddedRow::getEmbedding).toArray(float[][]::new);
        for (int i = 0; i < vectors.length; i++) {
            String reason = BlockSearch.unfit(vectors[i], vectors[0].length);
            if (reason != null) {
                throw badQuery(queries.get(i).getName(), reason);
            }
        }
        Found found = search(
                rows(spark, arguments, "embeddings", "id").javaRDD(), vectors, arguments.number("top", 10));
        if (found.unfit() > 0) {
            String what = "%s: %,d of %,d embeddings cannot be compared with the queries and are left out: %s".formatted(
                    folder, found.unfit(), found.unfit() + found.compared(), found.reasons());
            if (found.compared() == 0) {
                throw new IllegalArgumentException(what);
            }
            LOG.log(System.Logger.Level.WARNING, what);
        }
        TopK[] best = found.best();
        List<Row> results = new ArrayList<>();
        for (int q = 0; q < best.length; q++) {
            int rank = 1;
            for (TopK.Hit hit : best[q].hits()) {
                // lengths are rounded, so that the product of a vector and itself may be a little more than 1
                double cosine = Math.clamp(hit.cosine(), -1, 1);
                results.add(RowFactory.create(queries.get(q).getName(), rank++, hit.name(), cosine));
            }
        }
        return spark.createDataFrame(results, RESULT);
    }

    static Found search(JavaRDD<EmbeddedRow> rows, float[][] queries, int top) {
        Broadcast<float[][]> sent = JavaSparkContext.fromSparkContext(rows.context()).broadcast(queries);
        try {
            return rows.mapPartitions(partition -> List.of(new BlockSearch(sent.value(), top).search(partition)).iterator())
                    .treeAggregate(new Found(queries.length, top), Found::add, Found::add);
        } finally {
            sent.destroy();
        }
    }

    /// The rows with an embedding of the folder that an option names.
    ///
    /// @param idOption names the column of the rows' names
    private static Dataset<EmbeddedRow> rows(SparkSession spark, Arguments arguments, String option, String idOption) {
        Path folder = new Path(arguments.required(option));
        try {
            if (!folder.getFileSystem(spark.sparkContext().hadoopConfiguration()).exists(folder)) {
                throw arguments.wrong("--%s: expected a folder of Parquet files, got none: %s".formatted(option, folder));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("--%s: %s".formatted(option, e.getMessage()), e);
        }
        Dataset<Row> table = spark.read().parquet(HadoopFiles.literal(folder));
        String id = arguments.get(idOption, "path");
        List<String> columns = List.of(table.columns());
        if (!columns.contains(id)) {
            throw arguments.wrong("--%s: expected one of %s, got %s".formatted(idOption, String.join(", ", columns), id));
        }
        if (!columns.contains(ClipFunctions.EMBEDDING)) {
            throw arguments.wrong("--%s: expected a column embedding, got %s".formatted(option, String.join(", ", columns)));
        }
        return table.filter(functions.col(ClipFunctions.EMBEDDING).isNotNull())
                .select(functions.coalesce(table.col(id).cast(DataTypes.StringType), functions.lit("")).as("name"),
                        table.col(ClipFunctions.EMBEDDING))
                .as(Encoders.bean(EmbeddedRow.class));
    }

    private static List<EmbeddedRow> queries(SparkSession spark, Arguments arguments, String folder) {
        List<String> texts = arguments.all("text");
        String table = arguments.get("queries");
        if (texts.isEmpty() == (table == null)) {
            throw arguments.wrong("--text or --queries: expected one of them, got " + (table == null ? "neither" : "both"));
        }
        if (table != null) {
            return rows(spark, arguments, "queries", "query-id").collectAsList();
        }
        ExecutorModel model = arguments.model();
        requireModel(spark, model, new Path(folder));
        Dataset<Row> words = spark.createDataset(texts, Encoders.STRING()).toDF("name").coalesce(1);
        Dataset<Row> embedded = ClipFunctions.embedTexts(words, "name", model).cache();
        try {
            for (Row row : embedded.filter(functions.col(ClipFunctions.ERROR).isNotNull()).collectAsList()) {
                throw badQuery(row.getString(0), row.getAs(ClipFunctions.ERROR));
            }
            return embedded.select("name", ClipFunctions.EMBEDDING).as(Encoders.bean(EmbeddedRow.class)).collectAsList();
        } finally {
            embedded.unpersist();
        }
    }

    /// A text may be as long as a book: its beginning tells which it is.
    private static IllegalArgumentException badQuery(String query, String reason) {
        return new IllegalArgumentException("query %s: %s".formatted(query.length() > 80 ? query.substring(0, 80) + "…" : query, reason));
    }

    /// Embeddings that EmbedJob has not written do not say of which model they are.
    private static void requireModel(SparkSession spark, ExecutorModel model, Path folder) {
        try {
            FileSystem fs = folder.getFileSystem(spark.sparkContext().hadoopConfiguration());
            ModelIdentity.require(ModelIdentity.read(fs, folder), ModelIdentity.of(spark, model), folder);
        } catch (FileNotFoundException _) {
            // not made by EmbedJob
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}
