package io.github.clip4j.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import io.github.clip4j.hub.HubClient;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What several commands print: JSON, and progress.
final class Output {
    private Output() {}

    /// A document on one line. Text stays readable: no HTML escapes.
    static String json(JsonElement element) {
        return new GsonBuilder().disableHtmlEscaping().serializeNulls().create().toJson(element);
    }

    static JsonArray array(int[] values) {
        JsonArray array = new JsonArray(values.length);
        for (int value : values) {
            array.add(value);
        }
        return array;
    }

    /// A line "done of total" on standard error that overwrites itself on a terminal, and nothing elsewhere.
    @SuppressWarnings("SystemConsoleNull") // it may be: a run-time image without jdk.internal.le has none
    static Consumer<Integer> progress(String what, int total) {
        Console console = System.console();
        if (total < 2 || !isTerminal(console)) {
            return done -> {};
        }
        return done -> {
            System.err.printf("\r%s %d of %d", what, done, total);
            if (done == total) {
                System.err.print("\r" + " ".repeat(what.length() + 30) + "\r");
            }
            System.err.flush();
        };
    }

    /// A line with the share of a download that is done, on a terminal.
    static HubClient.Progress bytesProgress() {
        Console console = System.console();
        if (!isTerminal(console)) {
            return (file, done, total) -> {};
        }
        return (file, done, total) -> {
            String line = total > 0
                    ? "\r%s %3d %% of %.1f MB".formatted(file, 100 * done / total, total / 1e6)
                    : "\r%s %.1f MB".formatted(file, done / 1e6);
            System.err.print(line + (done == total ? System.lineSeparator() : ""));
            System.err.flush();
        };
    }

    private static boolean isTerminal(@Nullable Console console) {
        return console != null && console.isTerminal();
    }

    /// The lines of a UTF-8 file that are not blank.
    static List<String> lines(Path file) throws IOException {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8).stream().filter(line -> !line.isBlank()).toList();
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": expected UTF-8 text, got bytes that are not", e);
        }
    }
}
