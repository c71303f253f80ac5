package io.github.clip4j.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/// Embeds a folder of images, or a table with a column of images or texts, into Parquet files: a program for spark-submit.
///
/// The input is cut into parts. Each becomes a folder of the output and is a Spark job of its own; several run at once. A run that was
/// stopped, in any way, is started again with the same command: parts that are finished are not made again, and files that have come
/// meanwhile become further parts. Every row of the input has its row in the output.
public final class EmbedJob {
    private static final String USAGE = """
            EmbedJob --model MODEL --input FOLDER --output FOLDER
              --model       a path that every machine has, a URI such as hdfs:// or s3a://, or owner/name in the hub's cache
              --input       a folder, with all folders below it
              --output      a folder of Parquet files; one of an earlier run is continued
              --format      images: each file is one (the default); or a format of Spark with rows: parquet, orc, json, text
              --column      of the rows: binary for images, string for texts; content for images, value for text
              --glob        only files whose names look like this, such as *.{jpg,png}
              --part-files  files of a part: 20000 images, 1 of another format
              --task-rows   images of a task, which are the rows of a file of the output: 500
              --at-once     parts that are made at a time; as many as keep all cores busy
              --profile     hf, hf-torchvision, openai, open_clip or immich; the checkpoint's unless given
              --truncate    true cuts texts that are too long, false gives them an error; as the profile does unless given
              --retry-errors  true makes rows of earlier runs that have an error again, too""";
    /// So many of the parts that could not be made are named.
    private static final int NAMED = 20;

    private static final StructType IMAGE = new StructType()
            .add("path", DataTypes.StringType, false)
            .add("length", DataTypes.LongType, false)
            .add("modificationTime", DataTypes.TimestampType, false)
            .add(ClipFunctions.EMBEDDING, ClipFunctions.FLOATS, true)
            .add(ClipFunctions.ERROR, DataTypes.StringType, true);

    private final SparkSession spark;
    private final ExecutorModel model;
    private final String format;
    private final @Nullable String column;
    private final int taskRows;

    private EmbedJob(SparkSession spark, Arguments arguments) {
        this.spark = spark;
        this.model = arguments.model();
        this.format = arguments.get("format", "images");
        this.column = arguments.get("column");
        this.taskRows = arguments.number("task-rows", 500);
    }

    /// What a run did.
    ///
    /// @param parts that it made
    /// @param rows of these parts
    /// @param errors rows without an embedding among them
    /// @param finished files of the input that finished parts of earlier runs hold
    public record Result(int parts, long rows, long errors, long finished) {}

    /// Runs the job.
    ///
    /// @param args described in the message when one is wrong
    public static void main(String[] args) {
        Program.run("EmbedJob", spark -> {
            Result result = run(spark, args);
            System.out.printf(Locale.ROOT, "%,d rows in %,d parts, %,d of them with an error; %,d files were done before%n",
                    result.rows, result.parts, result.errors, result.finished);
        });
    }

