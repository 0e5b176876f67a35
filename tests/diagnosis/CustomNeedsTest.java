//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Custom resources need one another: what waits is explained by what it waits for, and what is named and not there is told. */
class CustomNeedsTest {
    private static final ensure_ready.WaitSettings ALL = new ensure_ready.WaitSettings("codex", false, false, true, null);
    private static final String NO_SECRET = "containers: [{name: app, image: a, envFrom: [{secretRef: {name: db}}]}]";
    private static final String STORE =
        cr("external-secrets.io/v1", "SecretStore", "vault", "provider: {}", "Ready", "%s", "InvalidProviderConfig",
        "permission denied");
    private static final String EXTERNAL = cr("external-secrets.io/v1", "ExternalSecret", "db",
        "secretStoreRef: {kind: SecretStore, name: %s}, target: {name: db}", "Ready", "False", "SecretSyncedError", "could not get it");

    private static String cr(String version, String kind, String name, String spec,
        String type, String status, String reason, String message) {
        return object(version, kind, name, spec, "conditions: [{type: " + type
            + ", status: '" + status + "', reason: " + reason + ", message: "
            + Scene.quoted(message) + "}]");
    }

    private static String object(String version, String kind, String name, String spec, String status) {
        return "apiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\nstatus: {" + status
            + "}\n---\n";
    }

    private static String owned(String object, String owner) {
        return object.replaceFirst("metadata: \\{", "metadata: {owner: " + owner + ", ");
    }

    private static Scene scene(String... objects) {
        return new Scene().none("Secret", "Service", "Pod", "Deployment", "StatefulSet", "Job").add(String.join("---\n", objects));
    }

    private static Scene waitingForSecret(String... objects) {
        return scene(objects).deploy("app", NO_SECRET, Scene.waiting("app", "CreateContainerConfigError", "secret \"db\" not found"));
    }

    private static ensure_ready.DiagnosisReport report(Scene scene) {
        var verdict = ensure_ready.Verdicts.of(new ensure_ready.Family(scene.snapshot(), Set.of()), ALL);
        return ensure_ready.Diagnosis.explain(scene.snapshot(), verdict.workloads(), "codex");
    }

    private static ensure_ready.State state(Scene scene, String kind) {
        return ensure_ready.Verdicts.of(new ensure_ready.Family(scene.snapshot(), Set.of()), ALL).workloads().stream()
            .filter(w -> w.kind().equals(kind)).findFirst().orElseThrow().state();
    }

    private static List<String> causes(Scene scene) {
        var report = report(scene);
        var said = new ArrayList<>(report.causes().stream().map(c -> c.code() + " " + c.object().kind() + "/" + c.object().name())
            .toList());
        report.unexplained().forEach(u -> said.add("unexplained " + u.object()));
        return said;
    }

    private static void facts(Scene scene, List<ensure_ready.Fact> facts, List<String> candidates) {
        var cause = report(scene).causes().get(0);
        assertTrue(cause.facts().containsAll(facts), () -> facts + " are not in " + cause.facts());
        assertEquals(candidates, cause.candidates());
    }

    private static ensure_ready.Fact fact(String at, String value) {
        return new ensure_ready.Fact(at, value);
    }

    @Test
    void aStoreThatIsNotReadyExplainsWhatReadsFromItAndWhoMissesTheSecret() {
        var store = waitingForSecret(STORE.formatted("False"), EXTERNAL.formatted("vault"));
        assertEquals(List.of("CR_NOT_READY SecretStore/vault"), causes(store));
        assertEquals(List.of("ExternalSecret/db", "Deployment/app"), report(store)
            .causes().get(0).explains().stream().map(e -> e.object()).toList());
        assertEquals(List.of("CR_NOT_READY ExternalSecret/db"),
            causes(waitingForSecret(STORE.formatted("True"), EXTERNAL.formatted("vault"))));
    }

    @Test
    void whatItNamesAndIsNotThereIsToldWithWhatThereIs() {
        facts(waitingForSecret(STORE.formatted("True"), EXTERNAL.formatted("vault-backend")),
            List.of(fact("externalsecret/db spec.secretStoreRef.name", "vault-backend (does not exist)")), List.of("secretstore/vault"));
        facts(waitingForSecret(STORE.formatted("True"), EXTERNAL.formatted("vault")),
            List.of(fact("externalsecret/db spec.secretStoreRef.name", "vault")), List.of());
        facts(scene(cr("k8s.mariadb.com/v1", "MariaDB", "db", "rootPasswordSecretKeyRef: {name: root, key: p}",
            "Ready", "False", "Failed", "no"),
            "kind: Secret\nmetadata: {name: rooted}\nkeys: [p]\n"), List.of(fact("mariadb/db spec.rootPasswordSecretKeyRef.name",
            "root (does not exist)")), List.of("secret/rooted (keys p)"));
    }

