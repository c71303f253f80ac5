package io.github.clip4j.tokenizer.json;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// The resource `code-points.txt`: one table a line, its name first. `weights-tools/python/make_code_points.py` writes it.
final class CodePointTables {
    private static final Map<String, String> LINES = read();

    private CodePointTables() {}

    private static Map<String, String> read() {
        Map<String, String> tables = new HashMap<>();
        try (InputStream in = Objects.requireNonNull(CodePointTables.class.getResourceAsStream("code-points.txt"));
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            lines.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                int space = line.indexOf(' ');
                tables.put(line.substring(0, space), line.substring(space + 1));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tables;
    }

    static String line(String name) {
        return Objects.requireNonNull(LINES.get(name), name);
    }
}
