package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.FloatDecoder;
import io.github.clip4j.core.format.ForeignFile;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.format.torch.PickleNames.StorageType;
import io.github.clip4j.core.format.torch.Unpickler.TensorView;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.core.weights.WeightSource;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// A file that `torch.save` or `torch.jit.save` wrote: an uncompressed zip archive with a pickle of names and views, and the storages that
/// these are views of (PyTorch `torch/serialization.py`); or, before PyTorch 1.6, several pickles and the storages after them
/// ([LegacyTorchFile]). Nothing of a pickle is executed ([Unpickler]).
///
/// ```
/// NAME/data.pkl      the state dict, perhaps within others; or, of a TorchScript archive, its modules
/// NAME/byteorder     "little" or "big"; little where it is absent
/// NAME/data/0        the bytes of storage "0"
/// NAME/code/…        of a TorchScript archive: the source code of its modules
/// ```
///
/// Every tensor of a file is listed, by the keys that lead to it, with dots between them: those of an optimizer too.
public final class TorchFile implements WeightSource {
    private static final float[] NO_BUFFER = {};
    private static final int START_BYTES = 16;
    private static final String PICKLE = "data.pkl";

    /// PyTorch compresses no pickle. One that was compressed by another program is unpacked up to this size.
    private static final int MAX_COMPRESSED_PICKLE = 8_000_000;

    private final ByteSource source;
    private final Storages storages;
    private final ByteOrder order;
    private final Set<Activation> activations;
    private final Collection<StorageType> storageTypes;
    private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
    private final SortedMap<String, TensorView> views;

    private TorchFile(
            ByteSource source, Storages storages, ByteOrder order, SortedMap<String, TensorView> views, Set<Activation> activations,
            Collection<StorageType> storageTypes) {
        this.source = source;
        this.storages = storages;
        this.order = order;
        this.views = views;
        this.activations = activations;
        this.storageTypes = storageTypes;
    }

