//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What exists in place of what is missing or wrong, the nearest first, and nothing where nothing would do. */
class CandidatesTest {
    private static List<String> of(Scene scene) {
        var causes = scene.report().causes();
        assertEquals(1, causes.size(), causes::toString);
        return causes.get(0).candidates();
    }

    private static Scene web(String spec, String status) {
        return new Scene().deploy("web", spec, status);
    }

    @Test
    void anImageIsSoughtInItsRepositoryAndWhereItRuns() {
        var scene = web("containers: [{name: web, image: 'reg.io/team/web:2'}]", Scene.waiting("web", "ErrImagePull", "manifest unknown"))
            .deploy("a", "containers: [{name: a, image: 'reg.io/team/web:1'}]", Scene.ready("a"))
            .deploy("b", "initContainers: [{name: i, image: 'other.io/web:2'}]\ncontainers: [{name: b, image: 'reg.io/team/api:2'}]",
                Scene.ready("b"))
            .pod("c", "", "c", "containers: [{name: c, image: 'reg.io/team/web@sha256:ab'}]", "phase: Succeeded");
        assertEquals(List.of("reg.io/team/web:1 (runs in pod/a-1-a)", "other.io/web:2 (runs in pod/b-1-a)", "reg.io/team/web@sha256:ab"),
            of(scene).stream().sorted((x, y) -> x.startsWith("reg.io/team/web:") ? -1 : y.startsWith("reg.io/team/web:") ? 1
                : x.compareTo(y)).toList());
    }

    @Test
    void aPullSecretIsOneOfThatType() {
        var spec = "imagePullSecrets: [{name: reg}]\ncontainers: [{name: web, image: a}]";
        var secret = "kind: Secret\nmetadata: {name: %s}\ntype: %s";
        var scene = web(spec, Scene.waiting("web", "ErrImagePull", "unauthorized")).add(secret.formatted("regcred",
            "kubernetes.io/dockerconfigjson")).add(secret.formatted("rag", "Opaque"))
            .deploy("b", "imagePullSecrets: [{name: regcred}]\ncontainers: [{name: b, image: a}]", Scene.ready("b"));
        assertEquals(List.of("secret/regcred (pull secret used by deploy/b)"), of(scene));
    }

    @Test
    void aMissingSecretShowsTheOthersAndWhereTheirVariableComesFrom() {
        var env = "containers: [{name: %s, image: a, env: [{name: %s, valueFrom: {secretKeyRef: {name: %s, key: k}}}]}]";
        var scene = web(env.formatted("web", "TOKEN", "dbb"),
            Scene.waiting("web", "CreateContainerConfigError", "secret \"dbb\" not found"))
            .add("kind: Secret\nmetadata: {name: db}\nkeys: [j, k]").add("kind: Secret\nmetadata: {name: token}\n"
                + "type: kubernetes.io/service-account-token").deploy("b", env.formatted("b", "TOKEN", "db"), Scene.ready("b"))
            .deploy("c", env.formatted("c", "OTHER", "db"), Scene.ready("c"));
        assertEquals(List.of("secret/db (keys j, k)",
            "deploy/b spec.template.spec.containers[b].env[TOKEN].valueFrom.secretKeyRef.name = db"), of(scene));
    }

    @Test
    void aServiceIsSoughtByItsNameAndPort() {
        var client = "containers: [{name: web, image: a, env: [{name: DB_HOST, value: dbs}]}]";
        var scene = web(client, Scene.crashed("web", 1, "Error")).log("web-1-a", "web", "dial tcp: lookup dbs: no such host")
            .service("queue", "{app: queue}", "[{port: 1, name: amqp}, {port: 2}]").deploy("queue").service("db", 5432).deploy("db");
        assertEquals(List.of("svc/db (ports 5432)", "svc/queue (ports 1 amqp, 2)"), of(scene));
        var port = web(client.replace("DB_HOST, value: dbs", "DB_URL, value: 'db:5433'"), Scene.crashed("web", 1, "Error"))
            .log("web-1-a", "web", "dial tcp db:5433: connect: connection refused").service("dbx", 5433).deploy("dbx")
            .service("da", 1).deploy("da").service("db", 5432).deploy("db");
        assertEquals(List.of("svc/dbx (ports 5433)", "svc/db (ports 5432)", "svc/da (ports 1)"),
            of(port), "who serves the port comes first");
    }

