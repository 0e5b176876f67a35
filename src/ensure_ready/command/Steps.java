package ensure_ready.command;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.cluster.Collect;
import ensure_ready.diagnosis.Diagnosis;
import ensure_ready.manifests.Apply;
import ensure_ready.manifests.Loaded;
import ensure_ready.manifests.Manifests;
import ensure_ready.manifests.Mirror;
import ensure_ready.manifests.Names;
import ensure_ready.manifests.Shell;
import ensure_ready.model.Deadline;
import ensure_ready.model.Infra;
import ensure_ready.model.Outcome;
import ensure_ready.model.Source;
import ensure_ready.readiness.Judgement;
import ensure_ready.readiness.WaitSettings;
import ensure_ready.readiness.Waiting;
import ensure_ready.report.Progress;
import ensure_ready.slots.Namespaces;
import ensure_ready.slots.Owner;
import ensure_ready.slots.Release;
import ensure_ready.slots.Slots;
import ensure_ready.slots.Target;
import io.fabric8.kubernetes.client.Config;
import java.time.Duration;
import java.time.Instant;
import picocli.CommandLine;
import shared.Redaction;

/** The verbs, step by step. */
public final class Steps {
    private final Options options;
    private final CommandLine line;
    private final Known known;
    private final Progress progress;

    public Steps(Options options, CommandLine line, Known known, Progress progress) {
        this.options = options;
        this.line = line;
        this.known = known;
        this.progress = progress;
    }

    /** Whatever is wrong with the infrastructure ends up in what is known, never in an exception. */
    public void run() {
        try (var api = connect()) {
            switch (options.verb) {
                case ensure -> ensure(api);
                case status -> status(api);
                case release -> release(api);
                case attach -> attach(api);
            }
        } catch (Infra e) {
            known.end(e.outcome, e.getMessage());
        } catch (ApiError e) {
            known.end(e.outcome(), e.sentence());
        }
    }

    private void ensure(Api api) {
        var target = takeSlot(api);
        var deadline = Deadline.in(options.wait.timeout);
        api.patience = deadline;
        var fresh = prepareNamespace(api, target, deadline);
        var applying = options.apply.force || options.apply.apply && fresh;
        if (applying) {
            prepare(target, deadline);
        }
        var loaded = load(target, deadline);
        apply(api, target, loaded, applying, deadline);
        judge(api, target, deadline);
    }

    private void status(Api api) {
        var target = findSlot(api);
        known.target(target);
        if (new Namespaces(api, progress).absent(target)) {
            throw new Infra(Outcome.not_ready, "ns/" + target.namespace() + " does not exist");
        }
        known.applied(Apply.notNow(load(target, Deadline.in(options.wait.timeout)).items()));
        var waiting = waiting(api, target);
        hideSecrets(api, target);
        known.judged(looked(waiting.once()));
        diagnose(api);
    }

    private void release(Api api) {
        api.patience = Deadline.in(options.cluster.requestTimeout);
        var releasing = new Release(api, slots(api), known, progress);
        if (options.slot.expired) {
            releasing.expired(Instant.now());
        } else if (options.slot.namespace != null) {
            known.target(options.explicit());
            releasing.one(known.target);
        } else {
            slots(api).seek(options.wanted()).ifPresentOrElse(found -> {
                known.target(found);
                releasing.one(found);
            }, () -> known.left.add("nothing: there is no slot for " + options.wanted()));
        }
        known.end(Outcome.released, known.released());
    }

    private void attach(Api api) {
        api.patience = Deadline.in(options.cluster.requestTimeout);
        known.target(slots(api).attach(options.wanted(), options.ttlEnd()));
        known.end(Outcome.attached, "slot " + known.target.slot() + " belongs to issue "
            + known.target.issue() + ", pull request " + known.target.pr());
    }

