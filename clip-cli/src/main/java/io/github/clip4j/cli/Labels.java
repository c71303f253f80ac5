package io.github.clip4j.cli;

import io.github.clip4j.Clip;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.tokenizer.TextTooLongException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// The texts that images are compared with: of the command line, or of a file with one a line.
///
/// @param file null when they are of the command line
/// @param lines those that are not blank
record Labels(@Nullable String file, List<TextLines.Line> lines) {
    /// @param given those of the command line, used when there is no file
    /// @throws IOException when the file cannot be read, holds a line that is not text, or no line
    static Labels of(List<String> given, @Nullable String file, TextOptions text) throws IOException {
        List<TextLines.Line> lines = new ArrayList<>();
        if (file == null) {
            given.forEach(label -> lines.add(new TextLines.Line(lines.size() + 1, label, null)));
            return new Labels(null, lines);
        }
        try (TextLines read = text.open(file, TextLines.Ends.ANY)) {
            while (read.hasNext()) {
                TextLines.Line line = read.next();
                if (line.error() != null) {
                    throw new IOException(read.where(line) + ": " + line.error());
                }
                if (!line.isBlank()) {
                    lines.add(line);
                }
            }
        }
        if (lines.isEmpty()) {
            throw new IOException(file + ": expected one label a line, got none");
        }
        return new Labels(file, lines);
    }

    /// Refuses labels of the command line that are blank, or given twice.
    ///
    /// @param option that has them
    static void require(CommandSpec spec, String option, List<String> labels) {
        Set<String> known = new HashSet<>();
        for (String label : labels) {
            if (label.isBlank()) {
                throw new ParameterException(spec.commandLine(), option + ": expected words, got '" + label + "'");
            }
            if (!known.add(label)) {
                throw new ParameterException(spec.commandLine(), option + ": expected each label once, got '" + label + "' twice");
            }
        }
    }

    /// Embeds them. A message names the line of a text that is too long.
    ZeroShotClassifier classifier(Clip clip, PromptTemplates prompts) throws IOException {
        List<String> all = lines.stream().map(TextLines.Line::text).toList();
        try {
            return clip.classifier(all, prompts, Output.progress("Embedding labels", all.size())::accept);
        } catch (TextTooLongException e) {
            if (file == null || e.index().isEmpty()) {
                throw e;
            }
            throw new IOException(file + ":" + lines.get(e.index().getAsInt()).number() + ": " + ClipCommand.message(e), e);
        }
    }
}
