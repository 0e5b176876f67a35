//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A cause brings the values that decide it and what could replace them, so that the fix can be written without another look. */
class FactsTest {
    private static ensure_ready.Cause cause(Scene scene) {
        var causes = scene.report().causes();
        assertEquals(1, causes.size(), causes::toString);
        return causes.get(0);
    }

    private static void says(ensure_ready.Cause cause, String at, String value) {
        assertTrue(cause.facts().contains(new ensure_ready.Fact(at, value)), () -> at + " = " + value + " is not in " + cause.facts());
    }

    private static Scene crashed(String spec, String... log) {
        return new Scene().deploy("api", spec, Scene.crashed("api", 1, "Error")).log("api-1-a", "api", log);
    }

    @Test
    void aMissingClaimShowsTheBoundOneThatNobodyUses() {
        var cause = cause(new Scene().deploy("geo", "volumes: [{name: data, persistentVolumeClaim: {claimName: geo-pvc-v2}}]",
            Scene.unscheduled("persistentvolumeclaim \"geo-pvc-v2\" not found"))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: geo-pvc}\nspec: {accessModes: [ReadWriteOnce], "
                + "resources: {requests: {storage: 10Gi}}}\nstatus: {phase: Bound}")
            .add("kind: PersistentVolumeClaim\nmetadata: {name: other}\nstatus: {phase: Bound}")
            .deploy("user", "volumes: [{name: d, persistentVolumeClaim: {claimName: other}}]", Scene.ready("user")));
        says(cause, "deploy/geo spec.template.spec.volumes[data].persistentVolumeClaim.claimName", "geo-pvc-v2");
        assertEquals("pvc/geo-pvc (Bound, 10Gi, [ReadWriteOnce], unused)", cause.candidates().get(0));
        assertTrue(cause.candidates().get(1).contains("used by deploy/user"), cause.candidates()::toString);
    }

    @Test
    void aMissingKeyShowsTheKeysThatAreThere() {
        var cause = cause(new Scene()
            .deploy("api", "containers: [{name: api, image: a, env: [{name: U, valueFrom: {configMapKeyRef: {name: app, key: db_url}}}]}]",
            Scene.waiting("api", "CreateContainerConfigError", "couldn't find key db_url in ConfigMap shop/app"))
            .add("kind: ConfigMap\nmetadata: {name: app}\ndata: {DB_URL: 'x', mode: y}"));
        says(cause, "deploy/api spec.template.spec.containers[api].env[U].valueFrom.configMapKeyRef.key", "db_url");
        says(cause, "cm/app keys", "DB_URL, mode");
        assertEquals("key DB_URL", cause.candidates().get(0));
    }

    @Test
    void aRefusalByALimitRangeShowsWhatItAllows() {
        var range = "kind: LimitRange\nmetadata: {name: small}\nspec: {limits: [{type: Container, max: {memory: 64Mi}}]}";
        var refused = new Scene()
            .refused("web", "pods \"web-x\" is forbidden: maximum memory usage per Container is 64Mi, but limit is 1Gi");
        says(cause(refused.add(range)), "limitrange/small spec.limits", "[{type: Container, max: {memory: 64Mi}}]");
        var other = new Scene().refused("web", "pods \"web-x\" is forbidden: violates PodSecurity").add(range);
        assertTrue(cause(other).facts().stream().noneMatch(f -> f.at().startsWith("limitrange/")));
    }

    @Test
    void theFileIsNamedWithTheLineOfTheFaultyField() {
        var manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  template:\n    spec:\n"
            + "      containers:\n      - name: api\n        image: repo/api:2\n";
        var source = ensure_ready.Manifests.parse("api.yaml", manifest).items().get(0);
        var applied = new ensure_ready.Applied(source.object(), source.source(), ensure_ready.Result.created, 1, "", "", "");
        var scene = new Scene().deploy("api", "containers: [{name: api, image: 'repo/api:2'}]",
            Scene.waiting("api", "ErrImagePull", "manifest unknown"));
        var report = ensure_ready.Diagnosis.explain(scene.snapshot().and(List.of(applied)), scene.workloads(), "codex");
        assertEquals(List.of(new ensure_ready.FileRef("api.yaml", 9)), report.causes().get(0).fix().files());
        var noFields = new ensure_ready.Applied(source.object(), new ensure_ready.Source("api.ftl", 1),
            ensure_ready.Result.created, 1, "", "", "");
        var old = ensure_ready.Diagnosis.explain(scene.snapshot().and(List.of(noFields)), scene.workloads(), "codex");
        assertEquals(List.of(new ensure_ready.FileRef("api.ftl", 1)), old.causes().get(0).fix().files());
    }

    @Test
    void killedForMemoryShowsTheLimitBesideWhatTheProgramTakes() {
        var cause = cause(new Scene()
            .deploy("db", "containers: [{name: db, image: pg, args: [-c, shared_buffers=256MB], resources: {limits: {memory: 64Mi}}}]",
            Scene.crashed("db", 137, "OOMKilled")));
        says(cause, "deploy/db spec.template.spec.containers[db].resources.limits.memory", "64Mi");
        says(cause, "deploy/db spec.template.spec.containers[db].args", "[-c, shared_buffers=256MB]");
    }

    @Test
    void aWrongImageShowsWhatTheRevisionBeforeHad() {
        var spec = "\nspec: {template: {spec: {containers: [{name: web, image: 'repo/web:%s'}]}}}\nstatus: {readyReplicas: %s}";
        var scene = new Scene()
            .deploy("web", "containers: [{name: web, image: 'repo/web:2'}]", Scene.waiting("web", "ErrImagePull", "manifest unknown"));
        scene.add("kind: ReplicaSet\nmetadata: {name: web-9, owner: Deployment/web, annotations: {deployment.kubernetes.io/revision: '9'}}"
            + spec.formatted("2", "0"));
        scene.add("kind: ReplicaSet\nmetadata: {name: web-8, owner: Deployment/web, annotations: {deployment.kubernetes.io/revision: '8'}}"
            + spec.formatted("1.9", "1"));
        scene.add("kind: Pod\nmetadata: {name: web-9-a, owner: ReplicaSet/web-9}\n"
            + "spec: {nodeName: n, containers: [{name: web, image: 'repo/web:2'}]}\nstatus:\n"
            + Scene.indent(Scene.waiting("web", "ErrImagePull", "manifest unknown")));
        var cause = cause(scene);
        says(cause, "deploy/web spec.template.spec.containers[web].image", "repo/web:2");
        says(cause, "rs/web-8 spec.template.spec.containers[web].image", "repo/web:1.9 (its pods are ready)");
        assertEquals("repo/web:1.9 (runs in rs/web-8)", cause.candidates().get(0));
    }

    @Test
    void aWrongHostShowsTheSettingAndTheServicesThereAre() {
        var cause = cause(crashed("containers: [{name: api, image: a, env: [{name: DB_HOST, value: postgress}, {name: DB_PORT, "
            + "value: '5432'}]}]",
            "dial tcp: lookup postgress on 10.96.0.10:53: no such host").service("postgres", 5432)
                .deploy("postgres").service("redis", 6379).deploy("redis"));
        says(cause, "deploy/api spec.template.spec.containers[api].env[DB_HOST].value", "postgress");
        assertEquals("svc/postgres (ports 5432)", cause.candidates().get(0));
    }

    @Test
    void aSettingThatIsMissingShowsWhoSetsItAndWhichIsThere() {
        var cause = cause(crashed("containers: [{name: api, image: a, env: [{name: DATABSE_URL, value: x}]}]",
            "Error: DATABASE_URL is not set")
            .deploy("jobs", "containers: [{name: jobs, image: a, env: [{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: db, "
                + "key: url}}}]}]", Scene.ready("jobs")));
        says(cause, "deploy/api spec.template.spec.containers[api].env", "has DATABSE_URL");
        assertEquals("deploy/api spec.template.spec.containers[api].env[DATABSE_URL].value = x", cause.candidates().get(0));
        assertTrue(cause.candidates().toString()
            .contains("deploy/jobs spec.template.spec.containers[jobs].env[DATABASE_URL].valueFrom.secretKeyRef.key = url"),
            cause.candidates()::toString);
    }

    @Test
    void aSelectorShowsWhatTheNodesHave() {
        var cause = cause(new Scene().deploy("ml", "nodeSelector: {disktype: nvme}",
            Scene.unscheduled("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."))
            .add("kind: Node\nmetadata: {name: n1, labels: {disktype: ssd, kubernetes.io/os: linux}}"));
        says(cause, "deploy/ml spec.template.spec.nodeSelector.disktype", "nvme");
        assertEquals(List.of("node/n1: labels disktype=ssd"), cause.candidates());
    }

    @Test
    void aRequestStandsBesideWhatTheNodesHave() {
        var cause = cause(new Scene().deploy("ml", "containers: [{name: ml, image: a, resources: {requests: {memory: 8Gi}}}]",
            Scene.unscheduled("0/1 nodes are available: 1 Insufficient memory."))
            .add("kind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: '2', memory: 4Gi}}")
            .add("kind: Pod\nmetadata: {name: other}\nspec: {nodeName: n1, containers: [{name: a, image: a, "
                + "resources: {requests: {memory: 1536Mi, cpu: 250m}}}]}\nstatus: {phase: Running, conditions: [{type: Ready, "
                + "status: 'True'}]}")
            .judged("Pod", "other", true));
        says(cause, "deploy/ml spec.template.spec.containers[ml].resources.requests.memory", "8Gi");
        assertEquals(List.of("node/n1: memory 4Gi (2560Mi free)"), cause.candidates());
    }

    @Test
    void bothSidesOfASelectorAndOfAPolicyStandBesideEachOther() {
        var cause = cause(new Scene().deploy("web").service("web", "{app: web, tier: front}", "[{port: 80}]"));
        says(cause, "svc/web spec.selector.tier", "front");
        says(cause, "deploy/web spec.template.metadata.labels", "{app=web}");
    }

    @Test
    void noValueOfAVariableThatIsCalledLikeASecretIsShown() {
        var cause = cause(crashed("containers: [{name: api, image: a, env: [{name: DB_PASSWORD, value: hunter2x}, {name: DB_USER, "
            + "value: shop}]}]",
            "FATAL: password authentication failed for user \"shop\""));
        assertFalse(cause.toString().contains("hunter2x"), cause::toString);
        says(cause, "deploy/api spec.template.spec.containers[api].env[DB_USER].value", "shop");
    }

    @Test
    void factsAndCandidatesAreBounded() {
        var scene = crashed("containers: [{name: api, image: a, args: ['" + "x".repeat(900) + "'], env: [{name: DB_HOST, value: dbb}]}]",
            "dial tcp: lookup dbb on 10.96.0.10:53: no such host");
        for (int i = 0; i < 30; i++) {
            scene.service("db" + i, 5432).deploy("db" + i);
        }
        scene.report().causes().forEach(c -> {
            assertTrue(c.facts().size() <= 12 && c.candidates().size() <= 6, c::toString);
            assertTrue(c.facts().stream().allMatch(f -> f.value().length() <= 240)
                && c.candidates().stream().allMatch(s -> s.length() <= 160), c::toString);
        });
    }

    @Test
    void anEmptySettingIsShownAsEmpty() {
        var cause = cause(crashed("containers: [{name: api, image: a, env: [{name: DB_HOST}, {name: CACHE_URL, "
            + "valueFrom: {configMapKeyRef: {name: app, key: CACHE_URL}}}]}]",
            "dial tcp 203.0.113.9:5432: i/o timeout")
                .add("kind: ConfigMap\nmetadata: {name: app}\ndata: {CACHE_URL: '', API_TOKEN: abc, mode: fast}"));
        says(cause, "deploy/api spec.template.spec.containers[api].env[DB_HOST].value", "\"\"");
        says(cause, "cm/app data.CACHE_URL", "\"\"");
        assertFalse(cause.facts().toString().contains("abc"), cause.facts()::toString);
    }

    @Test
    void theFieldAtFaultComesFirst() {
        var port = cause(crashed("containers: [{name: api, image: a, env: [{name: DB_HOST, value: db}, {name: DB_PORT, value: '5433'}]}]",
            "dial tcp db:5433: connect: connection refused").deploy("db").service("db", 5432));
        assertEquals(new ensure_ready.Fact("deploy/api spec.template.spec.containers[api].env[DB_PORT].value", "5433"), port.facts()
            .get(0));
        assertEquals("deploy/api spec.template.spec.containers[api].env[DB_PORT].value is 5433; found: svc/db (ports 5432)", port.fix()
            .change());
        var memory = cause(new Scene()
            .deploy("api", "containers: [{name: api, image: a, env: [{name: JAVA_TOOL_OPTIONS, value: '-Xmx1g'}], "
                + "resources: {limits: {memory: 256Mi}}}]",
            Scene.crashed("api", 137, "OOMKilled")));
        assertEquals(new ensure_ready.Fact("deploy/api spec.template.spec.containers[api].resources.limits.memory", "256Mi"), memory.facts()
            .get(0));
        var zone = cause(new Scene()
            .deploy("ml", "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
                + "[{matchExpressions: [{key: zone, operator: In, values: [x]}]}]}}}",
            Scene.unscheduled("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.")));
        assertTrue(zone.facts().get(0).at().endsWith("matchExpressions[zone].values"), zone.facts()::toString);
    }

    @Test
    void aMissingSecretShowsWhereOthersTakeTheSameVariableFrom() {
        var env = "containers: [{name: %1$s, image: a, env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: %2$s, key: t}}}]}]";
        var cause = cause(new Scene().none("Secret")
            .deploy("api", env.formatted("api", "tokn"), Scene.waiting("api", "CreateContainerConfigError", "secret \"tokn\" not found"))
            .add("kind: Secret\nmetadata: {name: web-token}\nkeys: [t]")
            .deploy("web", env.formatted("web", "web-token"), Scene.ready("web")));
        assertTrue(cause.candidates()
            .contains("deploy/web spec.template.spec.containers[web].env[TOKEN].valueFrom.secretKeyRef.name = web-token"),
            cause.candidates()::toString);
    }

    @Test
    void aPolicyShowsWhomItAdmitsBesideThePodsLabels() {
        var cause = cause(new Scene().deploy("db").service("db", 5432)
            .deploy("api", "containers: [{name: api, image: a, env: [{name: DB_ADDR, value: 'db:5432'}]}]",
            Scene.crashed("api", 1, "Error")).log("api-1-a", "api", "dial tcp db:5432: i/o timeout")
            .add("kind: NetworkPolicy\nmetadata: {name: db}\nspec: {podSelector: {matchLabels: {app: db}}, "
                + "ingress: [{from: [{podSelector: {matchLabels: {role: backend}}}]}]}"));
        says(cause, "networkpolicy/db spec.ingress", "[{from: [{podSelector: {matchLabels: {role: backend}}}]}]");
        says(cause, "deploy/api spec.template.metadata.labels", "{app=api}");
        says(cause, "deploy/db spec.template.metadata.labels", "{app=db}");
    }

    @Test
    void aQuotaStandsBesideWhatIsAskedOfIt() {
        var cause = cause(new Scene()
            .refused("web", "pods \"web-1-x\" is forbidden: exceeded quota: compute, requested: limits.memory=1Gi, "
                + "used: limits.memory=768Mi, limited: limits.memory=1Gi")
            .add("kind: ResourceQuota\nmetadata: {name: compute}\nstatus: {hard: {limits.memory: 1Gi, pods: '9'}, "
                + "used: {limits.memory: 768Mi, pods: '3'}}"));
        says(cause, "quota/compute status.limits.memory", "used 768Mi of 1Gi");
    }

    @Test
    void anIngressShowsTheServicesAndTheirPorts() {
        var cause = cause(new Scene().deploy("web").service("web", "{app: web}", "[{name: http, port: 80}]")
            .add("kind: IngressClass\nmetadata: {name: nginx}")
            .add("kind: Ingress\nmetadata: {name: web}\nspec: {ingressClassName: nginx, rules: [{http: {paths: [{path: /, "
                + "backend: {service: {name: web, port: {number: 8080}}}}]}}]}"));
        says(cause, "ing/web spec.rules[0].http.paths[0].backend.service.port.number", "8080");
        assertEquals(List.of("svc/web (ports 80 http)"), cause.candidates());
    }

    @Test
    void aTargetPortShowsThePortsOfThePods() {
        var cause = cause(new Scene()
            .deploy("web", "containers: [{name: web, image: a, ports: [{name: http, containerPort: 8080}]}]", Scene.ready("web"))
            .service("web", "{app: web}", "[{port: 80, targetPort: 9090}]"));
        assertEquals(new ensure_ready.Fact("svc/web spec.ports[0].targetPort", "9090"), cause.facts().get(0));
        assertEquals(List.of("deploy/web spec.template.spec.containers[web].ports[http].containerPort = 8080"), cause.candidates());
    }

    private static String change(Scene scene) {
        return cause(scene).fix().change();
    }

    @Test
    void theFieldThatIsToChangeIsTheOneThatDiffersAndNotItsNeighbour() {
        assertEquals("svc/web spec.selector.track is b",
            change(new Scene().deploy("web").deploy("api", "", Scene.crashed("api", 1, "Error"))
            .service("web", "{app: web, track: b}", "[{port: 80}]").judged("Deployment", "api", true).judged("Service", "web", false)));
        var ported = new Scene().deploy("web", "containers: [{name: web, image: a, ports: [{containerPort: 80}]}]", Scene.ready("web"))
            .service("web", "{app: web}", "[{port: 80, targetPort: 9999}]").judged("Service", "web", false);
        assertTrue(change(ported).startsWith("svc/web spec.ports[0].targetPort is 9999; "), () -> change(ported));
        var probe = "spec.template.spec.containers[web].readinessProbe.httpGet.";
        assertEquals("deploy/web " + probe + "port is 81", change(probed("dial tcp 10.0.0.7:81: connect: connection refused")));
        assertEquals("deploy/web " + probe + "path is /", change(probed("HTTP probe failed with statuscode: 404")));
    }

    private static Scene probed(String answer) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, ports: [{containerPort: 80}], readinessProbe: "
            + "{httpGet: {path: /, port: 81}}}]", Scene.unreadyRunning("web"))
            .event("Pod/web-1-a", "Unhealthy", 30, "Readiness probe failed: " + answer, "web");
    }

    @Test
    void howManyNodesThereAreIsToldWhereSomebodyMayLook() {
        var crowded = new Scene()
            .deploy("web", "", Scene.unscheduled("0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."));
        assertEquals(List.of(), cause(crowded).candidates());
        crowded.add("kind: Node\nmetadata: {name: a}").add("kind: Node\nmetadata: {name: b}");
        assertEquals(List.of("2 nodes"), cause(crowded).candidates());
    }

    private static List<String> at(Scene scene) {
        return cause(scene).facts().stream().map(f -> f.at() + " = " + f.value()).toList();
    }

    @Test
    void whatOthersWereStartedWithIsShownWhereTheProgramSpeaksOfIt() {
        var scene = crashed("containers: [{name: api, image: a, env: [{name: B, value: 'http://db:5432'}, "
            + "{name: C, value: 'http://mq:1'}]}]",
            "fatal: cluster shard-seven is unknown")
            .service("db", 5432).deploy("db", "containers: [{name: db, image: a, args: [--cluster=shard-seven], command: [run]}]",
                Scene.ready("db")).service("mq", 1)
                    .deploy("mq", "containers: [{name: mq, image: a, args: [--mode=one]}]", Scene.ready("mq"));
        assertEquals(List.of("deploy/db spec.template.spec.containers[db].args = [--cluster=shard-seven]"),
            at(scene).stream().filter(f -> !f.startsWith("deploy/api")).toList());
    }

    @Test
    void theKeysThatAreFilesBelowTheNamedFolderAreShown() {
        var spec = "volumes: [{name: a, configMap: {name: a}}, {name: b, configMap: {name: b}}]\ncontainers: [{name: api, image: a, "
            + "volumeMounts: [{name: a, mountPath: /etc/a}, {name: b, mountPath: /etc/b}]}, {name: x, image: a, volumeMounts: "
            + "[{name: b, mountPath: /etc/a}]}]";
        var scene = crashed(spec, "fatal: open /etc/a/app.yml: it is odd")
            .add("kind: ConfigMap\nmetadata: {name: a}\ndata: {app.yaml: x, b: y}")
            .add("kind: ConfigMap\nmetadata: {name: b}\ndata: {z: x}");
        assertEquals(List.of("cm/a keys at /etc/a = app.yaml, b"), at(scene).stream().filter(f -> f.startsWith("cm/")).toList());
    }

    private static List<String> spoken(String fields, String log) {
        return at(crashed("containers: [{name: api, image: 'a:1', " + fields + "}]", log)).stream().filter(f -> !f.contains("image = "))
            .map(f -> f.replace("deploy/api spec.template.spec.containers[api].", "")).toList();
    }

    @Test
    void aFieldThatTheProgramSpeaksOfIsShownAndNoOther() {
        var env = "env: [{name: LOG_MODE, value: json}, {name: REGION, value: west-3}]";
        assertEquals(List.of("env[REGION].value = west-3"), spoken(env, "panic: nothing is at west-3"));
        assertEquals(List.of("env[REGION].value = west-3"), spoken(env, "panic: REGION is odd"));
        assertEquals(List.of("env[LOG_MODE].value = json"), spoken(env, "panic: unknown mode"));
        assertEquals(List.of("env[REGION].value = west-3", "env[LOG_MODE].value = json"), spoken(env, "panic: mode in west-3"));
        assertEquals(List.of("env[LOG_MODE].value = json", "env[REGION].value = west-3"), spoken(env, "panic: nil pointer"), "any may be");
        assertEquals(List.of("env[A].value = localhost"), spoken("env: [{name: A, value: localhost}, {name: B, value: c}]",
            "panic: 127.0.0.1 does what it wants"));
        assertEquals(List.of(), spoken("workingDir: /srv", "panic: nil pointer"));
    }

    @Test
    void aCrashThatMissesASettingShowsTheKeysOfWhatItReads() {
        var scene = crashed("containers: [{name: api, image: a, envFrom: [{configMapRef: {name: env}}], env: [{name: X, valueFrom: "
            + "{configMapKeyRef: {name: one, key: k}}}]}]", "Error: DB_URL is not set")
            .add("kind: ConfigMap\nmetadata: {name: env}\ndata: {A: x, B: y}").add("kind: ConfigMap\nmetadata: {name: one}\ndata: {k: x}");
        assertTrue(at(scene).contains("cm/env keys = A, B"), at(scene)::toString);
        assertTrue(at(scene).stream().noneMatch(f -> f.startsWith("cm/one")), at(scene)::toString);
    }

    @Test
    void aVolumeElsewhereShowsWhereItIs() {
        var scene = new Scene().deploy("web", "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]",
            Scene.unscheduled("0/1 nodes are available: 1 node(s) had volume node affinity conflict."))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {volumeName: pv}\nstatus: {phase: Bound}")
            .add("kind: PersistentVolume\nmetadata: {name: pv}\nspec: {nodeAffinity: {required: {zone: b}}}");
        says(cause(scene), "pv/pv spec.nodeAffinity.required", "{zone: b}");
    }

    @Test
    void podSecuritysLevelsAreShownBesideWhatItWants() {
        var scene = new Scene().refused("web", "violates PodSecurity \"restricted:latest\": runAsNonRoot != true (pod must set "
            + "securityContext.runAsNonRoot=true)")
            .add("kind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: "
            + "restricted, team: a}}");
        assertEquals(List.of("ns/shop metadata.labels[pod-security.kubernetes.io/enforce] = restricted"),
            at(scene).stream().filter(f -> f.startsWith("ns/") || f.startsWith("namespace/")).toList());
    }

    @Test
    void aJobThatFailedShowsHowOftenItMayTry() {
        var scene = new Scene().job("m", "", "", "{failed: 1, conditions: [{type: Failed, status: 'True', reason: DeadlineExceeded}]}");
        scene.snapshot().all("Job").forEach(j -> ((tools.jackson.databind.node.ObjectNode) j.at("/spec")).put("activeDeadlineSeconds", 60)
            .put("backoffLimit", 2));
        assertTrue(at(scene).containsAll(List.of("job/m spec.backoffLimit = 2", "job/m spec.activeDeadlineSeconds = 60")),
            at(scene)::toString);
    }

    private static List<String> revision(int newReady, int oldReady, String newer, String older) {
        var set = "\nkind: ReplicaSet\nmetadata: {name: web-%s, owner: Deployment/web, "
            + "creationTimestamp: '2026-01-01T0%s:00:00Z', annotations: {deployment.kubernetes.io/revision: '%s'}}\n"
            + "spec: {template: {spec: {containers: [{name: web, image: '%s'}]}}}\n"
            + "status: {readyReplicas: %d}";
        var scene = new Scene()
            .deploy("web", "containers: [{name: web, image: 'a:9'}]", Scene.waiting("web", "ErrImagePull", "manifest unknown"));
        scene.snapshot().objects().get("ReplicaSet").clear();
        return at(scene.add(set.formatted("1", 9, "9", "a:9", 0)).add(set.formatted("n", 8, "8", newer, newReady))
            .add(set.formatted("o", 7, "7", older, oldReady))).stream().filter(f -> f.startsWith("rs/")).toList();
    }

    @Test
    void theRevisionBeforeIsTheOneThatServesElseTheYoungest() {
        var image = " spec.template.spec.containers[web].image = ";
        assertEquals(List.of("rs/web-o" + image + "a:7 (its pods are ready)"), revision(0, 1, "a:8", "a:7"));
        assertEquals(List.of("rs/web-n" + image + "a:8 (its pods are ready)"), revision(1, 1, "a:8", "a:7"));
        assertEquals(List.of("rs/web-n" + image + "a:8"), revision(0, 0, "a:8", "a:7"));
        assertEquals(List.of(), revision(0, 0, "a:9", "a:7"), "nothing differs");
    }
}
