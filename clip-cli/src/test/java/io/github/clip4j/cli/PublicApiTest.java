package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.ReferenceData;
import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The public API: what the module descriptors export to everybody. It is written in `docs/api`, one file a module, and changes only on
/// purpose: `mvn -pl clip-cli -am test -Dtest=PublicApiTest -Dsurefire.failIfNoSpecifiedTests=false -Dclip.api.write` writes the files
/// again.
class PublicApiTest {
    /// 45 for CLIP, 2 for SigLIP (`Tokenizer`, `ReferenceSiglip`), 3 to take cosines apart (`Explanation`, `Decomposition`,
    /// `ReferenceDecomposition`), 1 for text encoders of BERT's kind (`ReferenceBert`), 2 for NLLB-CLIP (`ReferenceNllb`,
    /// `LanguageException`). A type more needs a reason here.
    private static final int MOST_TYPES = 53;

    /// Of clip-search: reading and writing an index, its model and entries, what a search takes and gives, groups, and the error of a
    /// second writer.
    private static final int MOST_SEARCH_TYPES = 8;
    private static final String SEARCH = "io.github.clip4j.search";

    private static final Path ROOT = ReferenceData.projectRoot();
    private static final Path FOLDER = ROOT.resolve("docs/api");

    /// The modules of clip4j on the class path, by name.
    private static Map<String, ModuleReference> modules() throws IOException {
        Map<String, ModuleReference> modules = new TreeMap<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (path.startsWith(ROOT) && hasDescriptor(path)) {
                ModuleFinder.of(path).findAll().forEach(module -> modules.put(module.descriptor().name(), module));
            }
        }
        assertThat(modules).containsKeys("io.github.clip4j", "io.github.clip4j.core", "io.github.clip4j.hub", "io.github.clip4j.tiny");
        return modules;
    }

    private static boolean hasDescriptor(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return Files.exists(path.resolve("module-info.class"));
        }
        try (var jar = new JarFile(path.toFile())) {
            return jar.getEntry("module-info.class") != null;
        }
    }

    /// The packages that a module exports to everybody.
    private static Set<String> exported(ModuleReference module) {
        return module.descriptor().exports().stream().filter(export -> !export.isQualified()).map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// The public types of the exported packages, those inside public types among them, by name.
    private static List<Class<?>> publicTypes(ModuleReference module) throws IOException {
        Set<String> packages = exported(module);
        try (ModuleReader reader = module.open(); Stream<String> files = reader.list()) {
            return files.filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
                    .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
                    .filter(name -> packages.contains(name.substring(0, name.lastIndexOf('.'))))
                    .<Class<?>>map(PublicApiTest::load).filter(PublicApiTest::isPublic)
                    .sorted(Comparator.comparing(Class::getName)).toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, PublicApiTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(name, e);
        }
    }

    private static boolean isPublic(Class<?> type) {
        Class<?> outer = type.getDeclaringClass();
        return Modifier.isPublic(type.getModifiers()) && !type.isAnonymousClass() && (outer == null || isPublic(outer));
    }

    @Test
    void thePublicSurfaceIsSmall() throws IOException {
        List<String> types = new ArrayList<>();
        for (ModuleReference module : modules().values()) {
            publicTypes(module).stream().filter(type -> type.getDeclaringClass() == null).forEach(type -> types.add(type.getName()));
        }
        List<String> search = types.stream().filter(type -> type.startsWith(SEARCH + ".")).toList();
        assertThat(search).as("public types of clip-search").isNotEmpty().hasSizeLessThanOrEqualTo(MOST_SEARCH_TYPES);
        types.removeAll(search);
        assertThat(types).as("public types in exported packages").hasSizeGreaterThan(20).hasSizeLessThanOrEqualTo(MOST_TYPES);
    }

    @Test
    void signaturesChangeOnPurpose() throws IOException {
        for (var module : modules().entrySet()) {
            List<Class<?>> types = publicTypes(module.getValue());
            if (types.isEmpty()) {
                continue;
            }
            String signatures = types.stream().map(PublicApiTest::signature).collect(Collectors.joining("\n"));
            Path file = FOLDER.resolve(module.getKey() + ".txt");
            if (System.getProperty("clip.api.write") != null) {
                Files.createDirectories(FOLDER);
                Files.writeString(file, signatures);
            }
            assertThat(signatures).as("the API of " + module.getKey() + "; if the change is meant, write it with -Dclip.api.write")
                    .isEqualTo(Files.exists(file) ? Files.readString(file) : "");
        }
    }

    @Test
    void commentsAreCheckedInEveryExportedPackage() throws IOException {
        Matcher list = Pattern.compile("<clip.doclint.packages>(.*?)</").matcher(Files.readString(ROOT.resolve("pom.xml")));
        assertThat(list.find()).isTrue();
        TreeSet<String> exported = new TreeSet<>(Set.of("io.github.clip4j.tools")); // weights-tools has no descriptor
        modules().values().forEach(module -> exported.addAll(exported(module)));
        assertThat(List.of(list.group(1).split(","))).containsExactlyInAnyOrderElementsOf(exported);
    }

    @Test
    void theBomHasEveryPublishedModuleInTheParentsVersion() throws IOException {
        String parent = Files.readString(ROOT.resolve("pom.xml"));
        String bom = Files.readString(ROOT.resolve("clip-bom/pom.xml"));
        assertThat(first("<version>(.*?)</version>", bom)).isEqualTo(first("<version>(.*?)</version>", parent));
        List<String> published = Pattern.compile("<module>(?:integrations/)?([^/<]*)</module>").matcher(parent).results()
                .map(match -> match.group(1))
                .filter(module -> !Set.of("clip-testkit", "clip-cli", "clip-bench", "clip-bom", "fuzz").contains(module))
                .map(module -> module.startsWith("clip") || module.equals("weights-tools") ? module : "clip-" + module).toList();
        String managed = bom.substring(bom.indexOf("<dependencyManagement>"), bom.indexOf("</dependencyManagement>"));
        assertThat(Pattern.compile("<artifactId>(.*?)</artifactId>").matcher(managed).results().map(match -> match.group(1)).toList())
                .containsExactlyInAnyOrderElementsOf(published);
    }

    private static String first(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    /// A type with its public and protected members, one a line.
    private static String signature(Class<?> type) {
        StringBuilder text = new StringBuilder(type.toGenericString());
        if (type.getGenericSuperclass() != null && type.getSuperclass() != Object.class) {
            text.append(" extends ").append(type.getGenericSuperclass().getTypeName());
        }
        append(text, type.isInterface() ? " extends " : " implements ", type.getGenericInterfaces());
        append(text, " permits ", type.isSealed() ? type.getPermittedSubclasses() : new Class<?>[0]);
        text.append('\n');
        Stream<String> fields = Arrays.stream(type.getDeclaredFields()).filter(PublicApiTest::isApi).map(Field::toGenericString);
        Stream<String> constructors =
                Arrays.stream(type.getDeclaredConstructors()).filter(PublicApiTest::isApi).map(Constructor::toGenericString);
        Stream<String> methods = Arrays.stream(type.getDeclaredMethods()).filter(method -> isApi(method) && !method.isBridge())
                .map(Method::toGenericString);
        String own = type.getName() + "."; // of each member's name
        Stream.of(fields, constructors, methods)
                .flatMap(lines -> lines.map(line -> line.replace(own, "").replace("java.lang.", "")).sorted())
                .forEach(line -> text.append("    ").append(line).append('\n'));
        return text.toString();
    }

    private static void append(StringBuilder text, String word, Type[] types) {
        if (types.length > 0) {
            text.append(word).append(Arrays.stream(types).map(Type::getTypeName).collect(Collectors.joining(", ")));
        }
    }

    private static boolean isApi(Member member) {
        return (Modifier.isPublic(member.getModifiers()) || Modifier.isProtected(member.getModifiers())) && !member.isSynthetic();
    }
}