    @Test
    void aMakerWhoseOperatorWritesNoStatusIsJudgedByTheWarningThatItEndedWith() {
        var maker = object("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "vss", "vaultAuthRef: none, destination: {name: db}",
            "lastGeneration: 0");
        var warned = waitingForSecret(maker).event("VaultStaticSecret/vss", "VaultClientConfigError", 3, "VaultAuth \"none\" not found");
        assertEquals(List.of("CR_NOT_READY VaultStaticSecret/vss"), causes(warned));
        warned.add("kind: Event\nmetadata: {name: later}\n"
            + "involvedObject: {kind: VaultStaticSecret, name: vss, uid: uid-VaultStaticSecret-vss}\n"
            + "reason: SecretSynced\ntype: Normal\nlastTimestamp: '2026-01-01T09:59:30Z'\nmessage: synced");
        assertEquals(List.of("SECRET_MISSING Secret/db"), causes(warned));
    }

    @Test
    void aSecretCalledAfterAResourceThatFailsIsExplainedByItUnlessThatMadeTheWorkload() {
        var cluster = object("acid.zalan.do/v1", "postgresql", "db", "teamId: a", "PostgresClusterStatus: %s");
        assertEquals(List.of("CR_NOT_READY postgresql/db"), causes(waitingForSecret(cluster.formatted("CreateFailed"))));
        assertEquals(List.of("SECRET_MISSING Secret/db"), causes(waitingForSecret(cluster.formatted("Running"))));
        var app = object("example.com/v1", "App", "db", "size: 1", "phase: Failed");
        var made = scene(app).deploy("app", NO_SECRET, Scene.waiting("app", "CreateContainerConfigError", "secret \"db\" not found"));
        made.snapshot().find("Deployment", "app").orElseThrow().json().withObject("/metadata").putArray("ownerReferences").addObject()
            .put("kind", "App").put("name", "db").put("uid", "uid-App-db");
        assertEquals(List.of("SECRET_MISSING Secret/db"), causes(made));
    }

    @Test
    void theLastInTheChainOfACertificateTellsWhyItIsNotIssued() {
        var certificate = cr("cert-manager.io/v1", "Certificate", "tls", "secretName: tls, issuerRef: {kind: ClusterIssuer, name: le}",
            "Ready", "False", "DoesNotExist", "Issuing certificate as Secret does not exist");
        var order = owned(object("acme.cert-manager.io/v1", "Order", "tls-1", "issuerRef: {name: le}", "state: invalid"),
            "Certificate/tls");
        var challenge = owned(object("acme.cert-manager.io/v1", "Challenge",
            "tls-1-1", "type: HTTP-01", "state: invalid, reason: NXDOMAIN for it"),
            "Order/tls-1");
        assertEquals(List.of("CERT_NOT_READY Certificate/tls"), causes(scene(certificate, order, challenge)));
        facts(scene(certificate, order, challenge), List.of(fact("challenge/tls-1-1/status.state", "invalid: NXDOMAIN for it"),
            fact("certificate/tls spec.issuerRef.name", "le")), List.of());
        var issuer = cr("cert-manager.io/v1", "Issuer", "ca", "ca: {secretName: pair}",
            "Ready", "%s", "ErrGetKeyPair", "secrets \"pair\" not found");
        var byIssuer = certificate.replace("kind: ClusterIssuer, name: le", "name: ca");
        assertEquals(List.of("CERT_NOT_READY Issuer/ca"), causes(scene(byIssuer, issuer.formatted("False"))));
        assertEquals(List.of("CERT_NOT_READY Certificate/tls"), causes(scene(byIssuer, issuer.formatted("True"))));
    }

    @Test
    void whatDependsOnAnotherIsExplainedByItUnlessItsOwnSpecIsInvalid() {
        var first = cr("helm.toolkit.fluxcd.io/v2", "HelmRelease", "redis", "interval: 5m",
            "Ready", "False", "InstallFailed", "deadline exceeded");
        var second = cr("helm.toolkit.fluxcd.io/v2", "HelmRelease", "app", "dependsOn: [{name: redis}]", "Ready", "False", "%s", "not so");
        assertEquals(List.of("CR_NOT_READY HelmRelease/redis"), causes(scene(first, second.formatted("DependencyNotReady"))));
        assertEquals(List.of("CR_NOT_READY HelmRelease/app", "CR_NOT_READY HelmRelease/redis"),
            causes(scene(first, second.formatted("InvalidChartReference"))));
        var topic = cr("kafka.strimzi.io/v1", "KafkaTopic", "t", "partitions: 1", "Ready", "False", "KafkaError", "timed out")
            .replace("{name: t}", "{name: t, labels: {strimzi.io/cluster: %s}}");
        var kafka = cr("kafka.strimzi.io/v1", "Kafka", "k", "kafka: {}", "NotReady", "True", "TimeoutException", "waits");
        assertEquals(List.of("CR_NOT_READY Kafka/k"), causes(scene(kafka, topic.formatted("k"))));
        assertEquals(2, causes(scene(kafka, topic.formatted("other"))).size());
    }

