package io.github.clip4j.parquet;

import io.github.clip4j.search.IndexModel;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/// The rows of a file that anybody may have written. The columns that are needed of one row group are in memory at a time, as the file has
/// them: compressed pages, which are decompressed one by one.
final class RowReader implements Closeable {
    private final Path file;
    private final ParquetFileReader reader;
    private final FileMetaData footer;
    private MessageType schema;

    private RowReader(Path file, ParquetFileReader reader) {
        this.file = file;
        this.reader = reader;
        this.footer = reader.getFileMetaData();
        this.schema = footer.getSchema();
    }

    static RowReader open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) { // a device or a FIFO may have no end
            throw new IOException(file + ": expected a Parquet file, got " + (Files.isDirectory(file) ? "a folder; name the files in it"
                    : Files.exists(file) ? "something else of that name" : "no file of that name"));
        }
        ParquetReadOptions options = ParquetReadOptions.builder(new PlainParquetConfiguration()).withCodecFactory(new Codecs())
                .withAllocator(new HeapByteBufferAllocator()).usePageChecksumVerification(true).build();
        ParquetFileReader reader;
        try {
            reader = ParquetFileReader.open(new LocalInputFile(file), options);
        } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
            throw damaged(file, "", e);
        }
        try {
            RowReader rows = new RowReader(file, reader);
            rows.check();
            return rows;
        } catch (IOException | RuntimeException | Error e) {
            reader.close();
            throw e;
        }
    }

    /// A Parquet reader throws what it happens to meet in a damaged file.
    private static IOException damaged(Path file, String where, Throwable e) {
        String why = e instanceof OutOfMemoryError ? "it needs more memory than the JVM has (-Xmx gives more), or is damaged"
                : e.getMessage() == null ? e.toString() : e.getMessage();
        return new IOException(file + ": " + where + "expected a whole Parquet file, got one that cannot be read: " + why, e);
    }

    /// What the footer says of places, before memory is taken for them.
    private void check() throws IOException {
        long length = Files.size(file);
        for (BlockMetaData group : reader.getRowGroups()) {
            if (group.getRowCount() < 0) {
                throw new IOException(file + ": expected row groups of 0 rows and more, got " + group.getRowCount());
            }
            for (ColumnChunkMetaData chunk : group.getColumns()) {
                long start = chunk.getStartingPos();
                if (start < 0 || chunk.getTotalSize() < 0 || start > length - chunk.getTotalSize()) {
                    throw new IOException("%s: expected column %s within the %d bytes of the file, got %d bytes at %d"
                            .formatted(file, chunk.getPath().toDotString(), length, chunk.getTotalSize(), start));
                }
            }
        }
    }

    /// The model that made the embeddings, if the file says it.
    Optional<IndexModel> model() throws IOException {
        Map<String, String> values = footer.getKeyValueMetaData();
        try {
            return values == null ? Optional.empty() : ModelMetadata.read(values);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    long size() {
        return reader.getRecordCount();
    }

    /// What is done with a row.
    interface Action {
        /// {@return whether to go on}
        boolean accept(Row row) throws IOException;
    }

    /// Reads the rows, once.
    ///
    /// @param dimension the number of components that a vector should have
    /// @throws IOException when the file is damaged, or has other columns
    void forEach(int dimension, Action action) throws IOException {
        try {
            Optional<Column> path = Column.text(schema, "path");
            if (path.isEmpty()) {
                throw Column.missing(schema, "path");
            }
            Columns columns = new Columns(path.get(), Column.number(schema, "size", "length"), // as clip-spark calls it
                    Column.number(schema, "modified"), Column.text(schema, "hash"), Column.number(schema, "width"),
                    Column.number(schema, "height"), Column.text(schema, "error"), Column.vector(schema, "embedding"));
            project(columns);
            long number = 0;
            for (int group = 0; group < reader.getRowGroups().size(); group++) {
                RowGroup rows = group(group, columns, dimension, number);
                for (; number < rows.end(); number++) {
                    Row row;
                    try {
                        row = rows.next();
                    } catch (RuntimeException | OutOfMemoryError e) {
                        throw damaged(file, "row " + (number + 1) + ": ", e);
                    }
                    if (!action.accept(row)) {
                        return;
                    }
                }
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /// The columns of a file.
    record Columns(Column path, Optional<Column> size, Optional<Column> modified, Optional<Column> hash, Optional<Column> width,
            Optional<Column> height, Optional<Column> error, Column embedding) {
        List<Column> all() {
            return Stream.of(Optional.of(path), size, modified, hash, width, height, error, Optional.of(embedding))
                    .flatMap(Optional::stream).toList();
        }
    }

    /// Other columns are not read.
    private void project(Columns columns) throws IOException {
        List<Type> fields = new ArrayList<>();
        for (Column column : columns.all()) {
            fields.add(schema.getType(column.name()));
        }
        schema = new MessageType(schema.getName(), fields);
        reader.setRequestedSchema(schema);
        for (BlockMetaData group : reader.getRowGroups()) {
            for (ColumnChunkMetaData chunk : group.getColumns()) {
                if (schema.containsField(chunk.getPath().toArray()[0]) && !Codecs.isKnown(chunk.getCodec())) {
                    throw new IOException(("%s: column %s: expected a file without compression, or with snappy, gzip, zstd or lz4, got %s; "
                            + "write it again with compression=\"none\"")
                            .formatted(file, chunk.getPath().toDotString(), chunk.getCodec()));
                }
            }
        }
    }

    private RowGroup group(int group, Columns columns, int dimension, long number) throws IOException {
        try {
            PageReadStore pages = reader.readNextRowGroup();
            if (pages == null) {
                throw new IOException("a row group is missing");
            }
            return new RowGroup(
                    pages, new ColumnReadStoreImpl(pages, new Unused(), schema, footer.getCreatedBy()), columns, dimension, number);
        } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
            throw damaged(file, "row group " + (group + 1) + ": ", e);
        }
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
