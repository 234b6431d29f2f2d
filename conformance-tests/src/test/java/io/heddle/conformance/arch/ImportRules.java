package io.heddle.conformance.arch;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may import what: the seven rules of {@code docs/architecture.md}, by number.
 *
 * <pre>
 *   flow-tables  <-  proto  <-  { switch-datapath, openflow-controller }  <-  cli
 *
 *   within flow:  packet, error, counter  <-  match  <-  action, classifier  <-  group, meter, conntrack
 *                                <-  table  <-  text, pipeline  <-  trace
 * </pre>
 *
 * <p>A rule holds for packages that do not exist yet, too.
 */
final class ImportRules {
    private static final String FLOW = "io.heddle.flow..";
    private static final String DATAPATH = "io.heddle.datapath..";
    private static final String AGENT = "io.heddle.datapath.agent..";
    private static final String CONTROLLER = "io.heddle.controller..";
    private static final String APPS = "io.heddle.controller.app..";
    private static final String GENERATED = "io.heddle.proto.v1..";

    /** Below the bridge: where a packet travels, and nothing may block or allocate. */
    private static final String[] HOT = {
        "io.heddle.datapath.poll..",
        "io.heddle.datapath.cache..",
        "io.heddle.datapath.buffer..",
        "io.heddle.datapath.port..",
        "io.heddle.datapath.upcall.."
    };

    /** Height of each package of flow-tables: it may see only lower ones. */
    private static final Map<String, Integer> FLOW_LAYERS = Map.ofEntries(
            Map.entry("error", 0),
            Map.entry("packet", 0),
            Map.entry("counter", 0),
            Map.entry("match", 1),
            Map.entry("action", 2),
            Map.entry("classifier", 2),
            Map.entry("group", 3),
            Map.entry("meter", 3),
            Map.entry("conntrack", 3),
            Map.entry("table", 4),
            Map.entry("text", 5),
            Map.entry("pipeline", 5),
            Map.entry("trace", 6));

    private ImportRules() {}

    /** Returns every rule by its name, in the order of the architecture page. */
    static Map<String, ArchRule> all() {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        rules.put("1 the library does no I/O and knows no threads and no clock", libraryIsPure());
        rules.put("2 controller and switch meet only on the wire", controllerAndSwitchAreStrangers());
        rules.put("3 flow-tables is layered", flowIsLayered());
        rules.put("4 only datapath.os calls the operating system", onlyOsCallsDown());
        rules.put("5 the packet's path is free of what blocks or allocates", hotPathIsBare());
        rules.put("6a agents see only the bridge", agentsSeeOnlyTheBridge());
        rules.put("6b apps see neither channels nor one another", appsAreIsolated());
        rules.put("6c generated types stay at the edge", generatedTypesStayAtTheEdge());
        rules.put("7 no cycles between packages", noCycles());
        rules.put("8 modules depend downward", modulesDependDownward());
        rules.replaceAll((name, rule) -> rule.allowEmptyShould(true));
        return rules;
    }

    private static ArchRule libraryIsPure() {
        return CompositeArchRule.of(noClasses()
                        .that()
                        .resideInAPackage(FLOW)
                        .should()
                        .dependOnClassesThat(resideInAnyPackage(
                                        "java.io..",
                                        "java.net..",
                                        "java.nio.channels..",
                                        "java.nio.file..",
                                        "java.util.logging..",
                                        "org.slf4j..")
                                .or(assignableTo(Thread.class))
                                .or(assignableTo(Clock.class))))
                .and(noClasses()
                        .that()
                        .resideInAPackage(FLOW)
                        .should()
                        .callMethod(System.class, "nanoTime")
                        .orShould()
                        .callMethod(System.class, "currentTimeMillis")
                        .orShould()
                        .callMethod(Instant.class, "now"))
                .and(classes()
                        .that()
                        .resideInAPackage(FLOW)
                        .should()
                        .onlyDependOnClassesThat()
                        .resideInAnyPackage(FLOW, "java..", "org.jspecify.annotations.."));
    }

    private static ArchRule controllerAndSwitchAreStrangers() {
        return CompositeArchRule.of(noClasses()
                        .that()
                        .resideInAPackage(CONTROLLER)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(DATAPATH))
                .and(noClasses()
                        .that()
                        .resideInAPackage(DATAPATH)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(CONTROLLER));
    }