    /// Runs the job in a session.
    ///
    /// @param spark stays open
    /// @param args as of the program
    /// @return what was done
    /// @throws IllegalArgumentException when an argument is wrong, or the output is of another model
    /// @throws IllegalStateException when parts could not be made; the others are
    public static Result run(SparkSession spark, String... args) {
        Arguments arguments = new Arguments(args, USAGE, Set.of("model", "input", "output", "format", "column", "glob", "part-files",
                "task-rows", "at-once", "profile", "truncate", "retry-errors"));
        EmbedJob job = new EmbedJob(spark, arguments);
        String input = arguments.required("input");
        Path output = new Path(arguments.required("output"));
        int partFiles = arguments.number("part-files", job.ofImages() ? 20_000 : 1);
        int atOnce = arguments.number("at-once", job.partsAtOnce(partFiles));
        Configuration hadoop = spark.sparkContext().hadoopConfiguration();
        try {
            List<InputFile> files = HadoopFiles.list(input, arguments.get("glob", "*"), hadoop);
            if (files.isEmpty()) {
                throw new IllegalArgumentException(input + ": expected files, got none" + (arguments.get("glob") == null ? ""
                        : " that --glob leaves"));
            }
            FileSystem fs = output.getFileSystem(hadoop);
            requireApart(fs.makeQualified(output), input, hadoop);
            ModelIdentity.claim(fs, output, ModelIdentity.of(spark, job.model), job.options(arguments));
            Parts parts = new Parts(fs, output);
            List<Parts.Part> open = parts.open(files, partFiles);
            if (Boolean.TRUE.equals(arguments.flag("retry-errors")) && !parts.isEmpty()) {
                open.addAll(parts.again(files, job.failed(output)));
            }
            Set<InputFile> toDo = open.stream().flatMap(part -> part.files().stream()).collect(Collectors.toSet());
            return job.make(parts, open, atOnce, files.stream().filter(file -> !toDo.contains(file)).count());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /// The next run would take the files of an output within the input for images; and an input within the output for what it has written.
    private static void requireApart(Path output, String input, Configuration hadoop) throws IOException {
        Path root = new Path(input);
        root = root.getFileSystem(hadoop).makeQualified(root);
        if (isWithin(output, root)) {
            throw new IllegalArgumentException("--output: expected a folder that is not in the one of --input, got " + output);
        }
        if (isWithin(root, output)) {
            throw new IllegalArgumentException("--output: expected a folder that does not hold the one of --input, got " + output);
        }
    }

    private static boolean isWithin(Path path, Path folder) {
        return Stream.iterate(path, Objects::nonNull, Path::getParent).anyMatch(folder::equals);
    }

    /// What a row's value depends on beside the model: another run into the same output has to have the same.
    private Map<String, String> options(Arguments arguments) {
        Map<String, String> options = new TreeMap<>(Map.of("format", format, "truncate", arguments.get("truncate", "unset")));
        if (!ofImages()) {
            options.put("column", chosenColumn());
        }
        return options;
    }

    /// The rows of an output that have an error: their names, if they have any, by the number of their part.
    private Map<Integer, Set<String>> failed(Path output) {
        Dataset<Row> rows = spark.read().parquet(HadoopFiles.literal(output)).filter(functions.col(ClipFunctions.ERROR).isNotNull());
        Map<Integer, Set<String>> failed = new TreeMap<>();
        for (Row row : rows.select(functions.col("part").cast(DataTypes.IntegerType), ofImages() ? functions.col("path")
                : functions.lit("")).distinct().collectAsList()) {
            failed.computeIfAbsent(row.getInt(0), _ -> new HashSet<>()).add(row.getString(1));
        }
        return failed;
    }

    private boolean ofImages() {
        return format.equals("images");
    }

    /// As many parts as give every core of the cluster two tasks, so that none waits for the end of a part.
    private int partsAtOnce(int partFiles) {
        int slots = Math.max(1, spark.sparkContext().defaultParallelism() / spark.sparkContext().conf().getInt("spark.task.cpus", 1));
        int tasksOfPart = ofImages() ? (partFiles + taskRows - 1) / taskRows : 1;
        return Math.max(2, (2 * slots + tasksOfPart - 1) / tasksOfPart);
    }

    /// Makes parts, several at a time. One that cannot be made costs the others nothing.
    private Result make(Parts parts, List<Parts.Part> open, int atOnce, long finished) {
        List<String> failures = new ArrayList<>();
        long rows = 0;
        long errors = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(atOnce)) {
            List<Future<Row>> made = open.stream().map(part -> threads.submit(() -> make(parts, part))).toList();
            for (int i = 0; i < made.size(); i++) {
                try {
                    Row counts = made.get(i).get();
                    rows += counts.getLong(0);
                    errors += counts.getLong(1);
                } catch (ExecutionException e) {
                    failures.add(parts.folder(open.get(i).number()) + ": " + firstCause(e));
                } catch (InterruptedException e) {
                    threads.shutdownNow();
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted; what is finished stays, and the same command goes on there", e);
                }
            }
        }
        if (!failures.isEmpty()) {
            throw new IllegalStateException("%d of %d parts could not be made; the same command tries them again\n%s".formatted(
                    failures.size(), open.size(), failures.stream().limit(NAMED).collect(Collectors.joining("\n"))
                            + (failures.size() > NAMED ? "\n…" : "")));
        }
        return new Result(open.size(), rows, errors, finished);
    }

    /// The first line of what began it: Spark's own messages hold whole stack traces.
    private static String firstCause(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + ": " + String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    /// Makes a part and counts its rows and errors.
    private Row make(Parts parts, Parts.Part part) throws IOException {
        Dataset<Row> rows = !ofImages() ? table(part) : part.isRetry() ? imagesAgain(parts, part) : images(part.files());
        String folder = HadoopFiles.literal(parts.folder(part.number()));
        rows.write().mode(SaveMode.Overwrite).parquet(parts.folder(part.number()).toString());
        Row counts = spark.read().parquet(folder)
                .agg(functions.count(functions.lit(1)), functions.count(ClipFunctions.ERROR)).first();
        if (ofImages() && counts.getLong(0) != part.files().size()) {
            throw new IOException("expected %d rows, got %d".formatted(part.files().size(), counts.getLong(0)));
        }
        parts.finish(part);
        return counts;
    }

    /// Every file by its own executor's reader: a file that is gone or cannot be read is a row with an error.
    private Dataset<Row> images(List<InputFile> files) {
        int tasks = (files.size() + taskRows - 1) / taskRows;
        ExecutorModel shared = model;
        var rows = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(new ArrayList<>(files), tasks)
                .mapPartitions(some -> images(some, shared));
        return spark.createDataFrame(rows, IMAGE);
    }

    /// The rows of a part as they are, and those with an error made again.
    private Dataset<Row> imagesAgain(Parts parts, Parts.Part part) {
        Dataset<Row> good = spark.read().schema(IMAGE).parquet(HadoopFiles.literal(parts.folder(part.replaces())))
                .filter(functions.col(ClipFunctions.ERROR).isNull());
        return good.unionByName(images(part.files().stream().filter(file -> part.failed().contains(file.name())).toList()));
    }

    private static Iterator<Row> images(Iterator<InputFile> files, ExecutorModel model) {
        Configuration hadoop = HadoopFiles.OfExecutor.SETTINGS;
        return new AheadIterator<>(files, AheadIterator.Limits.IMAGES, InputFile::length, chunk -> {
            List<Outcome.Content> contents = chunk.stream().<Outcome.Content>map(file -> () -> file.read(hadoop)).toList();
            List<Outcome> outcomes = Outcome.ofImages(model.clip(), contents, chunk.stream().map(InputFile::name).toList());
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < chunk.size(); i++) {
                InputFile file = chunk.get(i);
                List<@Nullable Object> values = new ArrayList<>(List.of(file.name(), file.length(), new Timestamp(file.modified())));
                values.addAll(ClipFunctions.values(outcomes.get(i)));
                rows.add(RowFactory.create(values.toArray()));
            }
            return rows;
        });
    }

    private Dataset<Row> table(Parts.Part part) {
        Dataset<Row> rows = spark.read().format(format)
                .load(part.files().stream().map(file -> HadoopFiles.literal(file.path())).toArray(String[]::new));
        if (rows.columns().length == 0) {
            throw new IllegalArgumentException("expected rows, got none in " + part.files().stream().map(InputFile::name)
                    .collect(Collectors.joining(", ")));
        }
        String chosen = chosenColumn();
        boolean ofTexts = rows.schema().getFieldIndex(chosen).isDefined()
                && rows.schema().apply(chosen).dataType().equals(DataTypes.StringType);
        return ofTexts ? ClipFunctions.embedTexts(rows, chosen, model) : ClipFunctions.embedImages(rows, chosen, model);
    }

    private String chosenColumn() {
        return Objects.requireNonNullElse(column, format.equals("text") ? "value" : "content");
    }
}
