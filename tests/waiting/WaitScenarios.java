import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** What befalls a release while somebody waits for it; the tests ask how it must end, the benchmark how soon. */
final class WaitScenarios {
    private WaitScenarios() { }

    /** All start at once and run side by side; each has a namespace of its own. */
    static Map<String, CompletableFuture<WaitLab.Ended>> start(LocalCluster cluster,
        Map<String, Function<LocalCluster, CompletableFuture<WaitLab.Ended>>> scenarios) {
        var running = new LinkedHashMap<String, CompletableFuture<WaitLab.Ended>>();
        scenarios.forEach((name, scenario) -> running.put(name, scenario.apply(cluster)));
        return running;
    }

    /** Troubles that heal: each must end ready, however bad it looks meanwhile. */
    static Map<String, Function<LocalCluster, CompletableFuture<WaitLab.Ended>>> recoveries() {
        var all = new LinkedHashMap<String, Function<LocalCluster, CompletableFuture<WaitLab.Ended>>>();
        all.put("registry blip", c -> new WaitLab(c, "blip")
            .apply(WaitLab.deployment("web", "web:1", "life.test/is: registry-down, life.test/times: '3'", "")).start(180));
        all.put("registry refuses once", c -> new WaitLab(c, "auth")
            .apply(WaitLab.deployment("web", "web:1", "life.test/is: image-unauthorized, life.test/times: '1'", "")).start(180));
        all.put("late Secret", WaitScenarios::lateSecret);
        all.put("Secret made by a Job", WaitScenarios::secretMadeByAJob);
        all.put("crashes until the database is up", WaitScenarios::untilDatabase);
        all.put("crashes in a chain", WaitScenarios::chain);
        all.put("init container waits for the database", WaitScenarios::initWaits);
        all.put("node added late", WaitScenarios::nodeAddedLate);
        all.put("webhook starting", WaitScenarios::webhookStarting);
        all.put("drained node", WaitScenarios::drainedNode);
        all.put("slow image", c -> new WaitLab(c, "slow").apply(WaitLab.deployment("web", "web:1", "life.test/after: 40s", "")).start(180));
        all.put("crash just after ready", c -> new WaitLab(c, "flap")
            .apply(WaitLab.deployment("web", "web:1", "life.test/is: ready-then-crashes, life.test/after: 2s, life.test/times: '1'", ""))
            .start(120));
        all.put("deadline exceeded before the repair", WaitScenarios::repaired);
        return all;
    }

    private static final String SECRET = "env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: db-secret, key: password}}}]";

    private static void secret(WaitLab lab) {
        lab.cluster.client().resource(new SecretBuilder().withNewMetadata().withName("db-secret")
            .endMetadata().addToStringData("password", "p").build()).inNamespace(lab.namespace).create();
        lab.tell("api", "is", "ready");
    }

