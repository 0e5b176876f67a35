package ensure_ready.cluster;

import ensure_ready.diagnosis.NamesToKeep;
import ensure_ready.model.Kind;
import ensure_ready.model.Kinds;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.SecretValues;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import ensure_ready.system.Deadline;
import ensure_ready.system.Pause;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import shared.Redaction;
import shared.Texts;
import shared.system.Daemon;
import tools.jackson.databind.JsonNode;

/** Reads what the wait's snapshot lacks for an explanation. What cannot be read is told in {@code limited}; nothing of it throws. */
public final class Collect {
    static final int REQUESTS = 20;
    private static final int LOG_LINES = 200;
    private static final Kind INGRESS_CLASS = Kind.clusterWide("networking.k8s.io/v1", "IngressClass");
    private static final Kind INGRESS = Kind.of("networking.k8s.io/v1", "Ingress");
    private static final Kind CRON_JOB = Kind.of("batch/v1", "CronJob");
    private static final Kind BUDGET = Kind.of("policy/v1", "PodDisruptionBudget");
    private static final Kind NETWORK_POLICY = Kind.of("networking.k8s.io/v1", "NetworkPolicy");
    private static final Kind ROLE = Kind.of("rbac.authorization.k8s.io/v1", "Role");
    private static final Kind ROLE_BINDING = Kind.of("rbac.authorization.k8s.io/v1", "RoleBinding");
    private static final List<Kind> WEBHOOKS = Stream.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
        .map(k -> Kind.clusterWide("admissionregistration.k8s.io/v1", k)).toList();
    private static final Kind QUOTA = Kind.of("v1", "ResourceQuota");
    private static final Kind LIMIT_RANGE = Kind.of("v1", "LimitRange");
    private static final Pattern LIMITED = Pattern.compile("quota|usage per|limit to request ratio|LimitRange");
    private static final Kind PV = Kind.clusterWide("v1", "PersistentVolume");
    private static final Pattern SECRET_HOST =
        Pattern.compile("(?:^|@|://|[\\s;,]host=)([a-z](?:[a-z0-9.-]*[a-z0-9])?)(?::(\\d{2,5}))?(?=$|[/?;,\\s])");
    private final Api api;
    private final Snapshot known;
    private final Deadline deadline;
    private final Map<String, List<Obj>> objects;
    private final Map<String, Log> logs = new ConcurrentHashMap<>();
    private final Set<String> limited = Collections.synchronizedSet(new TreeSet<>());
    private final Map<String, String> secrets;
    private int requests;

    private Collect(Api api, Snapshot known, Map<String, String> secrets, Duration atMost) {
        this.api = api;
        this.known = known;
        this.secrets = new ConcurrentHashMap<>(secrets);
        this.deadline = Deadline.in(atMost);
        this.objects = new ConcurrentHashMap<>(known.objects());
        this.limited.addAll(known.limited());
    }

    /** The fuller snapshot, and all values of Secrets as {@code name#key}, which must never leave the process. */
    public record Collected(Snapshot snapshot, Map<String, String> secrets) { }

    /**
     * At most {@link #REQUESTS} requests and this much time; {@code notReady} decides whose logs are read, {@code secrets} are values
     * that are known already.
     */
    public static Collected more(Api api, Snapshot snapshot, List<Workload> notReady, Map<String, String> secrets, Duration atMost) {
        return new Collect(api, snapshot, secrets, atMost).collect(notReady);
    }

    /** Values to mask before anything is shown; who may not read Secrets has their shapes alone to go by, and is told. */
    public static Map<String, String> secretsIn(Api api, String namespace, Consumer<String> limited) {
        try {
            return SecretValues.of(secrets(api, namespace));
        } catch (ApiError e) {
            limited.accept(limit(Kind.SECRET.plural(), e));
            return Map.of();
        }
    }

    /** Without them the mask is half blind, so that a failure is no answer yet. */
    private static List<Obj> secrets(Api api, String namespace) {
        for (int tries = 1; ; tries++) {
            try {
                return api.list(Kind.SECRET, namespace, "fieldSelector=type%21%3Dhelm.sh%2Frelease.v1&limit=500");
            } catch (ApiError e) {
                if (e.forbidden() || tries == 3) {
                    throw e;
                }
                Pause.of(Duration.ofMillis(200));
            }
        }
    }

    private static String limit(String what, ApiError e) {
        return what + ": " + (e.forbidden() ? "forbidden" : Texts.line(String.valueOf(e.getMessage())));
    }

