package io.github.clip4j.cli;

import io.github.clip4j.tokenizer.TextTooLongException;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The entry point.
@Command(
        name = "clip",
        description = "Classifies and embeds images and texts with CLIP, in pure Java.",
        mixinStandardHelpOptions = true,
        versionProvider = ClipCommand.Version.class,
        subcommands = {
            ClassifyCommand.class, EmbedCommand.class, SimilarityCommand.class, ExplainCommand.class, TraceCommand.class,
            AttentionCommand.class, IndexCommand.class, SearchCommand.class, DuplicatesCommand.class, ClusterCommand.class,
            ExportCommand.class, ImportCommand.class,
            TokenizeCommand.class, PreprocessCommand.class, InspectCommand.class, ConvertCommand.class, VerifyCommand.class,
            FetchCommand.class, BenchCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  clip classify photo.jpg --model DIR --label \"a cat\" --label \"a dog\"",
            "  clip embed *.jpg --model DIR -o embeddings.npy",
            "  clip inspect DIR",
            "",
            "DIR is a checkpoint directory as Hugging Face publishes it: config.json, model.safetensors, …",
            "A value is taken as it is, also when it begins with @. Files are read by --labels-file, --texts-file, --list and --jsonl.",
            "Where a file is read, - is standard input.",
            "",
            "Exit codes:",
            "    0  done",
            "    1  an input failed, which is named while the others are done; or all failed",
            "    2  wrong usage, and nothing was done",
            "  141  the reader of standard output went away, as head does"
        })
public final class ClipCommand implements Runnable {
    static final int DONE = 0;
    static final int FAILED = 1;

    /// As a shell shows a program that the system ended with SIGPIPE.
    static final int CLOSED_PIPE = 141;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Streams streams;

    private ClipCommand(Streams streams) {
        this.streams = streams;
    }

    Streams streams() {
        return streams;
    }

    /// Runs the command line and ends the process with its exit code.
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT); // the digits and letters of messages do not depend on where the user lives
        PrintWriter err = new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        System.exit(run(Streams.ofProcess(), err, args));
    }

    /// Runs the command line without standard input.
    static int run(PrintWriter out, PrintWriter err, String... args) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int exit = run(new Streams(InputStream.nullInputStream(), bytes, false), err, args);
        out.print(bytes.toString(StandardCharsets.UTF_8));
        out.flush();
        return exit;
    }

    /// Runs the command line.
    static int run(Streams streams, PrintWriter err, String... args) {
        CommandLine line = new CommandLine(new ClipCommand(streams));
        line.setOut(streams.out());
        line.setErr(err);
        line.setExpandAtFiles(false); // "@home" is a label
        line.registerConverter(Path.class, name -> {
            try {
                return FileNames.path(name);
            } catch (IOException e) {
                throw new CommandLine.TypeConversionException(message(e));
            }
        });
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (streams.failed() != null) {
                return FAILED; // for that reason, which is said below
            }
            if (isExpected(e)) {
                err.println("clip: " + Output.printable(message(e)));
            } else {
                e.printStackTrace(err); // a defect of ours: hide nothing
            }
            return FAILED;
        });
        line.setParameterExceptionHandler((e, _) -> wrongUsage(e, err));
        int exit = line.execute(args);
        Streams.OutputFailedException failed = streams.failed();
        if (failed == null) {
            return exit;
        }
        if (failed.isClosedPipe()) {
            return CLOSED_PIPE;
        }
        err.println("clip: " + failed.getMessage());
        return FAILED;
    }

    /// Says what is wrong, and not all options, after which nobody would see it.
    private static int wrongUsage(ParameterException e, PrintWriter err) {
        CommandLine command = e.getCommandLine();
        err.println("clip: " + Output.printable(String.valueOf(e.getMessage())));
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("See " + command.getCommandSpec().qualifiedName() + " --help");
        }
        return command.getCommandSpec().exitCodeOnInvalidInput();
    }

    /// Whether an exception speaks of the user's files or options.
    static boolean isExpected(Throwable e) {
        return e instanceof IOException || e instanceof UncheckedIOException || e instanceof IllegalArgumentException
                || e instanceof IllegalStateException;
    }

    /// The message of an exception about a file or an option, in words: some of the JDK's are the bare path.
    static String message(Throwable e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        if (e instanceof TextTooLongException) {
            return text.replace("cut long texts by withTruncation(true)", "cut long texts with --truncate");
        }
        if (text.contains("expected")) {
            return text;
        }
        return switch (e) {
            case NoSuchFileException missing -> "no such file: " + missing.getFile();
            case AccessDeniedException denied -> "access denied: " + denied.getFile();
            case UncheckedIOException unchecked when unchecked.getCause() != null -> message(unchecked.getCause());
            case IOException _, IllegalArgumentException _, IllegalStateException _ -> text;
            default -> e.toString();
        };
    }

    /// Without a command all of them are shown.
    @Override
    public void run() {
        PrintWriter err = spec.commandLine().getErr();
        spec.commandLine().usage(err);
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /// The version of the build.
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = ClipCommand.class.getPackage().getImplementationVersion();
            return new String[] {"clip4j " + (version == null ? "(development)" : version)};
        }
    }
}
