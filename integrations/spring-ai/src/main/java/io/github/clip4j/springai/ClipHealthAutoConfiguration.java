package io.github.clip4j.springai;

import io.github.clip4j.Clip;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/// Gives an application with Spring Boot's health that of its model. `management.health.clip.enabled=false` turns it off.
@AutoConfiguration(after = ClipAutoConfiguration.class)
@ConditionalOnClass(HealthIndicator.class)
public class ClipHealthAutoConfiguration {
    /// Spring makes it.
    public ClipHealthAutoConfiguration() {}

    /// {@return up as long as the model is open, with its name, its dimensions and the bytes of its weights}
    ///
    /// @param clip the model
    @Bean
    @ConditionalOnBean(Clip.class)
    @ConditionalOnMissingBean(name = "clipHealthIndicator")
    @ConditionalOnEnabledHealthIndicator("clip")
    public HealthIndicator clipHealthIndicator(Clip clip) {
        return new ClipHealthIndicator(clip);
    }
}
