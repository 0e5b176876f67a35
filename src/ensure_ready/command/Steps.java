package ensure_ready.command;

import ensure_ready.catalogue.Code;
import ensure_ready.certainty.Judgement;
import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.cluster.Collect;
import ensure_ready.diagnosis.Diagnosis;
import ensure_ready.manifests.Apply;
import ensure_ready.manifests.Item;
import ensure_ready.manifests.Loaded;
import ensure_ready.manifests.Manifests;
import ensure_ready.manifests.Mirror;
import ensure_ready.manifests.Placeholders;
import ensure_ready.manifests.Shell;
import ensure_ready.model.Applied;
import ensure_ready.model.Outcome;
import ensure_ready.model.Problem;
import ensure_ready.model.SecretValues;
import ensure_ready.model.Source;
import ensure_ready.model.Target;
import ensure_ready.readiness.WaitSettings;
import ensure_ready.report.Addresses;
import ensure_ready.report.Progress;
import ensure_ready.slots.Namespaces;
import ensure_ready.slots.Release;
import ensure_ready.slots.Slots;
import ensure_ready.slots.Wanted;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import ensure_ready.waiting.Applying;
import ensure_ready.waiting.SoftWait;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Redaction;
import shared.system.Bounded;

/** The verbs, step by step. Each gives its result to the next, and tells what is known at once: an interrupt may come at any time. */
public final class Steps {
    /** The verdict does not wait for longer; that it was too long for an explanation is then said. */
    private static final Duration EXPLAINING = Duration.ofSeconds(30);
    private static final Duration OTHERS_APPLY = Duration.ofSeconds(10);
    private final Options options;
    private final KnownSoFar known;
    private final Progress progress;

    public Steps(Options options, KnownSoFar known, Progress progress) {
        this.options = options;
        this.known = known;
        this.progress = progress;
    }

    /** Whatever is wrong with the infrastructure ends up in what is known, never in an exception. */
    public void run() {
        try (var api = connect()) {
            var patient = api.within(Deadline.in(options.cluster.requestTimeout));
            switch (options.verb) {
                case ensure -> ensure(api);
                case status -> status(api);
                case release -> release(patient);
                case attach -> attach(patient);
            }
        } catch (InfraFailure e) {
            known.end(e.outcome, e.getMessage());
        } catch (ApiError e) {
            known.end(e.outcome(), e.sentence());
        }
    }

    private void ensure(Api api) {
        var target = target(api.within(Deadline.in(options.slot.timeout)),
            slots -> slots.acquire(options.wanted(), Deadline.in(options.slot.timeout), options.ttlEnd()));
        var deadline = Deadline.in(options.wait.timeout);
        boolean fresh = prepareNamespace(api.within(deadline), target, deadline);
        boolean applying = options.apply.force || options.apply.apply && fresh;
        if (applying) {
            prepare(target, deadline);
        } else if (options.apply.apply) {
            progress.say("ns/" + target.namespace() + " was there before: nothing is applied; --force-apply applies to a living slot too");
        }
        var loaded = load(target, deadline);
        hideSecrets(api, target);
        var since = applying && !loaded.items().isEmpty() ? Instant.now() : null;
        var apply = applying ? apply(api, target, loaded, deadline) : othersApply(api.within(deadline), loaded, deadline);
        var waiting = waiting(api, target, apply, since);
        known.waiting = waiting;
        known.judgement = waiting.run(deadline);
        known.results = apply.ended();
        diagnose(api, known.judgement);
    }

    private void status(Api api) {
        var target = target(api, slots -> slots.find(options.wanted()));
        if (new Namespaces(api, progress).absent(target)) {
            throw new InfraFailure(Outcome.not_ready, "ns/" + target.namespace() + " does not exist");
        }
        var waiting = waiting(api, target, asItIs(api, load(target, Deadline.in(options.wait.timeout))), null);
        hideSecrets(api, target);
        known.judgement = looked(waiting.once());
        diagnose(api, known.judgement);
    }

    private void release(Api api) {
        var releasing = new Release(api, slots(api), known.released, progress);
        if (options.slot.expired) {
            releasing.expired(Instant.now());
        } else {
            var found = options.slot.namespace != null ? Optional.of(options.explicit()) : slots(api).seek(options.wanted());
            found.ifPresentOrElse(target -> {
                known.target = target;
                releasing.one(target);
            }, () -> known.released.left().add("nothing: there is no slot for " + options.wanted()));
        }
        known.end(Outcome.released, known.released.sentence());
    }

