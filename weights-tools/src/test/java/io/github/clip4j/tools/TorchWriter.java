package io.github.clip4j.tools;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes state dicts as `torch.save` does, for tests: a pickle of protocol 2 and one storage a tensor.
final class TorchWriter {
    private TorchWriter() {}

    /// A tensor to write.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Content(Shape shape, float[] values) {}

    static void write(Path file, Map<String, Content> tensors, DType dtype) throws IOException {
        write(file, pickle(tensors, dtype), tensors, dtype);
    }

    /// As training programs save them: `{"epoch": 3, KEY: {…}, …}`, where a name `a/b` is the tensor b of the dictionary a.
    static void writeNested(Path file, Map<String, Content> tensors, DType dtype) throws IOException {
        write(file, nested(tensors, dtype), tensors, dtype);
    }

    /// The form of PyTorch before 1.6.
    static void writeLegacy(Path file, Map<String, Content> tensors, DType dtype) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        latin1(out, "\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.");
        latin1(out, "\u0080\u0002M\u00e9\u0003.");
        latin1(out, "\u0080\u0002}(");
        text(out, "little_endian");
        latin1(out, "\u0088u.");
        byte[] pickle = pickle(tensors, dtype);
        out.writeBytes(new String(pickle, StandardCharsets.ISO_8859_1).replace("tQK\0(", "NtQK\0(").getBytes(StandardCharsets.ISO_8859_1));
        latin1(out, "\u0080\u0002](");
        for (int key = 0; key < tensors.size(); key++) {
            text(out, String.valueOf(key));
        }
        latin1(out, "e.");
        for (Content tensor : tensors.values()) {
            out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(tensor.values.length).array());
            out.writeBytes(bytes(tensor.values, dtype));
        }
        Files.write(file, out.toByteArray());
    }

    private static void write(Path file, byte[] pickle, Map<String, Content> tensors, DType dtype) throws IOException {
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            store(zip, "archive/data.pkl", pickle);
            store(zip, "archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            int key = 0;
            for (Content tensor : tensors.values()) {
                store(zip, "archive/data/" + key++, bytes(tensor.values, dtype));
            }
        }
    }

    static byte[] bytes(float[] values, DType dtype) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (dtype) {
                case F16 -> buffer.putShort(Float.floatToFloat16(value));
                case BF16 -> buffer.putShort(DType.floatToBfloat16(value));
                default -> buffer.putFloat(value);
            }
        }
        return buffer.array();
    }

    private static void store(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
    }

    private static byte[] pickle(Map<String, Content> tensors, DType dtype) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        latin1(out, "\u0080\u0002ccollections\nOrderedDict\n)R(");
        int key = 0;
        for (Map.Entry<String, Content> tensor : tensors.entrySet()) {
            text(out, tensor.getKey());
            tensor(out, tensor.getValue(), key++, dtype);
        }
        latin1(out, "u.");
        return out.toByteArray();
    }

    private static byte[] nested(Map<String, Content> tensors, DType dtype) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        latin1(out, "\u0080\u0002}(");
        text(out, "epoch");
        integer(out, 3);
        String open = "";
        int key = 0;
        for (Map.Entry<String, Content> tensor : tensors.entrySet()) {
            int slash = tensor.getKey().indexOf('/');
            String dictionary = tensor.getKey().substring(0, Math.max(0, slash));
            if (!dictionary.equals(open)) {
                latin1(out, open.isEmpty() ? "" : "u");
                open = dictionary;
                if (!open.isEmpty()) {
                    text(out, dictionary);
                    latin1(out, "}(");
                }
            }
            text(out, tensor.getKey().substring(slash + 1));
            tensor(out, tensor.getValue(), key++, dtype);
        }
        latin1(out, open.isEmpty() ? "u." : "uu.");
        return out.toByteArray();
    }

    private static void tensor(ByteArrayOutputStream out, Content content, int key, DType dtype) {
        int[] dims = content.shape.toArray();
        latin1(out, "ctorch._utils\n_rebuild_tensor_v2\n((");
        text(out, "storage");
        latin1(out, "ctorch\n" + (dtype == DType.F16 ? "HalfStorage" : dtype == DType.BF16 ? "BFloat16Storage" : "FloatStorage")
                + "\n");
        text(out, String.valueOf(key));
        text(out, "cpu");
        integer(out, content.values.length);
        latin1(out, "tQK\0(");
        for (int dim : dims) {
            integer(out, dim);
        }
        latin1(out, "t(");
        for (int i = 0; i < dims.length; i++) {
            int stride = 1;
            for (int j = i + 1; j < dims.length; j++) {
                stride *= dims[j];
            }
            integer(out, stride);
        }
        latin1(out, "t\u0089ccollections\nOrderedDict\n)RtR");
    }

    private static void latin1(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length).array());
        out.writeBytes(bytes);
    }

    private static void integer(ByteArrayOutputStream out, int value) {
        out.write('J');
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }
}