    private Collected collect(List<Workload> workloads) {
        var pool = Executors.newFixedThreadPool(8, Daemon.named("collect"));
        try {
            run(pool, kinds(workloads).stream().map(k -> (Runnable) () -> list(k)).toList());
            if (!objects.getOrDefault("Ingress", List.of()).isEmpty() && !known.knows(INGRESS_CLASS.name())) {
                run(pool, List.of(() -> list(INGRESS_CLASS)));
            }
            var redaction = Redaction.of(secrets, System.getenv(), NamesToKeep.of(sofar()));
            known.logs().forEach((key, log) -> logs.put(key, new Log(log.pod(), log.container(), log.previous(),
                lines(String.join("\n", log.lines()), redaction))));
            run(pool, failing(workloads).stream().limit(Math.max(0, REQUESTS - requests))
                .map(t -> (Runnable) () -> log(t, redaction)).toList());
        } finally {
            pool.shutdownNow();
        }
        return new Collected(sofar(), Map.copyOf(secrets));
    }

    private Snapshot sofar() {
        return new Snapshot(known.namespace(), known.at(), Map.copyOf(objects), known.applied(), Map.copyOf(logs), List.copyOf(limited))
            .with(known.rules());
    }

    private void run(ExecutorService pool, List<Runnable> tasks) {
        requests += tasks.size();
        var futures = tasks.stream().map(pool::submit).toList();
        for (var future : futures) {
            try {
                future.get(Math.max(1, deadline.left().toMillis()), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                future.cancel(true);
                limited.add("diagnosis: not everything could be read in time");
            } catch (ExecutionException e) {
                limited.add("diagnosis: " + Texts.line(e.getCause().toString()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                limited.add("diagnosis: interrupted");
                return;
            }
        }
    }

    /** What is worth a request here; a type without which no rule would speak is not read. */
    private List<Kind> kinds(List<Workload> workloads) {
        var kinds = new LinkedHashSet<>(List.of(Kind.EVENT, Kind.SECRET, Kind.CONFIG_MAP,
            Kind.SERVICE_ACCOUNT, NETWORK_POLICY, ROLE_BINDING, ROLE));
        Stream.of(Kind.POD, Kind.REPLICA_SET, Kind.SERVICE, Kind.ENDPOINT_SLICE).filter(k -> !known.knows(k.name())).forEach(kinds::add);
        if (known.all("Pod").stream().anyMatch(p -> nodeMatters(p) || p.at("/status/containerStatuses").toString().contains("platform"))) {
            kinds.add(Kind.NODE);
        }
        if (known.all("PersistentVolumeClaim").stream().anyMatch(c -> !c.text("/status/phase").equals("Bound"))
            || known.all("Pod").stream().anyMatch(p -> p.condition("PodScheduled").toString().contains("volume node affinity"))) {
            kinds.addAll(List.of(Kind.STORAGE_CLASS, PV));
        }
        kinds.add(INGRESS);
        boolean ready = workloads.stream().allMatch(w -> w.state() == State.ready || w.state() == State.suspended);
        if (ready) { // then no log is read, and what is wrong though nothing waits for it is worth as many requests
            kinds.addAll(List.of(CRON_JOB, Kind.JOB, BUDGET, Kind.HPA));
        } else if (Kinds.TEMPLATED.stream().flatMap(k -> known.all(k).stream()).anyMatch(w -> w.number("/spec/replicas", 1) == 0
            && w.controller().isMissingNode())) {
            kinds.add(Kind.HPA);
        }
        var told = Stream.concat(known.all("Event").stream().map(e -> e.text("/message")), known.all("ReplicaSet").stream()
            .map(rs -> rs.condition("ReplicaFailure").path("message").asString(""))).collect(Collectors.joining("\n"));
        if (told.contains("calling webhook")) {
            kinds.addAll(WEBHOOKS);
        }
        if (LIMITED.matcher(told).find()) {
            kinds.addAll(List.of(QUOTA, LIMIT_RANGE));
        }
        // of ConfigMaps the wait may know the names alone
        kinds.removeIf(k -> known.knows(k.name()) && !Set.of(Kind.EVENT, Kind.SECRET, Kind.CONFIG_MAP).contains(k));
        return List.copyOf(kinds);
    }

    private static boolean nodeMatters(Obj pod) {
        var statuses = pod.list("/status/containerStatuses");
        return !Pods.saysReady(pod)
            && (statuses.isEmpty() || statuses.stream().allMatch(c -> c.path("ready").asBoolean(false) || !c.at("/state/running")
            .isObject() && !c.at("/state/waiting").has("message")))
            || pod.deleting() || pod.text("/status/phase").equals("Failed");
    }

    private void list(Kind kind) {
        try {
            var found = kind == Kind.SECRET ? secrets(api, known.namespace())
                : api.list(kind, kind.namespaced() ? known.namespace() : null, kind == Kind.EVENT ? "limit=3000" : "limit=1000");
            objects.put(kind.name(), found.stream().map(o -> kind == Kind.SECRET ? secret(o) : Slim.of(o)).toList());
        } catch (ApiError e) {
            if (e.code != 404) {
                limited.add(limit(kind.plural(), e));
            }
        }
    }

    /** The Secret's name and keys, and hosts that its values name; the values themselves go where they are masked with. */
    private Obj secret(Obj secret) {
        var lean = Json.MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "Secret").put("type", secret.text("/type"));
        lean.putObject("metadata").put("name", secret.name()).put("namespace", secret.namespace()).put("uid", secret.uid());
        var keys = lean.putArray("keys");
        var hosts = lean.putObject("hosts");
        SecretValues.of(List.of(secret)).forEach((name, value) -> {
            var key = name.substring(name.indexOf('#') + 1);
            keys.add(key);
            secrets.put(name, value);
            host(value).ifPresent(h -> hosts.put(key, h));
        });
        return new Obj(lean);
    }

    /** The host (and port) of an address that a value is; a value that is no address has none. */
    static Optional<String> host(String value) {
        var match = SECRET_HOST.matcher(value);
        var address = value.contains("://") || value.contains("host=") || value.matches("[a-z0-9.-]+:\\d{2,5}");
        return address && match.find() ? Optional.of(match.group(2) == null ? match.group(1) : match.group(1) + ":" + match.group(2))
            : Optional.empty();
    }

    /** A log to read; the lowest {@code rank} of a workload is the most telling. */
    private record Tail(String pod, String container, boolean previous, int rank) { }

    /** One container of each workload that is not ready, crashes first; of the failed run where it was started again. */
    private List<Tail> failing(List<Workload> workloads) {
        var snapshot = sofar();
        var ready = workloads.stream().filter(w -> w.state() == State.ready).map(w -> w.kind() + "/" + w.name())
            .collect(Collectors.toSet());
        var tails = new TreeMap<String, Tail>();
        // of a Job the newest pod is told
        snapshot.all("Pod").stream().sorted(Comparator.comparing(Obj::created).reversed()
            .thenComparing(Obj::name)).filter(p -> !p.deleting() && Ownership.current(snapshot, p))
            .forEach(pod -> {
            var owner = Ownership.workload(snapshot, pod).toString();
            if (!ready.contains(owner)) {
                tail(pod).ifPresent(t -> tails.merge(owner, t, (a, b) -> a.rank() <= b.rank() ? a : b));
            }
        });
        return tails.values().stream().filter(t -> !known.logs().containsKey(t.pod() + "/" + t.container()))
            .sorted(Comparator.comparingInt(Tail::rank).thenComparing(Tail::pod)).toList();
    }

    private Optional<Tail> tail(Obj pod) {
        if (Pods.saysReady(pod) && pod.list("/status/containerStatuses").stream().allMatch(c -> c.path("restartCount").asLong(0) == 0)) {
            return Optional.empty();
        }
        return Stream.concat(pod.list("/status/initContainerStatuses").stream()
            .map(c -> tail(pod, c, true)), pod.list("/status/containerStatuses").stream()
            .map(c -> tail(pod, c, false)))
            .filter(Objects::nonNull).min(Comparator.comparingInt(Tail::rank));
    }

    private Tail tail(Obj pod, JsonNode status, boolean init) {
        var name = Json.text(status, "name");
        var ended = status.at("/state/terminated");
        var last = status.at("/lastState/terminated");
        if (ended.isObject()) {
            return ended.path("exitCode").asInt(0) != 0 || last.isObject() ? new Tail(pod.name(), name, false, 0) : null;
        }
        if (last.isObject() && !Json.text(last, "reason").matches("StartError|ContainerCannotRun")
            && !Pods.outlived(status, known.at())) {
            return new Tail(pod.name(), name, true, 0);
        }
        return status.at("/state/running").isObject() && (init || !status.path("ready").asBoolean(false))
            ? new Tail(pod.name(), name, false, init ? 1 : 2) : null;
    }

    private void log(Tail tail, Redaction redaction) {
        try {
            var text = api.log(known.namespace(), tail.pod(), tail.container(), tail.previous(), LOG_LINES);
            logs.put(tail.pod() + "/" + tail.container(), new Log(tail.pod(), tail.container(), tail.previous(), lines(text, redaction)));
        } catch (ApiError e) {
            if (e.code == 400 && tail.previous()) {
                log(new Tail(tail.pod(), tail.container(), false, tail.rank()), redaction); // the failed run's log is gone
            } else if (e.code != 400 && e.code != 404) {
                limited.add(limit("logs", e));
            }
        }
    }

    private static List<String> lines(String text, Redaction redaction) {
        return redaction.clean(text).lines().map(Collect::printable).toList();
    }

    /** Colours and control characters are for terminals; nobody reads more than this of one line. */
    private static String printable(String line) {
        return Texts.cut(Texts.visible(line.replaceAll("\\u001b\\[[0-9;?]*[ -/]*[@-~]", "")), 4000);
    }
}
