package dev.pilothouse.guard;

import static com.tngtech.archunit.lang.conditions.ArchConditions.not;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The architecture as named tests over every class of the program. */
class ArchitectureTest {
    private static JavaClasses house;

    @BeforeAll
    static void readTheClassPath() {
        house = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(Floors.ROOT);
    }

    @Test
    void aFloorImportsOnlyDownwards() {
        classes().that(areOnAFloor()).should(importOnlyDownwards()).check(house);
    }

    @Test
    void simulatorsStandBesideTheHouseAndShareOnlyValuesAndJsonWithIt() {
        noClasses()
                .that(areOnAFloor())
                .or()
                .resideInAPackage(Floors.ROOT + ".cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(Floors.ROOT + ".simulators..")
                .check(house);
        noClasses()
                .that()
                .resideInAPackage(Floors.ROOT + ".simulators..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are above kernel and platform.json",
                        c -> Floors.height(c.getPackageName()) > 0
                                && !c.getPackageName().equals(Floors.ROOT + ".platform.json")))
                .check(house);
    }

    @Test
    void modulesFormNoCycle() {
        slices().matching(Floors.ROOT + ".(*).(*)..").should().beFreeOfCycles().check(house);
    }

    @Test
    void clientsUseThePublicHttpApiAndTheOfflineVerifiersOnly() {
        noClasses()
                .that()
                .resideInAPackage(Floors.ROOT + ".cli..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "are inside the server",
                        c -> Floors.height(c.getPackageName()) > 0
                                && !c.getPackageName().equals(Floors.ROOT + ".platform.json")
                                && !c.getPackageName().equals(Floors.ROOT + ".platform.archive")
                                && !c.getPackageName().equals(Floors.ROOT + ".trust.transparency")))
                .check(house);
    }

    @Test
    void sqlIsSpokenOnlyInSqlClassesAndTheStores() {
        noClasses()
                .that(areGenerated().negate())
                .and()
                .resideOutsideOfPackages(Floors.ROOT + ".platform.store..", Floors.ROOT + ".platform.columns..")
                .and()
                .haveNameNotMatching(".*\\.(Sql|Duck)[A-Za-z]*(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.jdbi..", "org.duckdb..")
                .check(house);
    }

    @Test
    void armeriaStaysAtTheEdgeAndInTheDataPaths() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        Floors.ROOT + ".platform.http..",
                        Floors.ROOT + ".platform.edge..",
                        Floors.ROOT + ".run.remote..",
                        Floors.ROOT + ".run.serving..",
                        Floors.ROOT + ".run.gateway..",
                        Floors.ROOT + ".server..")
                .and()
                .haveNameNotMatching(".*Routes(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.linecorp.armeria..")
                .check(house);
    }

    @Test
    void capabilitiesDescribeRoutesAndOnlyTheServerServesThem() {
        noClasses()
                .that()
                .resideOutsideOfPackages(Floors.ROOT + ".platform.edge..", Floors.ROOT + ".server..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(Floors.ROOT + ".platform.edge..")
                .check(house);
    }

    @Test
    void timeComesFromAnInstantSource() {
        noClasses()
                .that()
                .resideOutsideOfPackages(Floors.ROOT + ".cli..", Floors.ROOT + ".server..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .check(house);
    }

    @Test
    void noStaticFieldIsMutable() {
        fields().that()
                .areStatic()
                .and()
                .areDeclaredInClassesThat(areGenerated().negate())
                .should(beFinal())
                .check(house);
    }

    @Test
    void namesSayWhatAThingIs() {
        noClasses()
                .that(areGenerated().negate())
                .should()
                .haveNameMatching(".*\\.(Abstract\\w+|Default\\w+|\\w*(Impl|Util|Utils|Helper|Manager))")
                .check(house);
    }

    private static DescribedPredicate<JavaClass> areOnAFloor() {
        return DescribedPredicate.describe("are on a floor", c -> Floors.height(c.getPackageName()) >= 0);
    }

    private static DescribedPredicate<JavaClass> areGenerated() {
        return DescribedPredicate.describe(
                "are generated from protobuf",
                c -> c.isAssignableTo("com.google.protobuf.MessageOrBuilder")
                        || c.getFullName().contains(".inference.")
                        || c.getName().matches(".*(Grpc|Proto|OuterClass)(\\$.*)?")
                        || c.getAllRawSuperclasses().stream()
                                .anyMatch(s -> s.getPackageName().startsWith("com.google.protobuf")));
    }

    private static ArchCondition<JavaClass> importOnlyDownwards() {
        return new ArchCondition<>("import only downwards") {
            @Override
            public void check(JavaClass from, ConditionEvents events) {
                int height = Floors.height(from.getPackageName());
                from.getDirectDependenciesFromSelf().forEach(dependency -> {
                    if (Floors.height(dependency.getTargetClass().getPackageName()) > height) {
                        events.add(SimpleConditionEvent.violated(from, dependency.getDescription()));
                    }
                });
            }
        };
    }

    private static ArchCondition<JavaField> beFinal() {
        return not(new ArchCondition<>("be reassignable") {
            @Override
            public void check(JavaField field, ConditionEvents events) {
                boolean reassignable = !field.getModifiers().contains(JavaModifier.FINAL)
                        && !field.getModifiers().contains(JavaModifier.SYNTHETIC)
                        && !field.getName().startsWith("$");
                events.add(new SimpleConditionEvent(field, reassignable, field.getFullName() + " can be reassigned"));
            }
        });
    }
}
