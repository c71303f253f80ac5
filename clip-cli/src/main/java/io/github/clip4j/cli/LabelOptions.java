package io.github.clip4j.cli;

import io.github.clip4j.PromptTemplates;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The labels that images or groups are compared with, and the sentences that they stand in.
final class LabelOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--label", paramLabel = "L", description = "a label; repeatable")
    private List<String> labels = new ArrayList<>();

    @Option(names = "--labels-file", paramLabel = "F", description =
            "a file with one label a line; blank lines are left out; - for standard input")
    private @Nullable String labelsFile;

    @Option(
            names = "--template",
            paramLabel = "T",
            description = "a sentence with {} in the label's place; repeat for an ensemble. Without it the label is the whole prompt")
    private List<String> templates = new ArrayList<>();

    boolean isGiven() {
        return !labels.isEmpty() || labelsFile != null;
    }

    /// Checks the options before anything is done.
    void check(TextOptions text) {
        if (!labels.isEmpty() && labelsFile != null) {
            throw new ParameterException(spec.commandLine(), "labels: expected either --label or --labels-file, got both");
        }
        text.check();
        text.requireReadable("--label", labels);
        Labels.require(spec, "--label", labels);
        text.requireReadable("--template", templates);
    }

    /// @throws IOException when the file cannot be read, or holds no label
    Labels read(TextOptions text) throws IOException {
        return Labels.of(labels, labelsFile, text);
    }

    PromptTemplates prompts() {
        return templates.isEmpty() ? PromptTemplates.labelOnly() : PromptTemplates.of(templates.toArray(String[]::new));
    }
}
