package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.npy.NpyWeights;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.format.safetensors.ShardedSafetensors;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// Opens weights of any file format, which is known by its content, not by its name.
public final class WeightFile {
    private WeightFile() {}

    /// Opens a file, or a directory of `.npy` files.
    ///
    /// @throws WeightFormatException when it is of no known format, or malformed
    public static WeightSource open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return NpyWeights.openDirectory(path);
        }
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(9);
        }
        if (start.length > 0 && start[0] == '{') {
            return ShardedSafetensors.open(path);
        }
        if (TorchFile.looksLikeOne(path)) {
            return isNpz(path) ? NpyWeights.openArchive(path) : TorchFile.open(path);
        }
        return SafetensorsFile.open(path);
    }

    /// Both are zip archives; NumPy's holds arrays and no pickle of PyTorch's.
    private static boolean isNpz(Path path) throws IOException {
        try (ZipFile zip = new ZipFile(path.toFile())) {
            return zip.stream().anyMatch(entry -> entry.getName().endsWith(".npy")) && zip.stream().noneMatch(entry -> entry.getName().endsWith("/data.pkl"));
        } catch (ZipException | EOFException e) {
            return String.valueOf(path.getFileName()).endsWith(".npz"); // either reader will say what is wrong with it
        }
    }
}
