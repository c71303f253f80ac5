package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What CONTRIBUTING.md says of every Java file of the repository, and a command can see.
class SourceTest {
    private static final int COLUMNS = 140;
    private static final int LINES = 400;
    private static final Path ROOT = ReferenceData.projectRoot();

    /// Every Java file that is not made by the build.
    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            List<Path> sources = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> Stream.of("target", ".git").noneMatch(folder -> contains(ROOT.relativize(file), folder)))
                    .sorted().toList();
            assertThat(sources).hasSizeGreaterThan(100);
            return sources;
        }
    }

    private static boolean contains(Path path, String folder) {
        for (Path part : path) {
            if (part.toString().equals(folder)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void linesEndAtColumn140() throws IOException {
        List<String> longer = new ArrayList<>();
        for (Path file : sources()) {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                int columns = lines.get(i).codePointCount(0, lines.get(i).length());
                if (columns > COLUMNS) {
                    longer.add(ROOT.relativize(file) + ":" + (i + 1) + " has " + columns + " columns");
                }
            }
        }
        assertThat(longer).as("lines of more than %d columns; wrap them", COLUMNS).isEmpty();
    }

    @Test
    void aFileAbove400LinesIsTwoFiles() throws IOException {
        List<String> longer = new ArrayList<>();
        for (Path file : sources()) {
            int lines = Files.readAllLines(file).size();
            if (lines > LINES && !file.endsWith("GemmTileTallVector.java")) { // one loop, written out for each height of a tile
                longer.add(ROOT.relativize(file) + " has " + lines + " lines");
            }
        }
        assertThat(longer).as("files of more than %d lines; divide them", LINES).isEmpty();
    }

    /// A number of an output, a name or an option that depends on where the user lives is a fault: digits are others in Arabic, commas in
    /// German, and the small letter of I in Turkish. Messages of the library may follow the JVM's locale; the command sets that to ROOT.
    @Test
    void whatIsWrittenDoesNotDependOnTheLocale() throws IOException {
        Pattern everywhere = Pattern.compile(
                "\\.to(Lower|Upper)Case\\(\\)|String\\.format\\((?!\\s*Locale)|\\.printf\\((?!\\s*Locale)");
        Pattern number = Pattern.compile("%[-#+ 0,(]*\\d*(\\.\\d+)?[dxXeEfgGa][^\"]*\"\\s*\\)*\\s*\\.formatted\\(");
        List<String> found = new ArrayList<>();
        for (Path file : sources()) {
            String text = Files.readString(file);
            Path name = ROOT.relativize(file);
            if (contains(name, "test") || contains(name, "clip-testkit")) {
                continue;
            }
            everywhere.matcher(text).results().forEach(match -> found.add(name + ": " + match.group()));
            if (name.startsWith("clip-cli") || name.startsWith("clip-bench")) {
                number.matcher(text).results().forEach(match -> found.add(name + ": " + match.group()));
            }
        }
        assertThat(found).as("give a Locale.ROOT").isEmpty();
    }
}
