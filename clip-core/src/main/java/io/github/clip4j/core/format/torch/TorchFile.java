package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.FloatDecoder;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// A file that `torch.save` or `torch.jit.save` wrote: an uncompressed zip archive with a pickle of names and views, and the storages that
/// these are views of (PyTorch `torch/serialization.py`). Nothing of the pickle is executed ([Unpickler]).
///
/// ```
/// NAME/data.pkl      the state dict; or, of a TorchScript archive, its modules
/// NAME/byteorder     "little" or "big"; little where it is absent
/// NAME/data/0        the bytes of storage "0"
/// ```
public final class TorchFile implements WeightSource {
    private static final int MAX_PICKLE = 50_000_000;
    private static final int MAX_DEPTH = 64;

    /// What PyTorch before 1.6 began its files with: a pickle of this number.
    private static final byte[] LEGACY_MAGIC = {(byte) 0x80, 2, (byte) 0x8A, 10, 0x6C, (byte) 0xFC, (byte) 0x9C, 0x46, (byte) 0xF9};

    /// The keys under which training programs keep the state dict.
    private static final List<String> STATE_DICTS = List.of("state_dict", "model_state_dict", "model", "module");

    private final String file;
    private final ZipFile zip;
    private final String folder;
    private final ByteOrder order;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
    private final Map<String, Unpickler.TensorView> views = new HashMap<>();

    private TorchFile(String file, ZipFile zip, String folder, ByteOrder order) {
        this.file = file;
        this.zip = zip;
        this.folder = folder;
        this.order = order;
    }

    /// Whether a file begins as a zip archive or as a file of PyTorch before 1.6 does.
    public static boolean looksLikeOne(Path path) throws IOException {
        byte[] start = start(path);
        return isZip(start) || isLegacy(start);
    }

