import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The sample workflows as a repository that adopted them has them: the README's copy commands, in Java. */
final class WorkflowLab {
    static final List<String> CONSUMERS = List.of("alimentor", "project-example");

    private WorkflowLab() {
    }

    /** Copies what a consumer copies into an empty folder, and makes the folder a git repository. */
    static Path adopt(String consumer, Path folder) {
        try {
            var samples = Cli.root().resolve("workflows");
            var workflows = Files.createDirectories(folder.resolve(".github/workflows"));
            copy(samples.resolve("shared/agent"), folder.resolve(".github/agent"));
            copy(samples.resolve("shared/actionlint.yaml"), folder.resolve(".github/actionlint.yaml"));
            copy(Cli.root().resolve("jbangw"), folder.resolve("jbangw"));
            for (var from : List.of(samples.resolve("shared"), samples.resolve(consumer))) {
                try (var files = Files.list(from)) {
                    for (var file : files.filter(f -> f.toString().endsWith(".yml")).toList()) {
                        copy(file, workflows.resolve(file.getFileName()));
                    }
                }
            }
            git(folder, "init", "--quiet", "--initial-branch", "main");
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (var file : files.toList()) {
                var target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    static String git(Path folder, String... arguments) {
        var command = new java.util.ArrayList<>(List.of("git", "-c", "user.name=Tester", "-c", "user.email=tester@example.org"));
        command.addAll(List.of(arguments));
        var result = Cli.program(command.toArray(String[]::new)).in(folder).run();
        if (result.exit() != 0) {
            throw new AssertionError(command + ": " + result);
        }
        return result.out().strip();
    }

    /** Every YAML file of the samples that GitHub runs, by its path in the repository. */
    static Map<String, String> yaml() {
        return texts(Pattern.compile(".*\\.ya?ml"));
    }

    static Map<String, String> texts(Pattern names) {
        var root = Cli.root();
        var texts = new TreeMap<String, String>();
        try (var files = Files.walk(root.resolve("workflows"))) {
            for (var file : files.filter(Files::isRegularFile).filter(f -> names.matcher(f.getFileName().toString()).matches())
                    .toList()) {
                var name = root.relativize(file).toString();
                if (!name.contains("/deploy/") && !name.contains("/cluster/") && !name.endsWith("actionlint.yaml")) {
                    texts.put(name, Files.readString(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return texts;
    }

    static Map<?, ?> parse(String yaml) {
        return (Map<?, ?>) new Load(LoadSettings.builder().build()).loadFromString(yaml);
    }

    /** Runs a step's shell text with a jbangw that prints its arguments, one a line. */
    static List<String> arguments(String run) {
        var shell = "jbangw() { printf '%s\\n' \"$@\"; exit; }\nISSUE=42 PULL=7 KIND=dev_review SLOT=3 RUNNER_TEMP=/tmp BASE=main "
            + "MAX_TOKENS=9 NAMESPACE=shop-dev-3 CODEXCTL_CODE_ROOT_BASE=/envs\n"
                + run.replaceAll("(?:exec )?(env \\S+ \\\\\\s+)?\\./jbangw", "jbangw");
        var result = Cli.program("bash", "-eu", "-c", shell).run();
        if (result.exit() != 0) {
            throw new AssertionError(result.toString());
        }
        return result.out().lines().toList();
    }

    static String lines(List<?> findings) {
        return findings.stream().map(Object::toString).collect(joining("\n"));
    }
}
