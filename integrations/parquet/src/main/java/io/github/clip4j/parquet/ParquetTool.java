package io.github.clip4j.parquet;

import io.github.clip4j.Clip;
import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Exports and imports from a shell: `integrations/parquet/run.sh`.
public final class ParquetTool {
    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int WRONG_USAGE = 2;

    private static final String USAGE = """
            Usage:
              export -o FILE.parquet [--index DIR]
              import FILE.parquet… [--index DIR] [--model DIR]

              --index  the folder of the index; the nearest .clip4j-index from the current folder upward unless given. An import
                       makes a new one, in the current folder unless given
              --model  the folder of the model, for files that do not say which one made them: some images are encoded again

            Exit codes: 0 done, 1 some rows failed, or all did, 2 wrong usage""";

    private final PrintStream out;
    private final PrintStream err;
    private final List<Path> files = new ArrayList<>();
    private final Map<String, String> options = new HashMap<>();

    private ParquetTool(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /// Runs a command, and ends the process with its exit code.
    ///
    /// @param args as the usage describes them
    @SuppressWarnings("SystemOut") // a command
    public static void main(String[] args) {
        int code = run(args, System.out, System.err);
        System.out.flush();
        System.exit(System.out.checkError() ? FAILED : code);
    }

    static int run(String[] args, PrintStream out, PrintStream err) {
        try {
            return new ParquetTool(out, err).run(args);
        } catch (UsageException e) {
            err.println("clip-parquet: " + e.getMessage() + "\n" + USAGE);
            return WRONG_USAGE;
        } catch (IOException | IllegalArgumentException e) {
            err.println("clip-parquet: " + e.getMessage());
            return FAILED;
        }
    }

    private static final class UsageException extends Exception {
        private static final long serialVersionUID = 1;

        UsageException(String message) {
            super(message);
        }
    }

    private int run(String[] args) throws IOException, UsageException {
        String command = args.length == 0 ? "" : args[0];
        return switch (command) {
            case "export" -> export(args);
            case "import" -> importAll(args);
            case "--help", "-h" -> help();
            default -> throw new UsageException("expected export or import, got '" + command + "'");
        };
    }

    private int help() {
        out.println(USAGE);
        return DONE;
    }

    private void parse(String[] args, List<String> known) throws UsageException {
        for (int i = 1; i < args.length; i++) {
            String name = args[i];
            if (!name.startsWith("-")) {
                files.add(Path.of(name));
            } else if (!known.contains(name) || i + 1 == args.length || options.containsKey(name)) {
                throw new UsageException("expected %s, each once and with a value, got %s".formatted(String.join(" or ", known), name));
            } else {
                options.put(name, args[++i]);
            }
        }
    }

    private int export(String[] args) throws IOException, UsageException {
        parse(args, List.of("-o", "--index"));
        if (!options.containsKey("-o") || !files.isEmpty()) {
            throw new UsageException("expected -o FILE.parquet and no other files");
        }
        Path file = Path.of(options.get("-o"));
        Path folder = existing();
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null && Files.isDirectory(parent) && parent.toRealPath().startsWith(folder.toRealPath())) {
            throw new IOException("%s: expected a file outside of the index, got one in %s".formatted(file, folder));
        }
        EmbeddingIndex index = EmbeddingIndex.open(folder);
        ParquetIndex.export(index, file);
        out.println(String.format(Locale.ROOT, "%s: %,d rows, embeddings of %d components", file, index.size(), index.model().dimension()));
        return DONE;
    }

    private Path existing() throws IOException {
        Optional<Path> folder = given().or(() -> EmbeddingIndex.find(Path.of("")));
        return folder.orElseThrow(() -> new IOException("expected an index, " + EmbeddingIndex.FOLDER
                + ", in the current folder or one that holds it, got none; name it with --index"));
    }

    private Optional<Path> given() {
        return Optional.ofNullable(options.get("--index")).map(Path::of);
    }

    private int importAll(String[] args) throws IOException, UsageException {
        parse(args, List.of("--index", "--model"));
        if (files.isEmpty()) {
            throw new UsageException("expected a file to import");
        }
        Path folder = given().or(() -> EmbeddingIndex.find(Path.of(""))).orElse(Path.of(EmbeddingIndex.FOLDER));
        String source = options.get("--model");
        if (source == null) {
            return importAll(folder, model(folder), null);
        }
        try (Clip clip = Clip.load(Path.of(source))) {
            return importAll(folder, IndexModel.of(clip, Path.of(source).toAbsolutePath().normalize().toString()), clip);
        }
    }

    /// The model of the index, or that of the first file for a new one.
    private IndexModel model(Path folder) throws IOException {
        if (EmbeddingIndex.isIndex(folder)) {
            return EmbeddingIndex.modelOf(folder);
        }
        return ParquetIndex.modelOf(files.getFirst()).orElseThrow(() -> new IOException(files.getFirst()
                + ": expected a file that says which model made its embeddings, got another; name the model with --model"));
    }

    /// A file that cannot be read costs the others nothing. Nothing is made when none can.
    private int importAll(Path folder, IndexModel model, @Nullable Clip clip) throws IOException {
        Counts counts = new Counts();
        List<Path> good = new ArrayList<>();
        for (Path file : files) {
            counts.tried(() -> {
                ParquetIndex.check(file, model, clip);
                good.add(file);
            });
        }
        if (good.isEmpty()) {
            return FAILED;
        }
        try (IndexWriter writer = IndexWriter.open(folder, model)) {
            for (Path file : good) {
                counts.tried(() -> counts.add(ParquetIndex.read(file, writer, this::say)));
            }
            out.println(String.format(Locale.ROOT, "%s: %,d images: %,d added, %,d changed, %,d failed",
                    folder, writer.size(), counts.added, counts.changed, counts.failed));
        }
        return counts.failed == 0 ? DONE : FAILED;
    }

    private void say(String message) {
        err.println("clip-parquet: " + message);
    }

    private interface Step {
        void run() throws IOException;
    }

    private final class Counts {
        private int added;
        private int changed;
        private int failed; // rows, and files that cannot be read

        void add(ParquetIndex.Imported one) {
            added += one.added();
            changed += one.changed();
            failed += one.failed();
        }

        void tried(Step step) {
            try {
                step.run();
            } catch (IOException | IllegalArgumentException e) {
                failed++;
                say(String.valueOf(e.getMessage()));
            }
        }
    }
}
