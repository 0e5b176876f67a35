///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Brings a Kubernetes environment up, waits softly, and says in JSON whether it is ready and if not, why
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.3.0 tools.jackson.dataformat:jackson-dataformat-yaml:3.3.0
//DEPS io.fabric8:kubernetes-client-api:8.0.0@fatjar io.fabric8:kubernetes-client:8.0.0@fatjar io.fabric8:zjsonpatch:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-httpclient-jdk:8.0.0@fatjar io.fabric8:kubernetes-model-common:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-core:8.0.0@fatjar io.fabric8:kubernetes-model-apps:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-batch:8.0.0@fatjar io.fabric8:kubernetes-model-certificates:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-extensions:8.0.0@fatjar io.fabric8:kubernetes-model-rbac:8.0.0@fatjar
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS org.freemarker:freemarker:2.3.35
//DEPS org.slf4j:slf4j-nop:2.0.17
//SOURCES catalogue/*.java certainty/*.java cluster/*.java command/*.java diagnosis/*.java findings/*.java
//SOURCES manifests/*.java model/*.java readiness/*.java report/*.java slots/*.java system/*.java waiting/*.java
//SOURCES ../shared/*.java ../shared/system/*.java
//COMPILE_OPTIONS -encoding UTF-8 -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable
package ensure_ready;

import ensure_ready.command.EnvironmentTwins;
import ensure_ready.command.KnownSoFar;
import ensure_ready.command.Options;
import ensure_ready.command.Output;
import ensure_ready.command.Steps;
import ensure_ready.command.Usage;
import ensure_ready.command.Verb;
import ensure_ready.report.Progress;
import ensure_ready.report.Publisher;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine;
import shared.Durations;
import shared.Redaction;
import shared.system.Hooks;
import shared.system.HttpThreads;
import shared.system.Terminal;

/**
 * Gets a slot, applies manifests, waits softly and says in JSON whether the infrastructure is ready, and if not, why.
 *
 * <pre>jbang ensure_ready.java --project shop --issue 42 -f deploy --apply --wait-soft-fail</pre>
 */
@Command(name = "ensure_ready", customSynopsis = "jbang ensure_ready.java [ensure|status|release|attach] [options]",
    mixinStandardHelpOptions = true, version = "ensure_ready 1.0.0", sortOptions = false, usageHelpAutoWidth = true,
    description = "Gets a slot, applies manifests, waits softly and says in JSON whether the infrastructure is ready, and if not, why.",
    exitCodeListHeading = "%nExit codes (1 to 4 are JBang's own, 2 is shared):%n", exitCodeList = {
        " 0:ready; or not, with --wait-soft-fail", " 2:usage: unknown option, bad value, missing file named on the command line",
            "10:not ready",
        "11:no slot free, or none found", "130, 143:interrupted; the JSON is printed all the same"},
    footer = {"",
        "An option's environment variable stands behind it in [brackets]; the option wins. An empty value (--pr=) counts as not given.",
        "stdout carries only the result; progress and log go to stderr."})
public class ensure_ready implements Callable<Integer> {
    @Mixin
    Options options = new Options();
    @Spec
    CommandSpec spec;

    private final KnownSoFar known = new KnownSoFar();

    public static void main(String... args) {
        speakUtf8();
        int code = execute(args, System.getenv());
        HttpThreads.end();
        System.exit(code);
    }

    /** JSON is UTF-8 wherever it is written; bare CI containers have LC_ALL=C. */
    private static void speakUtf8() {
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    }

    /** Runs the command with an environment of the caller's; the exit code is the return value. */
    static int execute(String[] args, Map<String, String> env) {
        var given = List.of(args);
        var line = cli(given, env);
        return line.execute(EnvironmentTwins.expand(given, line.getCommandSpec(), env).toArray(String[]::new));
    }

    static CommandLine cli(List<String> given, Map<String, String> env) {
        var command = new ensure_ready();
        command.options.environment = env;
        command.options.given = given;
        return new CommandLine(command).registerConverter(Duration.class, ensure_ready::duration)
            .setCaseInsensitiveEnumValuesAllowed(true).setParameterExceptionHandler((e, a) -> command.usage(e, given))
            .setExecutionExceptionHandler((e, line, parsed) -> command.fault(e));
    }

    static Duration duration(String text) {
        return Durations.of(text)
            .orElseThrow(() -> new TypeConversionException("'" + text + "' is not a duration: write 90s, 20m or 1h5m, 1000d at the most"));
    }

    @Override
    public Integer call() {
        Usage.check(options, spec.commandLine());
        var progress = Progress.on(System.err, options.environment, options.output.quiet, options.output.verbose);
        progress.mask(Redaction.of(Map.of(), options.environment)::clean);
        var interrupted = Hooks.add("interrupted", this::publishInterrupted);
        try {
            run(progress);
            return publish();
        } finally {
            Hooks.forget(interrupted); // not before: an interrupt while the result is printed must not lose it
        }
    }

    private void run(Progress progress) {
        try (progress) {
            new Steps(options, known, progress).run();
        } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            known.fault(said(e));
            progress.trace(e);
        }
    }

    private void publishInterrupted() {
        known.interrupt();
        publish();
    }

    /** One line for whoever typed it; {@code -v} shows the stack trace. */
    private int usage(ParameterException e, List<String> given) {
        var err = e.getCommandLine().getErr();
        err.println("ensure_ready: " + Usage.sentence(e, given, options.environment) + " (ensure_ready.java --help lists the options)");
        if (given.contains("-v")) {
            e.printStackTrace(err);
        }
        return CommandLine.ExitCode.USAGE;
    }

    private int fault(Throwable e) {
        known.fault(said(e));
        return publish();
    }

    private static String said(Throwable e) {
        return "internal error: " + e + "; -v shows where, please report it";
    }

    /**
     * Prints the result exactly once, whoever comes first: the command or an interrupt. A mistake of ours costs details, never the result:
     * the caller gets his JSON all the same, with the verdict if there was one, and never ready.
     */
    private int publish() {
        synchronized (known) {
            try {
                print();
            } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
                known.fault(said(e));
                known.withoutDetails();
                print();
            }
            return known.outcome().exitCode(options.wait.soft);
        }
    }

    private void print() {
        if (!known.published()) {
            boolean judges = options.verb == Verb.ensure || options.verb == Verb.status;
            publisher().publish(known.report(options.unfound(), judges), known.redaction(options.environment), known::printed);
        }
    }

    private Publisher publisher() {
        var wanted = options.output;
        boolean asText = wanted.output == null ? Terminal.is(1) : wanted.output == Output.text;
        return new Publisher(spec.commandLine().getOut(), asText, Optional.ofNullable(wanted.report), options.environment,
            options.environment.containsKey("GITHUB_ACTIONS") && !wanted.quiet);
    }
}
