//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Who needs whom: hosts that settings name, Services before pods, and what a host that cannot be reached comes down to. */
class WiringTest {
    private static List<String> mentions(String container, String... more) {
        var scene = new Scene().deploy("web", "containers: [{name: web, image: a, " + container + "}]", Scene.ready("web"));
        for (var yaml : more) {
            scene.add(yaml);
        }
        return ensure_ready.Mentions.of(scene.snapshot().all("Pod").get(0).at("/spec"), scene.snapshot()).stream()
            .map(m -> m.via() + " " + m.address() + " " + m.confidence()).toList();
    }

    private static List<String> setting(String name, String value) {
        return mentions("env: [{name: " + name + ", value: " + Scene.quoted(value) + "}]");
    }

    @Test
    void aHostIsReadInEveryWayASettingWritesIt() {
        assertEquals(List.of("env A postgres:5432 0.8", "env A postgres:5432 0.7"), setting("A", "postgres://u:p@postgres:5432/db"));
        assertEquals(List.of("env A db 0.6"), setting("A", "http://db/x"));
        assertEquals(List.of("env A db:5432 0.7"), setting("A", "db:5432"));
        assertEquals(List.of("env A_URL db:5432 0.8"), setting("A_URL", "db:5432"));
        assertEquals(List.of("env A db:5432 0.8"), setting("A", "host=db user=x port=5432"));
        assertEquals(List.of("env KAFKA_BROKERS a:9092 0.8", "env KAFKA_BROKERS b:9092 0.8"), setting("KAFKA_BROKERS", "a:9092,b:9092"));
        assertEquals(List.of("env DB_HOST db 0.6"), setting("DB_HOST", "db"));
        assertEquals(List.of("env REDIS_HOSTS a 0.6", "env REDIS_HOSTS b 0.6"), setting("REDIS_HOSTS", "a, b"));
        assertEquals(List.of(), setting("MODE", "db"));
        assertEquals(List.of(), setting("DB_HOST", "Not A Host"));
        assertEquals(List.of("args db:5432 0.7"), mentions("args: ['--db', 'db:5432']"));
    }

    @Test
    void aHostAndItsPortInTwoVariablesAreOneAddress() {
        for (var names : List.of("DB_HOST DB_PORT", "DB_HOSTNAME DB_PORT", "DB_ADDR DB_PORT", "db_server db_PORT")) {
            var both = names.split(" ");
            assertEquals(List.of("env " + both[0] + " db:5432 0.8"),
                mentions("env: [{name: " + both[0] + ", value: db}, {name: " + both[1] + ", value: '5432'}]"), names);
        }
        assertEquals(List.of("env DB_HOST db 0.6"), mentions("env: [{name: DB_HOST, value: db}, {name: DB_PORT, value: auto}]"));
        assertEquals(List.of("env DB_HOST db 0.6"), mentions("env: [{name: DB_HOST, value: db}, {name: WEB_PORT, value: '80'}]"));
        assertEquals(List.of("env A db:5432 0.7", "env DB_HOST db:5432 0.8"),
            mentions("env: [{name: A, value: $(DB_HOST):5432}, {name: DB_HOST, value: db}, {name: DB_PORT, value: '5432'}]"));
        assertEquals(List.of(), mentions("env: [{name: A, value: $(NOBODY):5432}]"));
    }

    @Test
    void aValueOfAConfigMapIsToldWithItsKeyAndOfASecretOnlyItsHosts() {
        var map = "kind: ConfigMap\nmetadata: {name: env}\ndata: {DB: 'db:5432'}";
        assertEquals(List.of("configmap env DB db:5432 0.7"),
            mentions("env: [{name: A, valueFrom: {configMapKeyRef: {name: env, key: DB}}}]",
            map));
        assertEquals(List.of(), mentions("env: [{name: A, valueFrom: {configMapKeyRef: {name: gone, key: DB}}}]", map));
        assertEquals(List.of("configmap env DB db:5432 0.7"), mentions("envFrom: [{configMapRef: {name: env}}]", map));
        assertEquals(List.of("secret s URL db:5432 0.8"), mentions("envFrom: [{secretRef: {name: s}}]",
            "kind: Secret\nmetadata: {name: s}\nhosts: {URL: 'db:5432'}"));
    }

