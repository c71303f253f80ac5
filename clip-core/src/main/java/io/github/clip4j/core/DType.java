package io.github.clip4j.core;

import java.util.Optional;

/// The element types a weight file may hold, named as safetensors names them.
///
/// Computation is always in float32; the other types are storage. Eight-bit floats and integers appear in files (position ids, quantised
/// weights) and so have names here, but only the types with [#isFloat()] can be read as weights.
public enum DType {
    /// A truth value in a byte; not a weight.
    BOOL(1),
    /// An unsigned integer of one byte.
    U8(1),
    /// A signed integer of one byte.
    I8(1),
    /// A float with five bits of exponent and two of fraction.
    F8_E5M2(1),
    /// A float with four bits of exponent and three of fraction.
    F8_E4M3(1),
    /// A signed integer of two bytes.
    I16(2),
    /// An unsigned integer of two bytes.
    U16(2),
    /// IEEE 754 binary16: five bits of exponent and ten of fraction.
    F16(2),
    /// The upper half of a float32: eight bits of exponent and seven of fraction.
    BF16(2),
    /// A signed integer of four bytes.
    I32(4),
    /// An unsigned integer of four bytes.
    U32(4),
    /// IEEE 754 binary32, the `float` of Java.
    F32(4),
    /// A signed integer of eight bytes.
    I64(8),
    /// An unsigned integer of eight bytes.
    U64(8),
    /// IEEE 754 binary64, the `double` of Java.
    F64(8);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /// {@return the size of one element in bytes}
    public int bytes() {
        return bytes;
    }

    /// {@return whether values of this type are decoded to float32 when a weight is read} F64 is rounded to nearest.
    public boolean isFloat() {
        return this == F32 || this == F16 || this == BF16 || this == F64;
    }

    /// {@return the type safetensors calls `name`, or empty when it has none of that name}
    ///
    /// @param name the `dtype` in a safetensors header, such as `BF16`
    public static Optional<DType> ofSafetensors(String name) {
        for (DType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /// {@return the float32 value of the bfloat16 bit pattern `bits`: bfloat16 is the upper half of a float32}
    ///
    /// @param bits sign, eight bits of exponent, seven of fraction
    public static float bfloat16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /// {@return the bfloat16 bit pattern nearest to `value`, ties to even; NaN stays NaN}
    ///
    /// @param value rounded; a value beyond the largest bfloat16 becomes infinite
    public static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x0040); // quiet: dropping the low half must not turn NaN into infinity
        }
        int roundToEven = 0x7fff + ((bits >>> 16) & 1);
        return (short) ((bits + roundToEven) >>> 16);
    }
}
