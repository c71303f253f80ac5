package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the names mean that pickles of weights refer to. Names are compared with these lists; no class is looked up.
final class PickleNames {
    /// A name with a meaning for weights.
    enum Global {
        /// A dictionary, perhaps with a default that nobody asks for here.
        DICTIONARY,
        REBUILD_TENSOR,
        REBUILD_TENSOR_3,
        /// A tensor with attributes of its own: another rebuilding function, its type, its arguments.
        REBUILD_FROM_TYPE,
        /// What a parameter wraps its tensor in; the tensor is the first argument.
        REBUILD_PARAMETER,
        SIZE,
        /// What TorchScript wraps typed lists and dictionaries in.
        TYPED_VALUE,
        /// A class of a TorchScript archive. Its code is not run; its attributes are read.
        SCRIPT_CLASS
    }

    /// A type of storage, such as `torch.FloatStorage`.
    ///
    /// @param dtype null for elements that are not read, such as complex and quantised ones
    /// @param bytes of an element
    /// @param untyped whether the tensor says the type of the elements, and the storage counts bytes
    record StorageType(String name, @Nullable DType dtype, int bytes, boolean untyped) {}

    /// Something that is no weight and that weights may lie beside: options of a training program, the state of a random generator. What is
    /// done with it in the pickle is skipped.
    record Other(String name) {}

    private static final Map<String, Object> MEANINGS = new HashMap<>();

    /// Types and functions of training programs, by the beginnings of their names. None is called.
    private static final List<String> OTHERS = List.of(
            "argparse.", "numpy.", "pathlib.", "datetime.", "omegaconf.", "typing.", "yacs.config.", "easydict.", "addict.",
                    "ml_collections.",
            "lightning.", "lightning_fabric.", "pytorch_lightning.", "torch.optim.", "torch.distributed.", "torch.amp.", "torch.cuda.amp.",
            "torch._utils._rebuild_", "torch.storage.", "torch.return_types.", "torch.serialization._get_layout", "torch.nn.parameter.",
            "decimal.", "fractions.", "uuid.");

    private static final Set<String> BUILTINS = Set.of(
            "object", "set", "frozenset", "slice", "range", "xrange", "complex", "bytearray", "bytes", "int", "long", "float", "bool",
                    "str",
            "unicode", "list", "dict", "tuple");

    static {
        for (String name : List.of("collections.OrderedDict", "collections.defaultdict", "collections.Counter")) {
            MEANINGS.put(name, Global.DICTIONARY);
        }
        MEANINGS.put("torch._utils._rebuild_tensor", Global.REBUILD_TENSOR);
        MEANINGS.put("torch._utils._rebuild_tensor_v2", Global.REBUILD_TENSOR);
        MEANINGS.put("torch._utils._rebuild_tensor_v3", Global.REBUILD_TENSOR_3);
        MEANINGS.put("torch._tensor._rebuild_from_type", Global.REBUILD_FROM_TYPE);
        MEANINGS.put("torch._tensor._rebuild_from_type_v2", Global.REBUILD_FROM_TYPE);
        MEANINGS.put("torch.tensor._rebuild_from_type", Global.REBUILD_FROM_TYPE); // before PyTorch 1.9
        MEANINGS.put("torch._utils._rebuild_parameter", Global.REBUILD_PARAMETER);
        MEANINGS.put("torch._utils._rebuild_parameter_with_state", Global.REBUILD_PARAMETER);
        MEANINGS.put("torch.nn.parameter.Parameter", Global.REBUILD_PARAMETER);
        MEANINGS.put("torch.nn.parameter.Buffer", Global.REBUILD_PARAMETER);
        MEANINGS.put("torch.Size", Global.SIZE);
        Map<String, DType> storages = new HashMap<>(Map.of(
                "Float", DType.F32, "Half", DType.F16, "BFloat16", DType.BF16, "Double", DType.F64, "Long", DType.I64, "Int", DType.I32,
                        "Short",
                DType.I16, "Char", DType.I8, "Byte", DType.U8, "Bool", DType.BOOL));
        storages.forEach((name, dtype) -> storage("torch." + name + "Storage", dtype, dtype.bytes(), false));
        Map.of("ComplexFloat", 8, "ComplexDouble", 16, "QInt8", 1, "QUInt8", 1, "QInt32", 4, "QUInt4x2", 1, "QUInt2x4", 1)
                .forEach((name, bytes) -> storage("torch." + name + "Storage", null, bytes, false));
        storage("torch.UntypedStorage", DType.U8, 1, true);
        storage("torch.storage.UntypedStorage", DType.U8, 1, true);
        Map<String, DType> dtypes = new HashMap<>(Map.of(
                "float32", DType.F32, "float16", DType.F16, "bfloat16", DType.BF16, "float64", DType.F64, "int64", DType.I64, "int32",
                        DType.I32,
                "int16", DType.I16, "int8", DType.I8, "uint8", DType.U8, "bool", DType.BOOL));
        dtypes.putAll(Map.of(
                "uint16", DType.U16, "uint32", DType.U32, "uint64", DType.U64, "float8_e4m3fn", DType.F8_E4M3, "float8_e5m2",
                        DType.F8_E5M2));
        dtypes.forEach((name, dtype) -> MEANINGS.put("torch." + name, dtype));
        for (String name : List.of(
                "torch.device", "torch.strided", "torch.complex64", "torch.complex128", "torch.Tensor", "torch.Generator", "torch.qint8",
                "torch.quint8", "types.SimpleNamespace", "_codecs.encode", "copyreg._reconstructor", "copy_reg._reconstructor",
                "collections.deque")) {
            MEANINGS.put(name, new Other(name));
        }
    }

    private PickleNames() {}

    private static void storage(String name, @Nullable DType dtype, int bytes, boolean untyped) {
        MEANINGS.put(name, new StorageType(name, dtype, bytes, untyped));
    }

    /// What a name means: a [Global], a [StorageType], a [DType] or an [Other]; empty for a name that weights do not need.
    static Optional<Object> meaning(String name) {
        Object meaning = MEANINGS.get(name);
        if (meaning != null) {
            return Optional.of(meaning);
        }
        if (name.startsWith("__torch__.")) {
            return Optional.of(Global.SCRIPT_CLASS);
        }
        if (name.startsWith("torch.jit._pickle.")) {
            return Optional.of(Global.TYPED_VALUE);
        }
        for (String module : List.of("builtins.", "__builtin__.")) {
            if (name.startsWith(module) && BUILTINS.contains(name.substring(module.length()))) {
                return Optional.of(new Other(name));
            }
        }
        return OTHERS.stream().anyMatch(name::startsWith) ? Optional.of(new Other(name)) : Optional.empty();
    }
}