    @Test
    void aCommandThatWaitsIsSurerThanASetting() {
        assertEquals(List.of("command:web db:5432 db:5432 0.8"), mentions("command: [sh, -c, 'nc -z db 5432']"));
    }

    private static Scene service(String name, String selector, String spec) {
        return new Scene().deploy("web", spec, Scene.ready("web")).service(name, selector, "[{port: 80}]").judged("Service", name, false);
    }

    private static List<String> selects(String service, String selector) {
        return service(service, selector, "").causes();
    }

    @Test
    void theWorkloadThatAServiceMeansIsKnownByItsNameOrByALabelThatTellsApart() {
        for (var name : List.of("web", "web-service", "web-svc")) {
            assertEquals(List.of("SVC_SELECTOR_MISMATCH Service/" + name), selects(name, "{app: webb}"), name);
        }
        assertEquals(List.of("SVC_SELECTOR_MISMATCH Service/other"), selects("other", "{app: web, version: b}"));
        assertEquals(List.of("SVC_NO_READY_ENDPOINTS Service/other"), selects("other", "{app: webb}"));
        for (var workload : List.of("db-1", "db-v2", "db-deployment", "db-server")) {
            var scene = new Scene().deploy(workload).service("db", "{app: x}", "[{port: 80}]").judged("Service", "db", false);
            assertEquals(List.of("SVC_SELECTOR_MISMATCH Service/db"), scene.causes(), workload);
        }
        var unlike = new Scene().deploy("db-backup").service("db", "{app: x}", "[{port: 80}]").judged("Service", "db", false);
        assertEquals(List.of("SVC_NO_READY_ENDPOINTS Service/db"), unlike.causes());
        var taken = new Scene().deploy("web").service("other", "{app: web}", "[{port: 80}]").service("web", "{app: x}", "[{port: 80}]")
            .judged("Service", "web", false);
        assertEquals(List.of("SVC_NO_READY_ENDPOINTS Service/web"), taken.causes(), "another Service serves it");
    }

    @Test
    void whatDiffersIsSaidForEachLabel() {
        assertEquals("app=webb, pods have app=web; tier=x, pods have no tier",
            service("web", "{app: webb, tier: x}", "").report().causes().get(0).params().get("differs"));
    }

    private static List<String> ports(String service, String container) {
        return new Scene().deploy("web", "containers: [{name: web, image: a" + container + "}]", Scene.ready("web"))
            .service("web", "{app: web}", service).judged("Service", "web", false).causes();
    }

    @Test
    void aTargetPortIsDoubtedWhenItIsANameThatNobodyHasOrNoneFits() {
        var told = List.of("SVC_TARGET_PORT_MISMATCH Service/web");
        var declared = ", ports: [{containerPort: 8080, name: http}]";
        assertEquals(told, ports("[{port: 80, targetPort: web}, {port: 81, targetPort: 8080}]", declared), "a name");
        assertEquals(told, ports("[{port: 80, targetPort: 90}, {port: 81, targetPort: 91}]", declared), "none fits");
        var fits = List.of("SVC_NO_READY_ENDPOINTS Service/web");
        assertEquals(fits, ports("[{port: 80, targetPort: 90}, {port: 81, targetPort: 8080}]", declared), "a number, and another fits");
        assertEquals(fits, ports("[{port: 80, targetPort: http}]", declared));
        assertEquals(fits, ports("[{port: 80, targetPort: 90}]", ""), "the pods say nothing");
    }

    private static Scene client(String host, String log, String container) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, env: [{name: DB_HOST, value: "
            + host + "}]" + container + "}]",
            Scene.crashed("web", 1, "Error")).log("web-1-a", "web", log);
    }

