package io.github.clip4j.parquet;

import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexEntry;
import io.github.clip4j.tools.OutputFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.PositionOutputStream;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;
import org.jspecify.annotations.Nullable;

/// Writes the rows of an index.
final class RowWriter extends WriteSupport<Integer> {
    static final String PATH = "path";
    static final String SIZE = "size";
    static final String MODIFIED = "modified";
    static final String HASH = "hash";
    static final String WIDTH = "width";
    static final String HEIGHT = "height";
    static final String EMBEDDING = "embedding";

    /// Of rows that are in memory at a time, 16,000 of 512 components. Engines read row groups in parallel.
    private static final long GROUP_BYTES = 32L << 20;

    private static final MessageType SCHEMA = Types.buildMessage()
            .required(PrimitiveTypeName.BINARY).as(LogicalTypeAnnotation.stringType()).named(PATH)
            .required(PrimitiveTypeName.INT64).named(SIZE)
            .required(PrimitiveTypeName.INT64).named(MODIFIED)
            .required(PrimitiveTypeName.BINARY).as(LogicalTypeAnnotation.stringType()).named(HASH)
            .required(PrimitiveTypeName.INT32).named(WIDTH)
            .required(PrimitiveTypeName.INT32).named(HEIGHT)
            .addField(Types.requiredList().element(PrimitiveTypeName.FLOAT, Repetition.REQUIRED).named(EMBEDDING))
            .named("index");

    private final EmbeddingIndex index;
    private @Nullable RecordConsumer consumer;

    private RowWriter(EmbeddingIndex index) {
        this.index = index;
    }

    static void write(EmbeddingIndex index, Path file) throws IOException {
        OutputFile.write(file, out -> {
            try (ParquetWriter<Integer> writer = new Builder(new Target(out), new RowWriter(index)).self()
                    .withConf(new PlainParquetConfiguration()).withCodecFactory(new Codecs())
                    .withCompressionCodec(CompressionCodecName.UNCOMPRESSED).withRowGroupSize(GROUP_BYTES)
                    .withDictionaryEncoding(false) // no value repeats often
                    .withStatisticsEnabled(EMBEDDING + ".list.element", false) // the least component of 16,000 vectors helps nobody
                    .build()) {
                for (int row = 0; row < index.size(); row++) {
                    writer.write(row);
                }
            }
        });
    }

    @Override
    public String getName() {
        return "clip4j";
    }

    @Override
    @SuppressWarnings("deprecation") // still abstract
    public WriteContext init(Configuration configuration) {
        return new WriteContext(SCHEMA, ModelMetadata.of(index.model()));
    }

    @Override
    public WriteContext init(ParquetConfiguration configuration) {
        return new WriteContext(SCHEMA, ModelMetadata.of(index.model()));
    }

    @Override
    public void prepareForWrite(RecordConsumer recordConsumer) {
        consumer = recordConsumer;
    }

    @Override
    public void write(Integer row) {
        RecordConsumer out = consumer;
        if (out == null) {
            throw new IllegalStateException("prepareForWrite comes first");
        }
        IndexEntry entry = index.entries().get(row);
        out.startMessage();
        field(out, PATH, 0, () -> out.addBinary(Binary.fromString(entry.path())));
        field(out, SIZE, 1, () -> out.addLong(entry.size()));
        field(out, MODIFIED, 2, () -> out.addLong(entry.modified()));
        field(out, HASH, 3, () -> out.addBinary(Binary.fromString(entry.hash())));
        field(out, WIDTH, 4, () -> out.addInteger(entry.width()));
        field(out, HEIGHT, 5, () -> out.addInteger(entry.height()));
        field(out, EMBEDDING, 6, () -> {
            out.startGroup();
            field(out, "list", 0, () -> {
                for (float value : index.embedding(row).toArray()) {
                    out.startGroup();
                    out.startField("element", 0);
                    out.addFloat(value);
                    out.endField("element", 0);
                    out.endGroup();
                }
            });
            out.endGroup();
        });
        out.endMessage();
    }

    private static void field(RecordConsumer out, String name, int number, Runnable content) {
        out.startField(name, number);
        content.run();
        out.endField(name, number);
    }

    private static final class Builder extends ParquetWriter.Builder<Integer, Builder> {
        private final RowWriter rows;

        Builder(Target target, RowWriter rows) {
            super(target);
            this.rows = rows;
        }

        @Override
        protected Builder self() {
            return this;
        }

        @Override
        @SuppressWarnings("deprecation") // still abstract
        protected WriteSupport<Integer> getWriteSupport(Configuration configuration) {
            return rows;
        }

        @Override
        protected WriteSupport<Integer> getWriteSupport(ParquetConfiguration configuration) {
            return rows;
        }
    }

    /// Parquet's view of the file, which [OutputFile] renames when it is complete.
    private record Target(OutputStream stream) implements org.apache.parquet.io.OutputFile {
        @Override
        public PositionOutputStream create(long blockSize) {
            return new PositionOutputStream() {
                private long position;

                @Override
                public long getPos() {
                    return position;
                }

                @Override
                public void write(int b) throws IOException {
                    stream.write(b);
                    position++;
                }

                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    stream.write(bytes, from, length);
                    position += length;
                }

                @Override
                public void flush() throws IOException {
                    stream.flush();
                }
            };
        }

        @Override
        public PositionOutputStream createOrOverwrite(long blockSize) {
            return create(blockSize);
        }

        @Override
        public boolean supportsBlockSize() {
            return false;
        }

        @Override
        public long defaultBlockSize() {
            return 0;
        }
    }
}
