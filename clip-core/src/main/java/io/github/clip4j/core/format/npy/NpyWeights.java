package io.github.clip4j.core.format.npy;

import io.github.clip4j.core.format.Budget;
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

    /// Longer names than any model has would fill messages.
    private static final int MAX_NAME = 1_000;

    /// Beyond a header, and enough for most: buffers of many small entries would take more than their archive.
    private static final int HEADER_BUFFER = 1 << 8;

    private static final int FORTRAN_CHUNK = 1 << 16;

    /// What is kept of an array, and what reading its header takes.
    private static final int ARRAY_BYTES = 3_000;

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

    private void add(String file, NpyHeader header, String where) throws WeightFormatException {
        String name = file.substring(0, file.length() - SUFFIX.length());
        if (name.length() > MAX_NAME) {
            throw new WeightFormatException("%s: expected names of at most %,d characters, got %,d".formatted(where, MAX_NAME,
                    name.length()));
        }
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
            Budget budget = Budget.of(source);
            for (ZipDirectory.Entry entry : zip.entries()) {
                String where = zip.where(entry);
                if (!seen.add(entry.name())) {
                    throw new WeightFormatException(where + ": the archive holds two entries of that name");
                }
                if (!entry.name().endsWith(SUFFIX)) {
                    throw new WeightFormatException(where + ": expected npy arrays only");
                }
                budget.take(ARRAY_BYTES + 4L * entry.name().length());
                try (InputStream in = new BufferedInputStream(zip.stream(entry), HEADER_BUFFER)) {
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
                readFortran(source, header, first, count, values, info.file());
            } else {
                long position = header.length() + (long) first * header.dtype().bytes();
                FloatDecoder.read(source, position, header.dtype(), header.order(), values, count, info.file());
            }
            return values;
        }
    }

    /// Reads the whole array in the file's order, and keeps the elements that were asked for.
    private static void readFortran(ByteSource source, NpyHeader header, int first, int count, float[] values, String where)
            throws IOException {
        FortranOrder order = new FortranOrder(header.shape());
        int elements = header.shape().elements();
        float[] chunk = new float[Math.min(elements, FORTRAN_CHUNK)];
        for (int done = 0; done < elements; done += chunk.length) {
            int n = Math.min(chunk.length, elements - done);
            FloatDecoder.read(
                    source, header.length() + (long) done * header.dtype().bytes(), header.dtype(), header.order(), chunk, n, where);
            for (int i = 0; i < n; i++) {
                int index = order.next() - first;
                if (index >= 0 && index < count) {
                    values[index] = chunk[i];
                }
            }
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