    private Api connect() {
        var api = new Api(kubeconfig(), options.cluster.requestTimeout);
        api.patience = Deadline.in(Duration.ofSeconds(4));
        try {
            api.get("/version");
        } catch (ApiError e) {
            if (e.code == 0 || e.code >= 500) {
                api.close();
                throw new Infra(Outcome.no_cluster, "cannot reach the API server "
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
            throw new Infra(Outcome.no_cluster, e.getMessage());
        }
    }

    private Target takeSlot(Api api) {
        api.patience = Deadline.in(options.slot.timeout);
        var target = options.slot.namespace != null ? options.explicit() : slots(api)
            .acquire(options.wanted(), Deadline.in(options.slot.timeout), options.ttlEnd());
        known.target(target);
        return target;
    }

    private Target findSlot(Api api) {
        return options.slot.namespace != null ? options.explicit() : slots(api).find(options.wanted());
    }

    private Slots slots(Api api) {
        return new Slots(api, options.slot.stateNamespace, options.slot.statePrefix,
            options::namespaceOf, Owner.of(options.environment), progress);
    }

    private boolean prepareNamespace(Api api, Target target, Deadline deadline) {
        var found = new Namespaces(api, progress).ensure(target, deadline, options.ttlEnd());
        known.created = target.fresh() || options.slot.namespace != null && found == Namespaces.Found.created;
        known.recreated = !known.created && (found == Namespaces.Found.created || found == Namespaces.Found.unfinished);
        if (found == Namespaces.Found.unreadable) {
            known.limited("namespaces: forbidden");
            progress.detail("ns/" + target.namespace()
                + ": may not be read, so it counts as new: to apply twice does no harm, not at all does");
        }
        return known.created || found != Namespaces.Found.living;
    }

    private void prepare(Target target, Deadline deadline) {
        try {
            if (options.apply.prepareImages != null) {
                progress.say("prepare images: " + options.apply.prepareImages);
                Shell.run(Shell.sh(options.apply.prepareImages), target.environment(), deadline, progress::detail);
            }
            if (options.apply.source != null) {
                new Mirror(options.apply.source, options.apply.codeRootBase.resolve("" + target.slot()).resolve("src")).run(progress);
            }
        } catch (Infra e) {
            known.prepareFailure = e.getMessage();
            progress.warn(e.getMessage());
        }
    }

    public Loaded load(Target target, Deadline deadline) {
        var loaded = new Manifests(options.facts(target), Manifests.stdin(options.apply.manifests)).load(options.apply.manifests);
        if (options.apply.render != null) {
            loaded = loaded.and(rendered(target, deadline));
        }
        loaded.problems().forEach(p -> progress.warn(p.source() + ": " + p.message()));
        known.problems = loaded.problems();
        return loaded;
    }

    private Loaded rendered(Target target, Deadline deadline) {
        var command = Names.fill(options.apply.render, target.placeholders(), "{", "}");
        try {
            return Manifests.parse("--render", Shell.run(Shell.sh(command), target.environment(), deadline, progress::detail));
        } catch (Infra e) {
            return Loaded.failed(new Source("--render", 0), e.getMessage());
        }
    }

    private void apply(Api api, Target target, Loaded loaded, boolean applying, Deadline deadline) {
        if (!applying) {
            known.applied(Apply.notNow(loaded.items()));
            return;
        }
        known.applied = !loaded.items().isEmpty();
        known.appliedSince = known.applied ? Instant.now() : null;
        new Apply(api, target.namespace(), options.apply.recreate, known, progress).all(loaded.items(), deadline);
        if (known.applied && !known.applyFailed()) {
            new Namespaces(api, progress).markApplied(target);
        }
    }

    private void judge(Api api, Target target, Deadline deadline) {
        var waiting = waiting(api, target);
        known.waiting = waiting;
        hideSecrets(api, target);
        var certain = options.wait.failMode == FailMode.fast && (known.applyFailed() || known.prepareFailure != null);
        known.judged(waiting.run(certain ? deadline.atMost(Duration.ofSeconds(15)) : deadline));
        diagnose(api);
    }

    /** Before anything of the namespace is shown: an interrupt may come at any time. */
    private void hideSecrets(Api api, Target target) {
        known.secrets = Collect.secretsIn(api, target.namespace());
        progress.mask(Redaction.of(known.secrets, options.environment)::clean);
    }

    private Waiting waiting(Api api, Target target) {
        api.patience = Deadline.none();
        var onlyApplied = options.wait.waitFor == null ? options.hasManifests() : options.wait.waitFor == WaitFor.applied;
        var settings = new WaitSettings(options.wait.agent, onlyApplied, options.wait.strict,
            options.wait.failMode == FailMode.fast, known.appliedSince);
        return new Waiting(api, target.namespace(), known.results, settings, progress::judgement);
    }

    /** Only a wait can time out; a look says how it is. */
    private static Judgement looked(Judgement j) {
        return j.outcome() == Outcome.timeout ? new Judgement(Outcome.not_ready,
            j.workloads(), j.ready(), j.agentReady(), j.verified(), j.warnings(), j.snapshot(), j.certain()) : j;
    }

    /**
     * Also of a ready environment: a Service that selects nothing blocks no pod and is a fault all the same.
     * Collecting has its own time: a diagnosis that comes late helps nobody, none at all helps even less.
     */
    private void diagnose(Api api) {
        if (known.judgement == null) {
            return;
        }
        if (!known.ready()) {
            progress.say("collects what explains it");
        }
        var workloads = known.judgement.workloads();
        try {
            var full = Collect.more(api, known.judgement.snapshot(), workloads, Duration.ofSeconds(5));
            known.secrets = full.secrets();
            known.diagnosis = Diagnosis.explain(full.snapshot(), workloads, options.wait.agent);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // a mistake of ours must not cost the verdict
            known.diagnosis = Diagnosis.unavailable(known.judgement.snapshot(), workloads, e);
        }
    }
}
