package io.github.clip4j.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The imports of docs/architecture.md run one way.
class ArchitectureTest {
    private final JavaClasses core =
            new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.github.clip4j.core");

    @Test
    void onlyVectorKernelsUseTheVectorApi() {
        noClasses().that().haveSimpleNameNotEndingWith("Vector").and().doNotHaveSimpleName("Lanes")
                .should().dependOnClassesThat().resideInAPackage("jdk.incubator.vector..").check(core);
    }

    @Test
    void kernelsKnowNothingOfOurs() {
        noClasses().that().resideInAPackage("..core.kernel..")
                .should().dependOnClassesThat()
                .resideInAnyPackage("..core", "..core.ops..", "..core.weights..", "..core.format..", "..core.parallel..")
                .check(core);
    }

    @Test
    void opsKnowNoFiles() {
        noClasses().that().resideInAPackage("..core.ops..")
                .should().dependOnClassesThat().resideInAnyPackage("..core.weights..", "..core.format..").check(core);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.github.clip4j.core.(**)").should().beFreeOfCycles().check(core);
    }

    @Test
    void nobodyPrintsOrSetsProperties() {
        noClasses().should().accessField(System.class, "out").orShould().accessField(System.class, "err")
                .orShould().callMethod(System.class, "setProperty", String.class, String.class).check(core);
    }
}
