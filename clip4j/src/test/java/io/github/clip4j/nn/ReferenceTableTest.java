package io.github.clip4j.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What docs/reference.md names exists, and it names every step of the reference.
class ReferenceTableTest {
    private static final Pattern METHOD = Pattern.compile("`(\\w+)#(\\w+)`");
    private static final List<String> PACKAGES =
            List.of("io.github.clip4j.reference.", "io.github.clip4j.model.", "io.github.clip4j.nn.", "io.github.clip4j.core.ops.");

    private static Class<?> find(String name) throws ClassNotFoundException {
        for (String prefix : PACKAGES) {
            Optional<Class<?>> found = load(prefix + name);
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new ClassNotFoundException("docs/reference.md names %s: expected it in one of %s".formatted(name, PACKAGES));
    }

    private static Optional<Class<?>> load(String name) {
        try {
            return Optional.of(Class.forName(name));
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }

    @Test
    void theMethodsOfTheTableExist() throws Exception {
        List<MatchResult> named = METHOD.matcher(document()).results().toList();
        assertThat(named).hasSizeGreaterThan(30);
        for (MatchResult method : named) {
            assertThat(Arrays.stream(find(method.group(1)).getDeclaredMethods()).map(Method::getName))
                    .as("docs/reference.md: `%s#%s`", method.group(1), method.group(2))
                    .contains(method.group(2));
        }
    }

    /// The steps are the methods that the probe overrides, because they compute a named part.
    @Test
    void everyStepThatHasANameIsInTheTable() throws Exception {
        List<String> rows = document().lines().filter(line -> line.startsWith("|")).toList();
        List<String> steps = new ArrayList<>();
        for (Method method : find("ReferenceProbe").getDeclaredMethods()) {
            if (Stream.of(find("ReferenceClip").getDeclaredMethods()).anyMatch(other -> other.getName().equals(method.getName()))) {
                steps.add("`ReferenceClip#" + method.getName() + "`");
            }
        }
        assertThat(steps).hasSizeGreaterThan(8);
        assertThat(String.join("\n", rows)).contains(steps);
    }

    private static String document() throws IOException {
        return Files.readString(ReferenceData.projectRoot().resolve("docs/reference.md"));
    }
}
