package io.github.clip4j.core.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that PyTorch wrote (`weights-tools/python/make_torch_goldens.py`), and malicious ones.
class TorchFileTest {
    private static final Path FILES = Path.of("src/test/resources/torch");

    @TempDir
    private Path directory = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"state.pt", "script.pt"})
    void readsWhatPyTorchWrote(String name) throws IOException {
        JsonObject expected = JsonParser.parseString(Files.readString(FILES.resolve("expected.json"))).getAsJsonObject()
                .getAsJsonObject(name);
        try (TorchFile file = TorchFile.open(FILES.resolve(name))) {
            assertThat(file.tensors().keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
            for (String tensor : expected.keySet()) {
                JsonObject entry = expected.getAsJsonObject(tensor);
                int[] shape = entry.getAsJsonArray("shape").asList().stream().mapToInt(dim -> dim.getAsInt()).toArray();
                assertThat(Objects.requireNonNull(file.tensors().get(tensor)).shape().toArray()).as(tensor).isEqualTo(shape);
                if (Objects.requireNonNull(file.tensors().get(tensor)).dtype().isFloat()) {
                    float[] values = file.read(tensor);
                    for (int i = 0; i < values.length; i++) {
                        assertThat(values[i]).as("%s[%d]", tensor, i).isEqualTo(entry.getAsJsonArray("values").get(i).getAsFloat());
                    }
                }
            }
        }
    }

    @Test
    void namesTheStoredTypes() throws IOException {
        try (TorchFile file = TorchFile.open(FILES.resolve("state.pt"))) {
            assertThat(Objects.requireNonNull(file.tensors().get("bf16")).dtype()).isEqualTo(DType.BF16);
            assertThat(Objects.requireNonNull(file.tensors().get("f16")).dtype()).isEqualTo(DType.F16);
        }
        try (TorchFile file = TorchFile.open(FILES.resolve("training.pt"))) {
            assertThatThrownBy(() -> file.read("state_dict.module.ids")).hasMessageContaining("expected F32, F16, BF16 or F64, got I64");
        }
    }

    /// The form of PyTorch before 1.6, which later ones write when they are asked for it.
    @Test
    void readsFilesOfPyTorchBefore16() throws IOException {
        try (TorchFile file = TorchFile.open(FILES.resolve("legacy.pt"))) {
            assertThat(file.tensors().keySet()).containsExactly("a");
            assertThat(file.read("a")).containsExactly(0, 0.125f, 0.25f, 0.375f, 0.5f, 0.625f);
        }
    }

    /// Saved with three protocols of pickle, and as before PyTorch 1.6, beside an optimizer, options, a random generator and the like.
    @ParameterizedTest
    @ValueSource(strings = {"training2.pt", "training4.pt", "training5.pt", "training_legacy.pt"})
    void readsWhatTrainingProgramsSave(String name) throws IOException {
        try (TorchFile file = TorchFile.open(FILES.resolve(name))) {
            List<String> optimizer = file.tensors().keySet().stream().filter(tensor -> tensor.startsWith("optimizer_state_dict.")).toList();
            assertThat(optimizer).hasSize(6).contains("optimizer_state_dict.state.0.exp_avg", "optimizer_state_dict.state.1.step");
            assertThat(file.tensors().keySet()).filteredOn(tensor -> !optimizer.contains(tensor)).containsExactly(
                    "list.0", "loss", "model_state_dict.a", "model_state_dict.marked", "model_state_dict.noted", "model_state_dict.u16");
            assertThat(file.read("loss")).containsExactly(0.5f);
            assertThat(file.read("model_state_dict.marked")).as("_rebuild_parameter_with_state").containsExactly(row(6));
            assertThat(file.read("model_state_dict.noted")).as("_rebuild_from_type_v2").containsExactly(row(12));
            assertThat(file.read("list.0")).containsExactly(row(18));
            assertThat(Objects.requireNonNull(file.tensors().get("model_state_dict.u16")).dtype()).as("_rebuild_tensor_v3").isEqualTo(
                    DType.U16);
        }
    }

    private static float[] row(int first) {
        float[] row = new float[6];
        for (int i = 0; i < row.length; i++) {
            row[i] = (first + i) / 8f;
        }
        return row;
    }

    @ParameterizedTest
    @ValueSource(strings = {"whole.pt", "whole_legacy.pt"})
    void namesWholeModules(String name) {
        assertThatThrownBy(() -> TorchFile.open(FILES.resolve(name))).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith(name).hasMessageContaining("holds an object of the class __main__.Whole: a whole pickled module")
                .hasMessageContaining("torch.save(model.state_dict(), …)");
    }

    @ParameterizedTest
    @CsvSource({
        "quick_scripted.pt, QUICK_GELU", "quick_traced.pt, QUICK_GELU", "quick_traced64.pt, QUICK_GELU", "gelu_scripted.pt, GELU",
        "gelu_traced.pt, GELU", "tanh_traced.pt, GELU_TANH"
    })
    void archivesTellTheirActivationByTheirCode(String name, Activation activation) throws IOException {
        try (TorchFile file = TorchFile.open(FILES.resolve(name))) {
            assertThat(file.activations()).containsExactly(activation);
        }
    }

    @Test
    void filesWithoutCodeTellNoActivation() throws IOException {
        try (TorchFile file = TorchFile.open(FILES.resolve("state.pt")); TorchFile script = TorchFile.open(FILES.resolve("script.pt"))) {
            assertThat(file.activations()).isEmpty();
            assertThat(script.activations()).isEmpty();
        }
    }

    private Path archive(byte[] pickle, byte[] storage) throws IOException {
        Path file = directory.resolve("x.pt");
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            for (String name : new String[] {"x/data.pkl", "x/data/0"}) {
                byte[] bytes = name.endsWith("pkl") ? pickle : storage;
                ZipEntry entry = new ZipEntry(name);
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(bytes.length);
                CRC32 crc = new CRC32();
                crc.update(bytes);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(bytes);
            }
        }
        return file;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// The pickle of `{"a": tensor}` with four float32 elements in storage 0.
    private static byte[] tensor(String type, int elements, int offset, int size, int stride) {
        return latin1("\u0080\u0002}X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\n" + type
                + "\nX\u0001\0\0\0" + "0X\u0003\0\0\0cpuK"
                + (char) elements + "tQK" + (char) offset + "K" + (char) size + "\u0085K" + (char) stride
                        + "\u0085\u0089ccollections\nOrderedDict\n)RtRs.");
    }

    @Test
    void readsAPickleWrittenByHand() throws IOException {
        try (TorchFile file = TorchFile.open(archive(tensor("FloatStorage", 4, 1, 2, 2), new byte[16]))) {
            assertThat(file.read("a")).containsExactly(0, 0);
        }
    }

    @Test
    void executesNothing() throws IOException {
        Path system = archive(latin1("\u0080\u0002cos\nsystem\nX\u0004\0\0\0true\u0085R."), new byte[0]);
        assertThatThrownBy(() -> TorchFile.open(system))
                .isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("x.pt!data.pkl: refers to os.system, which files of weights do not need");
        Path instance = archive(latin1("\u0080\u0002(ios\nsystem\n."), new byte[0]);
        assertThatThrownBy(() -> TorchFile.open(instance))
                .hasMessageContaining("operation 69 at byte 3 is not one that files of weights need");
    }

    @Test
    void viewsStayInsideTheirStorages() throws IOException {
        assertThatThrownBy(() -> TorchFile.open(archive(tensor("FloatStorage", 4, 2, 2, 2), new byte[16])))
                .hasMessageContaining("expected a view within the 4 elements of its storage, got one that ends at 4");
        assertThatThrownBy(() -> TorchFile.open(archive(tensor("FloatStorage", 4, 0, 5, 0), new byte[16])))
                .hasMessageContaining("expected at most the 4 elements");
        assertThatThrownBy(() -> TorchFile.open(archive(tensor("FloatStorage", 5, 0, 2, 1), new byte[16])))
                .hasMessageContaining("to have 5 elements, got 16 bytes");
        assertThatThrownBy(() -> TorchFile.open(archive(tensor("QInt8Storage", 4, 0, 2, 1), new byte[16])))
                .hasMessageContaining("torch.QInt8Storage");
        assertThatThrownBy(() -> TorchFile.open(archive(latin1("\u0080\u0002h\5."), new byte[0])))
                .hasMessageContaining("refers to value 5");
        assertThatThrownBy(() -> TorchFile.open(archive(latin1("\u0080\u0002ttt."), new byte[0])))
                .hasMessageContaining("malformed pickle at byte 3 of 6");
        assertThatThrownBy(() -> TorchFile.open(archive(latin1("\u0080\u0002X\u00FF\u00FF\u00FF\u007F."), new byte[0])))
                .hasMessageContaining("expected a string of at most 1 bytes");
    }
}