    @Test
    void aHostThatIsNotThereComesDownToWhatWouldMakeIt() {
        var unknown = "dial tcp: lookup db on 10.96.0.10:53: no such host";
        assertEquals(List.of("DNS_NAME_UNKNOWN Deployment/web"), client("db", unknown, "").service("other", 80).deploy("other").causes());
        assertEquals(List.of("SVC_MISSING Service/db"), client("db", unknown, "").none("Service").deploy("db").causes());
        assertEquals(List.of("STS_HEADLESS_SVC_MISSING StatefulSet/db"),
            client("db", unknown, "").none("Service").statefulSet("db", "", Scene.ready("db")).causes());
        assertEquals(List.of("DNS_NAME_UNKNOWN Service/db"), client("db", unknown, "")
            .add("kind: Service\nmetadata: {name: db}\nspec: {type: ExternalName, externalName: db.example.com}").causes());
        assertEquals(List.of("POD_DNS_POLICY Deployment/web"), new Scene().deploy("web", "dnsPolicy: Default\n"
            + "containers: [{name: web, image: a, env: [{name: DB_HOST, value: db}]}]", Scene.crashed("web", 1, "Error"))
            .log("web-1-a", "web", unknown).deploy("db").service("db", 5432).causes());
        assertEquals(List.of("POD_DNS_POLICY Deployment/web"), new Scene().deploy("web", "hostNetwork: true\n"
            + "containers: [{name: web, image: a, env: [{name: DB_HOST, value: db}]}]", Scene.crashed("web", 1, "Error"))
            .log("web-1-a", "web", unknown).deploy("db").service("db", 5432).causes());
    }

