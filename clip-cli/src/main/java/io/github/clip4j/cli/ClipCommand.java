package io.github.clip4j.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The entry point.
@Command(
        name = "clip",
        description = "Classifies and embeds pictures and texts with CLIP, in pure Java.",
        mixinStandardHelpOptions = true,
        versionProvider = ClipCommand.Version.class,
        subcommands = {
            ClassifyCommand.class, EmbedCommand.class, TokenizeCommand.class, PreprocessCommand.class, InspectCommand.class,
            ConvertCommand.class,
            VerifyCommand.class, FetchCommand.class, BenchCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  clip classify photo.jpg --model DIR --label \"a cat\" --label \"a dog\"",
            "  clip embed *.jpg --model DIR -o embeddings.npy",
            "  clip inspect DIR",
            "",
            "DIR is a checkpoint directory as Hugging Face publishes it: config.json, model.safetensors, …",
            "Exit codes: 0 done, 1 something failed, 2 wrong usage."
        })
public final class ClipCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    /// Runs the command line and ends the process with its exit code.
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int exit = run(out, err, args);
        out.flush();
        System.exit(exit);
    }

    /// Runs the command line.
    static int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine line = new CommandLine(new ClipCommand());
        line.setOut(out);
        line.setErr(err);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (isExpected(e)) {
                err.println("clip: " + message(e));
            } else {
                e.printStackTrace(err); // a defect of ours: hide nothing
            }
            return CommandLine.ExitCode.SOFTWARE;
        });
        return line.execute(args);
    }

    /// Whether an exception speaks of the user's files or options.
    static boolean isExpected(Throwable e) {
        return e instanceof IOException || e instanceof UncheckedIOException || e instanceof IllegalArgumentException
                || e instanceof IllegalStateException;
    }

    /// The message of an exception about a file or an option, in words: some of the JDK's are the bare path.
    static String message(Throwable e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        if (text.contains("expected")) {
            return text;
        }
        return switch (e) {
            case NoSuchFileException missing -> "no such file: " + missing.getFile();
            case AccessDeniedException denied -> "access denied: " + denied.getFile();
            default -> text;
        };
    }

    @Override
    public void run() {
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
