package io.github.clip4j.parquet;

import io.airlift.compress.Decompressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/// How pages are compressed: read from the usual codecs, without native code, and written as they are. Vectors of float32 are nearly
/// random bits: gzip takes a tenth off them, and five times as long.
final class Codecs implements CompressionCodecFactory {
    /// Writers make pages of about a megabyte. A file that announces more than this is damaged, or wants our memory.
    private static final int MAX_PAGE = 1 << 28;

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName name) {
        if (name != CompressionCodecName.UNCOMPRESSED) {
            throw new IllegalArgumentException("expected UNCOMPRESSED, got " + name);
        }
        return new BytesInputCompressor() {
            @Override
            public BytesInput compress(BytesInput bytes) {
                return bytes;
            }

            @Override
            public CompressionCodecName getCodecName() {
                return name;
            }

            @Override
            public void release() {
                // holds nothing
            }
        };
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName name) {
        return new BytesInputDecompressor() {
            @Override
            public BytesInput decompress(BytesInput bytes, int length) throws IOException {
                return name == CompressionCodecName.UNCOMPRESSED
                        ? bytes : BytesInput.from(content(name, bytes.toInputStream().readAllBytes(), length));
            }

            @Override
            public void decompress(ByteBuffer input, int compressedSize, ByteBuffer output, int length) {
                throw new IllegalStateException("expected buffers in the heap"); // the only ones that RowReader allows
            }

            @Override
            public void release() {
                // holds nothing
            }
        };
    }

    /// Whether pages of a codec can be read.
    static boolean isKnown(CompressionCodecName name) {
        return switch (name) {
            case UNCOMPRESSED, SNAPPY, GZIP, ZSTD, LZ4_RAW -> true;
            case LZO, BROTLI, LZ4 -> false;
        };
    }

    private static byte[] content(CompressionCodecName name, byte[] bytes, int length) throws IOException {
        if (length < 0 || length > MAX_PAGE) {
            throw new IOException("expected pages of at most %d bytes, got one that announces %d".formatted(MAX_PAGE, length));
        }
        return switch (name) {
            case SNAPPY -> Snappy.decompress(bytes, length);
            case GZIP -> gzip(bytes, length);
            case ZSTD -> air("zstd", new ZstdDecompressor(), bytes, length);
            case LZ4_RAW -> air("lz4", new Lz4Decompressor(), bytes, length);
            case UNCOMPRESSED, LZO, BROTLI, LZ4 -> throw new IllegalStateException(name + " is not decompressed here");
        };
    }

    private static byte[] gzip(byte[] bytes, int length) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            byte[] content = in.readNBytes(length); // takes memory only for what there is
            if (content.length < length) {
                throw new IOException("gzip: expected a page of %d bytes, got %d".formatted(length, content.length));
            }
            return checked("gzip", content, length, in.read() < 0);
        }
    }

    private static byte[] air(String name, Decompressor codec, byte[] bytes, int length) throws IOException {
        byte[] out = new byte[length];
        int written = codec.decompress(bytes, 0, bytes.length, out, 0, length);
        return checked(name, out, written, true);
    }

    /// @param written how much of the content there was
    /// @param whole whether it ended there
    private static byte[] checked(String name, byte[] content, int written, boolean whole) throws IOException {
        if (written != content.length || !whole) {
            throw new IOException("%s: expected a page of %d bytes, got %s".formatted(name, content.length, whole ? written : "more"));
        }
        return content;
    }

    @Override
    public void release() {
        // holds nothing
    }
}
