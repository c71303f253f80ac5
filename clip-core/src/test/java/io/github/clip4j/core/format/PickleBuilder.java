package io.github.clip4j.core.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes pickles operation by operation, and puts them into files as PyTorch does: for files that PyTorch would not write.
final class PickleBuilder {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleBuilder() {
        op(0x80).op(2);
    }

    /// Operations and single bytes.
    PickleBuilder op(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    /// Operations that are letters.
    PickleBuilder ops(String letters) {
        out.writeBytes(letters.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleBuilder int32(int value) {
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        return this;
    }

    PickleBuilder integer(int value) {
        return op('J').int32(value);
    }

    PickleBuilder text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        op('X').int32(bytes.length);
        out.writeBytes(bytes);
        return this;
    }

    PickleBuilder global(String module, String name) {
        return ops("c" + module + "\n" + name + "\n");
    }

    /// A tensor of `size` float32 from the start of storage "0", which has `stored` elements.
    PickleBuilder tensor(int stored, int size) {
        storage("FloatStorage", "0", stored, false);
        return op('K', 0).integer(size).op(0x85).op('K', 1, 0x85, 0x89).global("collections", "OrderedDict").ops(")RtR");
    }

    /// Begins a call of `_rebuild_tensor_v2` with its storage.
    PickleBuilder storage(String type, String key, int stored, boolean legacy) {
        global("torch._utils", "_rebuild_tensor_v2").ops("((").text("storage").global("torch", type).text(key).text("cpu").integer(stored);
        return ops(legacy ? "NtQ" : "tQ");
    }

    byte[] bytes() {
        byte[] pickle = out.toByteArray();
        byte[] ended = Arrays.copyOf(pickle, pickle.length + 1);
        ended[pickle.length] = '.';
        return ended;
    }

    /// The file of today: a zip archive with this pickle and storage "0".
    byte[] file(int storageBytes) {
        return zip(ZipEntry.STORED, "x/data.pkl", bytes(), "x/data/0", new byte[storageBytes]);
    }

    /// An archive of names and contents in turn.
    static byte[] zip(int method, Object... entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < entries.length; i += 2) {
                byte[] content = (byte[]) entries[i + 1];
                ZipEntry entry = new ZipEntry((String) entries[i]);
                entry.setMethod(method);
                if (method == ZipEntry.STORED) {
                    CRC32 crc = new CRC32();
                    crc.update(content);
                    entry.setSize(content.length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(content);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
