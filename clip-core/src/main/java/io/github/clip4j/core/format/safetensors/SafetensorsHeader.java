package io.github.clip4j.core.format.safetensors;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The validated header of a safetensors file.
///
/// ```
/// byte 0          8                8 + N                       end of file
///      ┌──────────┬────────────────┬───────────────────────────┐
///      │ N, u64LE │ JSON, N bytes  │ tensors, back to back     │
///      └──────────┴────────────────┴───────────────────────────┘
/// {"name": {"dtype": "F32", "shape": [768, 512], "data_offsets": [begin, end]}, …, "__metadata__": {"format": "pt"}}
/// ```
///
/// @param tensors what the file holds, by name
/// @param begins where each tensor's bytes begin, counted from the start of the file
/// @param metadata the free-form strings under `__metadata__`
record SafetensorsHeader(SortedMap<String, TensorInfo> tensors, Map<String, Long> begins, Map<String, String> metadata) {
    static final int LENGTH_BYTES = 8;

    /// The reference implementation's limit.
    static final long MAX_HEADER_BYTES = 100_000_000;

    /// Checks the length field before its bytes are read: at least the two of `{}`, and inside the file.
    static int checkLength(long length, long fileSize, String file) throws WeightFormatException {
        if (length > MAX_HEADER_BYTES || length < 0) { // an unsigned number: negative is beyond 2^63
            throw new WeightFormatException("%s: expected a header of at most %,d bytes, got a length field of %s"
                    .formatted(file, MAX_HEADER_BYTES, Long.toUnsignedString(length)));
        }
        if (length < 2 || length > fileSize - LENGTH_BYTES) {
            throw new WeightFormatException("%s: expected a header of 2 to %,d bytes in a file of %,d bytes, got a length field of %,d; "
                            .formatted(file, Math.max(2, fileSize - LENGTH_BYTES), fileSize, length)
                    + "cut short, or not a safetensors file?");
        }
        return (int) length;
    }

    /// PyTorch's own limit of dimensions.
    private static final int MAX_RANK = 64;

    /// Longer names than any model has would fill messages.
    private static final int MAX_NAME = 1_000;

    /// What is kept of a string under `__metadata__`, and what reading it takes.
    private static final int ENTRY_BYTES = 500;

    /// The same of a tensor, beside its name.
    private static final int TENSOR_BYTES = 2_200;

    /// Parses and validates the JSON part.
    ///
    /// @param budget what is kept of it is charged here
    static SafetensorsHeader parse(byte[] json, long fileSize, String file, Budget budget) throws WeightFormatException {
        JsonFields fields = StrictJson.parseObject(json, file);
        SortedMap<String, TensorInfo> tensors = new TreeMap<>();
        Map<String, String> metadata = new TreeMap<>();
        List<Span> spans = new ArrayList<>();
        for (String name : fields.names()) {
            if (name.length() > MAX_NAME) {
                throw new WeightFormatException("%s: expected names of at most %,d characters, got %,d: %s"
                        .formatted(file, MAX_NAME, name.length(), Excerpt.of(name)));
            }
            budget.take(TENSOR_BYTES + 2L * name.length());
            JsonFields entry = fields.object(name).orElseThrow(() -> fields.wrong(name, "an object", "null"));
            if (name.equals("__metadata__")) {
                for (String key : entry.names()) {
                    budget.take(ENTRY_BYTES);
                    metadata.put(key, entry.string(key).orElseThrow(() -> entry.wrong(key, "a string", "null")));
                }
                continue;
            }
            TensorInfo info = new TensorInfo(name, dtype(entry, name), shape(entry, name), file);
            tensors.put(name, info);
            spans.add(span(entry, info));
        }
        Map<String, Long> begins = layOut(spans, LENGTH_BYTES + (long) json.length, fileSize, file);
        return new SafetensorsHeader(
                Collections.unmodifiableSortedMap(tensors), Collections.unmodifiableMap(begins), Collections.unmodifiableMap(metadata));
    }

    private record Span(TensorInfo tensor, long begin, long end) {}

    private static DType dtype(JsonFields entry, String name) throws WeightFormatException {
        String dtype = entry.string("dtype").orElseThrow(() -> entry.wrong("dtype", "a string", "nothing"));
        return DType.ofSafetensors(dtype)
                .orElseThrow(() -> new WeightFormatException("%s: tensor %s: expected a dtype such as F32, F16 or BF16, got '%s'"
                        .formatted(entry.where(), name, Excerpt.of(dtype))));
    }

    private static Shape shape(JsonFields entry, String name) throws WeightFormatException {
        List<Long> dims = entry.integers("shape").orElseThrow(() -> entry.wrong("shape", "an array", "nothing"));
        if (dims.size() > MAX_RANK) {
            throw new WeightFormatException("%s: tensor %s: expected at most %d dimensions, got %,d"
                    .formatted(entry.where(), name, MAX_RANK, dims.size()));
        }
        try {
            return Shape.of(dims.stream().mapToInt(Math::toIntExact).toArray());
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new WeightFormatException(
                    "%s: tensor %s: expected a shape of at most 2^31-1 elements, got %s".formatted(
                            entry.where(), name, Excerpt.of(dims.toString())), e);
        }
    }

    private static Span span(JsonFields entry, TensorInfo tensor) throws WeightFormatException {
        List<Long> offsets = entry.integers("data_offsets").orElseThrow(() -> entry.wrong("data_offsets", "an array", "nothing"));
        if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
            throw entry.wrong("data_offsets", "[begin, end] with begin ≤ end", Excerpt.of(offsets.toString()));
        }
        long begin = offsets.get(0);
        long end = offsets.get(1);
        if (end - begin != tensor.bytes()) {
            throw new WeightFormatException("%s: tensor %s: expected %,d bytes for %s %s, got %,d"
                    .formatted(tensor.file(), tensor.name(), tensor.bytes(), tensor.dtype(), tensor.shape(), end - begin));
        }
        return new Span(tensor, begin, end);
    }

    /// Tensors must fill the rest of the file: no holes, no overlaps, nothing after the last.
    private static Map<String, Long> layOut(List<Span> spans, long dataStart, long fileSize, String file) throws WeightFormatException {
        spans.sort(Comparator.comparingLong(Span::begin).thenComparingLong(Span::end));
        Map<String, Long> begins = new TreeMap<>();
        long next = 0;
        for (Span span : spans) {
            if (span.begin != next) {
                throw new WeightFormatException("%s: tensor %s: expected to begin at offset %,d, got %,d: a hole or an overlap"
                        .formatted(file, span.tensor.name(), next, span.begin));
            }
            begins.put(span.tensor.name(), dataStart + span.begin);
            next = span.end;
        }
        if (next != fileSize - dataStart) {
            throw new WeightFormatException("%s: expected %,d bytes of tensors after the header, got %,d; cut short or overlong?"
                    .formatted(file, next, fileSize - dataStart));
        }
        return begins;
    }

    /// Whether a file begins with a length and an object of JSON: the length's first byte may be a brace by itself.
    static boolean looksLikeOne(byte[] start, long fileSize) {
        long length = start.length > LENGTH_BYTES ? length(start) : -1;
        return length >= 2 && length <= fileSize - LENGTH_BYTES && start[LENGTH_BYTES] == '{';
    }

    /// The length field of a file's first eight bytes.
    static long length(byte[] firstBytes) {
        return ByteBuffer.wrap(firstBytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }
}