    /// Whether a file begins as a zip archive or as a file of PyTorch before 1.6 does.
    public static boolean looksLikeOne(ByteSource source) throws IOException {
        byte[] start = source.start(START_BYTES);
        return ZipDirectory.isZip(start) || LegacyTorchFile.looksLikeOne(start);
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
            byte[] start = source.start(START_BYTES);
            TorchFile file;
            if (LegacyTorchFile.looksLikeOne(start)) {
                LegacyTorchFile.Content content = LegacyTorchFile.read(source, Budget.of(source));
                file = new TorchFile(
                        source, content.storages(), ByteOrder.LITTLE_ENDIAN, content.tensors(), Set.of(), content.storageTypes());
            } else if (ZipDirectory.isZip(start)) {
                file = read(source, ZipDirectory.read(source));
            } else {
                ForeignFile.refuse(source);
                throw new WeightFormatException(source.name() + ": expected a file that PyTorch saved, which is a zip archive");
            }
            for (var view : file.views.entrySet()) {
                file.check(view.getKey(), view.getValue());
            }
            if (file.tensors.isEmpty()) {
                throw new WeightFormatException("%s: expected a state dict with tensors, got none%s".formatted(
                        source.name(), file.storageTypes.stream().filter(type -> type.dtype() == null).findFirst()
                                .map(type -> "; it has some of " + type.name() + ", which is not read").orElse("")));
            }
            return file;
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
                throw new WeightFormatException("%s: the archive holds two entries '%s'".formatted(file, Excerpt.of(name)));
            }
            if (name.endsWith("/" + PICKLE) && name.indexOf('/') == name.length() - PICKLE.length() - 1) {
                folder = name.substring(0, name.length() - PICKLE.length());
            }
        }
        if (folder == null) {
            boolean exported = names.stream().anyMatch(name -> name.endsWith("/archive_format") || name.equals("archive_format"));
            throw new WeightFormatException(file + (exported
                    ? ": is a program of torch.export, which is a graph; save its weights: torch.save(program.state_dict, …)"
                    : ": expected a file that PyTorch saved, got a zip archive without data.pkl"));
        }
        Budget budget = Budget.of(source);
        Object root;
        Map<String, StorageType> types = new HashMap<>();
        ZipDirectory.Entry pickle = zip.entry(folder + PICKLE).orElseThrow();
        if (!pickle.stored() && pickle.size() > MAX_COMPRESSED_PICKLE) {
            throw new WeightFormatException("%s: expected an uncompressed pickle, or one of at most %,d bytes, got %,d"
                    .formatted(zip.where(pickle), MAX_COMPRESSED_PICKLE, pickle.size()));
        }
        try (ByteSource program = zip.open(pickle)) {
            root = Unpickler.load(new PickleInput(program, 0, file + "!" + PICKLE), budget, types);
        }
        return new TorchFile(
                source, new Storages.InArchive(zip, folder + "data/"), byteOrder(zip, folder, file), StateTree.tensors(root, file, budget),
                ScriptCode.activations(zip, folder, budget), types.values());
    }

    private static ByteOrder byteOrder(ZipDirectory zip, String folder, String file) throws IOException {
        Optional<ZipDirectory.Entry> entry = zip.entry(folder + "byteorder");
        String order = "little";
        if (entry.isPresent()) {
            try (ByteSource text = zip.open(entry.get())) {
                order = new String(text.start(START_BYTES), StandardCharsets.US_ASCII);
            }
        }
        return switch (order) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw new WeightFormatException(
                    "%s: expected the byte order little or big, got '%s'".formatted(file, Excerpt.of(order)));
        };
    }

    /// The activations that the code of a TorchScript archive computes; none for a file without code, or whose code has none that is known.
    public Set<Activation> activations() {
        return activations;
    }

    private void check(String name, TensorView view) throws WeightFormatException {
        String where = "%s: tensor %s".formatted(source.name(), Excerpt.of(name));
        DType dtype = view.dtype();
        if (view.sizes().size() != view.strides().size() || view.sizes().stream().anyMatch(size -> size < 0 || size > Integer.MAX_VALUE)
                || view.strides().stream().anyMatch(stride -> stride < 0)) {
            throw new WeightFormatException("%s: expected sizes and strides that fit together, got %s and %s"
                    .formatted(where, Excerpt.of(view.sizes().toString()), Excerpt.of(view.strides().toString())));
        }
        Shape shape;
        long last = view.offset();
        try {
            shape = Shape.of(view.sizes().stream().mapToInt(Math::toIntExact).toArray());
            for (int i = 0; i < view.sizes().size(); i++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, view.sizes().get(i) - 1), view.strides().get(i)));
            }
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new WeightFormatException(
                    "%s: expected at most 2^31-1 elements, got %s".formatted(where, Excerpt.of(view.sizes().toString())), e);
        }
        Unpickler.Storage storage = view.storage();
        long bytes = storages.size(storage.key(), where);
        if (storage.stored() < 0 || bytes / storage.type().bytes() != storage.stored()) {
            throw new WeightFormatException("%s: expected the storage data/%s to have %d elements, got %d bytes"
                    .formatted(where, Excerpt.of(storage.key()), storage.stored(), bytes));
        }
        if (storage.first() < 0 || storage.elements() < 0 || storage.first() > storage.stored() - storage.elements()
                || (storage.type().untyped() && storage.first() > 0)) {
            throw new WeightFormatException("%s: expected a part of the %d elements of the storage data/%s, got %d from %d on".formatted(
                    where, storage.stored(), Excerpt.of(storage.key()), storage.elements(), storage.first()));
        }
        long elements = storage.type().untyped() ? storage.elements() / dtype.bytes() : storage.elements();
        if (view.offset() < 0 || (shape.elements() > 0 && last >= elements)) {
            throw new WeightFormatException("%s: expected a view within the %d elements of its storage, got one that ends at %d"
                    .formatted(where, elements, last));
        }
        if (shape.elements() > elements) { // a view that repeats elements is not weights, and could fill any memory
            throw new WeightFormatException("%s: expected at most the %d elements of its storage, got %s".formatted(where, elements,
                    shape));
        }
        tensors.put(name, new TensorInfo(name, dtype, shape, source.name()));
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
        TensorView view = Objects.requireNonNull(views.get(name));
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
    private void elements(TensorView view, long first, int count, float[] values) throws IOException {
        DType dtype = view.dtype();
        String key = view.storage().key();
        long begin = view.storage().first() + first; // an untyped storage begins at 0
        try (ByteSource storage = storages.open(key)) {
            FloatDecoder.read(
                    storage, begin * dtype.bytes(), dtype, order, values, count, "%s!data/%s".formatted(source.name(), Excerpt.of(key)));
        } catch (EOFException e) {
            throw new WeightFormatException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