    private void attach(Api api) {
        var target = slots(api).attach(options.wanted(), options.ttlEnd());
        known.target = target;
        known.end(Outcome.attached, "attached: " + new Wanted(target.env(), target.slot(), target.issue(), target.pr(), 0));
    }

    private Api connect() {
        var api = new Api(kubeconfig(), options.cluster.requestTimeout).within(Deadline.in(Duration.ofSeconds(4)));
        try {
            api.get("/version");
        } catch (ApiError e) {
            if (e.code == 0 || e.code >= 500) {
                api.close();
                throw new InfraFailure(Outcome.no_cluster, "cannot reach the API server "
                    + api.server() + ": " + e.getMessage() + "; check --kubeconfig, --context or the network");
            }
        }
        return api;
    }

    /** What the command line names is checked before; what the machine is set up with is infrastructure. */
    private Config kubeconfig() {
        try {
            return options.kubeconfig();
        } catch (IllegalArgumentException e) {
            throw new InfraFailure(Outcome.no_cluster, e.getMessage());
        }
    }

    private Target target(Api api, Function<Slots, Target> slot) {
        known.target = options.slot.namespace != null ? options.explicit() : slot.apply(slots(api));
        return known.target;
    }

    private Slots slots(Api api) {
        return new Slots(api, options.slot.stateNamespace, options.slot.statePrefix,
            options::namespaceOf, options.holder(), progress);
    }

    /** Whether the namespace is new, as far as an apply is concerned. */
    private boolean prepareNamespace(Api api, Target target, Deadline deadline) {
        var found = new Namespaces(api, progress).ensure(target, deadline, options.ttlEnd());
        boolean created = target.fresh() || options.slot.namespace != null && found == Namespaces.Found.created;
        known.created = created;
        known.recreated = !created && (found == Namespaces.Found.created || found == Namespaces.Found.unfinished);
        if (found == Namespaces.Found.unreadable) {
            known.limited("namespaces: forbidden");
            progress.detail("ns/" + target.namespace()
                + ": may not be read, so it counts as new: to apply twice does no harm, not at all does");
        }
        return created || found != Namespaces.Found.living;
    }

    /** Images and sources; what went wrong is known then, and the rest goes on. */
    private void prepare(Target target, Deadline deadline) {
        var images = options.apply.prepareImages;
        try {
            if (images != null) {
                progress.say("prepare images: " + images);
                Shell.run(Shell.sh(images), target.environment(), deadline, progress::detail);
            }
        } catch (InfraFailure e) {
            notPrepared(program(images), e);
        }
        try {
            if (options.apply.source != null) {
                new Mirror(options.apply.source, options.apply.codeRootBase.resolve("" + target.slot()).resolve("src")).run(progress);
            }
        } catch (InfraFailure e) {
            notPrepared("--source", e);
        }
    }

    private void notPrepared(String program, InfraFailure e) {
        var before = known.prepareFailure;
        known.prepareFailure = new Problem(before == null ? new Source(program, 0) : before.source(),
            before == null ? e.getMessage() : before.message() + "; " + e.getMessage(), Code.PREPARE_FAILED,
            before == null ? e.detail : before.detail() + "\n" + e.getMessage());
        progress.warn(e.getMessage());
    }

    private static String program(String command) {
        return command.strip().split("\\s+")[0];
    }

    private Loaded load(Target target, Deadline deadline) {
        var loaded = new Manifests(options.facts(target), deadline).load(options.apply.manifests);
        if (options.apply.render != null) {
            loaded = loaded.and(rendered(target, deadline));
        }
        if (loaded.nothing() && options.hasManifests()) {
            loaded = Manifests.nothing(options.apply.render != null ? "--render" : String.join(" ", options.apply.manifests));
        }
        loaded.problems().forEach(p -> progress.warn(p.source() + ": " + p.message()));
        known.problems = loaded.problems();
        learn(SecretValues.of(loaded.items().stream().map(Item::object).toList()));
        known.renderer = renderer(target, loaded);
        return loaded;
    }

    private Loaded rendered(Target target, Deadline deadline) {
        var command = command(target);
        try {
            return Manifests.rendered(program(command), Shell.run(Shell.sh(command), target.environment(), deadline.orIn(Manifests.LATE),
                progress::detail));
        } catch (InfraFailure e) {
            return Loaded.failed(new Source(program(command), 0), Code.RENDER_FAILED, e);
        }
    }

