package io.github.clip4j.bench;

import io.github.clip4j.tokenizer.ClipTokenizer;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// A text of a million characters to its tokens, in milliseconds: one piece repeated, each a burden to another part of the cleaning.
///
/// `-Dclip.vocabulary=FOLDER` names the folder of `vocab.json` and `merges.txt`; without it, the small one of the tests is read.
@NullUnmarked // JMH sets the fields, in prepare()
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(2)
public class TokenizerBenchmark {
    private static final int LENGTH = 1_000_000;

    /// A plain text; one word; references in references; ligatures; text read in a wrong encoding, whole and among other text; marks.
    @Param({"a photo of a cat. ", "a", "amp;", "\uFB03", "\u00C3\u00A9", "\u65E5\u00C3\u00A9", "\u0316\u0301\u0327"})
    public String piece = "";

    @Param({"HF", "OPENAI"})
    public TokenizerProfile profile;

    private ClipTokenizer tokenizer;
    private String text;

    @Setup
    public void prepare() throws IOException {
        Path folder = Path.of(System.getProperty("clip.vocabulary", "clip-vit/src/test/resources/golden/tiny"));
        tokenizer = new ClipTokenizer(Vocabulary.read(folder), profile);
        text = "¦¤日&" + piece.repeat(LENGTH / piece.length());
    }

    @Benchmark
    public int[] encode() {
        return tokenizer.encode(text);
    }
}
