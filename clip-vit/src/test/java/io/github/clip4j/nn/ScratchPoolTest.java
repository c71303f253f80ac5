package io.github.clip4j.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScratchPoolTest {
    private record Scratch(long bytes) implements ScratchPool.Sized {}

    @Test
    void keepsAsMuchAsItIsToldAndCountsIt() {
        ScratchPool<Scratch> pool = new ScratchPool<>(2);
        List<Scratch> inUse = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            assertThat(pool.poll()).isNull();
            inUse.add(pool.replace(null, new Scratch(100)));
        }
        assertThat(pool.bytes()).isEqualTo(500);
        inUse.forEach(pool::give);
        assertThat(pool.bytes()).isEqualTo(200);
    }

    @Test
    void scratchThatIsTooSmallMakesRoomForItsReplacement() {
        ScratchPool<Scratch> pool = new ScratchPool<>(2);
        pool.give(pool.replace(pool.poll(), new Scratch(100)));
        Scratch small = pool.poll();
        assertThat(small).isNotNull();
        pool.give(pool.replace(small, new Scratch(300)));
        assertThat(pool.bytes()).isEqualTo(300);
        assertThat(pool.poll()).isEqualTo(new Scratch(300));
    }
}
