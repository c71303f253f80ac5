package io.github.clip4j;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// Sentences with a place for a label, such as `a photo of a {}`. Several make an ensemble (Radford et al. 2021, arXiv:2103.00020 §3.1.4).
/// Immutable.
///
/// @param templates at least one, each with `{}` once
public record PromptTemplates(List<String> templates) {
    private static final String PLACE = "{}";

    /// Checks the templates and copies the list.
    ///
    /// @throws IllegalArgumentException when there is none, or one has not exactly one `{}`
    public PromptTemplates {
        Inputs.requireNoNulls(templates, "templates");
        if (templates.isEmpty()) {
            throw new IllegalArgumentException("templates: expected at least one");
        }
        for (String template : templates) {
            int at = template.indexOf(PLACE);
            if (at < 0 || template.indexOf(PLACE, at + 1) >= 0) {
                throw new IllegalArgumentException("template \"%s\": expected {} once, in the label's place".formatted(template));
            }
        }
        templates = List.copyOf(templates);
    }

    /// {@return templates in this order}
    ///
    /// @param templates sentences with one `{}` each, where the label goes
    /// @throws IllegalArgumentException when there is none, or one has not exactly one `{}`
    public static PromptTemplates of(String... templates) {
        Objects.requireNonNull(templates, "templates is null");
        return new PromptTemplates(Arrays.asList(templates));
    }

    /// {@return the label itself, without a sentence around it}
    public static PromptTemplates labelOnly() {
        return of(PLACE);
    }

    /// {@return the prompts for a label, one for each template, in their order}
    ///
    /// @param label put in place of `{}`
    public List<String> apply(String label) {
        Objects.requireNonNull(label, "label is null");
        return templates.stream().map(template -> template.replace(PLACE, label)).toList();
    }
}
