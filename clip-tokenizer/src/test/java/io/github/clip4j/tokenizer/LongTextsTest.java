package io.github.clip4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.tokenizer.text.NormalForms;
import java.lang.management.ManagementFactory;
import java.text.Normalizer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A text of which each piece is a trap must not cost the square of its length.
class LongTextsTest {
    private static final int LENGTH = 20_000;

    /// Four times as long may take twelve times the processor time: the square would be sixteen times. What takes less than 0.3 s is fast
    /// enough, whatever the shorter text took; the square of these took 8 s and more.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "amp;", "AMP;#38;#x26;", "&amp;", "&semi", "&#", "&", "&eacute;", "\u0001amp;", "ａｍｐ；", "a\u001B[mmp;",
                "&notit", "Ã©", "Ã© ", "Ã ", "Â\u00A0", "\u00A0",
                "â€œ", "\uFFFD", "Ã\uFFFD", "\u0093", "\u0301\u0316", "\u0316\u0301\u0327", "\u1100\u1161\u11A8", "a", "!?", "1", "\uD800",
                "\u001B[", "\u001B[1;", "ﬃ", "“‘", "í\u00A0½í¸\u008D", "À\u0080", "ｆ", "ﾊﾞ", "\r", "Σ", ".Σ", "\u0345", "İ", "<|endoftext|>"
            })
    void takeTimeInProportion(String piece) {
        for (String before : new String[] {"&", "¦¤日&"}) {
            for (UnaryOperator<String> cleaning : List.<UnaryOperator<String>>of(TextCleaning::openAi, TextCleaning::hf)) {
                long once = nanos(cleaning, before + piece.repeat(LENGTH / piece.length()));
                long fourTimes = nanos(cleaning, before + piece.repeat(4 * LENGTH / piece.length()));
                assertThat(fourTimes).as("%s%s…, after %d ns", before, piece, once).isLessThan(Math.max(300_000_000L, 12 * once));
            }
        }
    }

    private static long nanos(UnaryOperator<String> cleaning, String text) {
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 2; i++) {
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            assertThat(cleaning.apply(text)).isNotNull();
            best = Math.min(best, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start);
        }
        return best;
    }

    @ParameterizedTest
    @EnumSource(Normalizer.Form.class)
    void normaliseAsJavaDoes(Normalizer.Form form) {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder("e");
            for (int n = random.nextInt(120); n > 0; n--) {
                int c = random.nextInt(4) > 0 ? 0x300 + random.nextInt(0x70) : random.nextInt(0x300, 0x20000);
                text.appendCodePoint(c >= 0xD800 && c < 0xE000 ? 0xFF9E : c);
            }
            assertThat(NormalForms.of(text.toString(), form)).isEqualTo(Normalizer.normalize(text, form));
        }
    }
}
