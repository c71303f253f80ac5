package io.github.clip4j.core.format;

import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.safetensors.ShardedWeights;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.testkit.MutationRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Valid files of weights in which one to three fields have been changed, with lengths, offsets and checksums made to fit again: each is
/// read, or refused with [WeightFormatException], in bounded time and memory.
class WeightMutationsTest {
    private static final Path TORCH = Path.of("src/test/resources/torch");
    private static final int QUICK = 3_000;
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    private static final List<String> NUMBERS = List.of(
            "0", "1", "2", "7", "-1", "2147483647", "2147483648", "4294967295", "9223372036854775807", "9223372036854775808",
            "99999999999999999999999", "1.0", "1e3", "null", "[]", "\"4\"", "{}", "true");
    private static final List<String> TOKENS = List.of(
            "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "[[[[[[", "{\"a\":", "\u0000", "\u00e9", "(", ")", "'", "L", "True",
                    "F8_E4M3", "BOOL",
            "<f8", ">f2", "|O", "=i4", "__metadata__");

    private static void run(String name, double leastRefused, MutationRun.Maker<byte[]> maker, MutationRun.Reader<byte[]> reader)
            throws InterruptedException {
        MutationRun.ofBytes(name, WeightFormatException.class, file -> MutationRun.bound(file.length))
                .survive(QUICK, leastRefused, maker, reader);
    }

    private static void readAll(WeightSource source) throws IOException {
        try (source) {
            for (TensorInfo info : source.tensors().values()) {
                if (info.dtype().isFloat()) {
                    source.read(info.name());
                }
            }
        }
    }

    private static <T> T any(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }

    /// A number replaced, a piece put in, cut out or doubled, or a word exchanged for another of the same text.
    private static String mutateText(String text, SplittableRandom random) {
        if (text.isEmpty()) {
            return any(TOKENS, random);
        }
        int at = random.nextInt(text.length());
        int end = Math.min(text.length(), at + random.nextInt(1, 12));
        return switch (random.nextInt(6)) {
            case 0, 1, 2 -> {
                List<MatchResult> numbers = NUMBER.matcher(text).results().toList();
                if (numbers.isEmpty()) {
                    yield text + any(NUMBERS, random);
                }
                MatchResult number = any(numbers, random);
                yield text.substring(0, number.start()) + any(NUMBERS, random) + text.substring(number.end());
            }
            case 3 -> text.substring(0, at) + any(TOKENS, random) + text.substring(random.nextBoolean() ? at : end);
            case 4 -> text.substring(0, at) + text.substring(end);
            default -> {
                int from = random.nextInt(text.length());
                yield text.substring(0, at) + text.substring(from, Math.min(text.length(), from + 30)) + text.substring(end);
            }
        };
    }

    private static String mutatedText(String text, SplittableRandom random) {
        String mutated = text;
        for (int n = random.nextInt(1, 4); n > 0; n--) {
            mutated = mutateText(mutated, random);
        }
        return mutated;
    }

    /// An extreme value where a field of one to eight bytes may be, or a piece put in, cut out or copied from elsewhere.
    private static byte[] mutateBytes(byte[] bytes, SplittableRandom random) {
        if (bytes.length == 0) {
            return new byte[] {(byte) random.nextInt(256)};
        }
        int at = random.nextInt(bytes.length);
        int end = Math.min(bytes.length, at + random.nextInt(1, 12));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes, 0, at);
        switch (random.nextInt(5)) {
            case 0 -> { // a field
                int width = Math.min(1 << random.nextInt(4), bytes.length - at);
                long value = any(List.of(0L, 1L, -1L, 255L, 0x7FFFL, 0x7FFF_FFFFL, 0x8000_0000L, Long.MAX_VALUE, Long.MIN_VALUE), random);
                byte[] field = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
                out.write(field, 0, width);
                out.write(bytes, at + width, bytes.length - at - width);
            }
            case 1 -> { // a bit
                out.write(bytes[at] ^ (1 << random.nextInt(8)));
                out.write(bytes, at + 1, bytes.length - at - 1);
            }
            case 2 -> out.write(bytes, end, bytes.length - end);
            case 3 -> {
                int from = random.nextInt(bytes.length);
                out.write(bytes, from, Math.min(bytes.length - from, random.nextInt(1, 40)));
                out.write(bytes, random.nextBoolean() ? at : end, bytes.length - (random.nextBoolean() ? end : Math.max(at, end)));
            }
            default -> { // an operation of a pickle, or any byte
                out.write("}]()NKMJXUqhjrtusaebRQc.\u0080\u0081\u0085\u0086\u0087\u0088\u008a\u0090\u0093\u0094".charAt(random.nextInt(
                        33)));
                out.write(bytes, random.nextBoolean() ? at : Math.min(bytes.length, at + 1), bytes.length - Math.min(bytes.length, at + 1));
            }
        }
        return out.toByteArray();
    }

    private static byte[] mutatedBytes(byte[] bytes, SplittableRandom random) {
        byte[] mutated = bytes;
        for (int n = random.nextInt(1, 4); n > 0; n--) {
            mutated = mutateBytes(mutated, random);
        }
        return mutated;
    }

    @Test
    void safetensors() throws InterruptedException {
        String header = "{\"__metadata__\":{\"format\":\"pt\"},\"a.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                + "\"a.bias\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[24,32]},\"n\":{\"dtype\":\"I64\",\"shape\":[],"
                + "\"data_offsets\":[32,40]}}";
        run("safetensors", 0.3, random -> {
            byte[] json = mutatedText(header, random).getBytes(StandardCharsets.UTF_8);
            long length = random.nextInt(8) == 0 ? random.nextLong() >>> random.nextInt(64) : json.length;
            return ByteBuffer.allocate(8 + json.length + 40).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json).array();
        }, file -> readAll(SafetensorsFile.open(ByteSource.of("a.safetensors", file))));
    }

    @Test
    void shardedIndexes() throws InterruptedException {
        String shard = "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        byte[] a = shard.formatted("a").getBytes(StandardCharsets.UTF_8);
        byte[] b = shard.formatted("b").getBytes(StandardCharsets.UTF_8);
        byte[] first = ByteBuffer.allocate(12 + a.length).order(ByteOrder.LITTLE_ENDIAN).putLong(a.length).put(a).array();
        byte[] second = ByteBuffer.allocate(12 + b.length).order(ByteOrder.LITTLE_ENDIAN).putLong(b.length).put(b).array();
        String index = "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}}";
        run("sharded index", 0.3, random -> mutatedText(index, random).getBytes(StandardCharsets.UTF_8), file -> {
            Folder folder = Folder.of("m", Map.of("1.safetensors", first, "2.safetensors", second, "index.json", file));
            readAll(ShardedWeights.open(folder, "index.json", (there, name) -> SafetensorsFile.open(there.open(name))));
        });
    }

    private static byte[] npy(String dict, int major, byte[] data) {
        byte[] header = dict.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer file = ByteBuffer.allocate((major == 1 ? 10 : 12) + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, 0});
        if (major == 1) {
            file.putShort((short) header.length);
        } else {
            file.putInt(header.length);
        }
        return file.put(header).put(data).array();
    }

    private static byte[] mutatedNpy(SplittableRandom random) {
        String dict = random.nextBoolean()
                ? "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }            \n"
                : "{'descr': '>f2', 'fortran_order': False, 'shape': (12,), }            \n";
        byte[] file = npy(random.nextInt(4) == 0 ? dict : mutatedText(dict, random), random.nextInt(1, 4), new byte[24]);
        return random.nextInt(4) == 0 ? mutatedBytes(file, random) : file;
    }

    @Test
    void npy() throws InterruptedException {
        run("npy", 0.3, WeightMutationsTest::mutatedNpy, file -> {
            NpyWeights weights = NpyWeights.openFolder(Folder.of("weights", Map.of("a.npy", file)));
            readAll(weights);
            if (weights.tensors().values().stream().allMatch(info -> info.dtype().isFloat())) {
                NpyArray ignored = weights.array("a");
                ignored.floats();
            }
        });
    }

    /// Fields of the directory, the local headers and the end record, whose places are known by their marks.
    private static byte[] mutatedZip(byte[] archive, SplittableRandom random) {
        byte[] mutated = archive.clone();
        ByteBuffer bytes = ByteBuffer.wrap(mutated).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> marks = new ArrayList<>();
        for (int i = 0; i + 4 <= mutated.length; i++) {
            if (mutated[i] == 'P' && mutated[i + 1] == 'K' && mutated[i + 2] < 8 && mutated[i + 2] == mutated[i + 3] - 1) {
                marks.add(i);
            }
        }
        for (int n = random.nextInt(1, 4); n > 0 && !marks.isEmpty(); n--) {
            int at = any(marks, random) + 4 + random.nextInt(44);
            long value = any(List.of(0L, 1L, 8L, 12L, 0xFFFFL, 0xFFFF_FFFFL, 0x7FFF_FFFFL, (long) mutated.length, random.nextLong()),
                    random);
            if (at + 8 <= mutated.length) {
                switch (random.nextInt(3)) {
                    case 0 -> bytes.putShort(at, (short) value);
                    case 1 -> bytes.putInt(at, (int) value);
                    default -> bytes.putInt(at, bytes.getInt(at) + random.nextInt(-3, 4));
                }
            }
        }
        return random.nextInt(8) == 0 ? Arrays.copyOf(mutated, random.nextInt(mutated.length)) : mutated;
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void npz(int method) throws InterruptedException {
        byte[] valid = PickleBuilder.zip(method, "a.npy", npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", 1,
                new byte[24]),
                "b.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", 2, new byte[24]));
        run("npz " + (method == 0 ? "stored" : "deflated"), 0.1, random -> random.nextInt(3) == 0
                ? PickleBuilder.zip(method, "a.npy", mutatedNpy(random), random.nextInt(9) == 0 ? "b" : "b.npy", mutatedNpy(random))
                : mutatedZip(valid, random), file -> readAll(NpyWeights.openArchive(ByteSource.of("a.npz", file))));
    }

    /// The directory of a file that PyTorch wrote, with its 64-bit records.
    @ParameterizedTest
    @ValueSource(strings = {"state.pt", "script.pt", "quick_traced.pt", "training5.pt"})
    void torchArchives(String name) throws IOException, InterruptedException {
        byte[] valid = Files.readAllBytes(TORCH.resolve(name));
        run("archive " + name, 0.05, random -> mutatedZip(valid, random), file -> readAll(TorchFile.open(ByteSource.of("a.pt", file))));
    }

    /// The pickles of such a file, in a new archive with right checksums.
    @ParameterizedTest
    @ValueSource(strings = {"state.pt", "script.pt", "quick_traced.pt", "training2.pt", "training4.pt"})
    void torchPickles(String name) throws IOException, InterruptedException {
        ZipDirectory zip = ZipDirectory.read(ByteSource.of(name, Files.readAllBytes(TORCH.resolve(name))));
        Object[] entries = new Object[2 * zip.entries().size()];
        for (int i = 0; i < zip.entries().size(); i++) {
            ZipDirectory.Entry entry = zip.entries().get(i);
            entries[2 * i] = entry.name();
            try (ByteSource content = zip.open(entry)) {
                entries[2 * i + 1] = content.bytes(0, (int) content.size());
            }
        }
        run("pickle " + name, 0.3, random -> {
            Object[] mutated = entries.clone();
            for (int i = 0; i < entries.length; i += 2) {
                String entry = (String) entries[i];
                if (entry.endsWith("/data.pkl") || (random.nextInt(3) == 0 && (entry.endsWith(".pkl") || entry.endsWith(".py")))) {
                    mutated[i + 1] = mutatedBytes((byte[]) entries[i + 1], random);
                }
            }
            return PickleBuilder.zip(ZipEntry.STORED, mutated);
        }, file -> readAll(TorchFile.open(ByteSource.of("a.pt", file))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"legacy.pt", "training_legacy.pt"})
    void legacyFiles(String name) throws IOException, InterruptedException {
        byte[] valid = Files.readAllBytes(TORCH.resolve(name));
        run("legacy " + name, 0.2, random -> {
            byte[] rest = mutatedBytes(Arrays.copyOfRange(valid, 15, valid.length), random);
            byte[] file = Arrays.copyOf(valid, 15 + rest.length); // the magic number stays
            System.arraycopy(rest, 0, file, 15, rest.length);
            return file;
        }, file -> readAll(TorchFile.open(ByteSource.of("a.pt", file))));
    }
}
