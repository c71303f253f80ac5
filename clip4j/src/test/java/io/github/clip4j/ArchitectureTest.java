package io.github.clip4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The imports of docs/architecture.md run one way.
class ArchitectureTest {
    private final JavaClasses ours =
            new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.github.clip4j");

    @Test
    void modelAndLayersKnowNoFiles() {
        noClasses().that().resideInAnyPackage("io.github.clip4j.model", "io.github.clip4j.nn")
                .should().dependOnClassesThat().resideInAPackage("..core.format..").check(ours);
    }

    @Test
    void layersGoThroughOps() {
        noClasses().that()
                .resideInAnyPackage("io.github.clip4j.model", "io.github.clip4j.nn", "io.github.clip4j", "io.github.clip4j.checkpoint")
                .should().dependOnClassesThat().resideInAPackage("..core.kernel..").check(ours);
        noClasses().that().resideInAPackage("io.github.clip4j.nn")
                .should().dependOnClassesThat().resideInAPackage("io.github.clip4j.model").check(ours);
    }

    @Test
    void tokenizerAndImageKnowNoModels() {
        noClasses().that().resideInAPackage("io.github.clip4j.tokenizer..")
                .should().dependOnClassesThat()
                .resideInAnyPackage("io.github.clip4j.core..", "io.github.clip4j.model", "io.github.clip4j.nn")
                .check(ours);
        noClasses().that().resideInAPackage("io.github.clip4j.image..")
                .should().dependOnClassesThat()
                .resideInAnyPackage("io.github.clip4j.model", "io.github.clip4j.nn", "..core.format..", "..core.kernel..")
                .check(ours);
    }

    @Test
    void onlyTheFacadeAndCheckpointsKnowFilesOfAllKinds() {
        noClasses().that().resideInAnyPackage("io.github.clip4j.model", "io.github.clip4j.nn")
                .should().dependOnClassesThat()
                .resideInAnyPackage("io.github.clip4j.image..", "io.github.clip4j.tokenizer..", "java.nio.file..")
                .check(ours);
        noClasses().that().resideOutsideOfPackage("io.github.clip4j.image..")
                .should().dependOnClassesThat().resideInAnyPackage("java.awt..", "javax.imageio..").check(ours);
    }

    @Test
    void theReferenceStandsAlone() {
        noClasses().that().resideInAPackage("io.github.clip4j.reference")
                .should().dependOnClassesThat().resideInAnyPackage(
                        "io.github.clip4j.nn", "io.github.clip4j.image..", "io.github.clip4j.tokenizer..", "..core.kernel..",
                        "..core.ops..",
                        "..core.parallel..")
                .orShould().dependOnClassesThat().haveSimpleNameEndingWith("Encoder").check(ours);
        noClasses().that().resideInAPackage("io.github.clip4j.reference").and().haveNameNotMatching(".*ReferenceFiles.*")
                .should().dependOnClassesThat().resideInAPackage("..core.format..")
                .orShould().dependOnClassesThat().haveFullyQualifiedName("java.nio.file.Files")
                .orShould().dependOnClassesThat().haveSimpleName("ClipModel").check(ours);
        noClasses().that().resideOutsideOfPackage("io.github.clip4j.reference")
                .should().dependOnClassesThat().resideInAPackage("io.github.clip4j.reference").check(ours);
    }

    @Test
    void othersKnowOnlyTheNamesThatLayersRead() {
        noClasses().that().resideOutsideOfPackages("io.github.clip4j.model", "io.github.clip4j.nn")
                .should().dependOnClassesThat(JavaClass.Predicates.resideInAPackage("io.github.clip4j.nn")
                        .and(DescribedPredicate.not(JavaClass.Predicates.simpleName("ParameterNames"))))
                .check(ours);
    }

    @Test
    void packagesHaveNoCyclesAndNobodyPrints() {
        slices().matching("io.github.clip4j.(**)").should().beFreeOfCycles().check(ours);
        noClasses().that().resideOutsideOfPackage("io.github.clip4j.testkit..") // a test may say with which seed it ran
                .should().accessField(System.class, "out").orShould().accessField(System.class, "err")
                .orShould().callMethod(System.class, "setProperty", String.class, String.class).check(ours);
    }
}
