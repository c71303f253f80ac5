package io.github.clip4j.springai;

import io.github.clip4j.Clip;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/// Up as long as the model is open, with its name, its dimensions and the bytes of its weights.
final class ClipHealthIndicator extends AbstractHealthIndicator {
    private final Clip clip;

    ClipHealthIndicator(Clip clip) {
        super("the model is closed");
        this.clip = clip;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        builder.withDetail("model", clip.name())
                .withDetail("dimensions", clip.dimension()) // throws when the model is closed
                .withDetail("weightBytes", clip.weightBytes())
                .up();
    }
}
