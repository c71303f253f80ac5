package io.github.clip4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How text files are read.
final class TextOptions {
    static final String STANDARD = "-";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--encoding", paramLabel = "NAME", description =
            "the encoding of text files: UTF-8, or what their byte order mark says, unless given; windows-1252, Shift_JIS, UTF-16LE …")
    private @Nullable String encoding;

    /// Checks the options before anything is done.
    void check() {
        charset();
    }

    private @Nullable Charset charset() {
        try {
            return encoding == null ? null : Charset.forName(encoding);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            throw new ParameterException(
                    spec.commandLine(), "--encoding: expected a name such as UTF-8, windows-1252 or Shift_JIS, got '" + encoding + "'", e);
        }
    }

    /// Opens a text file.
    ///
    /// @param file a path, or `-` for standard input
    TextLines open(String file, TextLines.Ends ends) throws IOException {
        Charset charset = charset();
        if (file.equals(STANDARD)) {
            return new TextLines(Streams.of(spec).in(), "standard input", ends, charset);
        }
        Path path = FileNames.path(file);
        if (Files.isDirectory(path)) {
            throw new IOException(file + ": expected a text file, got a folder");
        }
        if (!Files.exists(path)) {
            throw new NoSuchFileException(file);
        }
        InputStream in = Files.newInputStream(path);
        try {
            return new TextLines(in, String.valueOf(path.getFileName()), ends, charset);
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /// Refuses an argument that the JVM could not read: it would be another text.
    ///
    /// @param option that has the values
    void requireReadable(String option, List<String> values) {
        for (String value : values) {
            if (value.indexOf('\uFFFD') >= 0) {
                throw new ParameterException(spec.commandLine(), "%s: expected text in this terminal's encoding, %s, got '%s'; "
                                .formatted(option, System.getProperty("sun.jnu.encoding"), value)
                        + "run the command with LC_ALL=C.UTF-8, or put the text into a file");
            }
        }
    }
}