    private static byte[] start(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return in.readNBytes(LEGACY_MAGIC.length);
        }
    }

    private static boolean isZip(byte[] start) {
        return start.length > 3 && start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4;
    }

    private static boolean isLegacy(byte[] start) {
        return Arrays.equals(start, LEGACY_MAGIC);
    }

    /// Opens a file and checks every tensor in it against the storage that holds it.
    ///
    /// @throws WeightFormatException when it is no such file, is damaged, or its pickle needs more than weights do
    public static TorchFile open(Path path) throws IOException {
        String file = String.valueOf(path.getFileName());
        byte[] start = start(path);
        if (isLegacy(start)) {
            throw new WeightFormatException(file
                    + ": saved by PyTorch before version 1.6, in a format that is not read; load it with PyTorch and save it again");
        }
        if (!isZip(start)) {
            throw new WeightFormatException(file + ": expected a file that PyTorch saved, which is a zip archive");
        }
        ZipFile zip;
        try {
            zip = new ZipFile(path.toFile());
        } catch (ZipException | EOFException e) {
            throw new WeightFormatException("%s: expected a complete zip archive: %s".formatted(file, e.getMessage()), e);
        }
        try {
            return read(zip, file);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static TorchFile read(ZipFile zip, String file) throws IOException {
        String folder = null;
        Set<String> names = new HashSet<>();
        for (ZipEntry entry : Collections.list(zip.entries())) {
            String name = entry.getName();
            if (!names.add(name)) {
                throw new WeightFormatException("%s: the archive holds two entries '%s'".formatted(file, name));
            }
            if (name.endsWith("/data.pkl") && name.indexOf('/') == name.length() - "/data.pkl".length()) {
                folder = name.substring(0, name.length() - "data.pkl".length());
            }
        }
        if (folder == null) {
            throw new WeightFormatException(file + ": expected a file that PyTorch saved, got a zip archive without data.pkl");
        }
        TorchFile torch = new TorchFile(file, zip, folder, byteOrder(zip, folder, file));
        ZipEntry pickle = zip.getEntry(folder + "data.pkl");
        byte[] program = bytes(zip, pickle, MAX_PICKLE, file);
        torch.addAll(stateDict(Unpickler.load(program, file + "!data.pkl")), "", 0);
        if (torch.tensors.isEmpty()) {
            throw new WeightFormatException(file + ": expected a state dict with tensors, got none");
        }
        return torch;
    }

    private static ByteOrder byteOrder(ZipFile zip, String folder, String file) throws IOException {
        ZipEntry entry = zip.getEntry(folder + "byteorder");
        String order = entry == null ? "little" : new String(bytes(zip, entry, 16, file), StandardCharsets.US_ASCII);
        return switch (order) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw new WeightFormatException("%s: expected the byte order little or big, got '%s'".formatted(file, order));
        };
    }

    private static byte[] bytes(ZipFile zip, ZipEntry entry, int max, String file) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes(max + 1);
            if (bytes.length > max) {
                throw new WeightFormatException("%s!%s: expected at most %,d bytes".formatted(file, entry.getName(), max));
            }
            return bytes;
        } catch (ZipException | EOFException e) {
            throw new WeightFormatException("%s!%s: %s".formatted(file, entry.getName(), e.getMessage()), e);
        }
    }

    /// The state dict within a training checkpoint, else the value itself.
    private static Object stateDict(Object value) {
        if (value instanceof Map<?, ?> map && map.values().stream().noneMatch(Unpickler.TensorView.class::isInstance)) {
            for (String key : STATE_DICTS) {
                if (map.get(key) instanceof Map<?, ?> state) {
                    return state;
                }
            }
        }
        return value;
    }

    /// Takes up the tensors under `value`; nested dictionaries and modules give names with dots. Other values, such as step numbers, are no
    /// weights.
    private void addAll(Object value, String name, int depth) throws WeightFormatException {
        if (depth > MAX_DEPTH) {
            throw new WeightFormatException("%s: expected values nested at most %d deep".formatted(file, MAX_DEPTH));
        }
        switch (value) {
            case Unpickler.TensorView view -> add(name, view);
            case Unpickler.ScriptObject object -> addAll(object.state(), name, depth + 1);
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    String key = name.isEmpty() ? String.valueOf(entry.getKey()) : name + "." + entry.getKey();
                    addAll(Objects.requireNonNull(entry.getValue()), key, depth + 1);
                }
            }
            default -> {}
        }
    }

    private void add(String name, Unpickler.TensorView view) throws WeightFormatException {
        String where = "%s: tensor %s".formatted(file, name);
        DType dtype = view.storage().dtype();
        if (view.sizes().size() != view.strides().size() || view.sizes().stream().anyMatch(size -> size < 0 || size > Integer.MAX_VALUE)
                || view.strides().stream().anyMatch(stride -> stride < 0)) {
            throw new WeightFormatException("%s: expected sizes and strides that fit together, got %s and %s"
                    .formatted(where, view.sizes(), view.strides()));
        }
        Shape shape;
        long last = view.offset();
        try {
            shape = Shape.of(view.sizes().stream().mapToInt(Math::toIntExact).toArray());
            for (int i = 0; i < view.sizes().size(); i++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, view.sizes().get(i) - 1), view.strides().get(i)));
            }
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new WeightFormatException("%s: expected at most 2^31-1 elements, got %s".formatted(where, view.sizes()), e);
        }
        ZipEntry entry = zip.getEntry(folder + "data/" + view.storage().key());
        if (entry == null) {
            throw new WeightFormatException("%s: expected the storage data/%s, got none".formatted(where, view.storage().key()));
        }
        if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
            throw new WeightFormatException("%s: expected the storage data/%s uncompressed".formatted(where, view.storage().key()));
        }
        if (view.storage().elements() < 0 || entry.getSize() / dtype.bytes() != view.storage().elements()) {
            throw new WeightFormatException("%s: expected the storage data/%s to have %d elements, got %d bytes"
                    .formatted(where, view.storage().key(), view.storage().elements(), entry.getSize()));
        }
        if (view.offset() < 0 || (shape.elements() > 0 && last >= view.storage().elements())) {
            throw new WeightFormatException("%s: expected a view within the %d elements of its storage, got one that ends at %d"
                    .formatted(where, view.storage().elements(), last));
        }
        if (shape.elements() > view.storage().elements()) { // a view that repeats elements: no weights, and it could fill any memory
            throw new WeightFormatException("%s: expected at most the %d elements of its storage, got %s"
                    .formatted(where, view.storage().elements(), shape));
        }
        if (tensors.put(name, new TensorInfo(name, dtype, shape, file)) != null) {
            throw new WeightFormatException("%s: named twice".formatted(where));
        }
        views.put(name, view);
    }

    @Override
    public String location() {
        return file;
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    @Override
    public float[] read(String name) throws IOException {
        TensorInfo info = TensorInfo.require(this, name);
        Unpickler.TensorView view = Objects.requireNonNull(views.get(name));
        int rank = info.shape().rank();
        int count = info.shape().elements();
        boolean contiguous = true;
        long expected = 1;
        long span = 1;
        for (int i = rank - 1; i >= 0; i--) {
            contiguous &= view.sizes().get(i) == 1 || view.strides().get(i) == expected;
            expected *= view.sizes().get(i);
            span += (view.sizes().get(i) - 1) * view.strides().get(i);
        }
        if (count == 0) {
            return new float[0];
        }
        if (contiguous) {
            return elements(view, count);
        }
        float[] stored = elements(view, Math.toIntExact(span));
        float[] values = new float[count];
        int[] index = new int[rank];
        for (int i = 0; i < count; i++) {
            long at = 0;
            for (int d = 0; d < rank; d++) {
                at += index[d] * view.strides().get(d);
            }
            values[i] = stored[(int) at];
            for (int d = rank - 1; d >= 0 && ++index[d] == info.shape().dim(d); d--) {
                index[d] = 0;
            }
        }
        return values;
    }

    private float[] elements(Unpickler.TensorView view, int count) throws IOException {
        DType dtype = view.storage().dtype();
        String where = "%s!data/%s".formatted(file, view.storage().key());
        float[] values = new float[count];
        byte[] chunk = new byte[(int) Math.min(1 << 20, (long) count * dtype.bytes())];
        try (InputStream in = zip.getInputStream(zip.getEntry(folder + "data/" + view.storage().key()))) {
            in.skipNBytes(view.offset() * dtype.bytes());
            for (int done = 0; done < count; ) {
                int n = Math.min(chunk.length / dtype.bytes(), count - done);
                if (in.readNBytes(chunk, 0, n * dtype.bytes()) < n * dtype.bytes()) {
                    throw new WeightFormatException(where + ": the file is cut short");
                }
                FloatDecoder.decode(ByteBuffer.wrap(chunk).order(order), dtype, values, done, n);
                done += n;
            }
        } catch (ZipException | EOFException e) {
            throw new WeightFormatException("%s: %s".formatted(where, e.getMessage()), e);
        }
        return values;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
