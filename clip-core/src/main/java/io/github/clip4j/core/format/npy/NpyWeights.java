package io.github.clip4j.core.format.npy;

import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/// A checkpoint as npy arrays: a directory of files, or the entries of an npz archive. The array `NAME.npy` is the tensor `NAME`.
public final class NpyWeights implements WeightSource {
    private static final String SUFFIX = ".npy";

    /// Deflate shrinks by 1032 at most: an entry that promises more is lying, and is not allocated.
    private static final long MAX_DEFLATE_RATIO = 1032;

    private final Path path;
    private final @Nullable ZipFile zip;
    private final SortedMap<String, TensorInfo> tensors;

    private NpyWeights(Path path, @Nullable ZipFile zip, SortedMap<String, TensorInfo> tensors) {
        this.path = path;
        this.zip = zip;
        this.tensors = tensors;
    }

    /// Opens a directory and checks the header of every `.npy` file in it; other files are no tensors.
    public static NpyWeights openDirectory(Path directory) throws IOException {
        SortedMap<String, TensorInfo> tensors = new TreeMap<>();
        List<Path> files;
        try (Stream<Path> listing = Files.list(directory)) {
            files = listing.filter(file -> file.toString().endsWith(SUFFIX)).toList();
        }
        for (Path file : files) {
            String fileName = String.valueOf(file.getFileName());
            String name = fileName.substring(0, fileName.length() - SUFFIX.length());
            try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
                NpyHeader header = NpyArray.readHeader(in, Files.size(file), fileName);
                tensors.put(name, new TensorInfo(name, header.dtype(), header.shape(), fileName));
            }
        }
        return new NpyWeights(directory, null, Collections.unmodifiableSortedMap(tensors));
    }

    /// Opens an npz archive and checks the header of every array in it.
    public static NpyWeights openArchive(Path file) throws IOException {
        ZipFile zip;
        try {
            zip = new ZipFile(file.toFile());
        } catch (ZipException | EOFException e) {
            throw new WeightFormatException("%s: expected an npz archive: %s".formatted(file.getFileName(), e.getMessage()), e);
        }
        try {
            SortedMap<String, TensorInfo> tensors = new TreeMap<>();
            Set<String> seen = new HashSet<>();
            for (ZipEntry entry : Collections.list(zip.entries())) {
                String where = file.getFileName() + "!" + entry.getName();
                if (!seen.add(entry.getName())) {
                    throw new WeightFormatException(where + ": the archive holds two entries of that name");
                }
                if (!entry.getName().endsWith(SUFFIX)) {
                    throw new WeightFormatException(where + ": expected npy arrays only");
                }
                if (entry.getSize() > MAX_DEFLATE_RATIO * Math.max(1, entry.getCompressedSize())) {
                    throw new WeightFormatException("%s: expected at most %,d bytes from %,d compressed ones, got %,d"
                            .formatted(where, MAX_DEFLATE_RATIO * entry.getCompressedSize(), entry.getCompressedSize(), entry.getSize()));
                }
                String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
                try (InputStream in = zip.getInputStream(entry)) {
                    NpyHeader header = NpyArray.readHeader(in, entry.getSize(), where);
                    tensors.put(name, new TensorInfo(name, header.dtype(), header.shape(), where));
                }
            }
            return new NpyWeights(file, zip, Collections.unmodifiableSortedMap(tensors));
        } catch (ZipException | EOFException e) {
            zip.close();
            throw new WeightFormatException("%s: damaged archive: %s".formatted(file.getFileName(), e.getMessage()), e);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    @Override
    public String location() {
        return String.valueOf(path.getFileName());
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return tensors;
    }

    @Override
    public float[] read(String name) throws IOException {
        TensorInfo.require(this, name);
        return array(name).floats();
    }

    /// The array `name` itself, of whatever type.
    public NpyArray array(String name) throws IOException {
        if (zip == null) {
            return NpyArray.read(path.resolve(name + SUFFIX));
        }
        ZipEntry entry = zip.getEntry(name + SUFFIX);
        if (entry == null) {
            throw new WeightFormatException("%s: expected an array %s, got none of that name".formatted(location(), name));
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return NpyArray.read(in, entry.getSize(), path.getFileName() + "!" + entry.getName());
        } catch (ZipException | EOFException e) {
            throw new WeightFormatException("%s!%s: %s".formatted(location(), entry.getName(), e.getMessage()), e);
        }
    }

    @Override
    public void close() throws IOException {
        if (zip != null) {
            zip.close();
        }
    }
}
