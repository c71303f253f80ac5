package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.weights.WeightFormatException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// The part of Python's pickle machine that files of weights need (Python `pickletools.py`; PyTorch `_weights_only_unpickler.py`).
///
/// A pickle is a program that may call any function. This machine calls none: the few names that files of weights refer to are compared
/// with a fixed list and stand for what is done here; any other is an error. No class is looked up, and nothing outside the stack can be
/// reached.
///
/// Values are `Long`, `Double`, `Boolean`, `String`, [#NONE], lists (tuples too), maps and the records of this class.
final class Unpickler {
    /// Python's `None`.
    static final Object NONE = new Object();

    private static final int MAX_VALUES = 4_000_000;

    /// A name that a pickle refers to.
    enum Global {
        ORDERED_DICT("collections.OrderedDict"),
        REBUILD_TENSOR("torch._utils._rebuild_tensor_v2"),
        REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
        PARAMETER("torch.nn.parameter.Parameter"),
        SIZE("torch.Size"),
        /// What TorchScript wraps typed lists and dictionaries in.
        TYPED_VALUE("torch.jit._pickle."),
        /// A class of a TorchScript archive. Its code is not run; its attributes are read.
        SCRIPT_CLASS("__torch__.");

        private final String name;

        Global(String name) {
            this.name = name;
        }

        static @Nullable Global of(String name) {
            for (Global global : values()) {
                if (global.name.endsWith(".") ? name.startsWith(global.name) : name.equals(global.name)) {
                    return global;
                }
            }
            return null;
        }
    }

    private static final Map<String, DType> STORAGES = Map.of(
            "torch.FloatStorage", DType.F32, "torch.HalfStorage", DType.F16, "torch.BFloat16Storage", DType.BF16, "torch.DoubleStorage",
            DType.F64,
            "torch.LongStorage", DType.I64, "torch.IntStorage", DType.I32, "torch.ShortStorage", DType.I16, "torch.CharStorage", DType.I8,
            "torch.ByteStorage", DType.U8, "torch.BoolStorage", DType.BOOL);

    /// A storage that a tensor is a view of.
    ///
    /// @param elements that the pickle says it has
    record Storage(String key, DType dtype, long elements) {}

    /// A tensor: a view of a storage, with offset and strides in elements.
    record TensorView(Storage storage, long offset, List<Long> sizes, List<Long> strides) {}

    /// A TorchScript object.
    static final class ScriptObject {
        private Object state = NONE;

        Object state() {
            return state;
        }
    }

    private final ByteBuffer in;
    private final String where;
    private final Deque<List<Object>> marks = new ArrayDeque<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private List<Object> stack = new ArrayList<>();
    private int values;

    private Unpickler(byte[] pickle, String where) {
        this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
        this.where = where;
    }

    /// Runs a pickle and returns the value that it ends with.
    ///
    /// @throws WeightFormatException when it is malformed or refers to anything that weights do not need
    static Object load(byte[] pickle, String where) throws WeightFormatException {
        Unpickler machine = new Unpickler(pickle, where);
        try {
            return machine.run();
        } catch (BufferUnderflowException | IndexOutOfBoundsException | NoSuchElementException | ClassCastException
                | UnsupportedOperationException e) {
            throw new WeightFormatException("%s: malformed pickle at byte %d of %d"
                    .formatted(where, machine.in.position(), pickle.length), e);
        }
    }

    private Object run() throws WeightFormatException {
        while (true) {
            int at = in.position();
            int opcode = in.get() & 0xff;
            if (++values > MAX_VALUES) {
                throw error("expected at most %,d operations".formatted(MAX_VALUES));
            }
            switch (opcode) {
                case 0x80 -> in.get(); // PROTO
                case '.' -> {
                    return pop();
                }
                case 'N' -> push(NONE);
                case 0x88 -> push(true);
                case 0x89 -> push(false);
                case 'J' -> push((long) in.getInt());
                case 'K' -> push((long) (in.get() & 0xff));
                case 'M' -> push((long) (in.getShort() & 0xffff));
                case 0x8A -> push(longOf(in.get() & 0xff)); // LONG1
                case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
                case 'X' -> push(text(in.getInt()));
                case 0x8C -> push(text(in.get() & 0xff)); // SHORT_BINUNICODE
                case 'U' -> push(text(in.get() & 0xff)); // SHORT_BINSTRING
                case 'T' -> push(text(in.getInt())); // BINSTRING
                case 'B' -> push(text(in.getInt())); // BINBYTES; nothing of weights is in them
                case 'C' -> push(text(in.get() & 0xff)); // SHORT_BINBYTES
                case ']' -> push(new ArrayList<>());
                case '}' -> push(new LinkedHashMap<>());
                case ')' -> push(List.of());
                case '(' -> {
                    marks.push(stack);
                    stack = new ArrayList<>();
                }
                case 't' -> push(Collections.unmodifiableList(popMark()));
                case 0x85 -> tuple(1);
                case 0x86 -> tuple(2);
                case 0x87 -> tuple(3);
                case 'a' -> {
                    Object value = pop();
                    list(top()).add(value);
                }
                case 'e' -> {
                    List<Object> items = popMark();
                    list(top()).addAll(items);
                }
                case 's' -> {
                    Object value = pop();
                    put(pop(), value);
                }
                case 'u' -> {
                    List<Object> items = popMark();
                    for (int i = 0; i + 1 < items.size(); i += 2) {
                        put(items.get(i), items.get(i + 1));
                    }
                }
                case '0' -> pop();
                case 'h' -> push(recall(in.get() & 0xff));
                case 'j' -> push(recall(in.getInt()));
                case 'q' -> memo.put((long) (in.get() & 0xff), top());
                case 'r' -> memo.put((long) in.getInt(), top());
                case 0x94 -> memo.put((long) memo.size(), top()); // MEMOIZE
                case 0x95 -> in.getLong(); // FRAME
                case 'c' -> push(global(line() + "." + line()));
                case 0x93 -> { // STACK_GLOBAL
                    String name = (String) pop();
                    push(global(pop() + "." + name));
                }
                case 'Q' -> push(storage(pop()));
                case 'R' -> {
                    List<Object> arguments = list(pop());
                    push(call(pop(), arguments));
                }
                case 0x81 -> { // NEWOBJ
                    List<Object> arguments = list(pop());
                    push(create(pop(), arguments));
                }
                case 'b' -> {
                    Object state = pop();
                    if (top() instanceof ScriptObject object) {
                        object.state = state;
                    } // else the attributes of an OrderedDict, such as _metadata: no weights
                }
                default -> throw error("operation %02X at byte %d is not one that files of weights need".formatted(opcode, at));
            }
        }
    }