    private static ArchRule flowIsLayered() {
        return classes().that().resideInAPackage(FLOW).should(new ArchCondition<JavaClass>("see only lower layers") {
            @Override
            public void check(JavaClass origin, ConditionEvents events) {
                String from = flowLayer(origin);
                if (from == null) {
                    return;
                }
                Integer height = FLOW_LAYERS.get(from);
                if (height == null) {
                    events.add(SimpleConditionEvent.violated(
                            origin, "%s is in a package without a layer: give flow.%s one".formatted(origin, from)));
                    return;
                }
                for (Dependency each : origin.getDirectDependenciesFromSelf()) {
                    String to = flowLayer(each.getTargetClass());
                    if (to != null && !to.equals(from) && FLOW_LAYERS.getOrDefault(to, 99) >= height) {
                        events.add(SimpleConditionEvent.violated(each, each.getDescription()));
                    }
                }
            }
        });
    }

    /** Returns {@code match} for a class in io.heddle.flow.match or below, null for one outside of the layers. */
    private static @Nullable String flowLayer(JavaClass type) {
        String prefix = "io.heddle.flow.";
        String name = type.getBaseComponentType().getPackageName();
        if (!name.startsWith(prefix)) {
            return null;
        }
        int end = name.indexOf('.', prefix.length());
        return name.substring(prefix.length(), end < 0 ? name.length() : end);
    }

    private static ArchRule onlyOsCallsDown() {
        return noClasses()
                .that()
                .resideInAPackage("io.heddle..")
                .and()
                .resideOutsideOfPackage("io.heddle.datapath.os..")
                .should()
                .dependOnClassesThat(describe(
                        "are the linker or a symbol lookup",
                        type -> type.getName().matches("java\\.lang\\.foreign\\.(Linker|SymbolLookup)(\\$.*)?")));
    }

    private static ArchRule hotPathIsBare() {
        // LockSupport only parks a thread; it is no lock.
        DescribedPredicate<JavaClass> lock = describe(
                "are locks",
                type -> type.getPackageName().equals("java.util.concurrent.locks")
                        && !type.getSimpleName().equals("LockSupport"));
        DescribedPredicate<JavaClass> optional =
                describe("are Optional", type -> type.getName().matches("java\\.util\\.Optional(Int|Long|Double)?"));
        return CompositeArchRule.of(noClasses()
                        .that()
                        .resideInAnyPackage(HOT)
                        .should()
                        .dependOnClassesThat(resideInAnyPackage(
                                        "io.grpc..",
                                        "com.google.protobuf..",
                                        "io.heddle.proto..",
                                        AGENT,
                                        "java.util.logging..",
                                        "org.slf4j..",
                                        "ch.qos.logback..",
                                        "java.util.stream..")
                                .or(optional)
                                .or(lock)))
                .and(noMethods()
                        .that()
                        .areDeclaredInClassesThat()
                        .resideInAnyPackage(HOT)
                        .should()
                        .haveModifier(JavaModifier.SYNCHRONIZED));
    }

    private static ArchRule agentsSeeOnlyTheBridge() {
        return noClasses()
                .that()
                .resideInAPackage(AGENT)
                .should()
                .dependOnClassesThat(resideInAPackage(DATAPATH)
                        .and(resideInAnyPackage(AGENT, "io.heddle.datapath.bridge..")
                                .negate()));
    }

    private static ArchRule appsAreIsolated() {
        return CompositeArchRule.of(noClasses()
                        .that()
                        .resideInAPackage(APPS)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.heddle.controller.channel.."))
                .and(slices().matching("io.heddle.controller.app.(*)..")
                        .should()
                        .notDependOnEachOther());
    }

    private static ArchRule generatedTypesStayAtTheEdge() {
        return noClasses()
                .that()
                .resideInAPackage("io.heddle..")
                .and()
                .resideOutsideOfPackages(
                        "io.heddle.proto..",
                        "io.heddle.datapath.agent.grpc..",
                        "io.heddle.controller.channel..",
                        "io.heddle.controller.api..",
                        "io.heddle.cli..")
                .should()
                .dependOnClassesThat(resideInAPackage(GENERATED));
    }

    private static ArchRule noCycles() {
        return slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass type) {
                        String name = type.getPackageName();
                        return name.startsWith("io.heddle") ? SliceIdentifier.of(name) : SliceIdentifier.ignore();
                    }

                    @Override
                    public String getDescription() {
                        return "packages";
                    }
                })
                .should()
                .beFreeOfCycles();
    }

    private static ArchRule modulesDependDownward() {
        return CompositeArchRule.of(noClasses()
                        .that()
                        .resideInAPackage("io.heddle.proto..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(DATAPATH, CONTROLLER, "io.heddle.cli.."))
                .and(noClasses()
                        .that()
                        .resideInAnyPackage(DATAPATH, CONTROLLER)
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("io.heddle.cli.."));
    }
}
