package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.FloatDecoder;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipException;

/// A file that `torch.save` or `torch.jit.save` wrote: an uncompressed zip archive with a pickle of names and views, and the storages that
/// these are views of (PyTorch `torch/serialization.py`). Nothing of the pickle is executed ([Unpickler]).
///
/// ```
/// NAME/data.pkl      the state dict; or, of a TorchScript archive, its modules
/// NAME/byteorder     "little" or "big"; little where it is absent
/// NAME/data/0        the bytes of storage "0"
/// ```
public final class TorchFile implements WeightSource {
    private static final float[] NO_BUFFER = {};
    private static final int MAX_PICKLE = 50_000_000;
    private static final int MAX_DEPTH = 64;

    /// What PyTorch before 1.6 began its files with: a pickle of this number.
    private static final byte[] LEGACY_MAGIC = {(byte) 0x80, 2, (byte) 0x8A, 10, 0x6C, (byte) 0xFC, (byte) 0x9C, 0x46, (byte) 0xF9};

    /// The keys under which training programs keep the state dict.
    private static final List<String> STATE_DICTS = List.of("state_dict", "model_state_dict", "model", "module");

    private final ByteSource source;
    private final ZipDirectory zip;
    private final String folder;
    private final ByteOrder order;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
    private final Map<String, Unpickler.TensorView> views = new HashMap<>();

    private TorchFile(ByteSource source, ZipDirectory zip, String folder, ByteOrder order) {
        this.source = source;
        this.zip = zip;
        this.folder = folder;
        this.order = order;
    }

    /// Whether a file begins as a zip archive or as a file of PyTorch before 1.6 does.
    public static boolean looksLikeOne(ByteSource source) throws IOException {
        byte[] start = source.start(LEGACY_MAGIC.length);
        return ZipDirectory.isZip(start) || isLegacy(start);
    }

    private static boolean isLegacy(byte[] start) {
        return Arrays.equals(start, LEGACY_MAGIC);
    }

    /// Opens a file and checks every tensor in it against the storage that holds it.
    ///
    /// @throws WeightFormatException when it is not such a file, is damaged, or its pickle needs more than weights do
    public static TorchFile open(Path path) throws IOException {
        return open(ByteSource.open(path));
    }

