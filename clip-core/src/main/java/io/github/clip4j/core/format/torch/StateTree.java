package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.torch.Unpickler.ScriptObject;
import io.github.clip4j.core.format.torch.Unpickler.TensorView;
import io.github.clip4j.core.weights.WeightFormatException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The tensors within a pickle's value, by names with dots: `{"model": {"a.weight": …}}` holds `model.a.weight`. Dictionaries, modules and
/// lists are descended, the last with the numbers of their elements; other values, such as step numbers, are not weights.
///
/// One dictionary may be part of several others, and the same tensor then has several names. What is found in it is remembered, so that a
/// small file cannot ask for visits without end.
final class StateTree {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_NAME = 1_000;

    /// What a name and what is known of its tensor take.
    private static final int NAME_BYTES = 300;

    private static final int NODE_BYTES = 150;

    private final String where;
    private final Budget budget;
    private final IdentityHashMap<Object, Node> nodes = new IdentityHashMap<>();
    private final SortedMap<String, TensorView> tensors = new TreeMap<>();

    private StateTree(String where, Budget budget) {
        this.where = where;
        this.budget = budget;
    }

    /// The parts of a value that hold tensors.
    private static final class Node {
        private final List<String> keys = new ArrayList<>();
        private final List<Object> values = new ArrayList<>();
        private int height = -1; // while it is looked through

        void add(String key, Object value) {
            keys.add(key);
            values.add(value);
        }
    }

    /// The tensors of a value by name.
    ///
    /// @param where what to call the value in messages
    /// @throws WeightFormatException when it is nested deeply or within itself, two tensors have one name, or there are too many names
    static SortedMap<String, TensorView> tensors(Object value, String where, Budget budget) throws WeightFormatException {
        StateTree tree = new StateTree(where, budget);
        if (value instanceof TensorView view) {
            tree.put("", view);
        } else if (tree.holdsTensors(value, 0)) {
            tree.name(value, "");
        }
        return tree.tensors;
    }

    /// Whether there are tensors in a value; looks through each part once.
    private boolean holdsTensors(Object value, int depth) throws WeightFormatException {
        if (value instanceof TensorView) {
            return true;
        }
        if (!(value instanceof Map || value instanceof List || value instanceof ScriptObject)) {
            return false;
        }
        if (depth > MAX_DEPTH) {
            throw tooDeep();
        }
        Node known = nodes.get(value);
        if (known != null) {
            if (known.height < 0) {
                throw new WeightFormatException(where + ": expected values within one another, got one within itself");
            }
            return !known.keys.isEmpty();
        }
        budget.take(NODE_BYTES);
        Node node = new Node();
        nodes.put(value, node);
        int height = 0;
        switch (value) {
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    height = Math.max(height, look(node, entry.getKey(), entry.getValue(), depth));
                }
            }
            case ScriptObject object -> height = look(node, "", object.state(), depth);
            default -> {
                int index = 0;
                for (Object element : (List<?>) value) {
                    height = Math.max(height, look(node, index++, element, depth));
                }
            }
        }
        node.height = height + 1;
        if (node.height > MAX_DEPTH) {
            throw tooDeep();
        }
        return !node.keys.isEmpty();
    }

    private WeightFormatException tooDeep() {
        return new WeightFormatException("%s: expected values nested at most %d deep".formatted(where, MAX_DEPTH));
    }

    /// Notes a part when there are tensors in it.
    ///
    /// @return how deep it is
    private int look(Node node, Object key, @Nullable Object value, int depth) throws WeightFormatException {
        if (value == null || !holdsTensors(value, depth + 1)) {
            return 0;
        }
        budget.take(NODE_BYTES);
        node.add(key instanceof String text ? text : String.valueOf(key), value);
        Node inner = nodes.get(value);
        return inner == null ? 0 : inner.height;
    }

    /// Names the tensors in a value; no deeper than it is high.
    private void name(Object value, String prefix) throws WeightFormatException {
        Node node = nodes.get(value);
        for (int i = 0; node != null && i < node.keys.size(); i++) {
            String key = node.keys.get(i);
            if (prefix.length() + key.length() + 1 > MAX_NAME) {
                throw new WeightFormatException("%s: expected names of at most %,d characters, got %,d: %s"
                        .formatted(where, MAX_NAME, prefix.length() + 1 + key.length(), Excerpt.of(prefix.isEmpty() ? key : prefix)));
            }
            budget.take(NAME_BYTES + 2L * (prefix.length() + key.length()));
            String name = prefix.isEmpty() || key.isEmpty() ? prefix + key : prefix + "." + key;
            if (node.values.get(i) instanceof TensorView view) {
                put(name, view);
            } else {
                name(node.values.get(i), name);
            }
        }
    }

    private void put(String name, TensorView view) throws WeightFormatException {
        if (tensors.put(name, view) != null) {
            throw new WeightFormatException("%s: tensor %s: named twice".formatted(where, Excerpt.of(name)));
        }
    }
}
