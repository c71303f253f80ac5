package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.torch.PickleNames.Global;
import io.github.clip4j.core.format.torch.PickleNames.Other;
import io.github.clip4j.core.format.torch.PickleNames.StorageType;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
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

/// The part of Python's pickle machine that files of weights need (Python `pickletools.py`; PyTorch `_weights_only_unpickler.py`).
///
/// A pickle is a program that may call any function. This machine calls none: the names that files of weights refer to are compared with
/// fixed lists ([PickleNames]), and what each means is done here; any other is an error. No class is looked up, and nothing outside the
/// stack can be reached. What it builds is charged to a [Budget] first.
///
/// Values are `Long`, `Double`, `Boolean`, `String`, [#NONE], lists (tuples too), maps, the records of this class and [Other].
final class Unpickler {
    /// Python's `None`.
    static final Object NONE = new Object();

    /// PyTorch's own limit of dimensions.
    private static final int MAX_RANK = 64;

    private static final Other BYTES = new Other("bytes");
    private static final Other LARGE_INTEGER = new Other("an integer of more than 8 bytes");

    /// What an object and its place in a list take; a dictionary with its first entry; a further entry.
    private static final int OBJECT_BYTES = 48;
    private static final int MAP_BYTES = 200;
    private static final int ENTRY_BYTES = 64;

    /// A storage that a tensor is a view of.
    ///
    /// @param stored the elements that are in the file, as the pickle says
    /// @param first which of them is the first: in files of PyTorch before 1.6 a storage may be a part of a stored one
    /// @param elements of the storage
    record Storage(String key, StorageType type, long stored, long first, long elements) {}

    /// A tensor: a view of a storage, with offset and strides in elements.
    record TensorView(Storage storage, DType dtype, long offset, List<Long> sizes, List<Long> strides) {}

    /// A TorchScript object.
    static final class ScriptObject {
        private Object state = NONE;

        Object state() {
            return state;
        }
    }

    private final PickleInput in;
    private final Budget budget;
    private final Deque<List<Object>> marks = new ArrayDeque<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private final Map<String, StorageType> storages;
    private List<Object> stack = new ArrayList<>();

    private Unpickler(PickleInput in, Budget budget, Map<String, StorageType> storages) {
        this.in = in;
        this.budget = budget;
        this.storages = storages;
    }

    /// Runs the pickle at the input's position, and returns the value that it ends with.
    ///
    /// @throws WeightFormatException when it is malformed, refers to anything that weights do not need, or builds more than the budget
    static Object load(PickleInput in, Budget budget) throws IOException {
        return load(in, budget, new HashMap<>());
    }

    /// The same.
    ///
    /// @param storages the storages that it refers to are added here
    static Object load(PickleInput in, Budget budget, Map<String, StorageType> storages) throws IOException {
        try {
            return new Unpickler(in, budget, storages).run();
        } catch (IndexOutOfBoundsException | NoSuchElementException | ClassCastException | UnsupportedOperationException e) {
            throw in.malformed(e);
        }
    }