    /// The same for bytes of any origin, which are closed with the result, or when they are refused.
    public static TorchFile open(ByteSource source) throws IOException {
        try {
            byte[] start = source.start(LEGACY_MAGIC.length);
            if (isLegacy(start)) {
                throw new WeightFormatException(source.name()
                        + ": saved by PyTorch before version 1.6, in a format that is not read; load it with PyTorch and save it again");
            }
            if (!ZipDirectory.isZip(start)) {
                throw new WeightFormatException(source.name() + ": expected a file that PyTorch saved, which is a zip archive");
            }
            return read(source, ZipDirectory.read(source));
        } catch (IOException | RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private static TorchFile read(ByteSource source, ZipDirectory zip) throws IOException {
        String file = source.name();
        String folder = null;
        Set<String> names = new HashSet<>();
        for (ZipDirectory.Entry entry : zip.entries()) {
            String name = entry.name();
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
        TorchFile torch = new TorchFile(source, zip, folder, byteOrder(zip, folder, file));
        byte[] program = bytes(zip, zip.entry(folder + "data.pkl").orElseThrow(), MAX_PICKLE);
        torch.addAll(stateDict(Unpickler.load(program, file + "!data.pkl")), "", 0);
        if (torch.tensors.isEmpty()) {
            throw new WeightFormatException(file + ": expected a state dict with tensors, got none");
        }
        return torch;
    }

    private static ByteOrder byteOrder(ZipDirectory zip, String folder, String file) throws IOException {
        Optional<ZipDirectory.Entry> entry = zip.entry(folder + "byteorder");
        String order = entry.isEmpty() ? "little" : new String(bytes(zip, entry.get(), 16), StandardCharsets.US_ASCII);
        return switch (order) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw new WeightFormatException("%s: expected the byte order little or big, got '%s'".formatted(file, order));
        };
    }

    private static byte[] bytes(ZipDirectory zip, ZipDirectory.Entry entry, int max) throws IOException {
        try (InputStream in = zip.stream(entry)) {
            byte[] bytes = in.readNBytes(max + 1);
            if (bytes.length > max) {
                throw new WeightFormatException("%s: expected at most %,d bytes".formatted(zip.where(entry), max));
            }
            return bytes;
        } catch (ZipException | EOFException e) {
            throw new WeightFormatException("%s: %s".formatted(zip.where(entry), e.getMessage()), e);
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

    /// Adds the tensors under `value`; nested dictionaries and modules give names with dots. Other values, such as step numbers, are not
    /// weights.
    private void addAll(Object value, String name, int depth) throws WeightFormatException {
        if (depth > MAX_DEPTH) {
            throw new WeightFormatException("%s: expected values nested at most %d deep".formatted(source.name(), MAX_DEPTH));
        }
        switch (value) {
            case Unpickler.TensorView view -> add(name, view);
            case Unpickler.ScriptObject object -> addAll(object.state(), name, depth + 1);
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    String inner = name.isEmpty() ? String.valueOf(entry.getKey()) : name + "." + entry.getKey();
                    addAll(Objects.requireNonNull(entry.getValue()), inner, depth + 1);
                }
            }
            default -> {}
        }
    }

    private void add(String name, Unpickler.TensorView view) throws WeightFormatException {
        String where = "%s: tensor %s".formatted(source.name(), name);
        DType dtype = view.storage().dtype();
        if (view.sizes().size() != view.strides().size() || view.sizes().stream().anyMatch(size -> size < 0 || size > Integer.MAX_VALUE)
                || view.strides().stream().anyMatch(stride -> stride < 0)) {
            throw new WeightFormatException(
                    "%s: expected sizes and strides that fit together, got %s and %s".formatted(where, view.sizes(), view.strides()));
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
        ZipDirectory.Entry entry = zip.entry(folder + "data/" + view.storage().key())
                .orElseThrow(() ->
                        new WeightFormatException("%s: expected the storage data/%s, got none".formatted(where, view.storage().key())));
        if (!entry.stored()) {
            throw new WeightFormatException("%s: expected the storage data/%s uncompressed".formatted(where, view.storage().key()));
        }
        if (view.storage().elements() < 0 || entry.size() / dtype.bytes() != view.storage().elements()) {
            throw new WeightFormatException("%s: expected the storage data/%s to have %d elements, got %d bytes"
                    .formatted(where, view.storage().key(), view.storage().elements(), entry.size()));
        }
        if (view.offset() < 0 || (shape.elements() > 0 && last >= view.storage().elements())) {
            throw new WeightFormatException("%s: expected a view within the %d elements of its storage, got one that ends at %d"
                    .formatted(where, view.storage().elements(), last));
        }
        if (shape.elements() > view.storage().elements()) { // a view that repeats elements is not weights, and could fill any memory
            throw new WeightFormatException(
                    "%s: expected at most the %d elements of its storage, got %s".formatted(where, view.storage().elements(), shape));
        }
        if (tensors.put(name, new TensorInfo(name, dtype, shape, source.name())) != null) {
            throw new WeightFormatException("%s: named twice".formatted(where));
        }
        views.put(name, view);
    }

    @Override
    public String location() {
        return source.name();
    }

    @Override
    public SortedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSortedMap(tensors);
    }

    @Override
    public float[] read(String name) throws IOException {
        return read(name, NO_BUFFER);
    }

    @Override
    public float[] read(String name, int first, int count, float[] buffer) throws IOException {
        TensorInfo info = TensorInfo.require(this, name);
        Objects.checkFromIndexSize(first, count, info.shape().elements());
        Unpickler.TensorView view = Objects.requireNonNull(views.get(name));
        int rank = info.shape().rank();
        boolean contiguous = true;
        long expected = 1;
        long span = 1;
        for (int i = rank - 1; i >= 0; i--) {
            contiguous &= view.sizes().get(i) == 1 || view.strides().get(i) == expected;
            expected *= view.sizes().get(i);
            span += (view.sizes().get(i) - 1) * view.strides().get(i);
        }
        if (count == 0) {
            return NO_BUFFER;
        }
        float[] values = FloatDecoder.arrayFor(count, buffer);
        if (contiguous) {
            elements(view, view.offset() + first, count, values);
            return values;
        }
        float[] stored = new float[Math.toIntExact(span)];
        elements(view, view.offset(), stored.length, stored);
        for (int i = 0; i < count; i++) {
            long at = 0;
            int rest = first + i;
            for (int d = rank - 1; d >= 0; d--) {
                at += rest % info.shape().dim(d) * view.strides().get(d);
                rest /= info.shape().dim(d);
            }
            values[i] = stored[(int) at];
        }
        return values;
    }

    /// Reads elements of a view's storage, from `first` on.
    private void elements(Unpickler.TensorView view, long first, int count, float[] values) throws IOException {
        DType dtype = view.storage().dtype();
        String name = folder + "data/" + view.storage().key();
        try (ByteSource storage = zip.open(zip.entry(name).orElseThrow())) {
            String where = "%s!data/%s".formatted(source.name(), view.storage().key());
            FloatDecoder.read(storage, first * dtype.bytes(), dtype, order, values, count, where);
        } catch (EOFException e) {
            throw new WeightFormatException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
