package io.github.clip4j.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/// The standard streams of a run. Text goes out in UTF-8 whatever the locale is.
final class Streams {
    private final InputStream in;
    private final Remembering bytes;
    private final PrintWriter out;
    private final boolean terminal;
    private boolean inTaken;

    /// @param terminal whether `out` is one
    Streams(InputStream in, OutputStream out, boolean terminal) {
        this.in = in;
        this.bytes = new Remembering(out);
        this.out = new PrintWriter(new OutputStreamWriter(bytes, StandardCharsets.UTF_8), false);
        this.terminal = terminal;
    }

    /// The streams of this process.
    static Streams ofProcess() {
        return new Streams(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out), isTerminalOut());
    }

    /// Whether standard output is a terminal. The console is one only if standard input is one too, so Linux is asked.
    private static boolean isTerminalOut() {
        try {
            String file = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty") || file.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return Output.isTerminal();
        }
    }

    /// The streams of the run that a command belongs to.
    static Streams of(CommandSpec spec) {
        return ((ClipCommand) spec.root().userObject()).streams();
    }

    PrintWriter out() {
        return out;
    }

    /// Standard output for what is not text.
    OutputStream bytes() {
        out.flush();
        return bytes;
    }

    boolean isTerminal() {
        return terminal;
    }

    /// Standard input, which one argument can have.
    ///
    /// @throws IOException when another argument has it
    synchronized InputStream in() throws IOException {
        if (inTaken) {
            throw new IOException("-: expected standard input once, got it a second time");
        }
        inTaken = true;
        return in;
    }

    /// Ends the command when nothing can be printed any more: the rest of the work would be lost.
    void requireOpen() throws IOException {
        if (out.checkError()) {
            throw new OutputFailedException(failure());
        }
    }

    /// What went wrong with standard output, or null.
    @Nullable OutputFailedException failed() {
        return out.checkError() || bytes.failure != null ? new OutputFailedException(failure()) : null;
    }

    private String failure() {
        IOException failure = bytes.failure;
        return failure == null || failure.getMessage() == null ? "unknown" : failure.getMessage();
    }

    /// Standard output cannot be written.
    static final class OutputFailedException extends IOException {
        private static final long serialVersionUID = 1;
        private final boolean closed;

        OutputFailedException(String reason) {
            super("standard output: cannot be written: " + reason);
            this.closed = reason.toLowerCase(Locale.ROOT).contains("pipe"); // the system's words, in any language
        }

        /// Whether the reader has gone, as `head` does once it has its lines.
        boolean isClosedPipe() {
            return closed;
        }
    }

    /// PrintWriter says only that something failed, not what.
    private static final class Remembering extends OutputStream {
        private final OutputStream to;
        private @Nullable IOException failure;

        Remembering(OutputStream to) {
            this.to = to;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] from, int off, int length) throws IOException {
            try {
                to.write(from, off, length);
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public void flush() throws IOException {
            try {
                to.flush();
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }
}
