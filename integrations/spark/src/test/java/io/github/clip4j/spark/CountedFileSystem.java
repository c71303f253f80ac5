package io.github.clip4j.spark;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/// The local disk under the scheme `counted`, which stands for a file system that only Hadoop reads. Of several processes, the file
/// `fs.counted.log` has a line for each file that was opened.
public final class CountedFileSystem extends RawLocalFileSystem {
    static final AtomicInteger OPENED = new AtomicInteger();

    @Override
    public URI getUri() {
        return URI.create("counted:///");
    }

    @Override
    public FSDataInputStream open(Path file, int bufferSize) throws IOException {
        OPENED.incrementAndGet();
        String log = getConf().get("fs.counted.log");
        if (log != null) {
            Files.writeString(java.nio.file.Path.of(log), file.getName() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        return super.open(file, bufferSize);
    }

    @Override
    public FileStatus getFileStatus(Path file) throws IOException {
        return plain(super.getFileStatus(file));
    }

    @Override
    public FileStatus[] listStatus(Path folder) throws IOException {
        return Arrays.stream(super.listStatus(folder)).map(CountedFileSystem::plain).toArray(FileStatus[]::new);
    }

    /// Without permissions, which the local disk's status looks up by its own scheme.
    private static FileStatus plain(FileStatus status) {
        return new FileStatus(status.getLen(), status.isDirectory(), 1, status.getBlockSize(), status.getModificationTime(),
                status.getPath());
    }
}
