package io.github.clip4j.springai;

import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.checkpoint.Profile;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/// Gives an application the model of `clip4j.model`, and Spring AI's embedding models on it. A bean of the application comes
/// first. `spring.ai.model.embedding`, if it is set, must be `clip4j`.
@AutoConfiguration(afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@EnableConfigurationProperties(ClipProperties.class)
public class ClipAutoConfiguration {
    /// Spring makes it.
    public ClipAutoConfiguration() {}

    /// {@return the model of `clip4j.model`}
    ///
    /// @param properties of the application
    /// @throws IOException when it cannot be read
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    @ConditionalOnProperty("clip4j.model")
    public Clip clip(ClipProperties properties) throws IOException {
        ClipOptions options = ClipOptions.defaults();
        if (properties.profile() != null) {
            options = options.withProfile(Profile.ofId(properties.profile()).orElseThrow(() -> new IllegalArgumentException(
                    "clip4j.profile: expected one of %s, got '%s'".formatted(Profile.ids(), properties.profile()))));
        }
        if (properties.threads() != null) {
            try {
                options = options.withThreads(properties.threads());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("clip4j." + e.getMessage(), e);
            }
        }
        if (properties.truncation() != null) {
            options = options.withTruncation(properties.truncation());
        }
        if (properties.model() == null) {
            throw new IllegalArgumentException("clip4j.model: expected the path of a checkpoint, got an empty value");
        }
        Clip clip;
        try {
            clip = Clip.load(properties.model(), options);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            String path = String.valueOf(properties.model());
            throw new IOException("clip4j.model: " + (message.contains(path) ? message : path + ": " + message), e);
        }
        if (properties.warmUp()) {
            clip.warmUp();
        }
        return clip;
    }

    /// {@return Spring AI's embedding model of texts}
    ///
    /// @param clip the model
    /// @param properties of the application
    /// @param observations of the application, if it has any
    @Bean
    @ConditionalOnBean(Clip.class)
    @ConditionalOnMissingBean(EmbeddingModel.class)
    @ConditionalOnProperty(name = "spring.ai.model.embedding", havingValue = "clip4j", matchIfMissing = true)
    public ClipEmbeddingModel clipEmbeddingModel(
            Clip clip, ClipProperties properties, ObjectProvider<ObservationRegistry> observations) {
        return new ClipEmbeddingModel(clip, properties.allowFiles(), observations.getIfUnique(() -> ObservationRegistry.NOOP));
    }

    /// {@return Spring AI's embedding model of documents: texts and images}
    ///
    /// @param clip the model
    /// @param properties of the application
    /// @param observations of the application, if it has any
    @Bean
    @ConditionalOnBean(Clip.class)
    @ConditionalOnMissingBean(DocumentEmbeddingModel.class)
    public ClipDocumentEmbeddingModel clipDocumentEmbeddingModel(
            Clip clip, ClipProperties properties, ObjectProvider<ObservationRegistry> observations) {
        return new ClipDocumentEmbeddingModel(clip, properties.allowFiles(), observations.getIfUnique(() -> ObservationRegistry.NOOP));
    }
}