    @Test
    void aKeyIsSoughtWhateverItsCaseAndElsewhere() {
        var scene = web("containers: [{name: web, image: a, env: [{name: U, valueFrom: {configMapKeyRef: {name: app, key: db_url}}}]}]",
            Scene.waiting("web", "CreateContainerConfigError", "couldn't find key db_url in ConfigMap shop/app"))
            .add("kind: ConfigMap\nmetadata: {name: app}\ndata: {db_urls: x, a: x, DB_URL: x, zzzzzzzz: x}")
            .add("kind: Secret\nmetadata: {name: other}\nkeys: [db_url]").add("kind: Secret\nmetadata: {name: none}\nkeys: [db]");
        assertEquals(List.of("key DB_URL", "key db_urls", "key a", "secret/other has that key"), of(scene));
    }

    @Test
    void aVariableIsSoughtInItsOwnNamesInObjectsAndAtOthers() {
        var scene = web("containers: [{name: web, image: a, env: [{name: DB_URI, value: x}, {name: MODE, value: y}]}]",
            Scene.crashed("web", 1, "Error")).log("web-1-a", "web", "Error: DB_URL is not set")
            .add("kind: Secret\nmetadata: {name: s}\nkeys: [db-url, other]").service("db", 5432)
            .deploy("db", "containers: [{name: db, image: a, env: [{name: DB_URL, value: z}]}]", Scene.ready("db"));
        assertEquals(List.of("deploy/web spec.template.spec.containers[web].env[DB_URI].value = x", "secret/s has key db-url",
            "deploy/db spec.template.spec.containers[db].env[DB_URL].value = z", "svc/db (ports 5432)"), of(scene));
        var mode = web("", Scene.crashed("web", 1, "Error")).log("web-1-a", "web", "Error: LOG_MODE is not set")
            .service("db", 5432).deploy("db");
        assertEquals(List.of(), of(mode), "no Service for what is no address");
    }

    private static final String NODE = "kind: Node\nmetadata: {name: %s, labels: {%s}}\nspec: {%s}\nstatus: {allocatable: {cpu: '4', "
        + "memory: 8Gi, pods: '10'}}";

    private static Scene pending(String spec, String reason) {
        return web(spec + "\ncontainers: [{name: web, image: a}]", Scene.unscheduled("0/2 nodes are available: " + reason + "."));
    }

    private static List<String> nodes(Scene scene) {
        return of(scene.add(NODE.formatted("a", "disk: ssd, kubernetes.io/os: linux, kubernetes.io/hostname: a, zone: x", ""))
            .add(NODE.formatted("b", "disk: ssd, kubernetes.io/hostname: b, zone: x", "taints: [{key: gpu, effect: NoSchedule}]"))
            .add(NODE.formatted("c", "zone: y", "unschedulable: true")));
    }

    @Test
    void nodesOfWhichTheSameIsToBeSaidStandTogether() {
        var unlike = "2 node(s) didn't match Pod's node affinity/selector";
        assertEquals(List.of("node/a, node/b: labels disk=ssd, zone=x", "node/c: labels zone=y"), nodes(pending("nodeSelector: {disk: hdd}",
            unlike)));
        assertEquals(List.of("node/a: labels disk=ssd, kubernetes.io/hostname=a, zone=x",
            "node/b: labels disk=ssd, kubernetes.io/hostname=b, "
            + "zone=x", "node/c: labels zone=y"), nodes(pending("nodeSelector: {kubernetes.io/hostname: q}", unlike)), "asked for");
        assertEquals(List.of("node/c: cordoned, no taints", "node/a: no taints", "node/b: taints [{key: gpu, effect: NoSchedule}]"),
            nodes(pending("", "2 node(s) had untolerated taint {gpu: yes}")));
    }

    @Test
    void roomIsWhatTheNodesHaveLessWhatThePodsHereTake() {
        var taken = "containers: [{name: x, image: a, resources: {requests: {cpu: 1500m, memory: 1Gi}}}]";
        var pod = "kind: Pod\nmetadata: {name: %s}\nspec: {nodeName: a, " + taken + "}\nstatus: {phase: %s}";
        var node = NODE.formatted("a", "", "");
        assertEquals(List.of("node/a: cpu 4"), of(pending("", "2 Insufficient cpu").add(node)));
        assertEquals(List.of("node/a: cpu 4 (2500m free)"), of(pending("", "2 Insufficient cpu").add(node)
            .add(pod.formatted("p", "Running")).add(pod.formatted("q", "Succeeded"))));
        assertEquals(List.of("node/a: memory 8Gi (7168Mi free)"), of(pending("", "2 Insufficient memory").add(node)
            .add(pod.formatted("p", "Running"))));
        assertEquals(List.of("node/a: pods 10 (9 free)"), of(pending("", "2 Too many pods").add(node).add(pod.formatted("p", "Running"))));
    }

