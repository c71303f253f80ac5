package io.github.clip4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.github.clip4j.tools.NpyWriter;
import java.io.Closeable;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Where embeddings go as they come: rows of a file, a JSON document, or lines for people. Nothing is kept.
final class EmbedReport implements Closeable {
    private static final int SHOWN = 3;

    private final Streams streams;
    private final Tally tally;
    private final NpyWriter.@Nullable Rows rows;
    private final @Nullable JsonResults json;
    private final boolean silent;
    private long row;

    /// @param rows of the output file, or null without one
    /// @param json null for lines
    /// @param silent whether standard output is the array itself
    EmbedReport(Streams streams, Tally tally, NpyWriter.@Nullable Rows rows, @Nullable JsonResults json, boolean silent) {
        this.streams = streams;
        this.tally = tally;
        this.rows = rows;
        this.json = json;
        this.silent = silent;
    }

    /// Takes the embedding of the next input.
    ///
    /// @param kind of input: image, text, pixels or ids
    void add(String kind, String input, float[] vector) throws IOException {
        tally.done();
        if (rows != null) {
            rows.add(vector);
        }
        if (json != null) {
            JsonObject entry = new JsonObject();
            entry.addProperty(kind, input);
            entry.addProperty("row", row);
            if (rows == null) {
                JsonArray numbers = new JsonArray(vector.length);
                for (float value : vector) {
                    numbers.add(value);
                }
                entry.add("embedding", numbers);
            }
            json.add(entry);
        } else if (!silent) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%5d  %s  [", row, Output.printable(input)));
            for (int i = 0; i < Math.min(SHOWN, vector.length); i++) {
                line.append(String.format(Locale.ROOT, "%.4f, ", vector[i]));
            }
            streams.out().println(line.append(String.format(Locale.ROOT, "… %d]", vector.length)));
        }
        row++;
    }

    /// Takes the next input, which has no embedding.
    ///
    /// @param message where and why
    void failed(String kind, String input, String message) throws IOException {
        tally.failed(message);
        if (json != null) {
            JsonObject entry = new JsonObject();
            entry.addProperty(kind, input);
            entry.addProperty("error", message);
            json.add(entry);
        }
    }

    /// Shows what there is to show so far, and ends the command if nobody sees it.
    void flush() throws IOException {
        streams.requireOpen();
    }

    /// Completes the file and the document.
    void commit() throws IOException {
        if (rows != null) {
            rows.commit();
        }
        if (json != null) {
            json.end();
        }
    }

    /// Removes a file that was not committed.
    @Override
    public void close() throws IOException {
        if (rows != null) {
            rows.close();
        }
    }
}
