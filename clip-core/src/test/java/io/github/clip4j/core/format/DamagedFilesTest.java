package io.github.clip4j.core.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.testkit.Mutations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ten thousand damaged versions of each kind of file: each is read, or refused with [WeightFormatException], within the memory that its
/// size justifies.
class DamagedFilesTest {
    @TempDir
    private Path directory = Path.of("");

    private void survives(byte[] original, String name, Mutations.Reader reader) throws IOException {
        Mutations.survive(original, directory.resolve(name), WeightFormatException.class, 1000, reader);
    }

    private static void readAll(WeightSource source) throws IOException {
        try (source) {
            for (TensorInfo info : source.tensors().values()) {
                if (info.dtype().isFloat()) {
                    assertThat(source.read(info.name())).hasSize(info.shape().elements());
                }
            }
        }
    }

    @Test
    void safetensors() throws IOException {
        byte[] header = ("{\"__metadata__\":{\"format\":\"pt\"},\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                + "\"a.bias\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[24,32]},"
                + "\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[32,40]}}").getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + header.length + 40).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header);
        survives(file.array(), "a.safetensors", path -> readAll(SafetensorsFile.open(path)));
    }

    private static byte[] npy() {
        byte[] header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }            \n".getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length, 0});
        out.writeBytes(header);
        out.writeBytes(new byte[24]);
        return out.toByteArray();
    }

    @Test
    void npyFiles() throws IOException {
        survives(npy(), "a.npy", path -> NpyArray.read(path).floats());
    }

    @Test
    void npzArchives() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : new String[] {"a.npy", "b.npy"}) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(npy());
            }
        }
        survives(bytes.toByteArray(), "a.npz", path -> readAll(NpyWeights.openArchive(path)));
    }

    @Test
    void torchFiles() throws IOException {
        survives(Files.readAllBytes(Path.of("src/test/resources/torch/state.pt")), "a.pt", path -> readAll(TorchFile.open(path)));
        survives(Files.readAllBytes(Path.of("src/test/resources/torch/script.pt")), "b.pt", path -> readAll(TorchFile.open(path)));
    }
}
