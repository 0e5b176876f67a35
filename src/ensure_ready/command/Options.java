package ensure_ready.command;

import ensure_ready.manifests.Placeholders;
import ensure_ready.manifests.RuleFile;
import ensure_ready.model.CustomRule;
import ensure_ready.model.Target;
import ensure_ready.slots.Wanted;
import io.fabric8.kubernetes.client.Config;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Parameters;
import shared.system.Kubeconfig;
import shared.system.Variables;

/** Everything that a command line says, and what follows from it alone. */
public final class Options {
    @Parameters(index = "0", arity = "0..1", paramLabel = "VERB",
        description = {"ensure (default): slot, apply, wait, report;", "status: diagnose only, changes nothing;",
        "release: free a slot, delete its namespace and record;", "attach: set issue and pull request of a slot"})
    public Verb verb = Verb.ensure;
    @ArgGroup(validate = false, order = 1, heading = "%nWhich slot%n")
    public SlotOptions slot = new SlotOptions();
    @ArgGroup(validate = false, order = 2, heading = "%nWhat to apply%n")
    public ApplyOptions apply = new ApplyOptions();
    @ArgGroup(validate = false, order = 3, heading = "%nHow to wait%n")
    public WaitOptions wait = new WaitOptions();
    @ArgGroup(validate = false, order = 4, heading = "%nOutput%n")
    public OutputOptions output = new OutputOptions();
    @ArgGroup(validate = false, order = 5, heading = "%nCluster%n")
    public ClusterOptions cluster = new ClusterOptions();

    /** The caller's environment variables. */
    public Map<String, String> environment = Map.of();
    /** The arguments as they were typed. */
    public List<String> given = List.of();
    private Map<String, Object> variables;

    public String project() {
        var repository = environment.getOrDefault("GITHUB_REPOSITORY", "");
        return slot.project != null ? slot.project : repository.substring(repository.indexOf('/') + 1)
            .toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
    }

    public Wanted wanted() {
        return new Wanted(slot.env, slot.number == null ? 0 : slot.number, slot.issue, slot.pr, slot.max);
    }

    public String namespaceOf(int number, String env, int issue) {
        return Placeholders.fill(slot.pattern, Map.of("project", project(), "slot", "" + number, "env", env, "issue", "" + issue), "${");
    }

    /** Who takes a slot, for people who wait for it. */
    public String holder() {
        var run = environment.getOrDefault("GITHUB_RUN_ID", "");
        return run.isEmpty() ? System.getProperty("user.name") : environment.getOrDefault("GITHUB_REPOSITORY", "github") + " run " + run;
    }

    public Optional<Instant> ttlEnd() {
        return Optional.ofNullable(slot.ttl).map(ttl -> Instant.now().plus(ttl).truncatedTo(ChronoUnit.SECONDS));
    }

    public Map<String, Object> facts(Target target) {
        var facts = new HashMap<>(variables());
        facts.putAll(target.placeholders());
        facts.put("project", project());
        return facts;
    }

    /** Template variables; throws {@link IllegalArgumentException}. A pipe can be read once only. */
    public Map<String, Object> variables() {
        if (variables == null) {
            variables = Variables.read(apply.varFile == null ? List.of() : List.of(apply.varFile), apply.vars);
        }
        return variables;
    }

    /** How custom resources are judged; throws {@link IllegalArgumentException}. */
    public List<CustomRule> rules() {
        return wait.rules == null ? List.of() : RuleFile.read(wait.rules);
    }

    /** The cluster's address and credentials; throws {@link IllegalArgumentException}. */
    public Config kubeconfig() {
        return Kubeconfig.read(cluster.kubeconfig, cluster.context);
    }

    public boolean hasManifests() {
        return !apply.manifests.isEmpty() || apply.render != null;
    }

    public Target explicit() {
        return new Target(slot.env, slot.number == null ? 0 : slot.number, slot.namespace, slot.issue, slot.pr, false);
    }

    /** What is reported as long as no slot is found. */
    public Target unfound() {
        return slot.namespace != null ? explicit() : new Target(slot.env, 0, "", slot.issue, slot.pr, false);
    }
}
