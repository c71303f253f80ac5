package io.github.clip4j.springai;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// Spring Boot's properties of the model.
///
/// @param model a checkpoint: a folder or a file; without it, there is no model unless the application has a bean of its own
/// @param profile the reference implementation to agree with, such as `hf`; without it, the checkpoint's own
/// @param threads how many the model computes with; without it, as many as there are processors
/// @param truncation whether a text with too many tokens is cut; without it, as the profile does
/// @param warmUp whether the kernels are compiled before the application is ready
/// @param allowFiles whether the image of a document may be a `file:` URL
@ConfigurationProperties("clip4j")
public record ClipProperties(
        @Nullable Path model,
        @Nullable String profile,
        @Nullable Integer threads,
        @Nullable Boolean truncation,
        @DefaultValue("false") boolean warmUp,
        @DefaultValue("true") boolean allowFiles) {}