    private static CompletableFuture<WaitLab.Ended> lateSecret(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "late")
            .apply(WaitLab.deployment("api", "api:1", "life.test/is: secret-missing, life.test/ref: db-secret", SECRET));
        return lab.after(7, () -> secret(lab)).start(120);
    }

    private static CompletableFuture<WaitLab.Ended> secretMadeByAJob(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "made")
            .apply(WaitLab.deployment("api", "api:1", "life.test/is: secret-missing, life.test/ref: db-secret", SECRET) + """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: make-secret}
            spec: {template: {metadata: {annotations: {life.test/after: 30s}}, spec: {restartPolicy: Never, containers: [{name: make,
                image: "make:1"}]}}}
            """);
        return lab.after(28, () -> secret(lab)).start(180);
    }

    private static CompletableFuture<WaitLab.Ended> untilDatabase(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "crash").apply(WaitLab.deployment("db", "db:1", "life.test/after: 45s", "")
            + WaitLab.deployment("api", "api:1", "life.test/is: crashes", ""));
        return lab.onceAvailable("db", () -> lab.tell("api", "is", "ready")).start(300);
    }

    private static CompletableFuture<WaitLab.Ended> chain(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "chain").apply(WaitLab.deployment("db", "db:1", "life.test/after: 40s", "")
            + WaitLab.deployment("api", "api:1", "life.test/is: crashes", "")
            + WaitLab.deployment("web", "web:1", "life.test/is: crashes", ""));
        return lab.onceAvailable("db", () -> lab.tell("api", "is", "ready")).onceAvailable("api", () -> lab.tell("web", "is", "ready"))
            .start(400);
    }

    private static CompletableFuture<WaitLab.Ended> initWaits(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "init").apply(WaitLab.deployment("db", "db:1", "life.test/after: 45s", "")
            + WaitLab.deployment("api", "api:1", "life.test/is: init-crashes", "")
            .replace("      containers:", "      initContainers: [{name: wait, image: 'w:1'}]\n      containers:"));
        return lab.onceAvailable("db", () -> lab.tell("api", "is", "ready")).start(300);
    }

    private static CompletableFuture<WaitLab.Ended> nodeAddedLate(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "node");
        lab.apply(WaitLab.deployment("web", "web:1", "", "")
            .replace("      terminationGrace", "      nodeSelector: {pool: " + lab.namespace + "}\n      terminationGrace"));
        lab.after(6, () -> lab.cluster.client().pods().inNamespace(lab.namespace).list().getItems().forEach(p -> lab.before("""
            apiVersion: v1
            kind: Event
            metadata: {name: scale-up}
            involvedObject: {apiVersion: v1, kind: Pod, name: %s, namespace: %s, uid: %s}
            reason: TriggeredScaleUp
            message: "pod triggered scale-up: [{pool-1 0->1 (max: 3)}]"
            type: Normal
            source: {component: cluster-autoscaler}
            firstTimestamp: "%4$s"
            lastTimestamp: "%4$s"
            count: 1
            """.formatted(p.getMetadata().getName(), lab.namespace, p
                .getMetadata().getUid(), Instant.now().truncatedTo(ChronoUnit.SECONDS)))));
        return lab.after(40, () -> cluster.addNode("late-" + lab.namespace, "pool=" + lab.namespace)).start(180);
    }

    private static CompletableFuture<WaitLab.Ended> webhookStarting(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "hook");
        lab.before("""
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: %1$s}
            webhooks:
            - name: pods.example.com
              failurePolicy: Fail
              sideEffects: None
              admissionReviewVersions: [v1]
              clientConfig: {service: {name: policy, namespace: %1$s, path: /}}
              namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %1$s}}
              rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
            """.formatted(lab.namespace));
        lab.after(45, () -> cluster.client().admissionRegistration().v1().validatingWebhookConfigurations()
            .withName(lab.namespace).delete());
        return lab.apply(WaitLab.deployment("web", "web:1", "", "")).start(240);
    }

    private static CompletableFuture<WaitLab.Ended> drainedNode(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "drain");
        var node = "drained-" + lab.namespace;
        cluster.addNode(node, "pool=" + lab.namespace);
        cordon(cluster, node, true);
        lab.after(35, () -> cordon(cluster, node, false));
        return lab.apply(WaitLab.deployment("web", "web:1", "", "")
            .replace("      terminationGrace", "      nodeSelector: {pool: " + lab.namespace + "}\n      terminationGrace")).start(180);
    }

    private static void cordon(LocalCluster cluster, String node, boolean closed) {
        cluster.client().nodes().withName(node)
            .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"unschedulable\": " + closed + "}}");
    }

    private static CompletableFuture<WaitLab.Ended> repaired(LocalCluster cluster) {
        var broken = WaitLab.deployment("api", "api:1", "life.test/is: secret-missing, life.test/ref: db-secret", SECRET)
            .replace("spec:\n  selector", "spec:\n  progressDeadlineSeconds: 3\n  selector");
        var lab = new WaitLab(cluster, "repair").before(broken);
        cluster.client().apps().deployments().inNamespace(lab.namespace).withName("api")
            .waitUntilCondition(d -> d != null && d.getStatus() != null && d.getStatus().getConditions() != null
                && d.getStatus().getConditions().stream().anyMatch(c -> "ProgressDeadlineExceeded".equals(c.getReason())),
                30, TimeUnit.SECONDS);
        lab.apply(broken + "apiVersion: v1\nkind: Secret\nmetadata: {name: db-secret}\nstringData: {password: p}\n");
        return lab.after(6, () -> lab.tell("api", "is", "ready")).start(120);
    }

    /** Troubles that stay: each must end the wait as failed, with this code. */
    static Map<String, Function<LocalCluster, CompletableFuture<WaitLab.Ended>>> failures() {
        var all = new LinkedHashMap<String, Function<LocalCluster, CompletableFuture<WaitLab.Ended>>>();
        all.put("IMAGE_NOT_FOUND", c -> new WaitLab(c, "image")
            .apply(WaitLab.deployment("web", "web:nope", "life.test/is: image-not-found", "")).start(120));
        all.put("over a healthy release IMAGE_NOT_FOUND", WaitScenarios::overHealthy);
        all.put("IMAGE_NOT_FOUND_OR_AUTH", c -> new WaitLab(c, "private")
            .apply(WaitLab.deployment("web", "web:1", "life.test/is: image-unauthorized", "")).start(120));
        all.put("SECRET_MISSING", c -> new WaitLab(c, "secret")
            .apply(WaitLab.deployment("api", "api:1", "life.test/is: secret-missing, life.test/ref: db-secret", SECRET)).start(120));
        all.put("CONFIG_KEY_MISSING", c -> new WaitLab(c, "key")
            .apply(WaitLab.deployment("api", "api:1",
            "life.test/is: secret-key-missing, life.test/ref: db-secret, life.test/key: password", SECRET)
            + "apiVersion: v1\nkind: Secret\nmetadata: {name: db-secret}\nstringData: {passwort: p}\n").start(120));
        all.put("SERVICE_ACCOUNT_MISSING", c -> new WaitLab(c, "account")
            .apply(WaitLab.deployment("web", "web:1", "", "")
            .replace("      terminationGrace", "      serviceAccountName: nobody\n      terminationGrace")).start(120));
        all.put("QUOTA_EXCEEDED", c -> new WaitLab(c, "quota")
            .before("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: small}\nspec: {hard: {pods: '0'}}\n")
            .apply(WaitLab.deployment("web", "web:1", "", "")).start(120));
        all.put("ADMISSION_WEBHOOK_DENIED", WaitScenarios::denied);
        all.put("POD_SECURITY_DENIED", WaitScenarios::insecure);
        all.put("CRASH_APP_ERROR", c -> new WaitLab(c, "steady").apply(WaitLab.deployment("api", "api:1", "life.test/is: crashes", ""))
            .start(180));
        all.put("CONTAINER_COMMAND_NOT_FOUND", c -> new WaitLab(c, "command")
            .apply(WaitLab.deployment("api", "api:1", "life.test/is: command-missing", "")).start(180));
        all.put("OOM_KILLED", c -> new WaitLab(c, "memory").apply(WaitLab.deployment("api", "api:1", "life.test/is: out-of-memory", ""))
            .start(180));
        all.put("SCHED_NODE_SELECTOR", c -> new WaitLab(c, "place")
            .apply(WaitLab.deployment("web", "web:1", "", "")
            .replace("      terminationGrace", "      nodeSelector: {disk: gold}\n      terminationGrace")).start(120));
        all.put("JOB_FAILED", c -> new WaitLab(c, "job").apply("""
            apiVersion: batch/v1
            kind: Job
            metadata: {name: seed}
            spec: {backoffLimit: 0, template: {metadata: {annotations: {life.test/is: fails}}, spec: {restartPolicy: Never,
                containers: [{name: seed, image: "seed:1"}]}}}
            """).start(120));
        all.put("PVC_STORAGECLASS_MISSING", c -> new WaitLab(c, "class").apply("""
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], storageClassName: gold, resources: {requests: {storage: 1Gi}}}
            """).start(120));
        all.put("STS SERVICE_ACCOUNT_MISSING", c -> new WaitLab(c, "sts").apply("""
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: db}
            spec:
              serviceName: db
              selector: {matchLabels: {app: db}}
              template: {metadata: {labels: {app: db}}, spec: {serviceAccountName: nobody, containers: [{name: db, image: "db:1"}]}}
            """).start(120));
        return all;
    }

    /** Old pods keep the Deployment Available all the time. */
    private static CompletableFuture<WaitLab.Ended> overHealthy(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "over").before(WaitLab.deployment("web", "web:1", "", ""));
        cluster.client().apps().deployments().inNamespace(lab.namespace).withName("web")
            .waitUntilCondition(d -> d != null && d.getStatus() != null
            && Integer.valueOf(1).equals(d.getStatus().getAvailableReplicas()), 60, TimeUnit.SECONDS);
        return lab.apply(WaitLab.deployment("web", "web:nope", "life.test/is: image-not-found", "")).start(120);
    }

    private static CompletableFuture<WaitLab.Ended> denied(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "policy");
        lab.before("""
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: %1$s}
            spec:
              failurePolicy: Fail
              matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
              validations: [{expression: "false", message: "images must come from the company's registry"}]
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: %1$s}
            spec: {policyName: %1$s, validationActions: [Deny],
                matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %1$s}}}}
            """.formatted(lab.namespace));
        cluster.eventually(() -> refuses(lab));
        return lab.apply(WaitLab.deployment("web", "web:1", "", "")).start(120);
    }

    /** A policy is enforced a moment after it was made. */
    private static boolean refuses(WaitLab lab) {
        try {
            lab.cluster.client().pods().inNamespace(lab.namespace)
                .resource(new PodBuilder().withNewMetadata().withName("probe").endMetadata()
                .withNewSpec().addNewContainer().withName("a").withImage("a:1").endContainer().endSpec().build()).dryRun().create();
            return false;
        } catch (KubernetesClientException e) {
            return e.getMessage().contains("company's registry");
        }
    }

    private static CompletableFuture<WaitLab.Ended> insecure(LocalCluster cluster) {
        var lab = new WaitLab(cluster, "psa");
        cluster.client().resource(new NamespaceBuilder().withNewMetadata().withName(lab.namespace)
            .addToLabels("pod-security.kubernetes.io/enforce", "restricted").endMetadata().build()).serverSideApply();
        return lab.apply(WaitLab.deployment("web", "web:1", "", "")).start(120);
    }
}