    @Test
    void whatWaitsBesideASiblingThatFailsIsExplainedByIt() {
        var cluster = cr("cluster.x-k8s.io/v1beta1", "Cluster", "c", "infrastructureRef: {kind: AWSCluster, name: c}",
            "Ready", "False", "VpcFailed", "no");
        var infra = owned(cr("infrastructure.cluster.x-k8s.io/v1beta2", "AWSCluster",
            "c", "region: x", "Ready", "False", "VpcFailed", "denied"), "Cluster/c");
        var plane = owned(cr("controlplane.cluster.x-k8s.io/v1beta1", "KubeadmControlPlane",
            "cp", "replicas: 1", "Ready", "False", "%s", "")
            .replace("name: cp}", "name: cp, labels: {cluster.x-k8s.io/cluster-name: c}}"), "Cluster/c");
        assertEquals(List.of("CR_NOT_READY AWSCluster/c"),
            causes(scene(cluster, infra, plane.formatted("WaitingForClusterInfrastructure"))));
        assertEquals(2, causes(scene(cluster, infra, plane.formatted("CloneFailed"))).size());
    }

    @Test
    void aMessageThatNamesAServiceWhichDoesNotAnswerLeadsToTheWorkloadBehindIt() {
        var migration = cr("db.atlasgo.io/v1alpha1", "AtlasMigration", "m", "dir: {}",
            "Ready", "False", "Migrating", "%s pg.shop.svc:5432");
        var database = scene(migration.formatted("connection refused by"))
            .statefulSet("pg", "", Scene.unscheduled("0/2 nodes are available: 2 Insufficient cpu."))
            .add("kind: Service\nmetadata: {name: pg}\nspec: {clusterIP: 10.0.0.1, selector: {app: pg}, ports: [{port: 5432}]}");
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES StatefulSet/pg"), causes(database));
        var keystone = object("yaook.cloud/v1", "KeystoneDeployment", "k", "size: 1", "phase: WaitingForDependency, "
            + "conditions: [{type: Converged, status: 'False', message: 'waiting for MySQLService/%s'}]");
        var service = object("infra.yaook.cloud/v1", "MySQLService", "db", "size: 1", "phase: InvalidConfiguration");
        assertEquals(List.of("CR_NOT_READY MySQLService/db"), causes(scene(keystone.formatted("db"), service)));
        assertEquals(2, causes(scene(keystone.formatted("other"), service)).size());
        database.add(migration.formatted("syntax error in the answer of").replace("name: m", "name: n"));
        assertTrue(causes(database).contains("CR_NOT_READY AtlasMigration/n"), () -> causes(database).toString());
    }

    @Test
    void whatAQueueHoldsBackWaitsAndWhatItsUserSuspendedDoesNot() {
        var set = object("jobset.x-k8s.io/v1alpha2", "JobSet", "train", "suspend: true",
            "conditions: [{type: Suspended, status: 'True', reason: SuspendedJobs}]");
        var entry = owned(cr("kueue.x-k8s.io/v1beta1", "Workload", "w", "queueName: q",
            "QuotaReserved", "%s", "Pending", "3 more cpu needed"), "JobSet/train");
        assertEquals(ensure_ready.State.suspended, state(scene(set), "JobSet"));
        assertEquals(ensure_ready.State.suspended, state(scene(set, entry.formatted("True")), "JobSet"));
        assertEquals(ensure_ready.State.progressing, state(scene(set, entry.formatted("False")), "JobSet"));
        assertEquals(List.of("CR_NOT_READY Workload/w"), causes(scene(set, entry.formatted("False"))));
    }

