package io.github.clip4j.cli;

import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// The files that commands write, checked before anything is done.
final class Targets {
    private Targets() {}

    /// {@return the file that an option names} It can be written, and is none of the inputs.
    ///
    /// @param inputs arguments and values of options, which may be files
    static Path of(CommandSpec spec, String option, String name, List<String> inputs) throws IOException {
        Path file = FileNames.path(name);
        OutputFile.requireWritable(file);
        for (String input : inputs) {
            if (isSame(file, input)) {
                throw new ParameterException(spec.commandLine(),
                        option + ": expected a file that is not read, got the input '" + input + "', which would be lost");
            }
        }
        return file;
    }

    private static boolean isSame(Path file, String input) throws IOException {
        try {
            Path path = Path.of(input);
            return Files.isRegularFile(path) && Files.exists(file) && Files.isSameFile(file, path);
        } catch (InvalidPathException e) {
            return false; // said when it is read
        }
    }
}
