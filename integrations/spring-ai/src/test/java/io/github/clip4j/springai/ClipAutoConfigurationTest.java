package io.github.clip4j.springai;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.Clip;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class ClipAutoConfigurationTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");

    private final ApplicationContextRunner application =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(
                    ClipAutoConfiguration.class, ClipHealthAutoConfiguration.class));

    @Test
    void withoutAModelThereIsNothing() {
        application.run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(Clip.class).doesNotHaveBean(EmbeddingModel.class);
            assertThat(context).doesNotHaveBean(HealthIndicator.class);
        });
    }

    @Test
    void theModelOfThePropertyIsClosedWithTheApplication() {
        Clip[] kept = new Clip[1];
        application.withPropertyValues("clip4j.model=" + MODEL, "clip4j.profile=open_clip", "clip4j.threads=1", "clip4j.truncation=false",
                        "clip4j.warm-up=true")
                .run(context -> {
                    kept[0] = context.getBean(Clip.class);
                    assertThat(kept[0].profile()).isEqualTo(Profile.OPEN_CLIP);
                    assertThat(kept[0].tokenizer().truncates()).isFalse();
                    assertThat(context.getBean(EmbeddingModel.class).embed("a cat")).isEqualTo(kept[0].embedText("a cat").toArray());
                    assertThat(context).hasSingleBean(DocumentEmbeddingModel.class);
                    HealthIndicator health = context.getBean(HealthIndicator.class);
                    Health up = Objects.requireNonNull(health.health());
                    assertThat(up.getStatus()).isEqualTo(Status.UP);
                    assertThat(up.getDetails()).containsEntry("dimensions", 24);
                    kept[0].close();
                    assertThat(Objects.requireNonNull(health.health()).getStatus()).isEqualTo(Status.DOWN);
                });
    }

    @Test
    void whatIsWrongFailsTheStartWithTheReason() {
        application.withPropertyValues("clip4j.model=" + MODEL.resolve("nothing"))
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageContaining("nothing"));
        application.withPropertyValues("clip4j.model=" + MODEL, "clip4j.profile=pillow")
                .run(context -> assertThat(context).getFailure().rootCause().hasMessageStartingWith("clip4j.profile: expected one of "));
    }

    @Test
    void beansOfTheApplicationComeFirst() {
        application.withUserConfiguration(OwnModel.class).withPropertyValues("clip4j.model=" + MODEL).run(context -> {
            assertThat(context.getBean(Clip.class).name()).isEqualTo(TinyClip.NAME);
            assertThat(context).hasSingleBean(EmbeddingModel.class);
        });
        application.withPropertyValues("clip4j.model=" + MODEL, "spring.ai.model.embedding=openai")
                .run(context -> assertThat(context).hasSingleBean(Clip.class).doesNotHaveBean(EmbeddingModel.class));
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnModel {
        @Bean
        Clip mine() {
            return TinyClip.load();
        }
    }

    @Test
    void healthIsOptional() {
        application.withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
                .withPropertyValues("clip4j.model=" + MODEL)
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(EmbeddingModel.class));
        application.withPropertyValues("clip4j.model=" + MODEL, "management.health.clip.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void callsAreTimed() {
        application.withUserConfiguration(Metrics.class).withPropertyValues("clip4j.model=" + MODEL).run(context -> {
            context.getBean(EmbeddingModel.class).embed("a cat");
            context.getBean(EmbeddingModel.class).embed("a dog");
            assertThat(context.getBean(MeterRegistry.class).get("clip4j.embed").tag("modality", "text").timer().count()).isEqualTo(2);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Metrics {
        @Bean
        MeterRegistry meters() {
            return new SimpleMeterRegistry();
        }

        @Bean
        ObservationRegistry observations(MeterRegistry meters) {
            ObservationRegistry registry = ObservationRegistry.create();
            registry.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
            return registry;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    /// Spring Boot finds the configuration by itself.
    @Test
    void anApplicationOnSpringBootFindsIt() {
        SpringApplication boot = new SpringApplication(Application.class);
        boot.setWebApplicationType(WebApplicationType.NONE);
        boot.setLogStartupInfo(false);
        try (ConfigurableApplicationContext context = boot.run("--clip4j.model=" + MODEL, "--spring.main.banner-mode=off")) {
            assertThat(context.getBean(EmbeddingModel.class)).isInstanceOf(ClipEmbeddingModel.class);
        }
    }
}