    private Object run() throws IOException {
        while (true) {
            long at = in.position();
            int opcode = in.u8();
            switch (opcode) {
                case 0x80 -> in.u8(); // PROTO
                case '.' -> {
                    return pop();
                }
                case 'N' -> push(NONE);
                case 0x88 -> push(true);
                case 0x89 -> push(false);
                case 'J' -> push((long) in.i32());
                case 'K' -> push((long) in.u8());
                case 'M' -> push((long) in.u16());
                case 0x8A -> integer(in.u8()); // LONG1
                case 0x8B -> integer(in.i32()); // LONG4
                case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.i64())));
                case 'X', 'T' -> text(in.i32()); // BINUNICODE, BINSTRING
                case 0x8C, 'U' -> text(in.u8()); // SHORT_BINUNICODE, SHORT_BINSTRING
                case 0x8D -> text(in.i64()); // BINUNICODE8
                case 'B' -> bytes(in.i32()); // BINBYTES; nothing of weights is in them
                case 'C' -> bytes(in.u8()); // SHORT_BINBYTES
                case 0x8E, 0x96 -> bytes(in.i64()); // BINBYTES8, BYTEARRAY8
                case ']' -> push(new ArrayList<>());
                case '}' -> {
                    budget.take(MAP_BYTES);
                    push(new LinkedHashMap<>());
                }
                case 0x8F -> push(new Other("a set")); // EMPTY_SET
                case ')' -> push(List.of());
                case '(' -> {
                    budget.take(OBJECT_BYTES);
                    marks.push(stack);
                    stack = new ArrayList<>();
                }
                case 't' -> push(Collections.unmodifiableList(popMark()));
                case 'l' -> push(popMark());
                case 'd' -> { // DICT
                    List<Object> items = popMark();
                    budget.take(MAP_BYTES);
                    push(new LinkedHashMap<>());
                    putAll(items);
                }
                case 0x91 -> { // FROZENSET
                    popMark();
                    push(new Other("a set"));
                }
                case 0x85 -> tuple(1);
                case 0x86 -> tuple(2);
                case 0x87 -> tuple(3);
                case 'a' -> append(List.of(pop()));
                case 'e' -> append(popMark());
                case 0x90 -> popMark(); // ADDITEMS, to a set
                case 's' -> {
                    Object value = pop();
                    Object key = pop();
                    putAll(List.of(key, value));
                }
                case 'u' -> putAll(popMark());
                case '0' -> pop();
                case '1' -> popMark();
                case '2' -> push(top());
                case 'h' -> push(recall(in.u8()));
                case 'j' -> push(recall(in.i32()));
                case 'q' -> remember(in.u8());
                case 'r' -> remember(in.i32());
                case 0x94 -> remember(memo.size()); // MEMOIZE
                case 0x95 -> in.i64(); // FRAME
                case 'c' -> push(global(in.line() + "." + in.line()));
                case 0x93 -> { // STACK_GLOBAL
                    String name = (String) pop();
                    push(global(pop() + "." + name));
                }
                case 'Q' -> push(storage(pop()));
                case 'R' -> {
                    List<Object> arguments = list(pop());
                    push(call(pop(), arguments));
                }
                case 0x81 -> create(list(pop())); // NEWOBJ
                case 0x92 -> { // NEWOBJ_EX, with a dictionary of named arguments
                    pop();
                    create(list(pop()));
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
        return new WeightFormatException("%s: %s".formatted(in.where(), what));
    }

