package io.github.clip4j.core;

import java.util.Optional;

/// The element types a weight file may hold, named as safetensors names them.
///
/// Computation is always in float32; the other types are storage. Eight-bit floats and integers appear in files (position ids, quantised
/// weights) and so have names here, but only the types with [#isFloat()] can be read as weights.
public enum DType {
    BOOL(1),
    U8(1),
    I8(1),
    F8_E5M2(1),
    F8_E4M3(1),
    I16(2),
    U16(2),
    F16(2),
    BF16(2),
    I32(4),
    U32(4),
    F32(4),
    I64(8),
    U64(8),
    F64(8);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /// The size of one element in bytes.
    public int bytes() {
        return bytes;
    }

    /// Whether values of this type are decoded to float32 when a weight is read. F64 is rounded to nearest.
    public boolean isFloat() {
        return this == F32 || this == F16 || this == BF16 || this == F64;
    }

    /// The type safetensors calls `name`, or empty when it has none of that name.
    public static Optional<DType> ofSafetensors(String name) {
        for (DType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /// The float32 value of the bfloat16 bit pattern `bits`: bfloat16 is the upper half of a float32.
    public static float bfloat16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /// The bfloat16 bit pattern nearest to `value`, ties to even; NaN stays NaN.
    public static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x0040); // quiet: dropping the low half must not turn NaN into infinity
        }
        int roundToEven = 0x7fff + ((bits >>> 16) & 1);
        return (short) ((bits + roundToEven) >>> 16);
    }
}
