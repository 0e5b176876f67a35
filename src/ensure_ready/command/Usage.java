package ensure_ready.command;

import ensure_ready.slots.Slot;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine;
import shared.system.GivenTwice;

/** What a command line must be before anything is touched. */
public final class Usage {
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");

    private final Options o;
    private final List<String> wrong = new ArrayList<>();

    private Usage(Options options) {
        o = options;
    }

    public static void check(Options options, CommandLine command) {
        var usage = new Usage(options);
        GivenTwice.of(options.given, command.getCommandSpec()).ifPresent(usage.wrong::add);
        usage.slots();
        usage.names();
        usage.files();
        usage.verbs();
        usage.wrong.stream().findFirst().ifPresent(sentence -> {
            throw new ParameterException(command, sentence);
        });
    }

    private void slots() {
        var s = o.slot;
        check(s.number == null || s.number > 0, "--slot " + s.number + ": a slot's number starts at 1");
        check(s.issue >= 0, "--issue " + s.issue + ": must be the number of an issue");
        check(s.pr >= 0, "--pr " + s.pr + ": must be the number of a pull request");
        check(s.max >= 0, "--max " + s.max + ": must be 0 (no limit) or more");
        check(s.namespace != null || s.number != null || s.issue > 0 || s.pr > 0 || s.expired,
            "which environment? give --issue, --pr, --slot or --namespace");
        check(o.verb != Verb.attach || s.issue > 0 || s.pr > 0, "attach needs --issue or --pr");
        check(o.verb != Verb.attach || s.namespace == null, "attach needs a slot record, so no --namespace");
        check(s.namespace != null || !s.pattern.contains("${project}") || !o.project().isEmpty(),
            "--project is needed for --namespace-pattern " + s.pattern);
    }

    private void names() {
        name("--namespace", o.slot.namespace);
        name("--state-namespace", o.slot.stateNamespace);
        name("--agent-deployment", o.wait.agent);
        name("--project", o.slot.project);
        check(WORD.matcher(o.slot.env).matches(), "--env " + o.slot.env + ": must be letters, digits, - _ . as in a label");
        if (wrong.isEmpty() && o.slot.namespace == null) {
            name("--namespace-pattern gives", o.namespaceOf(o.slot.number == null ? 1 : o.slot.number, o.slot.env, o.slot.issue));
        }
    }

    private void files() {
        o.apply.manifests.stream().filter(f -> !f.equals("-"))
            .forEach(f -> unreadable(f).ifPresent(why -> wrong.add("--manifests " + f + ": " + why)));
        check(o.apply.manifests.stream().filter("-"::equals).count() < 2, "--manifests -: stdin can be read once only");
        check(o.apply.source == null || Files.isDirectory(o.apply.source), "--source " + o.apply.source + ": no such folder");
        check(o.apply.source == null || o.apply.codeRootBase != null, "--source needs --code-root-base");
        check(o.apply.source == null || o.slot.namespace == null
            || o.slot.number != null, "--source needs a slot: its sources go to BASE/<slot>/src");
        if (wrong.isEmpty()) {
            check(o::variables);
            check(o::rules);
        }
        if (wrong.isEmpty() && (o.cluster.kubeconfig != null || o.cluster.context != null)) {
            check(o::kubeconfig);
        }
    }

    private static Optional<String> unreadable(String name) {
        try {
            var path = Path.of(name);
            return Files.isReadable(path) ? Optional.empty() : Optional.of(Files.exists(path) ? "permission denied"
                : Files.isSymbolicLink(path) ? "a link that leads nowhere" : "no such file or folder");
        } catch (InvalidPathException e) {
            return Optional.of("not a path in this locale; LC_ALL=C.UTF-8 knows all characters");
        }
    }

    private void check(Supplier<?> value) {
        try {
            value.get();
        } catch (IllegalArgumentException e) {
            wrong.add(e.getMessage());
        }
    }

    /** An option that a verb would silently ignore is a mistake to be told. */
    private void verbs() {
        check(!o.slot.expired || o.verb == Verb.release, "--expired belongs to release");
        check(!o.apply.apply && !o.apply.force || o.verb == Verb.ensure
            || Stream.of("CODEXCTL_APPLY", "CODEXCTL_FORCE_APPLY").anyMatch(t -> !o.environment.getOrDefault(t, "").isEmpty()),
            o.verb + " applies nothing: no --apply, no --force-apply");
        check(o.apply.source == null || o.verb == Verb.ensure, o.verb + " mirrors nothing: no --source");
        check(o.slot.ttl == null || o.verb == Verb.ensure || o.verb == Verb.attach, "--ttl belongs to ensure and attach");
    }

    private void name(String option, String value) {
        check(value == null || Slot.LABEL.matcher(value).matches(),
            option + " " + value + ": must be lower-case letters, digits and -, 63 at most");
    }

    private void check(boolean right, String sentence) {
        if (!right) {
            wrong.add(sentence);
        }
    }

    /** picocli's sentence, the environment variable named when the value came from there. */
    public static String sentence(ParameterException e, List<String> given, Map<String, String> env) {
        var message = e.getMessage().lines().findFirst().orElse("").replace("option option", "option");
        var arg = e.getArgSpec();
        if (arg == null || !arg.isOption()) {
            return unknown(e.getCommandLine(), given).orElse(lower(message));
        }
        var option = (OptionSpec) arg;
        var twin = EnvironmentTwins.of(option);
        var byHand = given.stream().anyMatch(g -> GivenTwice.is(option, g));
        return lower(message) + (!byHand && env.containsKey(twin) ? " (from " + twin + ")" : "");
    }

    /** The value of an option that nobody knows would be taken for a verb, and told instead of it. */
    private static Optional<String> unknown(CommandLine command, List<String> given) {
        var known = command.getCommandSpec().optionsMap().keySet();
        return given.stream().filter(g -> g.startsWith("--") && !known.contains(g.replaceFirst("(?s)=.*", ""))).findFirst()
            .map(name -> "unknown option: '" + name + "'" + new CommandLine.UnmatchedArgumentException(command, List.of(name))
                .getSuggestions().stream().findFirst().map(near -> "; did you mean " + near + "?").orElse(""));
    }

    private static String lower(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
