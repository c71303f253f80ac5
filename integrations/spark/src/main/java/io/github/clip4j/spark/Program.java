package io.github.clip4j.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/// What the programs for spark-submit have in common: a session, and an end whose reason is the last thing that is printed.
final class Program {
    private Program() {}

    interface Work {
        void run(SparkSession spark) throws IOException;
    }

    /// Runs a program and ends the process with the exit code 1 when it fails, and 2 when its arguments are wrong.
    static void run(String name, Work work) {
        SparkSession spark = SparkSession.builder().appName("clip4j " + name.replace("Job", "").toLowerCase(Locale.ROOT)).getOrCreate();
        int code = 0;
        String message = "";
        try {
            work.run(spark);
        } catch (IllegalArgumentException e) {
            code = 2;
            message = String.valueOf(e.getMessage());
        } catch (IllegalStateException | UncheckedIOException | IOException e) {
            code = 1;
            message = String.valueOf(e.getMessage());
        } finally {
            spark.stop();
        }
        if (code != 0) {
            System.err.println(name + ": " + message);
            System.exit(code);
        }
    }
}
