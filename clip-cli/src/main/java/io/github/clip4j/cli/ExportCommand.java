package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.tools.NpyWriter;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `clip export`
@Command(
        name = "export",
        description = "Writes an index for other programs: its vectors, and a JSON line for each.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "OUT.npy is a float32 array [n, d] of vectors of length 1, OUT.jsonl has a line for each of its rows. clip import reads both.",
            "The index is taken as it is: clip index brings it up to date.",
            "",
            "Examples:",
            "  clip export -o photos.npy",
            "  clip export --index photos.index -o photos.npy"
        })
final class ExportCommand implements Callable<Integer> {
    private static final String NPY = ".npy";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private IndexOptions.Place index = new IndexOptions.Place();

    @Option(names = {"-o", "--output"}, paramLabel = "OUT.npy", required = true, description =
            "the file of the vectors; the lines go beside it, to OUT.jsonl")
    private String output = "";

    @Override
    public Integer call() throws IOException {
        if (!output.endsWith(NPY)) {
            throw new ParameterException(
                    spec.commandLine(), "--output: expected the name of a file that ends in .npy, got '" + output + "'");
        }
        Path vectors = FileNames.path(output);
        Path lines = beside(vectors);
        OutputFile.requireWritable(vectors);
        OutputFile.requireWritable(lines);
        EmbeddingIndex embeddings = EmbeddingIndex.open(index.existing());
        OutputFile.write(lines, out -> {
            for (int row = 0; row < embeddings.size(); row++) {
                out.write((Output.json(line(row, embeddings.entries().get(row))) + "\n").getBytes(StandardCharsets.UTF_8));
            }
        });
        try (NpyWriter.Rows rows = NpyWriter.rows(OutputFile.create(vectors), embeddings.model().dimension())) {
            for (int row = 0; row < embeddings.size(); row++) {
                rows.add(embeddings.embedding(row).toArray());
            }
            rows.commit();
        }
        Streams streams = Streams.of(spec);
        streams.out().println(String.format(Locale.ROOT, "%s: %,d vectors of %d components; %s: what they belong to",
                Output.printable(output), embeddings.size(), embeddings.model().dimension(), Output.printable(lines.toString())));
        streams.requireOpen();
        return ClipCommand.DONE;
    }

    /// The file of the lines that belongs to one of vectors.
    static Path beside(Path vectors) {
        String name = String.valueOf(vectors.getFileName());
        return vectors.resolveSibling(name.substring(0, name.length() - (name.endsWith(NPY) ? NPY.length() : 0)) + ".jsonl");
    }

    private static JsonObject line(int row, IndexEntry entry) {
        JsonObject line = new JsonObject();
        line.addProperty("row", row);
        line.addProperty("path", entry.path());
        line.addProperty("size", entry.size());
        line.addProperty("modified", entry.modified());
        line.addProperty("hash", entry.hash());
        line.addProperty("width", entry.width());
        line.addProperty("height", entry.height());
        return line;
    }
}
