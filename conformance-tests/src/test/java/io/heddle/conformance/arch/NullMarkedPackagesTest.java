package io.heddle.conformance.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Every package says what it is for and that its types are non-null unless they say otherwise. */
class NullMarkedPackagesTest {
    /** Generated code cannot be annotated. */
    private static final String GENERATED = "io.heddle.proto.v1";

    @Test
    void shouldFindNullMarkedPackageInfoInEveryPackage() {
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("io.heddle");
        TreeSet<String> unmarked = new TreeSet<>();
        for (JavaPackage each : classes.getPackage("io.heddle").getSubpackagesInTree()) {
            if (!each.getClasses().isEmpty()
                    && !each.getName().startsWith(GENERATED)
                    && !each.isAnnotatedWith(NullMarked.class)) {
                unmarked.add(each.getName());
            }
        }

        assertThat(classes.size()).as("classes found").isPositive();
        assertThat(unmarked)
                .as("packages without a @NullMarked package-info.java")
                .isEmpty();
    }
}
