package io.github.clip4j.parquet;

import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;

/// Parquet's columns can be read one by one, or handed to converters. They ask for a converter of each either way.
final class Unused extends GroupConverter {
    @Override
    public Converter getConverter(int field) {
        return new Unused();
    }

    @Override
    public boolean isPrimitive() {
        return false;
    }

    @Override
    public PrimitiveConverter asPrimitiveConverter() {
        return new PrimitiveConverter() {};
    }

    @Override
    public void start() {
        // no record is put together
    }

    @Override
    public void end() {
        // no record is put together
    }
}
