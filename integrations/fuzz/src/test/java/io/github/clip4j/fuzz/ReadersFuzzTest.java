package io.github.clip4j.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageFormatException;
import io.github.clip4j.tokenizer.Vocabulary;
import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.JsonTokenizer;
import io.github.clip4j.tokenizer.json.SentencePieceFamily;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/// Each reader takes any bytes: it reads them, or refuses them with its documented exception. Anything else is a finding, and so is what
/// takes long or much memory, which Jazzer watches. `run.sh` looks for such inputs; a plain test run tries those that are known.
class ReadersFuzzTest {
    private static final String TEXT = "a photo of <b>two</b> caf\u00e9s \ud83d\ude00 </s>";

    @TempDir
    static Path folder;

    private static Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
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

    @FuzzTest
    void safetensors(byte[] input) throws IOException {
        try {
            readAll(SafetensorsFile.open(ByteSource.of("x.safetensors", input)));
        } catch (WeightFormatException e) {
            // refused
        }
    }

    @FuzzTest
    void torch(byte[] input) throws IOException {
        try {
            readAll(TorchFile.open(ByteSource.of("x.pt", input)));
        } catch (WeightFormatException e) {
            // refused
        }
    }

    @FuzzTest
    void npz(byte[] input) throws IOException {
        try {
            readAll(NpyWeights.openArchive(ByteSource.of("x.npz", input)));
        } catch (WeightFormatException e) {
            // refused
        }
    }

    @FuzzTest
    void npy(byte[] input) throws IOException {
        try {
            NpyArray.read(file("x.npy", input)).floats();
        } catch (WeightFormatException | IllegalArgumentException e) {
            // refused, or of another type
        }
    }

    @FuzzTest
    void json(byte[] input) {
        try {
            StrictJson.parseObject(input, "x.json").names();
        } catch (WeightFormatException e) {
            // refused
        }
    }

    @FuzzTest
    void config(byte[] input) throws IOException {
        file("config.json", input);
        Files.write(folder.resolve("model.safetensors"), "\2\0\0\0\0\0\0\0{}".getBytes(StandardCharsets.ISO_8859_1));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            checkpoint.config();
        } catch (WeightFormatException e) {
            // refused
        }
    }

    @FuzzTest
    void tokenizerJson(byte[] input) throws IOException {
        try {
            encode(JsonTokenizer.read(input, "tokenizer.json"));
        } catch (VocabularyFormatException e) {
            // refused
        }
    }

    @FuzzTest
    void sentencePiece(byte[] input) throws IOException {
        for (SentencePieceFamily family : SentencePieceFamily.values()) {
            try {
                encode(JsonTokenizer.readSentencePiece(input, "spiece.model", family));
            } catch (VocabularyFormatException e) {
                // refused
            }
        }
    }

    @FuzzTest
    void vocabulary(byte[] input) throws IOException {
        int half = input.length / 2;
        byte[] merges = Arrays.copyOfRange(input, half, input.length);
        for (Map<String, byte[]> files : List.of(
                Map.of("tokenizer.json", input), Map.of("bpe_simple_vocab_16e6.txt.gz", input),
                Map.of("vocab.json", Arrays.copyOf(input, half), "merges.txt", merges))) {
            try {
                Vocabulary.of(files);
            } catch (VocabularyFormatException e) {
                // refused
            }
        }
    }

    private static void encode(JsonTokenizer tokenizer) {
        tokenizer.encode(TEXT);
    }

    @FuzzTest
    void image(byte[] input) {
        try {
            ImageFile.read(input);
        } catch (ImageFormatException e) {
            // refused
        }
    }
}