    @Test
    void aConditionWithoutAStatusIsThereWhileItIsSo() {
        var app = object("argoproj.io/v1alpha1", "Application", "shop", "source: {path: apps/shop}",
            "health: {status: Healthy}, sync: {status: %s}, conditions: [{type: %s, message: 'apps/shop: app path does not exist'}]");
        facts(scene(app.formatted("Unknown", "ComparisonError")), List.of(fact("application/shop spec.source.path", "apps/shop")),
            List.of());
        assertEquals(ensure_ready.State.failed, state(scene(app.formatted("Unknown", "ComparisonError")), "Application"));
        assertEquals(ensure_ready.State.ready, state(scene(app.formatted("Synced", "OrphanedResourceWarning")), "Application"));
    }

    @Test
    void wordsAreReadWithTheMessageBesideThem() {
        var location = object("velero.io/v1", "BackupStorageLocation", "default", "provider: aws", "phase: %s, message: AccessDenied");
        var said = report(scene(location.formatted("Unavailable"))).causes().get(0).evidence().get(0).message();
        assertEquals("Unavailable: AccessDenied", said);
        assertEquals(List.of(), causes(scene(location.formatted("Available"))));
        var database = object("postgresql.cnpg.io/v1", "Cluster", "pg", "superuserSecret: {name: su}",
            "phase: Unable to create objects, phaseReason: secrets \"su\" not found, "
                + "conditions: [{type: Ready, status: 'False', reason: ClusterIsNotReady}]");
        assertTrue(report(scene(database)).causes().get(0).evidence().stream()
            .anyMatch(e -> e.message().contains("secrets \"su\" not found")));
    }

    @Test
    void whatItsStatusSaysThatItDeployedExplainsIt() {
        var app = object("argoproj.io/v1alpha1", "Application", "shop", "source: {path: x}",
            "health: {status: Degraded}, resources: [{kind: Deployment, name: %s}]");
        var broken = Scene.waiting("web", "ErrImagePull", "manifest unknown");
        assertEquals(List.of("IMAGE_NOT_FOUND Deployment/web"), causes(scene(app.formatted("web")).deploy("web", "", broken)));
        assertEquals(2, causes(scene(app.formatted("other")).deploy("web", "", broken)).size());
    }

    @Test
    void whoIsToMakeAMissingSecretSaysHowItIs() {
        var ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {tls: [{secretName: %s}]}\n";
        var certificate = cr("cert-manager.io/v1", "Certificate", "tls", "secretName: tls", "Ready", "False", "DoesNotExist", "Issuing");
        var told = fact("certificate/tls makes it", "Ready=False: DoesNotExist: Issuing");
        var shim = report(scene(ingress.formatted("tls"), owned(certificate, "Ingress/web"))).causes();
        assertTrue(shim.stream().anyMatch(c -> c.facts().contains(told)), shim::toString);
        var another = report(scene(ingress.formatted("own"), owned(certificate, "Ingress/web"))).causes();
        assertTrue(another.stream().noneMatch(c -> c.facts().contains(told)), another::toString);
        assertEquals(List.of("CERT_NOT_READY Certificate/tls"), causes(scene(ingress.formatted("tls"), certificate)),
            "who made it by hand, mends it");
    }

    @Test
    void aGenerationThatItsControllerHasNotSeenIsTheCause() {
        var redis = object("cache.example.com/v1", "Redis", "r", "size: 1", "observedGeneration: %d, phase: Ready")
            .replace("name: r", "name: r, generation: 1");
        assertEquals(List.of("CR_NOT_READY Redis/r"), causes(scene(redis.formatted(-1))));
        assertEquals(List.of(), causes(scene(redis.formatted(1))));
    }

    @Test
    void replicasThatAreMissingAreTheEvidence() {
        var set = object("apps.kruise.io/v1alpha1", "CloneSet", "c", "replicas: 3", "replicas: 3, readyReplicas: %d");
        assertEquals("2 of 3 ready", report(scene(set.formatted(2))).causes().get(0).evidence().get(0).message());
        assertEquals(List.of(), causes(scene(set.formatted(3))));
    }

    @Test
    void anUnknownConditionThatSaysErrorFailsAndOneThatSaysOtherwiseDoesNot() {
        var secret = cr("secrets.infisical.com/v1alpha1", "InfisicalSecret", "i", "managedSecretReference: {secretName: db}",
            "secrets.infisical.com/LoadedInfisicalToken", "%s", "%s", "service token is not provided");
        assertEquals(List.of("CR_NOT_READY InfisicalSecret/i"), causes(waitingForSecret(secret.formatted("False", "Error"))));
        assertEquals(List.of("SECRET_MISSING Secret/db"), causes(waitingForSecret(secret.formatted("False", "MemoryDiffers"))));
        assertFalse(causes(waitingForSecret(secret.formatted("True", "Error"))).contains("CR_NOT_READY InfisicalSecret/i"));
    }
}
