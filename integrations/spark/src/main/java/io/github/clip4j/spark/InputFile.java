package io.github.clip4j.spark;

import java.io.IOException;
import java.io.Serializable;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/// A file of the input of a job.
///
/// @param uri its percent-encoded name, which has no line breaks
/// @param modified milliseconds since 1970
record InputFile(String uri, long length, long modified) implements Serializable {
    /// The largest file that is read: several are held in memory at once.
    private static final long MOST_BYTES = 512 << 20;

    Path path() {
        return new Path(URI.create(uri));
    }

    /// Its name as a person writes it, as Spark's `binaryFile` has it in `path`.
    String name() {
        return path().toString();
    }

    byte[] read(Configuration settings) throws IOException {
        Path path = path();
        if (length > MOST_BYTES) {
            throw new IOException("%s: expected an image file of at most %,d bytes, got %,d".formatted(path, MOST_BYTES, length));
        }
        try (var in = path.getFileSystem(settings).open(path)) {
            return in.readAllBytes();
        }
    }
}
