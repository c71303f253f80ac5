package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.torch.PickleNames.StorageType;
import io.github.clip4j.core.format.torch.Unpickler.TensorView;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/// A file of PyTorch before 1.6, or of `torch.save(…, _use_new_zipfile_serialization=False)`: pickles, one after the other, and the
/// storages (PyTorch `torch/serialization.py`, `_legacy_save`).
///
/// ```
/// pickle of 0x1950A86A20F9469CFC6C    pickle of 1001    pickle of {"little_endian": …}    pickle of the state dict
/// pickle of ["key", …]                for each key: elements, i64LE, and their bytes, little-endian whatever the machine
/// ```
final class LegacyTorchFile {
    /// The first pickle.
    static final byte[] MAGIC = {
        (byte) 0x80, 2, (byte) 0x8A, 10, 0x6C, (byte) 0xFC, (byte) 0x9C, 0x46, (byte) 0xF9, 0x20, 0x6A, (byte) 0xA8, 0x50, 0x19, '.'
    };

    private static final long PROTOCOL = 1001;
    private static final int PART_BYTES = 200;

    private LegacyTorchFile() {}

    static boolean looksLikeOne(byte[] start) {
        return start.length >= MAGIC.length && Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /// The tensors and storages of a file.
    record Content(SortedMap<String, TensorView> tensors, Storages storages, Collection<StorageType> storageTypes) {}

    static Content read(ByteSource source, Budget budget) throws IOException {
        String file = source.name();
        PickleInput in = new PickleInput(source, MAGIC.length, file);
        if (!(Unpickler.load(in, budget) instanceof Long protocol) || protocol != PROTOCOL) {
            throw new WeightFormatException("%s: expected a file of PyTorch's protocol %d, got another".formatted(file, PROTOCOL));
        }
        Unpickler.load(in, budget); // about the machine that wrote it: storages do not depend on it
        Map<String, StorageType> storages = new HashMap<>();
        SortedMap<String, TensorView> tensors = StateTree.tensors(Unpickler.load(in, budget, storages), file, budget);
        if (!(Unpickler.load(in, budget) instanceof List<?> keys)) {
            throw new WeightFormatException(file + ": expected a list of storages after the state dict, got something else");
        }
        return new Content(tensors, new Storages.InFile(parts(source, in.position(), keys, storages, budget)), storages.values());
    }

    private static Map<String, ByteSource> parts(
            ByteSource source, long begin, List<?> keys, Map<String, StorageType> storages, Budget budget) throws IOException {
        Map<String, ByteSource> parts = new HashMap<>();
        long at = begin;
        for (Object each : keys) {
            StorageType type = each instanceof String text ? storages.get(text) : null;
            if (type == null) {
                throw new WeightFormatException(source.name() + ": expected the keys of the state dict's storages, got something else");
            }
            budget.take(PART_BYTES);
            String key = String.valueOf(each);
            int bytes = type.bytes();
            if (source.size() - at < Long.BYTES) {
                throw new WeightFormatException("%s: expected the storage %s at byte %,d, got the end of the file; is it cut short?"
                        .formatted(source.name(), Excerpt.of(key), at));
            }
            long elements = ByteBuffer.wrap(source.bytes(at, Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong();
            at += Long.BYTES;
            if (elements < 0 || elements > (source.size() - at) / bytes) {
                throw new WeightFormatException(("%s: expected the storage %s to have at most %,d bytes, got %,d elements of %d; is it "
                        + "cut short?").formatted(source.name(), Excerpt.of(key), source.size() - at, elements, bytes));
            }
            parts.put(key, source.part("data/" + Excerpt.of(key), at, elements * bytes));
            at += elements * bytes;
        }
        if (at != source.size()) {
            throw new WeightFormatException("%s: expected the last storage to end at byte %,d, the end of the file, got %,d"
                    .formatted(source.name(), source.size(), at));
        }
        return parts;
    }
}
