package io.github.clip4j;

import java.util.List;

/// Sentences with a place for a label, such as `a photo of a {}`. Several make an ensemble (Radford et al. 2021, arXiv:2103.00020 §3.1.4).
///
/// @param templates each with `{}` once
public record PromptTemplates(List<String> templates) {
    private static final String PLACE = "{}";

    public PromptTemplates {
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

    /// Templates in this order.
    public static PromptTemplates of(String... templates) {
        return new PromptTemplates(List.of(templates));
    }

    /// The label itself, without a sentence around it.
    public static PromptTemplates labelOnly() {
        return of(PLACE);
    }

    /// The prompts for a label, one a template.
    public List<String> apply(String label) {
        return templates.stream().map(template -> template.replace(PLACE, label)).toList();
    }
}