    @Test
    void aStorageClassAndAVolumeAreShownWithWhatTellsWhetherTheyWouldDo() {
        var claim = "kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: fast}\nstatus: {phase: Pending}";
        assertEquals(List.of("sc/faster (p.io)", "sc/standard (q.io, the default)"),
            of(new Scene().judged("PersistentVolumeClaim", "data", false)
            .add(claim).add("kind: StorageClass\nmetadata: {name: faster}\nprovisioner: p.io").add("kind: StorageClass\nmetadata: {name: "
                + "standard, annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}\nprovisioner: q.io")));
        var volume = "kind: PersistentVolume\nmetadata: {name: %s}\nspec: {storageClassName: fast, capacity: {storage: 1Gi}, accessModes: "
            + "[ReadWriteOnce]%s}\nstatus: {phase: %s}";
        assertEquals(List.of("pv/dat (Available, 1Gi, [ReadWriteOnce], class fast, unclaimed)",
            "pv/other (Bound, 1Gi, [ReadWriteOnce], class fast, claim x)"), of(new Scene().judged("PersistentVolumeClaim", "data", false)
            .add(claim).event("PersistentVolumeClaim/data", "FailedBinding", 3, "odd")
            .add(volume.formatted("dat", "", "Available")).add(volume.formatted("other", ", claimRef: {name: x}", "Bound"))));
    }

    @Test
    void whatIsNotKnownOfACandidateLeavesNoEmptyPlace() {
        var scene = new Scene().judged("PersistentVolumeClaim", "data", false).add("kind: PersistentVolumeClaim\nmetadata: {name: data}\n"
            + "spec: {storageClassName: fast}\nstatus: {phase: Pending}").event("PersistentVolumeClaim/data", "FailedBinding", 3, "odd")
            .add("kind: PersistentVolume\nmetadata: {name: dat}\nspec: {}");
        assertEquals(List.of("pv/dat (unclaimed)"), of(scene));
        var claim = "containers: [{name: web, image: a}]\nvolumes: [{name: d, persistentVolumeClaim: {claimName: dat}}]";
        assertEquals(List.of("pvc/data (unused)"), of(web(claim, Scene.unscheduled("persistentvolumeclaim \"dat\" not found"))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {}")));
        var secret = "containers: [{name: web, image: a, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: k}}}]}]";
        assertEquals(List.of("secret/db2 (no keys)"), of(web(secret, Scene.waiting("web", "CreateContainerConfigError",
            "secret \"db\" not found")).add("kind: Secret\nmetadata: {name: db2}")));
        assertEquals(List.of("node/a"), of(web("nodeSelector: {disk: nvme}\ncontainers: [{name: web, image: a}]",
            Scene.unscheduled("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."))
            .add("kind: Node\nmetadata: {name: a}")));
    }

    @Test
    void aHostPortShowsWhoElseTakesOne() {
        var taker = "containers: [{name: %s, image: a, ports: [{containerPort: 80, hostPort: 8080}]}]";
        var scene = web(taker.formatted("web"), Scene.unscheduled("0/1 nodes are available: 1 node(s) didn't have free ports for the "
            + "requested pod ports.")).deploy("b", taker.formatted("b"), Scene.ready("b"));
        assertEquals(List.of("deploy/b spec.template.spec.containers[b].ports[0].hostPort = 8080"), of(scene));
    }

    @Test
    void aSchedulerIsOneThatHasScheduledSomething() {
        var scene = new Scene().judged("Pod", "p", false).add("kind: Pod\nmetadata: {name: p}\nspec: {schedulerName: x, containers: "
            + "[{name: p, image: a}]}\nstatus: {phase: Pending}").add("kind: Pod\nmetadata: {name: q}\nspec: {schedulerName: volcano, "
            + "nodeName: n, containers: [{name: q, image: a}]}\nstatus: {phase: Succeeded}");
        assertEquals(List.of("volcano", "default-scheduler"), of(scene));
    }
}
