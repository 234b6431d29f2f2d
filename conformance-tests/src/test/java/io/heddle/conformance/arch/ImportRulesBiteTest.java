package io.heddle.conformance.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compiles small classes that break one rule each and sees that the rule, and what it names, says so. */
class ImportRulesBiteTest {
    private static final Pattern PACKAGE = Pattern.compile("package ([\\w.]+);");
    private static final Pattern TYPE = Pattern.compile("(?:class|record|interface) (\\w+)");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit before each test
    Path folder;

    /**
     * Sources that break a rule.
     *
     * @param rule prefix of its name
     * @param culprit what the message must name
     * @param sources one type each
     */
    record Violation(String rule, String culprit, List<String> sources) {
        private static Violation of(String rule, String culprit, String... sources) {
            return new Violation(rule, culprit, List.of(sources));
        }

        @Override
        public String toString() {
            return rule + ": " + culprit;
        }
    }

    static Stream<Violation> violations() {
        return Stream.of(
                Violation.of("1 ", "java.io.File", "package io.heddle.flow.packet; class A { java.io.File f; }"),
                Violation.of("1 ", "java.net.URI", "package io.heddle.flow.packet; class A { java.net.URI f; }"),
                Violation.of(
                        "1 ",
                        "java.nio.channels.FileChannel",
                        "package io.heddle.flow.packet; class A { java.nio.channels.FileChannel f; }"),
                Violation.of(
                        "1 ",
                        "java.util.logging.Logger",
                        "package io.heddle.flow.packet; class A { java.util.logging.Logger f; }"),
                Violation.of(
                        "1 ", "org.slf4j.Logger", "package io.heddle.flow.packet; class A { org.slf4j.Logger f; }"),
                Violation.of("1 ", "java.lang.Thread", "package io.heddle.flow.packet; class A { Thread f; }"),
                Violation.of(
                        "1 ",
                        "java.lang.System.nanoTime()",
                        "package io.heddle.flow.packet; class A { long f = System.nanoTime(); }"),
                Violation.of(
                        "1 ",
                        "java.lang.System.currentTimeMillis()",
                        "package io.heddle.flow.packet; class A { long f = System.currentTimeMillis(); }"),
                Violation.of(
                        "1 ",
                        "java.time.Instant.now()",
                        "package io.heddle.flow.packet; class A { Object f = java.time.Instant.now(); }"),
                Violation.of(
                        "2 ",
                        "io.heddle.datapath.bridge.B",
                        "package io.heddle.controller.core; class A { io.heddle.datapath.bridge.B f; }",
                        "package io.heddle.datapath.bridge; public class B {}"),
                Violation.of(
                        "2 ",
                        "io.heddle.controller.core.B",
                        "package io.heddle.datapath.bridge; class A { io.heddle.controller.core.B f; }",
                        "package io.heddle.controller.core; public class B {}"),
                Violation.of(
                        "3 ",
                        "io.heddle.flow.match.B",
                        "package io.heddle.flow.packet; class A { io.heddle.flow.match.B f; }",
                        "package io.heddle.flow.match; public class B {}"),
                Violation.of(
                        "3 ",
                        "io.heddle.flow.pipeline.B",
                        "package io.heddle.flow.table; class A { io.heddle.flow.pipeline.B[] f; }",
                        "package io.heddle.flow.pipeline; public class B {}"),
                Violation.of("3 ", "without a layer", "package io.heddle.flow.newcomer; class A {}"),
                Violation.of(
                        "4 ",
                        "java.lang.foreign.Linker",
                        "package io.heddle.datapath.port; class A { Object f = java.lang.foreign.Linker.nativeLinker(); }"),
                Violation.of(
                        "4 ",
                        "java.lang.foreign.SymbolLookup",
                        "package io.heddle.cli; class A { java.lang.foreign.SymbolLookup f; }"),
                Violation.of("5 ", "io.grpc.Status", "package io.heddle.datapath.poll; class A { io.grpc.Status f; }"),
                Violation.of(
                        "5 ",
                        "com.google.protobuf.ByteString",
                        "package io.heddle.datapath.cache; class A { com.google.protobuf.ByteString f; }"),
                Violation.of(
                        "5 ",
                        "io.heddle.proto.openflow.B",
                        "package io.heddle.datapath.buffer; class A { io.heddle.proto.openflow.B f; }",
                        "package io.heddle.proto.openflow; public class B {}"),
                Violation.of(
                        "5 ",
                        "io.heddle.datapath.agent.grpc.B",
                        "package io.heddle.datapath.port; class A { io.heddle.datapath.agent.grpc.B f; }",
                        "package io.heddle.datapath.agent.grpc; public class B {}"),
                Violation.of(
                        "5 ", "org.slf4j.Logger", "package io.heddle.datapath.upcall; class A { org.slf4j.Logger f; }"),
                Violation.of(
                        "5 ",
                        "java.util.stream",
                        "package io.heddle.datapath.poll; class A { long f = java.util.stream.IntStream.of(1).sum(); }"),
                Violation.of(
                        "5 ",
                        "java.util.Optional",
                        "package io.heddle.datapath.poll; class A { java.util.OptionalInt f; }"),
                Violation.of(
                        "5 ",
                        "ReentrantLock",
                        "package io.heddle.datapath.poll; class A { java.util.concurrent.locks.ReentrantLock f; }"),
                Violation.of(
                        "5 ", "SYNCHRONIZED", "package io.heddle.datapath.poll; class A { synchronized void f() {} }"),
                Violation.of(
                        "6a ",
                        "io.heddle.datapath.poll.B",
                        "package io.heddle.datapath.agent.grpc; class A { io.heddle.datapath.poll.B f; }",
                        "package io.heddle.datapath.poll; public class B {}"),
                Violation.of(
                        "6b ",
                        "io.heddle.controller.channel.B",
                        "package io.heddle.controller.app.arp; class A { io.heddle.controller.channel.B f; }",
                        "package io.heddle.controller.channel; public class B {}"),
                Violation.of(
                        "6b ",
                        "io.heddle.controller.app.dhcp.B",
                        "package io.heddle.controller.app.arp; class A { io.heddle.controller.app.dhcp.B f; }",
                        "package io.heddle.controller.app.dhcp; public class B {}"),
                Violation.of(
                        "6c ",
                        "io.heddle.proto.v1.B",
                        "package io.heddle.datapath.bridge; class A { io.heddle.proto.v1.B f; }",
                        "package io.heddle.proto.v1; public class B {}"),
                Violation.of(
                        "7 ",
                        "Cycle detected",
                        "package io.heddle.controller.core; public class A { io.heddle.controller.core.deep.B f; }",
                        "package io.heddle.controller.core.deep; public class B { io.heddle.controller.core.A f; }"),
                Violation.of(
                        "8 ",
                        "io.heddle.cli.B",
                        "package io.heddle.controller.core; class A { io.heddle.cli.B f; }",
                        "package io.heddle.cli; public class B {}"));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void shouldReportViolation(Violation violation) throws IOException {
        EvaluationResult result =
                rule(violation.rule()).evaluate(compiled(violation.sources().toArray(String[]::new)));

        assertThat(result.hasViolation()).isTrue();
        assertThat(result.getFailureReport().toString()).contains(violation.culprit());
    }

    @Test
    void shouldHaveViolationForEveryRule() {
        List<String> proven = violations().map(Violation::rule).distinct().toList();

        assertThat(ImportRules.all().keySet())
                .allMatch(name -> proven.stream().anyMatch(name::startsWith), "has a violating sample");
    }

    @Test
    void shouldAcceptWhatTheArchitectureAllows() throws IOException {
        var classes = compiled(
                "package io.heddle.flow.packet; public class P { java.nio.ByteBuffer f; }",
                "package io.heddle.flow.match; public class M { io.heddle.flow.packet.P f; }",
                "package io.heddle.flow.table; public class T { io.heddle.flow.match.M f; }",
                "package io.heddle.proto.v1; public class G {}",
                "package io.heddle.proto.mapping; public class Map { io.heddle.proto.v1.G f; io.heddle.flow.table.T t; }",
                "package io.heddle.datapath.os; public class O { java.lang.foreign.Linker f; }",
                "package io.heddle.datapath.poll; public class L { io.heddle.datapath.os.O f;"
                        + " void g() { java.util.concurrent.locks.LockSupport.parkNanos(1); } }",
                "package io.heddle.datapath.bridge; public class B { io.heddle.datapath.poll.L f; }",
                "package io.heddle.datapath.agent.grpc; class A { io.heddle.datapath.bridge.B f;"
                        + " io.heddle.proto.v1.G g; io.heddle.proto.mapping.Map m; }",
                "package io.heddle.controller.core; public class C { io.heddle.flow.table.T f; }",
                "package io.heddle.controller.app.arp; class App { io.heddle.controller.core.C f; }");

        assertThat(ImportRules.all())
                .allSatisfy((name, rule) -> assertThat(
                                rule.evaluate(classes).getFailureReport().getDetails())
                        .as(name)
                        .isEmpty());
    }

    private static ArchRule rule(String prefix) {
        return ImportRules.all().entrySet().stream()
                .filter(each -> each.getKey().startsWith(prefix))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private JavaClasses compiled(String... sources) throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<Path> files = new ArrayList<>();
        for (String source : sources) {
            Path file = folder.resolve("src")
                    .resolve(group(PACKAGE, source).replace('.', '/'))
                    .resolve(group(TYPE, source) + ".java");
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            files.add(Files.writeString(file, source));
        }
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager manager = javac.getStandardFileManager(null, null, null)) {
            Iterable<? extends JavaFileObject> units = manager.getJavaFileObjectsFromPaths(files);
            boolean good = javac.getTask(
                            messages,
                            manager,
                            null,
                            List.of(
                                    "-proc:none",
                                    "-d",
                                    classes.toString(),
                                    "-cp",
                                    System.getProperty("java.class.path")),
                            null,
                            units)
                    .call();
            assertThat(good).as("compiles: %s", messages).isTrue();
        }
        return new ClassFileImporter().importPath(classes);
    }

    private static String group(Pattern pattern, String source) {
        Matcher matcher = pattern.matcher(source);
        assertThat(matcher.find()).as("%s in %s", pattern, source).isTrue();
        return matcher.group(1);
    }
}