    @Test
    void whatIsReachableAndRefusesIsAskedForWhatIsBehindIt() {
        var refused = "dial tcp db:5432: connect: connection refused";
        assertEquals(List.of("OOM_KILLED Deployment/db"), client("db", refused, "").service("db", 5432)
            .deploy("db", "", Scene.crashed("db", 137, "OOMKilled")).causes());
        assertEquals(List.of("ENV_PORT_MISMATCH Deployment/web"),
            client("db", refused.replace("5432", "5433"), "").service("db", 5432).deploy("db").causes());
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/web"), client("db", refused, "")
            .service("db", 5432).deploy("db").causes());
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/web"),
            client("db", "dial tcp localhost:5432: connect: connection refused", "").service("db", 5432).deploy("db").causes());
    }

    @Test
    void twoThatCannotResolveWhatIsThereBlameTheClustersDns() {
        var scene = client("db", "lookup db: no such host", "").service("db", 5432).deploy("db")
            .deploy("api", "containers: [{name: api, image: a, env: [{name: DB_HOST, value: db}]}]", Scene.crashed("api", 1, "Error"));
        assertTrue(scene.causes().stream().noneMatch(c -> c.startsWith("DNS_CLUSTER")), scene.causes()::toString);
        assertEquals(List.of("DNS_CLUSTER_FAILURE Service/kube-dns"), scene.log("api-1-a", "api", "lookup db: no such host").causes());
    }

    @Test
    void aClientThatFailedBeforeWhatItNeedsWasReadyStartsAgain() {
        var refused = "dial tcp db:5432: connect: connection refused";
        var late = Scene.ready("db").replace("09:51:00", "09:58:06");
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), client("db", refused, "").service("db", 5432).deploy("db", "", late)
            .judged("Deployment", "db", true).causes());
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/web"), client("db", refused, "").service("db", 5432)
            .deploy("db", "", late.replace("09:58:06", "09:58:05")).judged("Deployment", "db", true).causes());
    }

    @Test
    void aSettingWithAPortThatNobodyServesIsTold() {
        assertEquals(List.of("ENV_PORT_MISMATCH Deployment/web"), set("db:5433", "dnsPolicy: ClusterFirst").causes());
        assertEquals(List.of(), set("db:5432", "dnsPolicy: ClusterFirst").causes());
        assertEquals(List.of("POD_DNS_POLICY Deployment/web"), set("db:5432", "dnsPolicy: Default").causes());
        assertEquals(List.of("POD_DNS_POLICY Deployment/web"), set("db:5432", "dnsPolicy: None\ndnsConfig: {searches: [a]}").causes());
        assertEquals(List.of(), set("db:5432", "dnsPolicy: None\ndnsConfig: {searches: [shop.svc.cluster.local]}").causes());
        assertEquals(List.of(), set("out.example.com:5432", "dnsPolicy: Default").causes());
    }

    private static Scene set(String address, String spec) {
        return new Scene().deploy("web", spec + "\ncontainers: [{name: web, image: a, env: [{name: DB_URL, value: '" + address + "'}]}]",
            Scene.ready("web")).service("db", 5432).deploy("db");
    }

    private static Scene needsSecret(Scene scene) {
        return scene.none("Secret").deploy("web", "containers: [{name: web, image: a, envFrom: [{secretRef: {name: db}}]}]",
            Scene.waiting("web", "CreateContainerConfigError", "secret \"db\" not found"));
    }

    @Test
    void aMissingSecretIsExplainedByItsRefusalAndByAMakerThatFails() {
        var secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}";
        assertEquals(List.of("APPLY_FORBIDDEN_RBAC Secret/db"), needsSecret(new Scene())
            .applied(secret, "Forbidden", "secrets \"db\" is forbidden: User \"ci\" cannot patch resource").causes());
        assertEquals(List.of("SECRET_MISSING Secret/db"), needsSecret(new Scene()).applied(secret, "", "").causes());
        var certificate = "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c}\nspec: {secretName: db}\n"
            + "status: {conditions: [{type: Ready, status: '%s', reason: R, message: m, lastTransitionTime: '2026-01-01T09:50:00Z'}]}";
        assertEquals(List.of("CERT_NOT_READY Certificate/c"), needsSecret(new Scene()).add(certificate.formatted("False"))
            .judged("Certificate", "c", false).causes());
        var made = needsSecret(new Scene()).add(certificate.formatted("True"));
        assertEquals(List.of("SECRET_MISSING Secret/db"), made.causes());
        assertEquals(0.9, made.report().causes().get(0).confidence(), 0.1, "who made it says nothing of it");
    }

    @Test
    void anErrorThatNamesABrokenServiceIsThatOnes() {
        var log = "fatal: request to http://db:5432/x ended";
        assertEquals(List.of("OOM_KILLED Deployment/db"),
            client("db", log, "").service("db", 5432).deploy("db", "", Scene.crashed("db", 137, "OOMKilled")).causes());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), client("db", log, "").service("db", 5432).deploy("db").causes());
        var own = client("web", log.replace("db", "web"), "").service("web", 5432);
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), own.causes(), "its own Service");
        assertEquals(0.9, own.report().causes().get(0).confidence());
    }

    @Test
    void anAddressOfAPodLeadsToItsWorkload() {
        var refused = "dial tcp 10.1.0.9:5432: connect: connection refused";
        var scene = client("db", refused, "").deploy("db", "", Scene.crashed("db", 137, "OOMKilled") + "\npodIP: 10.1.0.9");
        assertEquals(List.of("OOM_KILLED Deployment/db"), scene.causes());
        assertEquals(2, client("db", refused.replace("0.9", "0.8"), "").deploy("db", "", Scene.crashed("db", 137, "OOMKilled")
            + "\npodIP: 10.1.0.9").causes().size());
    }

    @Test
    void whoRefusesCredentialsIsTheServiceThatIsNamedOrTheOnlyOne() {
        var denied = "FATAL: password authentication failed for user \"a\"";
        assertEquals("db", target(client("db", denied, "").service("db", 5432).deploy("db")));
        assertEquals("db", target(client("mq", "db:5432: " + denied, "").service("mq", 1).deploy("mq").service("db", 5432).deploy("db")));
        assertEquals("", target(client("db", denied, ", args: ['--mq', 'mq:15']")
            .service("mq", 1).service("db", 5432).deploy("db").deploy("mq")));
    }

    private static String target(Scene scene) {
        return scene.report().causes().get(0).params().getOrDefault("target", "");
    }

    @Test
    void aServiceThatWasRefusedExplainsWhoLooksForIt() {
        var unknown = "dial tcp: lookup db on 10.96.0.10:53: no such host";
        var service = "apiVersion: v1\nkind: Service\nmetadata: {name: db}";
        assertEquals(List.of("APPLY_FORBIDDEN_RBAC Service/db"), client("db", unknown, "").none("Service")
            .applied(service, "Forbidden", "services \"db\" is forbidden: User \"ci\" cannot patch resource").causes());
        assertEquals(List.of("DNS_NAME_UNKNOWN Deployment/web"), client("db", unknown, "")
            .none("Service").applied(service, "", "").causes());
    }

    @Test
    void aPolicyIsBlamedForSilenceAndNotForARefusalOfWhatIsBroken() {
        var policy = "kind: NetworkPolicy\nmetadata: {name: np}\nspec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: "
            + "[{podSelector: {matchLabels: {app: x}}}]}]}";
        var slow = "dial tcp db:5432: i/o timeout";
        var refused = "dial tcp db:5432: connect: connection refused";
        assertEquals(List.of("NETPOL_BLOCKING NetworkPolicy/np"), client("db", slow, "")
            .service("db", 5432).deploy("db").add(policy).causes());
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/web"),
            client("db", refused, "").service("db", 5432).deploy("db").add(policy).causes());
        assertEquals(List.of("OOM_KILLED Deployment/db"), client("db", refused, "").service("db", 5432)
            .deploy("db", "", Scene.crashed("db", 137, "OOMKilled")).add(policy).causes());
    }

    private static List<String> explained(Scene scene) {
        return scene.report().causes().stream().flatMap(c -> c.explains().stream().map(e -> c.code() + " " + e.object() + " " + e.via()))
            .toList();
    }

    private static Scene killed(String name) {
        return new Scene().deploy(name, "", Scene.crashed(name, 137, "OOMKilled"));
    }

    @Test
    void anIngressIsExplainedByWhatIsBehindIt() {
        var scene = killed("db").service("db", 80).judged("Ingress", "in", false)
            .add("kind: Ingress\nmetadata: {name: in}\nspec: {rules: [{http: {paths: [{backend: {service: {name: db}}}]}}]}");
        assertEquals(List.of("OOM_KILLED Ingress/in [backend, selector]"), explained(scene));
        assertEquals(List.of(), scene.report().unexplained());
        var other = killed("db").service("db", 80).judged("Ingress", "in", false)
            .add("kind: Ingress\nmetadata: {name: in}\nspec: {defaultBackend: {resource: {kind: Bucket, name: db}}}");
        assertEquals(1, other.report().unexplained().size());
    }

    @Test
    void aServiceIsExplainedByTheResourceThatMadeItOrIsCalledSo() {
        var failed = "apiVersion: db.example.com/v1\nkind: Cluster\nmetadata: {name: pg}\nstatus: {conditions: [{type: Ready, status: "
            + "'False', reason: Failed, message: no license}]}";
        var service = "kind: Service\nmetadata: {name: %s}\nspec: {clusterIP: 1.2.3.4, selector: {role: primary}, ports: [{port: 1}]}";
        for (var name : List.of("rw, owner: Cluster/pg", "pg-rw, labels: {app.kubernetes.io/instance: pg}")) {
            var scene = new Scene().add(failed).judged("Cluster", "pg", false).add(service.formatted(name))
                .judged("Service", name.replaceFirst(",.*", ""), false);
            assertEquals(List.of("CR_NOT_READY Service/" + name.replaceFirst(",.*", "") + " [made by]"), explained(scene), name);
        }
        assertEquals(List.of(), explained(new Scene().add(failed).judged("Cluster", "pg", false).add(service.formatted("other"))
            .judged("Service", "other", false)));
    }

    @Test
    void aCronJobIsExplainedByItsJob() {
        var scene = new Scene().job("sync-1", "", Scene.ended("sync-1", 137, "OOMKilled", ""), "{active: 1}")
            .judged("CronJob", "sync", false)
            .add("kind: CronJob\nmetadata: {name: sync}\nspec: {schedule: '* * * * *'}");
        scene.snapshot().objects().get("Job").clear();
        scene.add("kind: Job\nmetadata: {name: sync-1, owner: CronJob/sync}\n"
            + "spec: {template: {spec: {containers: []}}}\nstatus: {active: 1}");
        assertEquals(List.of("OOM_KILLED CronJob/sync [owner]"), explained(scene));
    }

    @Test
    void whoWaitsWithKubectlIsExplainedByThatWorkload() {
        for (var word : List.of("deployment/db", "deploy/db", "deployment.apps/db")) {
            var scene = killed("db").deploy("web", "initContainers: [{name: w, image: k, command: [kubectl wait --for=condition=Available "
                + word + "]}]", Scene.initRunning("w"));
            assertEquals(List.of("OOM_KILLED Deployment/web [init:kubectl wait]"), explained(scene), word);
        }
        var set = new Scene().statefulSet("db", "", Scene.crashed("db", 137, "OOMKilled"))
            .deploy("web", "initContainers: [{name: w, image: k, "
            + "command: [kubectl rollout status sts/db]}]", Scene.initRunning("w"));
        assertEquals(List.of("OOM_KILLED Deployment/web [init:kubectl wait]"), explained(set));
        var pod = new Scene().pod("one", "", "one", "", Scene.crashed("one", 137, "OOMKilled")).judged("Pod", "one", false)
            .deploy("web", "initContainers: [{name: w, image: k, command: [kubectl wait --for=condition=Ready pod/one]}]",
            Scene.initRunning("w"));
        assertEquals(List.of("OOM_KILLED Deployment/web [init:kubectl wait]"), explained(pod));
        var idle = killed("db").deploy("web", "initContainers: [{name: w, image: k, command: [kubectl get deployment/db]}]",
            Scene.initRunning("w"));
        assertEquals(List.of(), explained(idle));
    }

    @Test
    void aPodOfAHeadlessServiceIsAskedByItsOwnName() {
        var log = "dial tcp db-0.db:5432: connect: connection refused";
        var set = client("db-0.db", log, "").statefulSet("db", "", Scene.crashed("db", 137, "OOMKilled"));
        assertEquals(List.of("OOM_KILLED StatefulSet/db"), client("db-0.db", log, "").service("db", 5432)
            .statefulSet("db", "", Scene.crashed("db", 137, "OOMKilled")).causes());
        assertTrue(set.causes().contains("STS_HEADLESS_SVC_MISSING StatefulSet/db") || set.causes().contains("OOM_KILLED StatefulSet/db"),
            set.causes()::toString);
    }

    @Test
    void aClaimOfATemplateIsTheSetsAndAnotherIsNot() {
        var set = "kind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 1, "
            + "volumeClaimTemplates: [{metadata: {name: data}}], template: {spec: {containers: [{name: db, image: a}]}}}";
        var claim = "kind: PersistentVolumeClaim\nmetadata: {name: %s}\nspec: {storageClassName: gone}\nstatus: {phase: Pending}";
        var scene = new Scene().none("StorageClass").add(set).judged("StatefulSet", "db", false).add(claim.formatted("data-db-0"));
        assertEquals(List.of("PVC_STORAGECLASS_MISSING StatefulSet/db [volumeClaimTemplate]"), explained(scene));
        for (var other : List.of("data-db-x", "data-dbs-0", "logs-db-0")) {
            assertEquals(List.of(), explained(new Scene().none("StorageClass").add(set).judged("StatefulSet", "db", false)
                .add(claim.formatted(other))), other);
        }
    }

    @Test
    void whoCannotPullFromARegistryHereIsExplainedByIt() {
        var scene = killed("registry").service("registry", 5000).deploy("web", "containers: [{name: web, image: 'registry:5000/web:1'}]",
            Scene.waiting("web", "ErrImagePull", "dial tcp registry:5000: connect: connection refused"));
        assertEquals(List.of("OOM_KILLED Deployment/web [image, selector]"), explained(scene));
        var outside = killed("registry").service("registry", 5000).deploy("web", "containers: [{name: web, image: 'registry'}]",
            Scene.waiting("web", "ErrImagePull", "dial tcp docker.io: connect: connection refused"));
        assertEquals(2, outside.causes().size());
    }

    @Test
    void whoMissesSomethingInItsOwnPodIsNotExplainedByOthers() {
        var scene = client("db", "dial tcp localhost:6379: connect: connection refused", "").service("db", 5432)
            .deploy("db", "", Scene.crashed("db", 137, "OOMKilled"));
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/web", "OOM_KILLED Deployment/db"), scene.causes().stream().sorted()
            .toList());
    }

    @Test
    void aNameThatCameAfterTheCrashIsFoundByTheNextStart() {
        var scene = client("db", "dial tcp: lookup db: no such host", "").deploy("db").service("db", 5432);
        var service = (tools.jackson.databind.node.ObjectNode) scene.snapshot().all("Service").get(0).json().get("metadata");
        service.put("creationTimestamp", "2026-01-01T09:58:06Z");
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), scene.causes());
        service.put("creationTimestamp", "2026-01-01T09:58:05Z");
        assertTrue(!scene.causes().contains("STILL_PROGRESSING Deployment/web"), scene.causes()::toString);
    }

    @Test
    void aProbeThatFailsForABrokenServiceIsThatOnes() {
        var env = "containers: [{name: web, image: a, env: [{name: DB_HOST, value: db}]}]";
        var refused = new Scene().deploy("web", env, Scene.unreadyRunning("web"))
            .event("Pod/web-1-a", "Unhealthy", 30, "Readiness probe failed: HTTP probe failed with statuscode: 503", "web")
            .log("web-1-a", "web", "dial tcp db:5432: connect: connection refused").service("db", 5432)
            .deploy("db", "", Scene.crashed("db", 137, "OOMKilled"));
        assertEquals(List.of("OOM_KILLED Deployment/db"), refused.causes());
    }

    @Test
    void aPolicyThatKeepsFromDnsIsBlamedForAnUnknownName() {
        var policy = "kind: NetworkPolicy\nmetadata: {name: out}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [%s]}";
        var down = "dial tcp: lookup db on 10.96.0.10:53: read udp: i/o timeout";
        assertEquals(List.of("NETPOL_BLOCKING NetworkPolicy/out"), client("db", down, "").none("Service")
            .add(policy.formatted("{to: [{podSelector: {}}]}")).causes());
        assertEquals(List.of("DNS_NAME_UNKNOWN Deployment/web"), client("db", down.replace("read udp: i/o timeout", "no such host"), "")
            .none("Service").add(policy.formatted("{to: [{podSelector: {}}]}")).causes());
        assertEquals(List.of("DNS_NAME_UNKNOWN Deployment/web"), client("db", down, "").none("Service")
            .add(policy.formatted("{ports: [{port: 53}]}")).causes());
    }

    private static List<String> unserved(String port, Scene scene) {
        return scene.deploy("web", "containers: [{name: web, image: a, env: [{name: DB_URL, value: 'db:5432'}]}]", Scene.ready("web"))
            .deploy("db", "containers: [{name: db, image: a, ports: [{containerPort: " + port + "}]}]", Scene.ready("db")).causes();
    }

    @Test
    void aSettingThatNamesAWorkloadWhichLacksItsServiceIsTold() {
        assertEquals(List.of("SVC_MISSING Service/db"), unserved("5432", new Scene().none("Service")));
        assertEquals(List.of(), unserved("80", new Scene().none("Service")), "it listens elsewhere");
        assertEquals(List.of(), unserved("5432", new Scene()), "nobody could look");
        assertEquals(List.of(), unserved("5432", new Scene().service("db", 5432)));
    }

    @Test
    void aPolicyBetweenAClientThatIsNotReadyAndWhatItNamesIsTold() {
        var policy = "kind: NetworkPolicy\nmetadata: {name: np}\nspec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: "
            + "[{podSelector: {matchLabels: {app: x}}}]}]}";
        assertEquals(List.of("NETPOL_BLOCKING NetworkPolicy/np"), named(Scene.unreadyRunning("web")).add(policy).causes());
        assertEquals(List.of(), named(Scene.ready("web")).add(policy).causes(), "its traffic may flow");
    }

    private static Scene named(String status) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, env: [{name: DB_URL, value: 'db:5432'}]}]", status)
            .deploy("db").service("db", 5432);
    }

    @Test
    void aWebhookOfTheNamespaceIsToldByWhatServesIt() {
        var refusal = "Internal error occurred: failed calling webhook \"m.shop\": failed to call webhook: Post "
            + "\"https://hook.%s.svc:443/mutate?timeout=10s\": no endpoints available for service \"hook\"";
        var broken = new Scene().deploy("hook", "", Scene.crashed("hook", 1, "Error")).log("hook-1-a", "hook", "KeyError: 'CA'")
            .service("hook", 443).refused("web", refusal.formatted("shop"));
        assertEquals(List.of("CRASH_MISSING_ENV Deployment/hook"), broken.causes());
        assertTrue(broken.report().causes().get(0).explains().stream().anyMatch(e -> e.object().equals("Deployment/web")));
        assertEquals(List.of("ADMISSION_WEBHOOK_UNAVAILABLE Webhook/m.shop"), new Scene().deploy("hook").service("hook", 443)
            .refused("web", refusal.formatted("shop")).causes());
        assertTrue(new Scene().deploy("hook", "", Scene.crashed("hook", 1, "Error")).service("hook", 443)
            .refused("web", refusal.formatted("policy")).causes().contains("ADMISSION_WEBHOOK_UNAVAILABLE Webhook/m.shop"), "another's");
    }

    @Test
    void aServiceThatSelectsNobodyIsTheCauseAlsoWhereItWasApplied() {
        var scene = new Scene().deploy("api", "containers: [{name: api, image: a, env: [{name: DB_URL, value: 'postgres://db:5432/x'}]}]",
            Scene.crashed("api", 1, "Error")).log("api-1-a", "api", "connect ECONNREFUSED db:5432").service("db", 5432);
        assertEquals(List.of("SVC_NO_READY_ENDPOINTS Service/db"), scene.causes());
        assertEquals(List.of("SVC_NO_READY_ENDPOINTS Service/db"), scene.judged("Service", "db", true).causes(), "nobody stands behind it");
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/api"), scene.deploy("db").causes());
    }

    @Test
    void whereServicesMayNotBeReadAHostIsTheWorkloadOfThatName() {
        for (var host : List.of("db", "db-0.db")) {
            var scene = new Scene().deploy("api", "", Scene.crashed("api", 1, "Error"))
                .log("api-1-a", "api", "could not translate host name \"" + host + "\" to address: Name or service not known")
                .statefulSet("db", "", Scene.waiting("db", "ErrImagePull", "manifest unknown"));
            assertEquals(List.of("IMAGE_NOT_FOUND StatefulSet/db"), scene.causes(), host);
            assertTrue(scene.none("Service").causes().contains("STS_HEADLESS_SVC_MISSING StatefulSet/db"), "there is none");
        }
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/api"), new Scene().deploy("search")
            .deploy("api", "", Scene.crashed("api", 1, "Error")).log("api-1-a", "api", "dial tcp search:9200: i/o timeout").causes());
    }
}
