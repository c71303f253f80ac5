package io.github.clip4j.core.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.safetensors.ShardedWeights;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.testkit.MutationRun;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files made to cost more than they are: each ends in the documented exception, in a time and a memory that its size explains.
class HostileWeightsTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private interface Opener {
        void open(ByteSource source) throws IOException;
    }

    private static void openTorch(ByteSource source) throws IOException {
        TorchFile.open(source).close();
    }

    /// The message of the refusal, which must come at once and allocate at most eight times the file and 64 MB.
    private static String refusal(byte[] file, Opener opener) {
        return Assertions.assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            long cpu = THREADS.getCurrentThreadCpuTime();
            long before = THREADS.getCurrentThreadAllocatedBytes();
            Throwable refused = catchThrowable(() -> opener.open(ByteSource.of("x.pt", file)));
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            assertThat(refused).isInstanceOf(WeightFormatException.class);
            assertThat(THREADS.getCurrentThreadCpuTime() - cpu).as("nanoseconds").isLessThan(2_000_000_000L);
            assertThat(allocated).as("bytes").isLessThan(MutationRun.bound(file.length));
            assertThat(String.valueOf(refused.getMessage())).hasSizeLessThan(2_000);
            return String.valueOf(refused.getMessage());
        });
    }

    /// Forty dictionaries, each twice in the next: 2^40 ways to the tensor in the first, in some hundred bytes.
    private static PickleBuilder shared(int levels, String begin, String join) {
        PickleBuilder pickle = new PickleBuilder().op('}').text("t").tensor(4, 4).op('s', 'q', 0);
        for (int level = 1; level <= levels; level++) {
            pickle.ops(begin);
            switch (join) {
                case "dict" -> pickle.op('(').text("a").op('h', level - 1).text("b").op('h', level - 1, 'u');
                case "list" -> pickle.op('(', 'h', level - 1, 'h', level - 1, 'e');
                default -> pickle.op('h', level - 1, 'h', level - 1, 0x86);
            }
            pickle.op('q', level);
        }
        return pickle;
    }

    @ParameterizedTest
    @CsvSource({"}, dict", "], list", "'', tuple"})
    void valuesSharedManyTimesEnd(String begin, String join) {
        assertThat(refusal(shared(40, begin, join).file(16), HostileWeightsTest::openTorch)).contains(
                "expected lists of tensors that fit a file");
        assertThat(refusal(shared(100, begin, join).file(16), HostileWeightsTest::openTorch)).contains("nested at most 64 deep");
    }

    /// Without a tensor at their end there is nothing to name.
    @ParameterizedTest
    @CsvSource({"}, dict", "], list", "'', tuple"})
    void sharedValuesWithoutTensorsAreLookedThroughOnce(String begin, String join) {
        PickleBuilder pickle = new PickleBuilder().op('}', 'q', 0);
        for (int level = 1; level <= 40; level++) {
            pickle.ops(begin);
            switch (join) {
                case "dict" -> pickle.op('(').text("a").op('h', level - 1).text("b").op('h', level - 1, 'u');
                case "list" -> pickle.op('(', 'h', level - 1, 'h', level - 1, 'e');
                default -> pickle.op('h', level - 1, 'h', level - 1, 0x86);
            }
            pickle.op('q', level);
        }
        assertThat(refusal(pickle.file(16), HostileWeightsTest::openTorch)).contains("expected a state dict with tensors, got none");
    }

    @Test
    void valuesWithinThemselvesEnd() {
        PickleBuilder dict = new PickleBuilder().op('}', 'q', 0).text("a").op('h', 0, 's');
        assertThat(refusal(dict.file(16), HostileWeightsTest::openTorch)).contains("got one within itself");
        PickleBuilder list = new PickleBuilder().op(']', 'q', 0, 'h', 0, 'a');
        assertThat(refusal(list.file(16), HostileWeightsTest::openTorch)).contains("got one within itself");
    }

    /// A million dictionaries in one another; each is created in three bytes.
    @Test
    void deepValuesEnd() {
        PickleBuilder pickle = new PickleBuilder();
        for (int i = 0; i < 200_000; i++) {
            pickle.op(']');
        }
        for (int i = 1; i < 200_000; i++) {
            pickle.op('a');
        }
        assertThat(refusal(pickle.file(16), HostileWeightsTest::openTorch)).contains("nested at most 64 deep");
    }

    @Test
    void namesThatGrowEnd() {
        PickleBuilder pickle = new PickleBuilder().text("n".repeat(20_000_000)).op('q', 200).op('0', '}').text("t").tensor(4, 4).op('s',
                'q', 0);
        for (int level = 1; level <= 40; level++) {
            pickle.op('}', 'h', 200, 'h', level - 1, 's', 'q', level);
        }
        assertThat(refusal(pickle.file(16), HostileWeightsTest::openTorch)).contains("expected names of at most 1,000 characters, got "
                + "20,000,001: nnn");
    }

    /// A tuple of a million numbers that a hundred thousand tensors take as their size.
    @Test
    void copiesOfLargeSizesEnd() {
        PickleBuilder pickle = new PickleBuilder().op('(');
        for (int i = 0; i < 100_000; i++) {
            pickle.op('K', 1);
        }
        pickle.op('t', 'q', 0, '0').op('}');
        pickle.text("a").storage("FloatStorage", "0", 4, false).op('K', 0, 'h', 0, 'h', 0, 0x89).global("collections", "OrderedDict").ops(
                ")RtRs");
        assertThat(refusal(pickle.file(16), HostileWeightsTest::openTorch)).contains("expected tensors of at most 64 dimensions, got "
                + "100,000");
    }

    /// What stands where a name, a key or a size should, and is printed by nobody.
    @ParameterizedTest
    @ValueSource(strings = {"key", "size", "offset", "type", "call", "state", "dictionary key"})
    void nestedValuesArePrintedByNobody(String place) {
        PickleBuilder pickle = new PickleBuilder().op(']', 'q', 0);
        for (int level = 1; level <= 60; level++) {
            pickle.op('h', level - 1, 'h', level - 1, 0x86, 'q', level);
        }
        switch (place) {
            case "key" -> pickle.ops("((").text("storage").global("torch", "FloatStorage").op('h', 60).text("cpu").integer(4).ops("tQ");
            case "size" -> pickle.storage("FloatStorage", "0", 4, false).op('K', 0, 'h', 60, 'h', 60, 0x89).ops("NtR");
            case "offset" -> pickle.storage("FloatStorage", "0", 4, false).op('h', 60, ')', ')', 0x89).ops("NtR");
            case "type" -> pickle.ops("((").text("storage").op('h', 60).text("0").text("cpu").integer(4).ops("tQ");
            case "call" -> pickle.op('h', 60, ')', 'R');
            case "state" -> pickle.op('h', 60, 'h', 60, 'b');
            default -> pickle.op('}', 'h', 60, 'K', 1, 's');
        }
        assertThat(refusal(pickle.file(16), HostileWeightsTest::openTorch)).isNotBlank();
    }

    /// Every operation that makes something in a byte or two, as often as 1 MB holds it.
    @ParameterizedTest
    @ValueSource(strings = {"}", "]", "(", ")", "N", "(t", "}q\u0001", "K\u0001", "h\u0001", "2", "]h\u0001a"})
    void cheapOperationsAreCharged(String operations) {
        PickleBuilder pickle = new PickleBuilder().op(']', 'q', 1);
        for (int i = 0; i < 1_000_000 / operations.length(); i++) {
            pickle.ops(operations);
        }
        assertThat(refusal(pickle.file(16), HostileWeightsTest::openTorch)).isNotBlank();
    }

    @Test
    void aCompressedPickleMayNotGrow() {
        byte[] zeros = new byte[40_000_000];
        Arrays.fill(zeros, (byte) 'N');
        byte[] bomb = PickleBuilder.zip(ZipEntry.DEFLATED, "x/data.pkl", zeros);
        assertThat(refusal(bomb, HostileWeightsTest::openTorch)).contains("expected an uncompressed pickle, or one of at most "
                + "8,000,000 bytes");
    }

    private static byte[] npy(int count) {
        byte[] header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }\n".formatted(count).getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(10 + header.length + 4 * count).order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length).put(header).array();
    }

    @Test
    void anNpzBombIsNotUnpacked() {
        byte[] bomb = PickleBuilder.zip(ZipEntry.DEFLATED, "a.npy", npy(10_000_000));
        assertThat(refusal(bomb, source -> {
            try (NpyWeights weights = NpyWeights.openArchive(source)) {
                weights.read("a");
            }
        })).contains("x.pt!a.npy: expected at most").contains("got 40,000,0");
    }

    @Test
    void entriesThatShareBytesAreRefused() {
        byte[] archive = PickleBuilder.zip(ZipEntry.STORED, "a.npy", npy(4), "b.npy", npy(4));
        ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
        int directory = bytes.getInt(archive.length - 6);
        bytes.putInt(directory + 46 + 5 + 42, 0); // the second entry is where the first is
        assertThat(refusal(archive, source -> NpyWeights.openArchive(source).close())).contains("the entries a.npy and b.npy share bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"(1,)", "1,", "1", " ", "{", "'a': 1,", "'a':1,'b':2,"})
    void longNpyHeadersEnd(String repeated) {
        String inner = repeated.repeat(9_900 / repeated.length());
        for (String dict : new String[] {
            "{'descr': '<f4', 'fortran_order': False, 'shape': (" + inner + "), }", "{" + inner + "}", "{'shape': (" + inner + "}",
            "{'descr': '" + inner + "', 'fortran_order': False, 'shape': (1,), }"
        }) {
            byte[] header = dict.substring(0, Math.min(dict.length(), 10_000)).getBytes(StandardCharsets.US_ASCII);
            byte[] file = ByteBuffer.allocate(10 + header.length).order(ByteOrder.LITTLE_ENDIAN)
                    .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) header.length).put(header).array();
            byte[] archive = PickleBuilder.zip(ZipEntry.STORED, "a.npy", file);
            assertThat(refusal(archive, source -> NpyWeights.openArchive(source).close())).isNotBlank();
        }
    }

    /// The header of safetensors is as long as a file may make it: many tensors of nothing, and one name.
    @Test
    void longSafetensorsHeadersEnd() {
        String tensor = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
        StringBuilder many = new StringBuilder("{\"a\":").append(tensor);
        for (int i = 0; i < 15_000; i++) {
            many.append(",\"").append(i).append("\":").append(tensor);
        }
        byte[] file = safetensors(many.append('}').toString());
        assertThatCode(() -> refusal(file, source -> {
            SafetensorsFile.open(source).close();
            throw new WeightFormatException("read");
        })).doesNotThrowAnyException();
        assertThat(refusal(safetensors("{\"" + "n".repeat(1_000_000) + "\":" + tensor + "}"), source -> SafetensorsFile.open(source)
                .close()))
                .contains("expected names of at most 1,000 characters, got 1,000,000: nnn");
    }

    /// What else may fill a header of 2 MB: levels, one string, one name again and again, dimensions, strings of metadata, digits.
    @Test
    void otherLongSafetensorsHeadersEnd() {
        String tensor = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
        String metadata = IntStream.range(0, 200_000).mapToObj(i -> "\"" + i + "\":\"\"").collect(Collectors.joining(","));
        Map<String, String> headers = Map.of(
                "{\"a\":" + "[".repeat(1_000_000) + "]".repeat(1_000_000) + "}", "expected at most 255 levels of arrays and objects",
                "{\"a\":" + "{\"a\":".repeat(400_000) + "1" + "}".repeat(400_001), "expected at most 255 levels",
                "{\"__metadata__\":\"" + "a".repeat(2_000_000) + "\"}", "__metadata__: expected an object, got a string \"aaa",
                "{" + ("\"t\":" + tensor + ",").repeat(40_000) + "\"t\":" + tensor + "}", "the name 't' appears twice in an object",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + "1,".repeat(1_000_000) + "1],\"data_offsets\":[0,4]}}",
                "at most 500,000 elements",
                "{\"__metadata__\":{" + metadata + "}}", "expected lists of tensors that fit a file of this size",
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + "1".repeat(2_000_000) + "]}}", "expected numbers of at most 64 characters");
        headers.forEach((header, message) ->
                assertThat(refusal(safetensors(header), source -> SafetensorsFile.open(source).close()))
                        .contains(message));
    }

    private static byte[] safetensors(String json) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).array();
    }

    /// The last byte of a length is a brace in one of 256 files.
    @Test
    void aHeadersLengthMayLookLikeJson() throws IOException {
        String json = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        String padded = json + " ".repeat(0x7B - json.length());
        byte[] header = safetensors(padded);
        byte[] file = Arrays.copyOf(header, header.length + 4);
        assertThat(file[0]).isEqualTo((byte) '{');
        try (SafetensorsFile weights = SafetensorsFile.open(ByteSource.of("a", file))) {
            assertThat(weights.read("a")).containsExactly(0);
        }
        assertThat(SafetensorsFile.looksLikeOne(ByteSource.of("a", file))).isTrue();
        assertThat(SafetensorsFile.looksLikeOne(ByteSource.of("a", "{\"weight_map\": {}}".getBytes(StandardCharsets.US_ASCII)))).isFalse();
    }

    static Stream<Arguments> others() {
        return Stream.of(
                Arguments.of("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n", "is a pointer of git-lfs"),
                Arguments.of("<!DOCTYPE html><html>", "is a web page"), Arguments.of("\n  <html lang=en>", "is a web page"),
                Arguments.of("GGUF\3\0\0\0", "is a GGUF file"), Arguments.of("\u0089HDF\r\n\u001a\n", "is an HDF5 file"),
                Arguments.of("\b\1\u0012\4\1\2\3\4\5", "is a file of TensorFlow"), Arguments.of("\b\b\u0012\7pytorch", "is an ONNX graph"),
                Arguments.of("\u0083\u00a6params\u0081\u00a1a", "is a msgpack file"), Arguments.of("\u0080\4\u0095\1\2\3\4\5\6",
                        "is a pickle"),
                Arguments.of("\u0089PNG\r\n\u001a\n", "is an image, and not weights"),
                Arguments.of("\u00ff\u00d8\u00ff\u00e0\0\u0010JFIF", "is an image"), Arguments.of("II*\0\b\0\0\0", "is an image"),
                Arguments.of("RIFF\4\0\0\0WEBPVP8 ", "is an image"), Arguments.of("GIF89a", "is an image"),
                Arguments.of("\u001f\u008b\b\0\0\0\0\0\0", "is a compressed file"), Arguments.of("", "is empty"));
    }

    @ParameterizedTest
    @MethodSource("others")
    void otherFilesAreNamed(String content, String message) {
        byte[] file = content.getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> SafetensorsFile.open(ByteSource.of("model.safetensors", file))).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("model.safetensors: " + message);
        assertThatThrownBy(() -> TorchFile.open(ByteSource.of("model.bin", file))).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("model.bin: " + message);
    }

    @Test
    void whatAServerSaysInPlaceOfAFileIsQuoted() {
        ByteSource answer = ByteSource.of("model.safetensors", "Entry not found\n".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(() -> SafetensorsFile.open(answer)).isInstanceOf(WeightFormatException.class)
                .hasMessage("model.safetensors: is a text, such as a server's answer, and not weights: 'Entry not found?'; download "
                        + "it again");
        Folder folder = Folder.of("m", Map.of("model.safetensors", "{\"error\": \"Unauthorized\"}".getBytes(StandardCharsets.US_ASCII)));
        assertThatThrownBy(() -> ShardedWeights.open(folder, "model.safetensors", (there, name) -> SafetensorsFile.open(there.open(name))))
                .hasMessage("model.safetensors: expected weights, or an index of shards with a weight_map, got other JSON");
    }

    @Test
    void programsOfTorchExportAreNamed() {
        byte[] archive = PickleBuilder.zip(
                ZipEntry.STORED, "e/models/model.json", new byte[] {'{', '}'}, "e/archive_format", "pt2".getBytes(
                        StandardCharsets.US_ASCII));
        assertThat(refusal(archive, HostileWeightsTest::openTorch)).startsWith("x.pt: is a program of torch.export");
    }
}
