package example;

import io.github.clip4j.PromptTemplates;
import io.github.clip4j.spark.ClipFunctions;
import io.github.clip4j.spark.ExecutorModel;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/// Labels the images of a folder: `LabelImages MODEL FOLDER LABEL…`
public final class LabelImages {
    private LabelImages() {}

    /// Prints a line for each image: its label, its name.
    public static void main(String[] args) {
        SparkSession spark = SparkSession.builder().appName("labels").getOrCreate();
        ExecutorModel model = ExecutorModel.of(args[0]);
        List<String> labels = List.of(args).subList(2, args.length);

        Dataset<Row> images = spark.read().format("binaryFile").option("pathGlobFilter", "*.png").load(args[1]);
        Dataset<Row> labelled = ClipFunctions.classify(images, "content", model, labels, PromptTemplates.labelOnly());
        for (Row row : labelled.select("label", "path").orderBy("path").collectAsList()) {
            System.out.println(row.getString(0) + "\t" + row.getString(1));
        }
        spark.stop();
    }
}
