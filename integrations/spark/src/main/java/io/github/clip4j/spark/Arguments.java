package io.github.clip4j.spark;

import io.github.clip4j.checkpoint.Profile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The arguments of a job: pairs of `--name value`.
final class Arguments {
    private final String usage;
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    /// @param usage what a message about wrong arguments ends with
    /// @param known names, without the two hyphens
    /// @throws IllegalArgumentException for an unknown name, or one without a value
    Arguments(String[] args, String usage, Set<String> known) {
        this.usage = usage;
        for (int i = 0; i < args.length; i += 2) {
            String name = args[i].replaceFirst("^--", "");
            if (!args[i].startsWith("--") || !known.contains(name)) {
                throw wrong("expected one of the options below, got " + args[i]);
            }
            if (i + 1 == args.length) {
                throw wrong(args[i] + ": expected a value after it");
            }
            values.computeIfAbsent(name, _ -> new ArrayList<>()).add(args[i + 1]);
        }
    }

    IllegalArgumentException wrong(String message) {
        return new IllegalArgumentException(message + "\n" + usage);
    }

    List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    /// The value of an option that can be left out.
    @Nullable String get(String name) {
        List<String> given = all(name);
        if (given.size() > 1) {
            throw wrong("--%s: expected one value, got %d".formatted(name, given.size()));
        }
        return given.isEmpty() ? null : given.getFirst();
    }

    String get(String name, String otherwise) {
        String given = get(name);
        return given == null ? otherwise : given;
    }

    String required(String name) {
        String given = get(name);
        if (given == null) {
            throw wrong("--" + name + ": expected a value, got none");
        }
        return given;
    }

    /// A number of at least 1.
    int number(String name, int otherwise) {
        String given = get(name);
        try {
            int number = given == null ? otherwise : Integer.parseInt(given);
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw wrong("--%s: expected a number of at least 1, got %s".formatted(name, given));
    }

    /// The model that `--model`, `--profile` and `--truncate` describe.
    ExecutorModel model() {
        ExecutorModel model = ExecutorModel.of(required("model"));
        String profile = get("profile");
        if (profile != null) {
            model = model.withProfile(Profile.ofId(profile)
                    .orElseThrow(() -> wrong("--profile: expected %s, got %s".formatted(Profile.ids(), profile))));
        }
        Boolean truncate = flag("truncate");
        return truncate == null ? model : model.withTruncation(truncate);
    }

    /// True or false, or null when the option is left out.
    @Nullable Boolean flag(String name) {
        return switch (get(name)) {
            case null -> null;
            case "true" -> true;
            case "false" -> false;
            case String other -> throw wrong("--%s: expected true or false, got %s".formatted(name, other));
        };
    }
}
