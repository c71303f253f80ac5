package io.github.clip4j.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KernelFormTest {
    @Test
    void vectorsFollowOnceTheProductsAreSpent() {
        KernelForm form = KernelForm.scalarAtFirst(100);
        assertThat(form.isVector()).isFalse();
        form.spend(99);
        assertThat(form.isVector()).isFalse();
        form.spend(50);
        assertThat(form.isVector()).isTrue();
    }

    @Test
    void theRestOfTheProductsCanBeForgone() {
        KernelForm form = KernelForm.scalarAtFirst(100);
        form.vectorsFromNow();
        assertThat(form.isVector()).isTrue();
    }

    @Test
    void oneFormDoesNotChangeAnother() {
        KernelForm first = KernelForm.scalarAtFirst(100);
        KernelForm second = KernelForm.scalarAtFirst(100);
        first.spend(100);
        assertThat(second.isVector()).isFalse();
        assertThat(KernelForm.VECTOR.isVector()).isTrue();
    }
}
