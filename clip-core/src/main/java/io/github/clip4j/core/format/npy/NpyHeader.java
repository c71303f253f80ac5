package io.github.clip4j.core.format.npy;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The header of an npy file.
///
/// ```
/// \x93NUMPY  major minor  length (u16 LE in version 1, u32 LE in 2 and 3)  {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
/// ```
///
/// @param dtype the element type
/// @param order the byte order of elements of more than one byte
/// @param fortran whether the first axis varies fastest
/// @param shape the extents
/// @param length the bytes of the header, the magic included
record NpyHeader(DType dtype, ByteOrder order, boolean fortran, Shape shape, int length) {
    /// NumPy's own limit (`max_header_size`): a plain array needs some 120 bytes.
    private static final int MAX_DICT = 10_000;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    private static final Pattern ENTRY = Pattern.compile(
            "\\s*['\"](?<key>\\w+)['\"]\\s*:\\s*"
                    + "(?:['\"](?<string>[^'\"]*)['\"]|(?<bool>True|False)|\\((?<tuple>[0-9L,\\s]*)\\)|(?<other>[^,}]*))"
                    + "\\s*(?<end>,|(?=}))");

    /// Python 2 wrote long integers as 3L.
    private static final Pattern NUMBER = Pattern.compile("\\d+L?");

    /// PyTorch's limit of dimensions.
    private static final int MAX_RANK = 64;

    /// Reads and checks the header at the start of `in`.
    static NpyHeader read(InputStream in, String where) throws IOException {
        byte[] start = in.readNBytes(MAGIC.length + 2);
        for (int i = 0; i < MAGIC.length; i++) {
            if (i >= start.length || start[i] != MAGIC[i]) {
                throw new WeightFormatException(where + ": expected the npy magic \\x93NUMPY, got something else");
            }
        }
        int major = start.length < 8 ? -1 : start[6];
        if (major < 1 || major > 3 || start[7] != 0) {
            throw new WeightFormatException("%s: expected npy version 1.0, 2.0 or 3.0, got %s"
                    .formatted(where, major < 0 ? "the end of the file" : major + "." + start[7]));
        }
        int lengthBytes = major == 1 ? 2 : 4;
        byte[] field = readExactly(in, lengthBytes, where);
        long length = 0;
        for (int i = lengthBytes - 1; i >= 0; i--) {
            length = length << 8 | (field[i] & 0xff);
        }
        if (length > MAX_DICT) {
            throw new WeightFormatException("%s: expected a header of at most %,d bytes, got %,d".formatted(where, MAX_DICT, length));
        }
        byte[] dict = readExactly(in, (int) length, where);
        String text = new String(dict, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        return parse(text, MAGIC.length + 2 + lengthBytes + (int) length, where);
    }

    private static byte[] readExactly(InputStream in, int n, String where) throws IOException {
        byte[] bytes = in.readNBytes(n);
        if (bytes.length < n) {
            throw new WeightFormatException(where + ": the file is cut short within its header", new EOFException());
        }
        return bytes;
    }

    /// Parses the Python dictionary: exactly the three keys, once each.
    private static NpyHeader parse(String text, int length, String where) throws WeightFormatException {
        String dict = text.strip();
        if (!dict.startsWith("{") || !dict.endsWith("}")) {
            throw new WeightFormatException(where + ": expected a Python dictionary as header, got " + excerpt(dict));
        }
        Map<String, Matcher> entries = new HashMap<>();
        Matcher matcher = ENTRY.matcher(dict);
        int at = 1;
        while (!dict.substring(at).strip().equals("}")) {
            matcher.region(at, dict.length());
            if (!matcher.lookingAt()) {
                throw new WeightFormatException(where + ": expected a plain array's header, got " + excerpt(dict));
            }
            Matcher entry = ENTRY.matcher(dict).region(at, dict.length());
            entry.lookingAt();
            if (entries.put(matcher.group("key"), entry) != null) {
                throw new WeightFormatException("%s: the key '%s' appears twice in the header".formatted(where, matcher.group("key")));
            }
            at = matcher.end();
        }
        String descr = group(entries, "descr", "string", dict, where);
        boolean fortran = group(entries, "fortran_order", "bool", dict, where).equals("True");
        String tuple = group(entries, "shape", "tuple", dict, where);
        if (entries.size() != 3) {
            throw new WeightFormatException(where + ": expected the keys descr, fortran_order and shape alone, got " + excerpt(dict));
        }
        return new NpyHeader(
                dtype(descr, where), descr.startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, fortran, shape(tuple, where),
                length);
    }

    private static String group(Map<String, Matcher> entries, String key, String group, String dict, String where)
            throws WeightFormatException {
        String value = Optional.ofNullable(entries.get(key)).map(entry -> entry.group(group)).orElse(null);
        if (value == null) {
            throw new WeightFormatException(
                    "%s: expected '%s' of a plain array (no structured or object type), got %s".formatted(where, key, excerpt(dict)));
        }
        return value;
    }

    private static DType dtype(String descr, String where) throws WeightFormatException {
        if (descr.matches("[<>|=]?O")) {
            throw new WeightFormatException(where
                    + ": the array holds pickled Python objects, which are never executed; save it as numbers");
        }
        return switch (descr) {
            case "|b1" -> DType.BOOL;
            case "|u1" -> DType.U8;
            case "|i1" -> DType.I8;
            case "<u2", ">u2" -> DType.U16;
            case "<i2", ">i2" -> DType.I16;
            case "<u4", ">u4" -> DType.U32;
            case "<i4", ">i4" -> DType.I32;
            case "<u8", ">u8" -> DType.U64;
            case "<i8", ">i8" -> DType.I64;
            case "<f2", ">f2" -> DType.F16;
            case "<f4", ">f4" -> DType.F32;
            case "<f8", ">f8" -> DType.F64;
            default -> throw new WeightFormatException(
                    "%s: expected an array of f2, f4, f8, integers or booleans, got descr '%s'".formatted(where, excerpt(descr)));
        };
    }

    private static Shape shape(String tuple, String where) throws WeightFormatException {
        String inner = tuple.strip();
        if (inner.isEmpty()) {
            return Shape.of();
        }
        String[] parts = inner.split(",", -1);
        int rank = parts[parts.length - 1].isBlank() ? parts.length - 1 : parts.length;
        boolean fits = parts.length > 1 && rank <= MAX_RANK; // "(3)" is a number in Python, not a tuple
        for (int i = 0; i < rank && fits; i++) {
            fits = NUMBER.matcher(parts[i].strip()).matches();
        }
        if (!fits) {
            throw new WeightFormatException("%s: expected a shape such as (2, 3) or (4,), got (%s)".formatted(where, excerpt(inner)));
        }
        try {
            return Shape.of(Arrays.stream(parts).limit(rank).mapToInt(part -> Integer.parseInt(part.replace("L", "").strip())).toArray());
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw new WeightFormatException(
                    "%s: expected a shape of at most 2^31-1 elements, got (%s)".formatted(where, excerpt(inner)), e);
        }
    }

    private static String excerpt(String text) {
        String shown = text.length() > 100 ? text.substring(0, 100) + "…" : text;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }

    /// The bytes of the data that follow the header.
    long dataBytes() {
        return (long) shape.elements() * dtype.bytes();
    }
}