    /** Whoever mends a template must know what turns it into manifests; no one else needs it. */
    private String renderer(Target target, Loaded loaded) {
        var files = Stream.concat(loaded.items().stream().map(Item::source), loaded.problems().stream().map(Problem::source))
            .map(Source::file).distinct();
        var own = files.flatMap(file -> file.endsWith(".ftl") ? Stream.of("FreeMarker, ensure_ready.java -f " + file)
            : !file.isBlank() && Files.isDirectory(Path.of(file)) ? Stream.of("kubectl kustomize " + file) : Stream.empty()).limit(1);
        return Stream.concat(Stream.ofNullable(options.apply.render).map(r -> command(target)), own).collect(Collectors.joining("; "));
    }

    private String command(Target target) {
        return Placeholders.fill(options.apply.render, target.placeholders(), "{");
    }

    private Applying asItIs(Api api, Loaded loaded) {
        known.results = Apply.notNow(api, loaded.items(), Deadline.now());
        return Applying.over(known.results, broken());
    }

    /** What this run does not apply another one may be applying: a kind that is not served yet gets a moment to come. */
    private Applying othersApply(Api api, Loaded loaded, Deadline deadline) {
        known.results = Apply.skipped(loaded.items());
        return Applying.begin(known.results, broken(), told -> Apply.notNow(api, loaded.items(), deadline.atMost(OTHERS_APPLY)));
    }

    /** Runs beside the wait, so that what cannot be applied (yet) hides nothing of what the others do. */
    private Applying apply(Api api, Target target, Loaded loaded, Deadline deadline) {
        known.applied = !loaded.items().isEmpty();
        known.results = Apply.pending(loaded.items());
        return Applying.begin(known.results, broken(), told -> {
            var results = new Apply(api.within(deadline), target.namespace(), options.apply.recreate, so -> {
                known.results = so;
                told.accept(so);
            }, progress).all(loaded.items(), deadline);
            if (known.applied && loaded.problems().isEmpty() && !Applied.anyFailed(results)) {
                new Namespaces(api.within(Deadline.now()), progress).markApplied(target);
            }
            hideSecrets(api, target);
            return results;
        });
    }

    /** Whether it is certain before anything is applied that not all will be as the manifests want it. */
    private boolean broken() {
        return known.prepareFailure != null || !known.problems.isEmpty();
    }

    /** Before anything of the namespace is shown: an interrupt may come at any time. */
    private void hideSecrets(Api api, Target target) {
        learn(Collect.secretsIn(api.within(Deadline.now()), target.namespace(), known::limited));
    }

    private void learn(Map<String, String> secrets) {
        known.learn(secrets);
        progress.mask(Redaction.of(known.secrets(), options.environment)::clean);
    }

    /** {@code since}: when the apply began; null when nothing is applied. */
    private SoftWait waiting(Api api, Target target, Applying apply, Instant since) {
        boolean onlyApplied = options.wait.waitFor == null ? options.hasManifests() : options.wait.waitFor == WaitFor.applied;
        var settings = new WaitSettings(options.wait.agent, onlyApplied, options.wait.strict,
            options.wait.failMode == FailMode.fast, since, options.rules());
        return new SoftWait(api, target.namespace(), apply, settings, progress::judgement);
    }

    /** Only a wait can time out; a look says how it is. */
    private static Judgement looked(Judgement j) {
        return j.outcome() == Outcome.timeout ? j.with(Outcome.not_ready) : j;
    }

    /**
     * Also of a ready environment: a Service that selects nothing blocks no pod and is a fault all the same.
     * Collecting has its own time: a diagnosis that comes late helps nobody, none at all helps even less.
     */
    private void diagnose(Api api, Judgement judgement) {
        if (!known.ready()) {
            progress.say("collects what explains it");
        }
        var workloads = judgement.workloads();
        try {
            var full = Collect.more(api.within(Deadline.now()), judgement.snapshot(), workloads, known.secrets(),
                Duration.ofSeconds(5));
            known.learn(full.secrets());
            known.addresses = Addresses.of(full.snapshot());
            known.diagnosis = Bounded.get(EXPLAINING,
                () -> Diagnosis.explain(full.snapshot().and(known.broken()), workloads, options.wait.agent));
        } catch (IOException | RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            // a mistake of ours must not cost the verdict
            known.diagnosis = Diagnosis.unavailable(judgement.snapshot(), workloads, e);
        }
    }
}
