package io.github.clip4j.core.format.npy;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.FloatDecoder;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipException;

/// A checkpoint as npy arrays: a folder of files, or the entries of an npz archive. The array `NAME.npy` is the tensor `NAME`.
public final class NpyWeights implements WeightSource {
    private static final String SUFFIX = ".npy";
    private static final float[] NO_BUFFER = {};

    private final String location;
    private final Container container;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
    private final Map<String, NpyHeader> headers = new HashMap<>();

    /// Where the arrays are.
    private sealed interface Container {
        /// The files of a folder.
        record InFolder(Folder folder) implements Container {}

        /// The entries of an archive, and its bytes.
        record InArchive(ZipDirectory zip, ByteSource bytes) implements Container {}
    }

    private NpyWeights(String location, Container container) {
        this.location = location;
        this.container = container;
    }

    /// Opens a directory and checks the header of every `.npy` file in it; other files are not tensors.
    public static NpyWeights openDirectory(Path directory) throws IOException {
        return openFolder(Folder.of(directory));
    }

    /// The same for a folder of any kind.
    public static NpyWeights openFolder(Folder folder) throws IOException {
        NpyWeights weights = new NpyWeights(folder.name(), new Container.InFolder(folder));
        for (String file : folder.files()) {
            if (file.endsWith(SUFFIX)) {
                try (ByteSource source = folder.open(file); InputStream in = new BufferedInputStream(source.stream(0, source.size()))) {
                    weights.add(file, NpyArray.readHeader(in, source.size(), file), file);
                }
            }
        }
        return weights;
    }

    private void add(String file, NpyHeader header, String where) {
        String name = file.substring(0, file.length() - SUFFIX.length());
        tensors.put(name, new TensorInfo(name, header.dtype(), header.shape(), where));
        headers.put(name, header);
    }

    /// Opens an npz archive and checks the header of every array in it.
    public static NpyWeights openArchive(Path file) throws IOException {
        return openArchive(ByteSource.open(file));
    }

    /// The same for bytes of any origin, which are closed with the result, or when they are refused.
    public static NpyWeights openArchive(ByteSource source) throws IOException {
        try {
            ZipDirectory zip = ZipDirectory.read(source);
            NpyWeights weights = new NpyWeights(source.name(), new Container.InArchive(zip, source));
            Set<String> seen = new HashSet<>();
            for (ZipDirectory.Entry entry : zip.entries()) {
                String where = zip.where(entry);
                if (!seen.add(entry.name())) {
                    throw new WeightFormatException(where + ": the archive holds two entries of that name");
                }
                if (!entry.name().endsWith(SUFFIX)) {
                    throw new WeightFormatException(where + ": expected npy arrays only");
                }
                try (InputStream in = new BufferedInputStream(zip.stream(entry))) {
                    weights.add(entry.name(), NpyArray.readHeader(in, entry.size(), where), where);
                }
            }
            return weights;
        } catch (ZipException | EOFException e) {
            source.close();
            throw new WeightFormatException("%s: damaged archive: %s".formatted(source.name(), e.getMessage()), e);
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    @Override
    public String location() {
        return location;
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    @Override
    public float[] read(String name) throws IOException {
        return read(name, NO_BUFFER);
    }

    /// Elements that are stored in row-major order and not compressed are read in place; others with all of their array.
    @Override
    public float[] read(String name, int first, int count, float[] buffer) throws IOException {
        TensorInfo info = TensorInfo.require(this, name);
        Objects.checkFromIndexSize(first, count, info.shape().elements());
        NpyHeader header = Objects.requireNonNull(headers.get(name));
        try (ByteSource source = open(name)) {
            float[] values = FloatDecoder.arrayFor(count, buffer);
            if (header.fortran()) {
                System.arraycopy(array(source, info.file()).floats(), first, values, 0, count);
            } else {
                long position = header.length() + (long) first * header.dtype().bytes();
                FloatDecoder.read(source, position, header.dtype(), header.order(), values, count, info.file());
            }
            return values;
        }
    }

    /// The array `name` itself, of whatever type.
    public NpyArray array(String name) throws IOException {
        TensorInfo info = tensors.get(name);
        if (info == null) {
            throw new WeightFormatException("%s: expected an array %s, got none of that name".formatted(location, name));
        }
        try (ByteSource source = open(name)) {
            return array(source, info.file());
        }
    }

    private static NpyArray array(ByteSource source, String where) throws IOException {
        try (InputStream in = new BufferedInputStream(source.stream(0, source.size()))) {
            return NpyArray.read(in, source.size(), where);
        }
    }

    private ByteSource open(String name) throws IOException {
        return switch (container) {
            case Container.InFolder(Folder folder) -> folder.open(name + SUFFIX);
            case Container.InArchive(ZipDirectory zip, ByteSource _) -> zip.open(zip.entry(name + SUFFIX).orElseThrow());
        };
    }

    @Override
    public void close() throws IOException {
        if (container instanceof Container.InArchive(ZipDirectory _, ByteSource bytes)) {
            bytes.close();
        }
    }
}