    private WeightFormatException error(String what) {
        return new WeightFormatException("%s: %s".formatted(where, what));
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object pop() {
        return stack.removeLast();
    }

    private Object top() {
        return stack.getLast();
    }

    private List<Object> popMark() {
        List<Object> items = stack;
        stack = marks.pop();
        return items;
    }

    private void tuple(int size) {
        List<Object> items = new ArrayList<>(stack.subList(stack.size() - size, stack.size()));
        stack.subList(stack.size() - size, stack.size()).clear();
        push(Collections.unmodifiableList(items));
    }

    private void put(Object key, Object value) throws WeightFormatException {
        if (!(key instanceof String) && !(key instanceof Long) && !(key instanceof Boolean)) {
            throw error("expected the keys of a dictionary to be strings or numbers");
        }
        map(top()).put(key, value);
    }

    @SuppressWarnings("unchecked") // every list here holds objects; another type of value is a malformed pickle
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static Map<Object, Object> map(Object value) {
        return (Map<Object, Object>) value;
    }

    private Object recall(long index) throws WeightFormatException {
        Object value = memo.get(index);
        if (value == null) {
            throw error("refers to value %d, which it has not stored".formatted(index));
        }
        return value;
    }

    private String text(int length) throws WeightFormatException {
        if (length < 0 || length > in.remaining()) {
            throw error("expected a string of at most %,d bytes at byte %d, got %,d".formatted(in.remaining(), in.position(), length));
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private String line() {
        StringBuilder line = new StringBuilder();
        for (int c = in.get(); c != '\n'; c = in.get()) {
            line.append((char) (c & 0xff));
        }
        return line.toString();
    }

    private long longOf(int bytes) throws WeightFormatException {
        if (bytes > Long.BYTES) {
            throw error("expected integers of at most 8 bytes, got " + bytes);
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            long b = i == bytes - 1 ? in.get() : in.get() & 0xff;
            value |= b << (8 * i);
        }
        return value;
    }

    private Object global(String name) throws WeightFormatException {
        DType storage = STORAGES.get(name);
        if (storage != null) {
            return storage;
        }
        Global global = Global.of(name);
        if (global == null) {
            throw error("refers to " + name + ", which files of weights do not need; nothing of a pickle is executed. "
                    + "Save the state dict alone, or as safetensors");
        }
        return global;
    }

    /// A persistent id: `('storage', torch.…Storage, key, location, elements)`.
    private Storage storage(Object id) throws WeightFormatException {
        List<Object> parts = list(id);
        if (parts.size() != 5 || !parts.get(0).equals("storage") || !(parts.get(1) instanceof DType dtype)) {
            throw error("expected the reference to a storage to be ('storage', type, key, location, size)");
        }
        return new Storage((String) parts.get(2), dtype, (Long) parts.get(4));
    }

    private Object call(Object function, List<Object> arguments) throws WeightFormatException {
        return switch (function) {
            case Global.ORDERED_DICT -> new LinkedHashMap<>();
            case Global.REBUILD_TENSOR -> new TensorView(
                    (Storage) arguments.get(0), (Long) arguments.get(1), longs(arguments.get(2)), longs(arguments.get(3)));
            case Global.REBUILD_PARAMETER, Global.PARAMETER, Global.SIZE, Global.TYPED_VALUE -> arguments.getFirst();
            default -> throw error("calls what is no function of weights");
        };
    }

    private Object create(Object type, List<Object> arguments) throws WeightFormatException {
        return switch (type) {
            case Global.SCRIPT_CLASS -> new ScriptObject();
            case Global.ORDERED_DICT -> new LinkedHashMap<>();
            case Global.SIZE -> arguments.getFirst();
            default -> throw error("creates what is no object of weights");
        };
    }

    private static List<Long> longs(Object tuple) {
        return list(tuple).stream().map(Long.class::cast).toList();
    }
}
