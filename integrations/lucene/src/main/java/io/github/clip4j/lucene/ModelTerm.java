package io.github.clip4j.lucene;

import io.github.clip4j.Embedding;
import io.github.clip4j.search.IndexModel;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/// The model of a document, as one term of a field beside the embeddings.
///
/// The attributes of a field are one for a segment: when documents of two models come into one, those of the last are written. Terms are
/// kept for each document, and merged as they are. A segment has the bytes of a term once, and a posting for each document.
final class ModelTerm {
    private static final String SUFFIX = ".model";

    private ModelTerm() {}

    /// The field of a document.
    static StringField of(String field, IndexModel model) {
        byte[] name = model.name().getBytes(StandardCharsets.UTF_8);
        byte[] profile = model.profile().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(2 * Integer.BYTES + name.length + profile.length + 2 * Float.BYTES * model.dimension());
        bytes.putInt(name.length).put(name).putInt(profile.length).put(profile).put(model.image().toBytes()).put(model.text().toBytes());
        return new StringField(field + SUFFIX, new BytesRef(bytes.array()), Field.Store.NO);
    }

    /// Checks that no document of a segment is of another model. One that is deleted does not count.
    ///
    /// @param expected what [#of] made for the model
    /// @throws IllegalArgumentException when one is
    static void requireAlone(LeafReader segment, StringField expected, IndexModel model) throws IOException {
        @Nullable Terms terms = segment.terms(expected.name());
        if (terms == null || (terms.size() == 1 && expected.binaryValue().equals(terms.getMin()))) {
            return;
        }
        TermsEnum each = terms.iterator();
        for (BytesRef term = each.next(); term != null; term = each.next()) {
            if (isOfDocument(each, segment.getLiveDocs())) {
                model(expected.name(), term).require(model);
            }
        }
    }

    private static boolean isOfDocument(TermsEnum term, @Nullable Bits live) throws IOException {
        PostingsEnum documents = term.postings(null, PostingsEnum.NONE);
        for (int id = documents.nextDoc(); id != DocIdSetIterator.NO_MORE_DOCS; id = documents.nextDoc()) {
            if (live == null || live.get(id)) {
                return true;
            }
        }
        return false;
    }

    private static IndexModel model(String field, BytesRef term) {
        ByteBuffer bytes = ByteBuffer.wrap(term.bytes, term.offset, term.length);
        try {
            String name = string(bytes);
            String profile = string(bytes);
            int half = bytes.remaining() / 2;
            return new IndexModel(name, "", profile, Embedding.ofBytes(next(bytes, half)), Embedding.ofBytes(next(bytes, half)));
        } catch (IllegalArgumentException | BufferUnderflowException | NegativeArraySizeException e) {
            throw new IllegalArgumentException("field %s: expected the description of a model, got a term of %d other bytes"
                    .formatted(field, term.length), e);
        }
    }

    private static String string(ByteBuffer bytes) {
        return new String(next(bytes, Math.min(bytes.getInt(), bytes.remaining() + 1)), StandardCharsets.UTF_8);
    }

    private static byte[] next(ByteBuffer bytes, int length) {
        byte[] part = new byte[length];
        bytes.get(part);
        return part;
    }
}
