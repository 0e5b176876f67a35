import static java.util.stream.Collectors.joining;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Plays the controllers, the scheduler and the kubelet on an {@link EmbeddedApi}:
 * {@code try (var controllers = new Controllers(api).missing("shop/users:1.4.3")) { … }}.
 *
 * <p>Level-triggered like the real ones: every tick compares what is with what should be. It knows Deployments with their
 * ReplicaSets, StatefulSets with their claims, Jobs, Services' EndpointSlices and Ingresses. Containers start unless their image
 * is missing; an init container that says {@code until nc -z HOST PORT} runs until that Service has a ready endpoint.
 * Statuses, messages and events read as those of Kubernetes 1.34 with containerd 2.
 */
final class Controllers implements AutoCloseable {
    private static final Duration SCHEDULED_AFTER = Duration.ofMillis(200);
    private static final Duration STARTED_AFTER = Duration.ofMillis(600);
    private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    static final Duration READY_AFTER = Duration.ofMillis(1500);
    static final Duration BACK_OFF_AFTER = Duration.ofMillis(2500);
    static final Pattern WAITS_FOR = Pattern.compile("until nc -z ([\\w.-]+) (\\d+)");

    final EmbeddedApi api;
    final Set<String> missingImages = ConcurrentHashMap.newKeySet();
    private final Map<String, Instant> firstSeen = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "controllers");
        thread.setDaemon(true);
        return thread;
    });

    Controllers(EmbeddedApi api) {
        this.api = api;
        api.putYaml("", """
                apiVersion: v1
                kind: Node
                metadata: {name: node-1, labels: {kubernetes.io/os: linux}}
                status:
                  allocatable: {cpu: "8", memory: 16Gi, pods: "110"}
                  conditions: [{type: Ready, status: "True", reason: KubeletReady}]
                ---
                apiVersion: storage.k8s.io/v1
                kind: StorageClass
                metadata: {name: standard, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
                provisioner: example.com/disk
                ---
                apiVersion: networking.k8s.io/v1
                kind: IngressClass
                metadata: {name: nginx}
                spec: {controller: k8s.io/ingress-nginx}
                """);
        clock.scheduleWithFixedDelay(this::tick, 0, 100, TimeUnit.MILLISECONDS);
    }

    /** An image that no registry has; its containers end in ImagePullBackOff. */
    Controllers missing(String image) {
        missingImages.add(image);
        return this;
    }

    /** The image can be pulled from now on, as after somebody pushed it. */
    Controllers pushed(String image) {
        missingImages.remove(image);
        return this;
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }

    private void tick() {
        try {
            each("deployments", this::deployment);
            each("replicasets", this::replicaSet);
            each("statefulsets", this::statefulSet);
            each("jobs", this::job);
            each("persistentvolumeclaims", this::bind);
            each("pods", this::kubelet);
            each("services", this::endpoints);
            each("ingresses", this::address);
            each("poddisruptionbudgets", this::budget);
        } catch (EmbeddedStore.ApiError goneMeanwhile) {
            // an object or its namespace was deleted under us: the next tick sees that
        } catch (RuntimeException bug) {
            bug.printStackTrace(); // an executor would end this task without a word
        }
    }

    private void each(String resource, Consumer<ObjectNode> reconcile) {
        api.list(resource, "").stream().filter(object -> !object.at("/metadata/deletionTimestamp").isString()).forEach(reconcile);
    }

    private void deployment(ObjectNode deployment) {
        var hash = hash(deployment);
        var sets = owned("replicasets", deployment);
        var current = sets.stream().filter(set -> set.at("/metadata/labels/pod-template-hash").asString("").equals(hash)).findFirst();
        int wanted = deployment.at("/spec/replicas").asInt(1);
        if (current.isEmpty()) {
            api.put(newReplicaSet(deployment, hash, wanted, sets.size() + 1));
            return;
        }
        scale(current.get(), wanted);
        int ready = current.get().at("/status/readyReplicas").asInt(0);
        var old = sets.stream().filter(set -> !set.equals(current.get())).toList();
        if (ready >= wanted) {
            old.forEach(set -> scale(set, 0)); // old pods serve until the new ones do
        }
        deploymentStatus(deployment, current.get(), old, wanted);
    }

    private static ObjectNode newReplicaSet(ObjectNode deployment, String hash, int replicas, int revision) {
        var set = child(deployment, "apps/v1", "ReplicaSet", name(deployment) + "-" + hash);
        set.withObject("/metadata").set("labels", deployment.at("/spec/template/metadata/labels").deepCopy());
        set.withObject("/metadata/labels").put("pod-template-hash", hash);
        set.withObject("/metadata/annotations").put("deployment.kubernetes.io/revision", String.valueOf(revision));
        var spec = set.putObject("spec").put("replicas", replicas);
        spec.set("template", deployment.at("/spec/template").deepCopy());
        spec.withObject("/template/metadata/labels").put("pod-template-hash", hash);
        spec.putObject("selector").set("matchLabels", spec.at("/template/metadata/labels").deepCopy());
        return set;
    }

    private void scale(ObjectNode set, int replicas) {
        if (set.at("/spec/replicas").asInt(0) != replicas) {
            api.edit("replicasets", namespace(set), name(set), s -> s.withObject("/spec").put("replicas", replicas));
        }
    }

    private void deploymentStatus(ObjectNode deployment, ObjectNode current, List<ObjectNode> old, int wanted) {
        int updated = current.at("/status/replicas").asInt(0);
        int updatedReady = current.at("/status/readyReplicas").asInt(0);
        int ready = updatedReady + old.stream().mapToInt(set -> set.at("/status/readyReplicas").asInt(0)).sum();
        int all = updated + old.stream().mapToInt(set -> set.at("/status/replicas").asInt(0)).sum();
        boolean complete = updatedReady >= wanted && all == updated;
        api.edit("deployments", namespace(deployment), name(deployment), d -> {
            var status = d.withObject("/status");
            status.put("observedGeneration", d.at("/metadata/generation").asLong(0)).put("replicas", all).put("updatedReplicas", updated)
                    .put("readyReplicas", ready).put("availableReplicas", ready)
                    .put("unavailableReplicas", Math.max(0, Math.max(wanted, all) - ready));
            condition(status, "Available", ready >= wanted, ready >= wanted ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                    "Deployment " + (ready >= wanted ? "has" : "does not have") + " minimum availability.");
            condition(status, "Progressing", true, complete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
                    "ReplicaSet \"" + name(current) + "\" " + (complete ? "has successfully progressed." : "is progressing."));
        });
    }

    /** Pods that ended stay, as on a real cluster, and do not count. */
    private void replicaSet(ObjectNode set) {
        var pods = owned("pods", set).stream().filter(pod -> !ended(pod)).toList();
        int wanted = set.at("/spec/replicas").asInt(0);
        for (int i = pods.size(); i < wanted; i++) {
            var pod = newPod(set, name(set) + "-" + suffix());
            event(api.put(pod), "Scheduled", "Normal", "Successfully assigned " + namespace(pod) + "/" + name(pod) + " to node-1",
                "default-scheduler");
            event(set, "SuccessfulCreate", "Normal", "Created pod: " + name(pod), "replicaset-controller");
        }
        pods.stream().skip(wanted).forEach(pod -> api.delete("pods", namespace(pod), name(pod)));
        api.edit("replicasets", namespace(set), name(set), s -> s.withObject("/status")
            .put("observedGeneration", s.at("/metadata/generation").asLong(0))
                .put("replicas", pods.size()).put("readyReplicas", ready(pods)).put("availableReplicas", ready(pods)));
    }

    private void statefulSet(ObjectNode set) {
        var revision = name(set) + "-" + hash(set);
        var pods = owned("pods", set);
        int wanted = set.at("/spec/replicas").asInt(1);
        pods.stream().filter(pod -> !pod.at("/metadata/labels/controller-revision-hash").asString("").equals(revision))
                .forEach(pod -> api.delete("pods", namespace(pod), name(pod)));
        if (pods.size() < wanted && ready(pods) == pods.size()) {
            var pod = newPod(set, name(set) + "-" + pods.size());
            pod.withObject("/metadata/labels").put("controller-revision-hash", revision)
                .put("apps.kubernetes.io/pod-index", String.valueOf(pods.size()));
            set.at("/spec/volumeClaimTemplates").forEach(template -> claim(set, template, pod));
            event(api.put(pod), "Scheduled", "Normal", "Successfully assigned " + namespace(pod) + "/" + name(pod) + " to node-1",
                "default-scheduler");
        }
        long updated = pods.stream().filter(pod -> pod.at("/metadata/labels/controller-revision-hash").asString("").equals(revision))
            .count();
        api.edit("statefulsets", namespace(set), name(set), s -> s.withObject("/status")
            .put("observedGeneration", s.at("/metadata/generation").asLong(0))
                .put("replicas", pods.size()).put("readyReplicas", ready(pods))
                .put("availableReplicas", ready(pods)).put("updatedReplicas", (int) updated)
                .put("currentReplicas", pods.size()).put("currentRevision", revision)
                .put("updateRevision", revision).put("collisionCount", 0));
    }

    private void claim(ObjectNode set, JsonNode template, ObjectNode pod) {
        var name = template.at("/metadata/name").asString("");
        var claim = EmbeddedStore.object("v1", "PersistentVolumeClaim", namespace(set), name + "-" + name(pod));
        claim.set("spec", template.get("spec").deepCopy());
        if (api.get("persistentvolumeclaims", namespace(set), name(claim)).isEmpty()) {
            api.put(claim);
        }
        pod.withObject("/spec").withArray("volumes").addObject().put("name", name)
            .putObject("persistentVolumeClaim").put("claimName", name(claim));
    }

    private void bind(ObjectNode claim) {
        api.edit("persistentvolumeclaims", namespace(claim), name(claim), c -> {
            c.withObject("/spec").put("volumeName", "pv-" + c.at("/metadata/uid").asString(""));
            if (!c.at("/spec/storageClassName").isString()) {
                c.withObject("/spec").put("storageClassName", "standard");
            }
            c.withObject("/status").put("phase", "Bound").set("capacity", c.at("/spec/resources/requests").deepCopy());
        });
    }

    private void job(ObjectNode job) {
        var pods = owned("pods", job);
        boolean done = pods.stream().anyMatch(pod -> phase(pod).equals("Succeeded"));
        int failed = (int) pods.stream().filter(pod -> phase(pod).equals("Failed")).count();
        boolean given = failed > job.at("/spec/backoffLimit").asInt(6);
        boolean runs = pods.stream().anyMatch(pod -> !ended(pod));
        if (!done && !given && !runs) {
            var pod = newPod(job, name(job) + "-" + suffix());
            pod.withObject("/metadata/labels").put("batch.kubernetes.io/job-name", name(job));
            api.put(pod);
            return;
        }
        api.edit("jobs", namespace(job), name(job), j -> {
            var status = j.withObject("/status").put("active", runs ? 1 : 0).put("succeeded", done ? 1 : 0).put("failed", failed);
            if (done) {
                condition(status, "SuccessCriteriaMet", true, "CompletionsReached", "Reached expected number of succeeded pods");
                condition(status, "Complete", true, "CompletionsReached", "Reached expected number of succeeded pods");
            } else if (given) {
                condition(status, "FailureTarget", true, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
                condition(status, "Failed", true, "BackoffLimitExceeded", "Job has reached the specified backoff limit");
            }
        });
    }

    private static String phase(ObjectNode pod) {
        return pod.at("/status/phase").asString("");
    }

    private static boolean ended(ObjectNode pod) {
        return phase(pod).equals("Succeeded") || phase(pod).equals("Failed");
    }

    /** Random, so that the first of several pods by name is any of them. */
    private static String suffix() {
        return ThreadLocalRandom.current().ints(5, 0, LETTERS.length()).mapToObj(i -> LETTERS.substring(i, i + 1)).collect(joining());
    }

    private static ObjectNode newPod(ObjectNode owner, String name) {
        var pod = child(owner, "v1", "Pod", name);
        var template = owner.at("/spec/template");
        pod.withObject("/metadata").set("labels", template.at("/metadata/labels").deepCopy());
        pod.set("spec", template.get("spec").deepCopy());
        return pod;
    }

    private void kubelet(ObjectNode pod) {
        var age = Duration.between(firstSeen.computeIfAbsent(pod.at("/metadata/uid").asString(""), uid -> Instant.now()), Instant.now());
        if (age.compareTo(SCHEDULED_AFTER) < 0 || ended(pod)) {
            return;
        }
        var told = new ArrayList<Runnable>();
        api.edit("pods", namespace(pod), name(pod), p -> {
            p.withObject("/spec").put("nodeName", "node-1");
            condition(p.withObject("/status"), "PodScheduled", true, null, null);
            if (age.compareTo(STARTED_AFTER) >= 0) {
                new PlayedContainers(this, p, age, told).run();
            }
        });
        told.forEach(Runnable::run);
    }

    private void endpoints(ObjectNode service) {
        var selector = service.at("/spec/selector");
        if (selector.isEmpty()) {
            return;
        }
        var slice = child(service, "discovery.k8s.io/v1", "EndpointSlice", name(service) + "-slice");
        slice.withObject("/metadata/labels").put("kubernetes.io/service-name", name(service));
        slice.put("addressType", "IPv4").set("ports", EmbeddedApi.JSON.createArrayNode());
        var endpoints = slice.putArray("endpoints");
        for (var pod : api.list("pods", namespace(service))) {
            if (contains(pod.at("/metadata/labels"), selector) && pod.at("/status/podIP").isString()) {
                var endpoint = endpoints.addObject();
                endpoint.putArray("addresses").add(pod.at("/status/podIP").asString(""));
                endpoint.putObject("conditions").put("ready", ready(List.of(pod)) == 1);
                endpoint.putObject("targetRef").put("kind", "Pod").put("name", name(pod));
            }
        }
        api.put(slice);
    }

    private void address(ObjectNode ingress) {
        api.edit("ingresses", namespace(ingress), name(ingress),
                i -> i.withObject("/status/loadBalancer").putArray("ingress").addObject().put("ip", "192.0.2.10"));
    }

    private void budget(ObjectNode budget) {
        var pods = api.list("pods", namespace(budget)).stream()
            .filter(pod -> contains(pod.at("/metadata/labels"), budget.at("/spec/selector/matchLabels"))).toList();
        boolean spare = !pods.isEmpty() && ready(pods) == pods.size();
        api.edit("poddisruptionbudgets", namespace(budget), name(budget), b -> {
            var status = b.withObject("/status").put("observedGeneration", b.at("/metadata/generation").asLong(0))
                .put("expectedPods", pods.size())
                    .put("currentHealthy", ready(pods)).put("desiredHealthy", Math.max(0, pods.size() - 1))
                    .put("disruptionsAllowed", spare ? 1 : 0);
            condition(status, "DisruptionAllowed", spare, spare ? "SufficientPods" : "InsufficientPods", "");
        });
    }

    /** One event object for each (object, reason, message), counted up as the recorder does, at most once in two seconds. */
    void event(ObjectNode about, String reason, String type, String message, String component) {
        var name = name(about) + "." + Integer.toHexString((about.at("/metadata/uid").asString("") + reason + message).hashCode());
        var old = api.get("events", namespace(about), name);
        if (old.isPresent() && Instant.parse(old.get().at("/lastTimestamp").asString("")).isAfter(Instant.now().minusSeconds(2))) {
            return;
        }
        var event = EmbeddedStore.object("v1", "Event", namespace(about), name);
        event.put("reason", reason).put("type", type).put("message", message)
            .put("count", old.map(o -> o.path("count").asInt(0)).orElse(0) + 1)
                .put("firstTimestamp", old.map(o -> o.path("firstTimestamp").asString("")).orElse(now())).put("lastTimestamp", now());
        event.putObject("source").put("component", component);
        event.putObject("involvedObject").put("apiVersion", about.path("apiVersion").asString(""))
            .put("kind", about.path("kind").asString(""))
                .put("namespace", namespace(about)).put("name", name(about)).put("uid", about.at("/metadata/uid").asString(""));
        api.put(event);
    }

    private List<ObjectNode> owned(String resource, ObjectNode owner) {
        var uid = owner.at("/metadata/uid").asString("");
        return api.list(resource, namespace(owner)).stream()
            .filter(object -> object.at("/metadata/ownerReferences/0/uid").asString("").equals(uid)).toList();
    }

    private static ObjectNode child(ObjectNode owner, String apiVersion, String kind, String name) {
        var child = EmbeddedStore.object(apiVersion, kind, namespace(owner), name);
        child.withObject("/metadata").putArray("ownerReferences").addObject().put("apiVersion", owner.path("apiVersion").asString(""))
                .put("kind", owner.path("kind").asString("")).put("name", name(owner)).put("uid", owner.at("/metadata/uid").asString(""))
                .put("controller", true).put("blockOwnerDeletion", true);
        return child;
    }

    /** Sets a condition; its transition time moves only when its status does. */
    static void condition(ObjectNode status, String type, boolean value, String reason, String message) {
        var conditions = status.withArray("conditions");
        ObjectNode found = null;
        for (var condition : conditions) {
            found = condition.path("type").asString("").equals(type) ? (ObjectNode) condition : found;
        }
        var wanted = value ? "True" : "False";
        var condition = found == null ? conditions.addObject().put("type", type) : found;
        if (!condition.path("status").asString("").equals(wanted)) {
            condition.put("status", wanted).put("lastTransitionTime", now());
        }
        Map.of("reason", String.valueOf(reason), "message", String.valueOf(message)).forEach((field, text) -> {
            if (text.equals("null")) {
                condition.remove(field);
            } else {
                condition.put(field, text);
            }
        });
    }

    private static int ready(List<ObjectNode> pods) {
        return (int) pods.stream().filter(pod -> {
            for (var condition : pod.at("/status/conditions")) {
                if (condition.path("type").asString("").equals("Ready")) {
                    return condition.path("status").asString("").equals("True");
                }
            }
            return false;
        }).count();
    }

    private static boolean contains(JsonNode labels, JsonNode selector) {
        return selector.properties().stream().allMatch(label -> label.getValue().equals(labels.get(label.getKey())));
    }

    private static String hash(ObjectNode owner) {
        return "%08x".formatted(owner.at("/spec/template").toString().hashCode());
    }

    static String namespace(JsonNode object) {
        return EmbeddedStore.text(object, "/metadata/namespace");
    }

    static String name(JsonNode object) {
        return EmbeddedStore.text(object, "/metadata/name");
    }

    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