    private void push(Object value) throws WeightFormatException {
        budget.take(OBJECT_BYTES);
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

    private void tuple(int size) throws WeightFormatException {
        List<Object> items = new ArrayList<>(stack.subList(stack.size() - size, stack.size()));
        stack.subList(stack.size() - size, stack.size()).clear();
        budget.take(OBJECT_BYTES);
        push(Collections.unmodifiableList(items));
    }

    private void append(List<Object> items) throws WeightFormatException {
        if (!(top() instanceof Other)) {
            budget.take((long) items.size() * Long.BYTES);
            list(top()).addAll(items);
        }
    }

    /// Puts keys and values into the dictionary on the stack. Keys that are no names, such as tuples, are left out with their values: to
    /// compare two that hold one another many times over would take for ever.
    private void putAll(List<Object> items) throws WeightFormatException {
        if (top() instanceof Other) {
            return;
        }
        Map<Object, Object> map = map(top());
        for (int i = 0; i + 1 < items.size(); i += 2) {
            Object key = items.get(i);
            if (key instanceof String || key instanceof Long || key instanceof Boolean) {
                budget.take(ENTRY_BYTES);
                map.put(key, items.get(i + 1));
            }
        }
    }

    private void remember(long index) throws WeightFormatException {
        budget.take(ENTRY_BYTES);
        memo.put(index, top());
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

    private void text(long length) throws IOException {
        in.requireRest(length);
        budget.take(2 * length); // the bytes, and the string
        push(new String(in.bytes(length), StandardCharsets.UTF_8));
    }

    private void bytes(long length) throws IOException {
        in.skip(length);
        push(BYTES);
    }

    private void integer(int bytes) throws IOException {
        if (bytes < 0 || bytes > Long.BYTES) {
            in.skip(bytes);
            push(LARGE_INTEGER);
            return;
        }
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            long b = i == bytes - 1 ? (byte) in.u8() : in.u8();
            value |= b << (8 * i);
        }
        push(value);
    }

    private Object global(String name) throws WeightFormatException {
        Object meaning = PickleNames.meaning(name).orElse(null);
        if (meaning == null) {
            boolean isClass = Character.isUpperCase(name.charAt(Math.min(name.length() - 1, name.lastIndexOf('.') + 1)));
            throw error(isClass
                    ? ("holds an object of the class %s: a whole pickled module, or something else of the program that saved it, "
                            + "which is not "
                            + "tensors alone. Nothing of a pickle is executed; load it in that program, and save the state dict alone: "
                            + "torch.save(model.state_dict(), …)").formatted(Excerpt.of(name))
                    : ("refers to %s, which files of weights do not need; nothing of a pickle is executed. Save the state dict alone, "
                            + "or as "
                            + "safetensors").formatted(Excerpt.of(name)));
        }
        return meaning;
    }

    /// A persistent id: `('storage', torch.…Storage, key, location, elements)`; before PyTorch 1.6 with a sixth part, None or
    /// `(key, first element, elements)` of the part of another storage that it is.
    private Storage storage(Object id) throws WeightFormatException {
        List<Object> parts = list(id);
        if (!parts.isEmpty() && parts.getFirst().equals("module")) {
            throw error("is a whole pickled module with its source code; nothing of it is executed. Load it in the program that saved "
                    + "it, and "
                    + "save the state dict alone: torch.save(model.state_dict(), …)");
        }
        if (parts.size() < 5 || parts.size() > 6 || !parts.getFirst().equals("storage") || !(parts.get(1) instanceof StorageType type)) {
            throw error("expected the reference to a storage to be ('storage', type, key, location, size)");
        }
        budget.take(OBJECT_BYTES + ENTRY_BYTES);
        storages.put((String) parts.get(2), type);
        long stored = (Long) parts.get(4);
        if (parts.size() == 5 || parts.get(5) == NONE) {
            return new Storage((String) parts.get(2), type, stored, 0, stored);
        }
        List<Object> part = list(parts.get(5));
        return new Storage((String) parts.get(2), type, stored, (Long) part.get(1), (Long) part.get(2));
    }

    private Object call(Object function, List<Object> arguments) throws WeightFormatException {
        return switch (function) {
            case Global.DICTIONARY -> {
                budget.take(MAP_BYTES);
                yield new LinkedHashMap<>();
            }
            case Global.REBUILD_TENSOR -> {
                Storage storage = (Storage) arguments.getFirst();
                DType dtype = storage.type().dtype();
                if (dtype == null || storage.type().untyped()) {
                    yield new Other("a tensor of " + storage.type().name());
                }
                yield tensor(storage, dtype, arguments);
            }
            case Global.REBUILD_TENSOR_3 -> arguments.get(6) instanceof DType dtype
                    ? tensor((Storage) arguments.getFirst(), dtype, arguments)
                    : new Other("a tensor of a type that is not read");
            case Global.REBUILD_FROM_TYPE -> {
                if (arguments.getFirst() == Global.REBUILD_FROM_TYPE) { // else a pickle would choose how deep we call ourselves
                    throw error("expected a tensor's type to be wrapped once, got it twice");
                }
                yield call(arguments.getFirst(), list(arguments.get(2)));
            }
            case Global.REBUILD_PARAMETER, Global.SIZE, Global.TYPED_VALUE -> arguments.getFirst();
            case Other other -> other;
            default -> throw error("calls what is not a function of weights; nothing is executed");
        };
    }

    private TensorView tensor(Storage storage, DType dtype, List<Object> arguments) throws WeightFormatException {
        budget.take(OBJECT_BYTES);
        return new TensorView(storage, dtype, (Long) arguments.get(1), longs(arguments.get(2)), longs(arguments.get(3)));
    }

    private void create(List<Object> arguments) throws WeightFormatException {
        Object type = pop();
        push(type == Global.SCRIPT_CLASS ? new ScriptObject() : call(type, arguments));
    }

    private List<Long> longs(Object tuple) throws WeightFormatException {
        List<Object> values = list(tuple);
        if (values.size() > MAX_RANK) {
            throw error("expected tensors of at most %d dimensions, got %,d".formatted(MAX_RANK, values.size()));
        }
        budget.take(OBJECT_BYTES + 24L * values.size());
        return values.stream().map(Long.class::cast).toList();
    }
}
