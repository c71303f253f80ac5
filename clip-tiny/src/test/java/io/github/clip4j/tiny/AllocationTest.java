package io.github.clip4j.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.model.ImageEncoder;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A picture like the one before it is encoded without an allocation, once the JIT compiler has seen the kernels: before, each vector
/// operation makes an object. So the test asks for ten such passes in a row, and gives the compiler time.
class AllocationTest {
    private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void steadyPassesAllocateNothing(int threads) {
        try (Clip clip = TinyClip.load(ClipOptions.defaults().withThreads(threads))) {
            ImageEncoder encoder = clip.model().imageEncoder().orElseThrow();
            Tensor pixels = clip.preprocess().apply(HeldOut.read().pictures().getFirst().image());
            Tensor image = Tensor.of(pixels.array(), Shape.of(1, 3, pixels.shape().dim(1), pixels.shape().dim(2)));
            Tensor out = Tensor.zeros(1, encoder.config().outputDim());
            long[] team = Arrays.stream(MEMORY.getThreadInfo(MEMORY.getAllThreadIds()))
                    .filter(thread -> thread.getThreadName().startsWith("clip4j-worker"))
                    .mapToLong(ThreadInfo::getThreadId)
                    .toArray();
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            long bytes = Long.MAX_VALUE;
            while (bytes > 0 && System.nanoTime() < deadline) {
                for (int i = 0; i < 500; i++) {
                    encoder.encode(image, out);
                }
                long before = allocated(team);
                for (int i = 0; i < 10; i++) {
                    encoder.encode(image, out);
                }
                bytes = allocated(team) - before;
            }
            assertThat(bytes).as("bytes in ten passes on %d threads", threads).isZero();
        }
    }

    /// By this thread and by the team's.
    private static long allocated(long[] team) {
        long bytes = MEMORY.getCurrentThreadAllocatedBytes();
        for (long thread : team) {
            bytes += MEMORY.getThreadAllocatedBytes(thread);
        }
        return bytes;
    }
}
