package io.github.clip4j;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.Gson;
import io.github.clip4j.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class EmbeddingTest {
    private static final float[] UNIT = {0.6f, 0f, -0.8f};

    /// A library that writes and reads JSON, without any configuration.
    interface Json {
        String write(Object value) throws IOException;

        <T> T read(String json, Class<T> type) throws IOException;
    }

    private static final class Jackson2 implements Json {
        private final ObjectMapper mapper = new ObjectMapper();

        @Override
        public String write(Object value) throws IOException {
            return mapper.writeValueAsString(value);
        }

        @Override
        public <T> T read(String json, Class<T> type) throws IOException {
            return mapper.readValue(json, type);
        }
    }

    private static final class Jackson3 implements Json {
        private final JsonMapper mapper = new JsonMapper();

        @Override
        public String write(Object value) {
            return mapper.writeValueAsString(value);
        }

        @Override
        public <T> T read(String json, Class<T> type) {
            return mapper.readValue(json, type);
        }
    }

    private static final class GoogleGson implements Json {
        private final Gson gson = new Gson();

        @Override
        public String write(Object value) {
            return gson.toJson(value);
        }

        @Override
        public <T> T read(String json, Class<T> type) {
            return gson.fromJson(json, type);
        }
    }

    static Stream<Json> libraries() {
        return Stream.of(new Jackson2(), new Jackson3(), new GoogleGson());
    }

    private static Embedding random(long seed) {
        return Embedding.normalized(new Gen(seed).floats(512));
    }

    @ParameterizedTest
    @MethodSource("libraries")
    void jsonIsTheValuesAndKeepsTheirBits(Json library) throws IOException {
        assertThat(library.write(Embedding.ofUnit(UNIT))).isEqualTo("{\"values\":[0.6,0.0,-0.8]}");
        for (int seed = 0; seed < 100; seed++) {
            Embedding embedding = random(seed);
            Embedding read = library.read(library.write(embedding), Embedding.class);
            assertSameBits(read.toArray(), embedding.toArray(), "seed " + seed);
        }
    }

    @ParameterizedTest
    @MethodSource("libraries")
    void jsonThatIsNotAnEmbeddingIsRefused(Json library) {
        assertThatThrownBy(() -> library.read("{\"values\":[1.0,1.0]}", Embedding.class))
                .hasRootCauseInstanceOf(IllegalArgumentException.class)
                .rootCause().hasMessageStartingWith("embedding of 2 components: expected the length 1 ±");
        assertThatThrownBy(() -> library.read("{}", Embedding.class))
                .hasRootCauseInstanceOf(NullPointerException.class).rootCause().hasMessage("values is null");
    }

    @ParameterizedTest
    @MethodSource("libraries")
    void aClassificationIsJsonToo(Json library) throws IOException {
        Classification result = new Classification(List.of(new Classification.Score("a cat", 0.25, 25.0, 0.75)), true);
        String json = library.write(result);
        assertThat(json).isEqualTo("{\"scores\":[{\"label\":\"a cat\",\"cosine\":0.25,\"logit\":25.0,\"probability\":0.75}],"
                + "\"independent\":true}");
        assertThat(library.read(json, Classification.class)).isEqualTo(result);
    }

    @Test
    void javaSerialisationKeepsTheBits() throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(random(7));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(random(7));
        }
    }

    @Test
    void bytesAreLittleEndianAndReadAgain() {
        assertThat(Embedding.ofUnit(new float[] {1, -0f}).toBytes()).containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0, 0x80);
        assertSameBits(Embedding.ofBytes(random(3).toBytes()).toArray(), random(3).toArray(), "bytes");
        assertThatThrownBy(() -> Embedding.ofBytes(new byte[7]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("embedding: expected four bytes for each component, got 7 bytes");
    }

    @Test
    void listsHoldTheComponents() {
        assertThat(Embedding.ofUnit(UNIT).toList()).containsExactly(0.6f, 0f, -0.8f);
        assertThatThrownBy(() -> Embedding.ofUnit(UNIT).toList().set(0, 1f)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void arraysGoInAndOutAsCopies() {
        float[] values = UNIT.clone();
        Embedding embedding = Embedding.ofUnit(values);
        values[0] = 9;
        embedding.toArray()[0] = 9;
        embedding.values()[0] = 9;
        assertThat(embedding.toArray()).containsExactly(UNIT);
        assertThat(embedding).isEqualTo(new Embedding(UNIT)).hasSameHashCodeAs(new Embedding(UNIT)).hasToString("Embedding[3]");
    }

    /// Normalised in float32 with the sum taken in order, the worst order there is: still within the bound, and not a bit is changed.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 24, 512, 768, 1024, 4096})
    void aVectorThatWasNormalisedInFloat32IsAccepted(int dimension) {
        for (int seed = 0; seed < 50; seed++) {
            float[] values = new Gen(seed).floats(dimension);
            float squares = 0;
            for (float value : values) {
                squares += value * value;
            }
            float norm = (float) Math.sqrt(squares);
            for (int i = 0; i < dimension; i++) {
                values[i] /= norm;
            }
            assertSameBits(Embedding.ofUnit(values).toArray(), values, "seed " + seed);
        }
    }

    /// What a rounding to float16 does, 2⁻¹¹ of each component, is more than float32 can have done: the caller decides to normalise again.
    @Test
    void aVectorOfAnotherLengthIsRefused() {
        assertThatThrownBy(() -> Embedding.ofUnit(new float[] {3, 4}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("embedding of 2 components: expected the length 1 ± 2.4e-07, got 5.0; "
                        + "Embedding.normalized divides a vector by its length");
        assertThatThrownBy(() -> Embedding.ofUnit(new float[] {1 + 0x1p-11f, 0})).hasMessageContaining("got 1.00048828125;");
        assertThatThrownBy(() -> Embedding.ofUnit(new float[] {Float.NaN, 1})).hasMessageContaining("got NaN;");
        assertThatThrownBy(() -> Embedding.ofUnit(new float[0]))
                .hasMessageStartingWith("embedding of 0 components").hasMessageContaining("got 0.0;");
        assertThatThrownBy(() -> Embedding.normalized(new float[3]))
                .hasMessage("embedding: expected finite values, not all zero, got the norm 0.0");
    }

    /// The largest float values, of which 4 · max² overflows float32 but not double, and the smallest: their direction is exact.
    @Test
    void anyDirectionIsNormalised() {
        assertThat(Embedding.normalized(new float[] {Float.MAX_VALUE, Float.MAX_VALUE, Float.MAX_VALUE, Float.MAX_VALUE}).toArray())
                .containsExactly(0.5f, 0.5f, 0.5f, 0.5f);
        assertThat(Embedding.normalized(new float[] {0, Float.MIN_VALUE}).toArray()).containsExactly(0f, 1f);
    }

    @Test
    void similarityIsTheMatrixOfCosines() {
        List<Embedding> rows = List.of(random(1), random(2));
        List<Embedding> columns = List.of(random(2), random(3), random(4));
        double[][] cosines = Embedding.similarity(rows, columns);
        assertThat(cosines).hasDimensions(2, 3);
        assertThat(cosines[0][2]).isEqualTo(random(1).dot(random(4)));
        assertThat(cosines[1][0]).isCloseTo(1, within(512 * 0x1p-24)); // each of the 512 components was rounded once
        assertThat(Embedding.similarity(List.of(), columns)).isEmpty();
        assertThatThrownBy(() -> Embedding.similarity(rows, List.of(Embedding.ofUnit(UNIT))))
                .hasMessage("dot product: expected 512 components, got 3; are both from one model?");
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void nullIsNamed() {
        assertThatThrownBy(() -> Embedding.ofUnit(null)).isInstanceOf(NullPointerException.class).hasMessage("values is null");
        assertThatThrownBy(() -> Embedding.normalized(null)).isInstanceOf(NullPointerException.class).hasMessage("values is null");
        assertThatThrownBy(() -> Embedding.ofBytes(null)).isInstanceOf(NullPointerException.class).hasMessage("bytes is null");
        assertThatThrownBy(() -> random(1).dot(null)).isInstanceOf(NullPointerException.class).hasMessage("other is null");
        assertThatThrownBy(() -> Embedding.similarity(null, List.of())).isInstanceOf(NullPointerException.class).hasMessage("rows is null");
    }
}
