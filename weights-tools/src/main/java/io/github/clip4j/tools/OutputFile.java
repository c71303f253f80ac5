package io.github.clip4j.tools;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A file that appears under its name only when it is complete: nobody reads half of it, and no old one is lost to a full disk.
///
/// The content goes to a temporary file beside the target, which [#commit()] renames. A rename would replace what is not a regular file,
/// so a symbolic link is followed first, and a FIFO or a device gets the content written into it.
///
/// ```java
/// OutputFile.requireWritable(target);     // before work that takes a while
/// OutputFile.write(target, out -> out.write(bytes));
/// ```
public final class OutputFile implements Closeable {
    private static final int LINKS = 40; // as Linux follows at most

    private final String name;
    private final @Nullable Path target; // the file itself, with links followed; null for a stream
    private final @Nullable OutputStream stream;
    private final boolean renamed;
    private final Path temporary;
    private final FileChannel channel;
    private final OutputStream out;
    private boolean committed;

    /// What is written.
    @FunctionalInterface
    public interface Content {
        /// Writes all of it.
        ///
        /// @param out not closed
        /// @throws IOException when it cannot be written
        void writeTo(OutputStream out) throws IOException;
    }

    private OutputFile(String name, @Nullable Path target, @Nullable OutputStream stream) throws IOException {
        this.name = name;
        this.target = target;
        this.stream = stream;
        Path folder = target == null ? null : target.toAbsolutePath().getParent();
        boolean plain = target != null && (Files.isRegularFile(target) || Files.notExists(target));
        if (plain && folder != null && Files.isWritable(folder)) {
            this.renamed = true;
            this.temporary = Files.createFile(folder.resolve(".clip4j-" + UUID.randomUUID() + ".tmp")); // with usual permissions
        } else {
            this.renamed = false;
            this.temporary = Files.createTempFile("clip4j-", ".tmp"); // for the user alone
        }
        this.channel = open(temporary);
        this.out = new Named(new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
    }

    private static FileChannel open(Path temporary) throws IOException {
        try {
            return FileChannel.open(temporary, StandardOpenOption.WRITE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    /// Checks that a file can be written, without touching it. A program does so before work that takes a while.
    ///
    /// @param target the file; it may exist, and may be a link, a FIFO or a device
    /// @throws IOException which says what is in the way: a folder that does not exist or cannot be written to, or a folder of that name
    public static void requireWritable(Path target) throws IOException {
        if (Files.isDirectory(target)) {
            throw new FileSystemException(target + ": expected a file to write, got a folder; name a file in it");
        }
        Path file = followLinks(target);
        Path folder = file.getParent() == null ? file.toAbsolutePath().getParent() : file.getParent();
        if (folder == null || Files.notExists(folder)) {
            throw new FileSystemException("%s: expected a file in a folder that exists, got %s; create it first".formatted(target, folder));
        }
        if (!Files.isDirectory(folder)) {
            throw new FileSystemException("%s: expected %s to be a folder, got a file".formatted(target, folder));
        }
        if (!Files.isWritable(Files.exists(file) ? file : folder)) {
            throw new FileSystemException("%s: expected to be allowed to write to %s, got no permission"
                    .formatted(target, Files.exists(file) ? file : folder));
        }
    }

    /// {@return a file to write to; nothing is seen of it before [#commit()]}
    ///
    /// @param target as [#requireWritable(Path)] takes it
    /// @throws IOException when it cannot be written
    public static OutputFile create(Path target) throws IOException {
        requireWritable(target);
        return new OutputFile(target.toString(), followLinks(target), null);
    }

    /// {@return what is written to a stream as a whole, once it is complete: a format may need its first bytes last}
    ///
    /// @param name what to call the stream in messages
    /// @param stream gets the content at the commit; not closed
    /// @throws IOException when no temporary file can be made
    public static OutputFile toStream(String name, OutputStream stream) throws IOException {
        return new OutputFile(name, null, stream);
    }

    /// Writes a file.
    ///
    /// @param target as [#requireWritable(Path)] takes it
    /// @param content what to write
    /// @throws IOException when it cannot be written; the target is as it was
    public static void write(Path target, Content content) throws IOException {
        try (OutputFile file = create(target)) {
            content.writeTo(file.out());
            file.commit();
        }
    }

    /// The file that a chain of links leads to, whether it exists or not. What `/proc` shows of open files is not a path, and is kept.
    private static Path followLinks(Path target) throws IOException {
        Path file = target;
        for (int i = 0; i < LINKS && Files.isSymbolicLink(file); i++) {
            if ((Files.exists(file) && !Files.isRegularFile(file)) || file.toAbsolutePath().startsWith("/proc")) {
                return file;
            }
            file = file.resolveSibling(Files.readSymbolicLink(file));
        }
        if (Files.isSymbolicLink(file)) {
            throw new FileSystemException(target + ": expected a link to a file, got links in a circle");
        }
        return file;
    }

    /// {@return where the content goes; what cannot be written is said with the target's name}
    public OutputStream out() {
        return out;
    }

    /// Replaces the first bytes, which were written before.
    void overwriteStart(byte[] bytes) throws IOException {
        out.flush();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer, buffer.position());
        }
    }

    /// Makes the content visible under the target's name.
    ///
    /// @throws IOException when that cannot be; a regular file is then as it was
    public void commit() throws IOException {
        out.close();
        Path file = target;
        try {
            if (file != null && renamed) {
                keepPermissions(file);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else if (file != null) {
                try (OutputStream through = Files.newOutputStream(file, options(file))) {
                    Files.copy(temporary, through);
                }
            } else if (stream != null) {
                Files.copy(temporary, stream);
                stream.flush();
            }
        } catch (IOException e) {
            throw named(e);
        }
        committed = true;
    }

    private static StandardOpenOption[] options(Path file) {
        return Files.isRegularFile(file) && !file.toAbsolutePath().startsWith("/proc")
                ? new StandardOpenOption[] {StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING}
                : new StandardOpenOption[] {StandardOpenOption.WRITE};
    }

    /// A file that is replaced keeps who may read it.
    private void keepPermissions(Path file) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            Files.setPosixFilePermissions(temporary, permissions);
        }
    }

    /// Removes what was not committed.
    @Override
    public void close() throws IOException {
        if (!committed || !renamed) {
            channel.close(); // what is still in the buffer is not wanted
            Files.deleteIfExists(temporary);
        }
    }

    private IOException named(IOException e) {
        String reason = e instanceof FileSystemException files && files.getReason() != null ? files.getReason() : e.getMessage();
        return new IOException(name + ": cannot be written: " + reason, e);
    }

    /// Says which file could not be written.
    private final class Named extends FilterOutputStream {
        Named(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            try {
                out.write(b);
            } catch (IOException e) {
                throw named(e);
            }
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            try {
                out.write(bytes, from, length);
            } catch (IOException e) {
                throw named(e);
            }
        }

        @Override
        public void flush() throws IOException {
            try {
                out.flush();
            } catch (IOException e) {
                throw named(e);
            }
        }
    }
}
