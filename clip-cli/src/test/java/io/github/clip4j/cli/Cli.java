package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// Runs the command as a process does, with bytes in and out.
final class Cli {
    static final String MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny").toString();
    static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");
    static final String IMAGE = IMAGES.resolve("rgb.png").toString();

    private Cli() {}

    /// What a run left behind.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Run(int exit, byte[] bytes, String err) {
        String out() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        JsonObject json() {
            assertThat(out().strip()).as("one document on one line; " + err).startsWith("{").doesNotContain("\n");
            return JsonParser.parseString(out()).getAsJsonObject();
        }

        List<JsonObject> results() {
            return json().getAsJsonArray("results").asList().stream().map(result -> result.getAsJsonObject()).toList();
        }
    }

    static Run run(String... args) {
        return run(new byte[0], args);
    }

    static Run run(byte[] in, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StringWriter err = new StringWriter();
        int exit = run(in, out, err, args);
        return new Run(exit, out.toByteArray(), err.toString());
    }

    static int run(byte[] in, OutputStream out, StringWriter err, String... args) {
        return ClipCommand.run(new Streams(new ByteArrayInputStream(in), out, false), new PrintWriter(err, true), args);
    }
}
