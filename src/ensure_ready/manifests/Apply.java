package ensure_ready.manifests;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.model.Applied;
import ensure_ready.model.Kind;
import ensure_ready.model.Obj;
import ensure_ready.model.Result;
import ensure_ready.report.Progress;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import ensure_ready.system.Pause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import shared.Kubectl;
import shared.Texts;
import shared.system.Daemon;

/** Server-side apply under our own manager: every object gets its result, and no error stops the others. */
public final class Apply {
    /** How long an unknown kind is asked for again when no CRD of the manifests brings it; an operator may be about to. */
    private static final Duration UNKNOWN_KIND = Duration.ofSeconds(30);
    /** A first pass goes on for so long even past the deadline: what prepared it may have taken all the time. */
    private static final Duration ONE_PASS = Duration.ofSeconds(10);
    /** Requests under way at once. */
    private static final int BESIDE = 10;
    private static final List<String> ORDER =
        List.of("Namespace", "CustomResourceDefinition", "ResourceQuota", "LimitRange", "PriorityClass", "StorageClass",
        "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding",
            "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim",
        "Service", "NetworkPolicy", "DaemonSet", "StatefulSet", "ReplicaSet", "Deployment", "Pod", "CronJob", "Job", "PodDisruptionBudget",
        "HorizontalPodAutoscaler", "Ingress", "*", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");
    private static final Pattern PASSING =
        Pattern.compile("webhook|etcd|timeout|timed out|deadline exceeded|connection re|no endpoints|no route|leader|initializing|: eof");
    private final Api api;
    private final Api patient;
    private final String namespace;
    private final boolean recreate;
    private final Consumer<List<Applied>> told;
    private final Progress progress;
    private Set<String> scaled = Set.of();
    private Deadline deadline = Deadline.now();
    private Deadline enough = deadline;
    private volatile boolean away;

    /** {@code told} hears the results after each pass, those of all objects so far; what is tried again is pending. */
    public Apply(Api api, String namespace, boolean recreate, Consumer<List<Applied>> told, Progress progress) {
        this.api = api.within(Deadline.now());
        this.patient = api;
        this.namespace = namespace;
        this.recreate = recreate;
        this.told = told;
        this.progress = progress;
    }

    /** Objects that a run without apply is judged by; what the cluster does not know cannot be there. */
    public static List<Applied> notNow(Api api, List<Item> items, Deadline soon) {
        var results = notNow(api, items);
        while (Applied.anyFailed(results) && !soon.passed()) {
            Pause.of(Duration.ofSeconds(1));
            results = notNow(api, items);
        }
        return results;
    }

    private static List<Applied> notNow(Api api, List<Item> items) {
        return skipped(items).stream().map(a -> unknown(api, a.object()) ? a.failed(ObjectApply.noMatch(a.object())) : a).toList();
    }

    private static boolean unknown(Api api, Obj object) {
        try {
            return api.kind(object.apiVersion(), object.kind()).isEmpty();
        } catch (ApiError unanswered) {
            return false; // the wait tells what cannot be read
        }
    }

    /** Nothing is done with them. */
    public static List<Applied> skipped(List<Item> items) {
        return items.stream().map(i -> i.as(Result.skipped)).toList();
    }

    /** Objects that an apply is to begin with. */
    public static List<Applied> pending(List<Item> items) {
        return items.stream().map(i -> i.as(Result.pending)).toList();
    }

    /** An object and what came of it; {@code said} is told in the manifests' order, whoever was first. */
    private static final class Attempt {
        final Item item;
        final List<Consumer<Progress>> said = new ArrayList<>();
        volatile Applied result;
        volatile boolean again = true;

        Attempt(Item item) {
            this.item = item;
            result = item.as(Result.pending);
        }

        int rank() {
            return Apply.rank(item.object().kind());
        }
    }

    /**
     * Applies rank by rank, the objects of a rank beside each other, and what may still succeed again and again until the deadline. The
     * results stand in the manifests' order.
     */
    public List<Applied> all(List<Item> items, Deadline deadline) {
        this.deadline = deadline;
        enough = Deadline.in(ONE_PASS);
        scaled = scaledByHpa(items);
        var all = items.stream().map(Attempt::new).toList();
        var pending = all;
        var start = Instant.now();
        var pool = Executors.newFixedThreadPool(BESIDE, Daemon.named("apply"));
        try {
            for (long pause = 1; !pending.isEmpty(); pause = Math.min(5, pause * 2)) {
                pass(pool, pending, all, Duration.between(start, Instant.now()));
                pending = pending.stream().filter(a -> a.again).toList();
                if (pending.isEmpty() || deadline.left().toSeconds() <= pause) {
                    break;
                }
                progress.say("applies " + Texts.count(pending.size(), "object") + " again in " + pause + " s: "
                    + pending.get(0).result.error());
                Pause.of(Duration.ofSeconds(pause));
            }
        } finally {
            pool.shutdownNow();
        }
        var results = all.stream().map(a -> a.result).toList();
        progress.say("applied " + summary(results));
        return results;
    }

    /** One try each. An API server that does not answer ends the pass: the rest would only wait longer. */
    private void pass(ExecutorService pool, List<Attempt> pending, List<Attempt> all, Duration since) {
        away = false;
        boolean definitions = pending.stream().anyMatch(a -> a.item.object().kind().equals("CustomResourceDefinition"));
        var ranks = pending.stream().collect(Collectors.groupingBy(Attempt::rank, TreeMap::new, Collectors.toList()));
        for (var rank : ranks.values()) {
            // the same object twice: one after the other, the last one stays
            var same = rank.stream().collect(Collectors.groupingBy(a -> a.item.object().namespace() + " " + a.item.object().apiVersion()
                + " " + a.item.object().ref(), LinkedHashMap::new, Collectors.toList()));
            together(pool, same.values().stream().map(chain -> Executors.callable(() -> chain.forEach(a -> attempt(a, since, definitions))))
                .toList());
            rank.forEach(a -> a.said.forEach(line -> line.accept(progress)));
            rank.forEach(a -> a.said.clear());
            told.accept(all.stream().map(a -> a.again ? a.result.with(Result.pending) : a.result).toList());
        }
    }

    private static void together(ExecutorService pool, List<Callable<Object>> tasks) {
        try {
            for (var task : pool.invokeAll(tasks)) {
                task.get();
            }
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        }
    }

    private void attempt(Attempt a, Duration since, boolean definitions) {
        if (away) {
            return;
        }
        var ref = a.item.object().ref();
        try {
            a.result = tried(a);
            a.again = false;
            a.said.add(p -> p.detail(ref + ": " + a.result.result()));
        } catch (ApiError e) {
            a.result = failed(a.item, e);
            a.again = passing(e, since, definitions);
            away |= e.code == 0;
            a.said.add(p -> p.detail(ref + ": " + e.sentence()));
        }
    }

    /** What is wrong with one object, whatever it is, is the failure of that one. */
    private Applied tried(Attempt a) {
        var what = "apply " + a.item.object().ref();
        if (deadline.passed() && enough.passed()) {
            throw new ApiError(408, "Timeout", "not tried any more: --wait-timeout has passed", what);
        }
        try {
            return new ObjectApply(api, namespace, recreate, scaled, deadline, a.said).one(a.item);
        } catch (ApiError | InfraFailure e) {
            throw e;
        } catch (RuntimeException e) {
            a.said.add(p -> p.trace(e));
            throw new ApiError(422, "Invalid", "it is invalid: " + e.getMessage(), what);
        }
    }

    static int rank(String kind) {
        return ORDER.contains(kind) ? ORDER.indexOf(kind) : ORDER.indexOf("*");
    }

    /**
     * Errors that time may heal; a 500 tells of a mistake in the manifest, too, so only by its words: no answer, overload, webhooks that
     * start, accounts and kinds that are being made.
     */
    static boolean passing(ApiError e, Duration since, boolean definitions) {
        if (e.reason.equals("NoKind")) {
            return since.compareTo(UNKNOWN_KIND) < 0 || definitions;
        }
        var message = e.getMessage().toLowerCase(Locale.ROOT);
        return e.code == 0 || e.code == 429 || e.code > 500 || e.code == 500
            && PASSING.matcher(message).find() || e.reason.equals("BeingDeleted")
            || e.code == 409 && message.contains("object has been modified") || e.code == 404 && message.contains("namespaces")
            || e.code == 403 && message.contains("error looking up service account");
    }

    private static Applied failed(Item item, ApiError e) {
        return new Applied(item.object(), item.source(), Result.failed, 0, "", e.reason.isEmpty()
            ? "" + e.code : e.reason, Texts.line(e.getMessage()));
    }

    private Set<String> scaledByHpa(List<Item> items) {
        var hpas = items.stream().map(Item::object).filter(o -> o.kind().equals("HorizontalPodAutoscaler"))
            .collect(Collectors.toCollection(ArrayList::new));
        try {
            hpas.addAll(patient.list(Kind.HPA, namespace, ""));
        } catch (ApiError e) {
            progress.detail("cannot list autoscalers: " + e.sentence());
        }
        return hpas.stream().map(h -> Kubectl.ref(h.text("/spec/scaleTargetRef/kind"), h.text("/spec/scaleTargetRef/name")))
            .collect(Collectors.toSet());
    }

    static String summary(Collection<Applied> results) {
        var counts = new TreeMap<Result, Long>(results.stream().collect(Collectors.groupingBy(Applied::result, Collectors.counting())));
        return Texts.count(results.size(), "object") + ": " + counts.entrySet()
            .stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "));
    }
}
