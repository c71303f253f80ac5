package io.github.clip4j.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VectorSupportTest {
    @Test
    void theTestsRunOnTheVectorKernels() {
        assertThat(VectorSupport.describe()).matches("vector, (128|256|512) bit");
    }
}
