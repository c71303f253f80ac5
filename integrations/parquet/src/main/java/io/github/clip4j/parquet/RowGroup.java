package io.github.clip4j.parquet;

import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.parquet.column.ColumnReadStore;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.jspecify.annotations.Nullable;

/// The rows of a row group, one after the other.
final class RowGroup {
    private final int dimension;
    private final long end;
    private final Values path;
    private final Optional<Values> size;
    private final Optional<Values> modified;
    private final Optional<Values> hash;
    private final Optional<Values> width;
    private final Optional<Values> height;
    private final Optional<Values> error;
    private final Values embedding;
    private long number;

    /// @param number of rows in the groups before
    RowGroup(PageReadStore pages, ColumnReadStore store, RowReader.Columns columns, int dimension, long number) {
        this.dimension = dimension;
        this.number = number;
        this.end = Math.addExact(number, pages.getRowCount());
        this.path = new Values(pages, store, columns.path());
        this.size = columns.size().map(column -> new Values(pages, store, column));
        this.modified = columns.modified().map(column -> new Values(pages, store, column));
        this.hash = columns.hash().map(column -> new Values(pages, store, column));
        this.width = columns.width().map(column -> new Values(pages, store, column));
        this.height = columns.height().map(column -> new Values(pages, store, column));
        this.error = columns.error().map(column -> new Values(pages, store, column));
        this.embedding = new Values(pages, store, columns.embedding());
    }

    /// The number of the last row of the group.
    long end() {
        return end;
    }

    Row next() {
        String name = path.text();
        OptionalLong bytes = number(size);
        OptionalLong time = number(modified);
        String content = hash.map(Values::text).orElse("");
        OptionalLong w = number(width);
        OptionalLong h = number(height);
        String reason = error.map(Values::text).orElse("");
        String[] wrong = {""};
        float[] vector = embedding.vector(dimension, wrong);
        number++;
        return new Row(number, name, bytes, time, content, w, h, vector, wrong[0] + (reason.isEmpty() ? "" : ": " + reason));
    }

    private static OptionalLong number(Optional<Values> values) {
        return values.map(Values::number).orElse(OptionalLong.empty());
    }

    /// The values of a column. A reader counts nothing: that the file has as many values as rows is checked here.
    private static final class Values {
        private final Column column;
        private final ColumnReader reader;
        private final PrimitiveTypeName type;
        private final int defined;
        private long left;

        Values(PageReadStore pages, ColumnReadStore store, Column column) {
            this.column = column;
            this.reader = store.getColumnReader(column.descriptor());
            this.type = column.descriptor().getPrimitiveType().getPrimitiveTypeName();
            this.defined = column.descriptor().getMaxDefinitionLevel();
            this.left = pages.getPageReader(column.descriptor()).getTotalValueCount();
        }

        private void require() {
            if (left-- <= 0) {
                throw new IllegalStateException("column " + column.name() + " has fewer values than the file has rows");
            }
        }

        private boolean isDefined() {
            return reader.getCurrentDefinitionLevel() == defined;
        }

        /// The text; empty where there is none.
        String text() {
            require();
            String text = isDefined() ? reader.getBinary().toStringUsingUTF8() : "";
            reader.consume();
            return text;
        }

        OptionalLong number() {
            require();
            OptionalLong number = OptionalLong.empty();
            if (isDefined()) {
                long value = type == PrimitiveTypeName.INT32 ? reader.getInteger() : reader.getLong();
                boolean fits = Math.abs(value / 2) < Long.MAX_VALUE / 2 / column.factor(); // a time beyond year 2262 is of no file
                number = OptionalLong.of(fits || column.factor() == 1 ? value * column.factor() : Long.MIN_VALUE);
            }
            reader.consume();
            return number;
        }

        /// A list.
        ///
        /// @param wrong gets the reason when the result is null
        float @Nullable [] vector(int dimension, String[] wrong) {
            float[] vector = new float[dimension];
            long components = 0;
            boolean missing = false;
            do {
                require();
                int definition = reader.getCurrentDefinitionLevel();
                if (definition >= column.listed()) {
                    if (definition == defined && components < dimension) {
                        vector[(int) components] = component();
                    } else if (definition == defined) {
                        reader.skip(); // a value that is not read stays the next one
                    }
                    missing |= definition < defined;
                    components++;
                }
                reader.consume();
            } while (left > 0 && reader.getCurrentRepetitionLevel() > 0);
            if (components != dimension || missing) {
                wrong[0] = components == 0 ? "expected an embedding, got none" : missing ? "expected numbers, got a list with nulls"
                        : "expected an embedding of %d components, got %d".formatted(dimension, components);
                return null;
            }
            return vector;
        }

        private float component() {
            return switch (type) {
                case FLOAT -> reader.getFloat();
                case DOUBLE -> (float) reader.getDouble();
                case FIXED_LEN_BYTE_ARRAY -> Float.float16ToFloat(
                        reader.getBinary().toByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getShort());
                case INT32, INT64, INT96, BOOLEAN, BINARY -> throw new IllegalStateException(type + " is not a number");
            };
        }
    }
}
