package io.github.clip4j.parquet;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;

/// A column that is read.
///
/// @param name in messages, and of the field
/// @param descriptor of its values
/// @param listed the definition level from which a list has an element; 0 for a column that is not a list
/// @param factor what a time is multiplied by for nanoseconds; 1 for anything else
record Column(String name, ColumnDescriptor descriptor, int listed, long factor) {
    /// A text.
    static Optional<Column> text(MessageType schema, String... names) {
        return scalar(schema, "texts", List.of(PrimitiveTypeName.BINARY), names);
    }

    /// A whole number, or a time.
    static Optional<Column> number(MessageType schema, String... names) {
        return scalar(schema, "whole numbers", List.of(PrimitiveTypeName.INT32, PrimitiveTypeName.INT64), names);
    }

    private static Optional<Column> scalar(MessageType schema, String what, List<PrimitiveTypeName> types, String... names) {
        for (String name : names) {
            if (schema.containsField(name)) {
                Type type = schema.getType(name);
                if (!type.isPrimitive() || type.isRepetition(Type.Repetition.REPEATED)
                        || !types.contains(type.asPrimitiveType().getPrimitiveTypeName())) {
                    throw unexpected(name, what, type);
                }
                return Optional.of(new Column(name, schema.getColumnDescription(new String[] {name}), 0, factor(type)));
            }
        }
        return Optional.empty();
    }

    private static long factor(Type type) {
        if (!(type.getLogicalTypeAnnotation() instanceof TimestampLogicalTypeAnnotation time)) {
            return 1;
        }
        TimeUnit unit = time.getUnit();
        return switch (unit) {
            case MILLIS -> 1_000_000;
            case MICROS -> 1_000;
            case NANOS -> 1;
        };
    }

    /// A list of numbers of 16, 32 or 64 bits.
    static Column vector(MessageType schema, String name) {
        if (!schema.containsField(name)) {
            throw missing(schema, name);
        }
        Type type = schema.getType(name);
        List<ColumnDescriptor> leaves = schema.getColumns().stream().filter(column -> column.getPath()[0].equals(name)).toList();
        if (leaves.size() != 1 || leaves.getFirst().getMaxRepetitionLevel() != 1 || !isReal(leaves.getFirst())) {
            throw unexpected(name, "lists of float or double", type);
        }
        int definition = 0;
        Type step = schema;
        for (String part : leaves.getFirst().getPath()) {
            step = ((GroupType) step).getType(part);
            definition += step.isRepetition(Type.Repetition.REQUIRED) ? 0 : 1;
            if (step.isRepetition(Type.Repetition.REPEATED)) {
                break;
            }
        }
        return new Column(name, leaves.getFirst(), definition, 1);
    }

    private static boolean isReal(ColumnDescriptor leaf) {
        return switch (leaf.getPrimitiveType().getPrimitiveTypeName()) {
            case FLOAT, DOUBLE -> true;
            case FIXED_LEN_BYTE_ARRAY -> leaf.getPrimitiveType().getLogicalTypeAnnotation()
                    instanceof LogicalTypeAnnotation.Float16LogicalTypeAnnotation;
            case INT32, INT64, INT96, BOOLEAN, BINARY -> false;
        };
    }

    static IllegalArgumentException missing(MessageType schema, String name) {
        String names = schema.getFields().stream().limit(20).map(Type::getName).collect(Collectors.joining(", "));
        return new IllegalArgumentException("expected a column %s, got %s; rename yours".formatted(name, names));
    }

    private static IllegalArgumentException unexpected(String name, String what, Type type) {
        String got = type.toString().replaceAll("\\s+", " ").strip();
        return new IllegalArgumentException(String.format(Locale.ROOT, "column %s: expected %s, got %s",
                name, what, got.length() > 200 ? got.substring(0, 200) + " …" : got));
    }
}
