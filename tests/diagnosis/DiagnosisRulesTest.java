//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The small rules of the wiring between objects, at their edges: names that come near, amounts, policies, autoscalers, Ingresses. */
class DiagnosisRulesTest {
    @Test
    void aNameThatComesNearStartsAlikeOrDiffersInAQuarterOfItsLetters() {
        assertEquals(0, ensure_ready.NearMiss.distance("redis", "redis"));
        assertEquals(1, ensure_ready.NearMiss.distance("redis", "rediss"));
        assertEquals(2, ensure_ready.NearMiss.distance("reids", "redis"));
        assertEquals(5, ensure_ready.NearMiss.distance("", "redis"));
        assertTrue(ensure_ready.NearMiss.near("postgres-primary", "postgres") && ensure_ready.NearMiss.near("pg", "pg-main"));
        assertTrue(ensure_ready.NearMiss.near("abcd", "abxy") && ensure_ready.NearMiss.near("abcdefghiXYZ", "abcdefghijkl"));
        assertFalse(ensure_ready.NearMiss.near("abcd", "axyz") || ensure_ready.NearMiss.near("abcdefghWXYZ", "abcdefghijkl"));
        assertFalse(ensure_ready.NearMiss.near("redis", "redis"), "the same is no miss");
        var services = new Scene().service("rediz", 1).service("redi", 1).service("mongo", 1).snapshot().all("Service");
        assertEquals("redi", ensure_ready.NearMiss.of("redis", services));
        assertEquals("", ensure_ready.NearMiss.of("kafka", services));
    }

    @Test
    void amountsAreReadAsKubernetesWritesThem() {
        assertEquals(0.25, ensure_ready.Quantities.of("250m"));
        assertEquals(1.5, ensure_ready.Quantities.of("1.5"));
        assertEquals(2048, ensure_ready.Quantities.of("2Ki"));
        assertEquals(2000, ensure_ready.Quantities.of("2k"));
        assertEquals(3e6, ensure_ready.Quantities.of("3M"));
        assertEquals(1 << 30, ensure_ready.Quantities.of("1Gi"));
        assertEquals(0, ensure_ready.Quantities.of("much"));
        assertEquals("64Mi", ensure_ready.Quantities.text("memory", 64 << 20));
        assertEquals("64Mi", ensure_ready.Quantities.text("ephemeral-storage", 64 << 20));
        assertEquals("2", ensure_ready.Quantities.text("cpu", 2));
        assertEquals("250m", ensure_ready.Quantities.text("cpu", 0.25));
    }

    @Test
    void theRegistryOfAnImageIsItsHost() {
        assertEquals("ghcr.io", ensure_ready.Merge.registry("ghcr.io/a/b:1"));
        assertEquals("reg:5000", ensure_ready.Merge.registry("reg:5000/a"));
        assertEquals("localhost", ensure_ready.Merge.registry("localhost/a"));
        assertEquals("docker.io", ensure_ready.Merge.registry("library/a"));
        assertEquals("docker.io", ensure_ready.Merge.registry("a:1.2"));
    }

    private static List<String> warnings(Scene scene) {
        return scene.report().warnings().stream().map(w -> w.code() + " " + w.object()).toList();
    }

    private static Scene hpa(String type, String status, String reason, long age) {
        return new Scene().deploy("web").add("kind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {scaleTargetRef: {name: web}}\n"
            + "status: {conditions: [{type: " + type + ", status: '" + status + "', reason: " + reason + "}]}").aged(age);
    }

    @Test
    void anAutoscalerWithoutMetricsIsToldAfterAMinuteOrTwo() {
        var told = List.of("HPA_NO_METRICS HorizontalPodAutoscaler/web");
        assertEquals(told, warnings(hpa("ScalingActive", "False", "FailedGetResourceMetric", 120)));
        assertEquals(List.of(), warnings(hpa("ScalingActive", "False", "FailedGetResourceMetric", 119)));
        assertEquals(List.of(), warnings(hpa("ScalingActive", "True", "ValidMetricFound", 120)));
        assertEquals(List.of(), warnings(hpa("ScalingActive", "False", "ScalingDisabled", 120)));
        assertEquals(told, warnings(hpa("AbleToScale", "False", "FailedGetScale", 120)));
        assertEquals(List.of(), warnings(hpa("ScalingLimited", "False", "DesiredWithinRange", 120)));
    }

    private static List<String> budget(int expected, int allowed, int healthy, int desired) {
        return warnings(new Scene().deploy("web").add("kind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 1}\nstatus: "
            + "{expectedPods: " + expected + ", disruptionsAllowed: " + allowed + ", currentHealthy: " + healthy + ", desiredHealthy: "
            + desired + "}"));
    }

    @Test
    void aBudgetThatAllowsNothingThoughAllIsHealthyHoldsForEver() {
        var told = List.of("PDB_BLOCKING PodDisruptionBudget/web");
        assertEquals(told, budget(1, 0, 1, 1));
        assertEquals(List.of(), budget(1, 1, 2, 1));
        assertEquals(List.of(), budget(0, 0, 0, 0), "it covers nobody");
        assertEquals(List.of(), budget(2, 0, 0, 1), "a pod that is not healthy is another matter");
    }

    private static List<String> zero(String more) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, env: [{name: DB_HOST, value: db}]}]",
            Scene.crashed("web", 1, "Error")).log("web-1-a", "web", "dial tcp db:5432: connect: connection refused").service("db", 5432)
            .add("kind: Deployment\nmetadata: {name: db}\nspec: {replicas: 0, template: {metadata: {labels: {app: db}}}}")
            .add(more).causes();
    }

    @Test
    void zeroIsAFaultWhereOthersNeedItAndNoAutoscalerSetIt() {
        assertEquals(List.of("REPLICAS_ZERO Deployment/db"), zero(""));
        assertFalse(zero("kind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {scaleTargetRef: {name: db}}")
            .contains("REPLICAS_ZERO Deployment/db"));
        assertEquals(List.of(), new Scene().add("kind: Deployment\nmetadata: {name: db}\nspec: {replicas: 0}").causes());
    }

    @Test
    void zeroIsNoFaultWhereAnotherStandsBehindTheSameService() {
        var canary = "kind: %s\nmetadata: {name: db-2}\nspec: {replicas: %d, template: {metadata: {labels: {app: db}}}}";
        for (var kind : List.of("Deployment", "ReplicaSet", "StatefulSet")) {
            assertFalse(zero(canary.formatted(kind, 1)).toString().contains("REPLICAS_ZERO"), kind);
            assertTrue(zero(canary.formatted(kind, 0)).contains("REPLICAS_ZERO " + kind + "/db-2"), kind);
        }
        assertTrue(zero(canary.formatted("Deployment", 1).replace("app: db}", "app: other}")).contains("REPLICAS_ZERO Deployment/db"));
    }

    @Test
    void aHeadlessServiceServesAllPortsOfItsPods() {
        var mismatch = List.of("ENV_PORT_MISMATCH Deployment/web");
        assertEquals(List.of(), headless("None", "{name: es, ports: [{containerPort: 9200}]}"));
        assertEquals(List.of(), headless("None", "{name: es}"), "they do not say their ports");
        assertEquals(mismatch, headless("None", "{name: es, ports: [{containerPort: 9201}]}"));
        assertEquals(mismatch, headless("10.0.0.9", "{name: es, ports: [{containerPort: 9200, name: x}]}"));
    }

    private static List<String> headless(String address, String container) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, env: [{name: ES_URL, value: 'http://es-0.es:9200'}]}]",
            Scene.crashed("web", 1, "Error")).statefulSet("es", "containers: [" + container + "]", Scene.ready("es"))
            .judged("Deployment", "web", true)
            .add("kind: Service\nmetadata: {name: es}\nspec: {clusterIP: " + address
            + ", selector: {app: es}, ports: [{port: 9300, targetPort: x}]}").causes();
    }

    private static List<String> ingress(String spec, String... more) {
        var scene = new Scene().deploy("web").service("web", "{app: web}", "[{port: 80, name: http}]").none("IngressClass", "Secret");
        for (var yaml : more) {
            scene.add(yaml);
        }
        return scene.add("kind: Ingress\nmetadata: {name: in}\nspec: " + spec).causes();
    }

    private static String backend(String port) {
        return "{rules: [{http: {paths: [{backend: {service: {name: web, port: " + port + "}}}]}}]}";
    }

    @Test
    void anIngressThatLeadsNowhereIsTold() {
        assertEquals(List.of("INGRESS_CLASS_MISSING Ingress/in"), ingress("{ingressClassName: nginx}"));
        assertEquals(List.of(), ingress("{ingressClassName: nginx}", "kind: IngressClass\nmetadata: {name: nginx}"));
        assertEquals(List.of(), ingress("{}"), "a class that is not named is the default's matter");
        assertEquals(List.of("INGRESS_BACKEND_MISSING Ingress/in"),
            ingress("{defaultBackend: {service: {name: gone, port: {number: 80}}}}"));
        assertEquals(List.of("INGRESS_BACKEND_PORT Ingress/in"), ingress(backend("{number: 81}")));
        assertEquals(List.of("INGRESS_BACKEND_PORT Ingress/in"), ingress(backend("{name: web}")));
        for (var port : List.of("{number: 80}", "{name: http}", "{}")) {
            assertEquals(List.of(), ingress(backend(port)), port);
        }
        assertEquals(List.of(), ingress("{defaultBackend: {service: {name: out, port: {number: 1}}}}",
            "kind: Service\nmetadata: {name: out}\nspec: {type: ExternalName, externalName: example.com}"));
        assertEquals(List.of("INGRESS_TLS_SECRET_MISSING Ingress/in"), ingress("{tls: [{secretName: cert}, {}]}"));
        assertEquals(List.of(), ingress("{tls: [{secretName: cert}]}", "kind: Secret\nmetadata: {name: cert}"));
    }

    @Test
    void aCertificateThatIsToBeIssuedIsWaitedForTenMinutes() {
        var tls = "kind: Ingress\nmetadata: {name: in, annotations: {cert-manager.io/issuer: a}}\nspec: {tls: [{secretName: cert}]}";
        assertEquals(List.of(), new Scene().none("Secret").add(tls).aged(599).causes());
        assertEquals(List.of("INGRESS_TLS_SECRET_MISSING Ingress/in"), new Scene().none("Secret").add(tls).aged(600).causes());
    }

    private static List<String> policy(String rules, boolean ready) {
        return policy(rules, ready, "DB_HOST", "dial tcp db:5432: i/o timeout");
    }

    private static List<String> policy(String rules, boolean ready, String variable, String log) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, env: [{name: " + variable + ", value: 'db:5432'}]}]", ready
            ? Scene.ready("web") : Scene.crashed("web", 1, "Error")).log("web-1-a", "web", log)
            .deploy("db", "containers: [{name: db, image: a, ports: [{containerPort: 5432, name: pg}]}]", Scene.ready("db"))
            .service("db", "{app: db}", "[{port: 5432, targetPort: pg}]")
            .add("kind: NetworkPolicy\nmetadata: {name: np}\nspec: " + rules).causes();
    }

    @Test
    void aPolicyStopsWhomItDoesNotName() {
        var stops = List.of("NETPOL_BLOCKING NetworkPolicy/np");
        var from = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [%s]%s}]}";
        assertEquals(stops, policy(from.formatted("{podSelector: {matchLabels: {app: other}}}", ""), false));
        assertFalse(policy(from.formatted("{podSelector: {matchLabels: {app: web}}}", ""), false).equals(stops));
        assertFalse(policy(from.formatted("{podSelector: {}}", ""), false).equals(stops));
        assertFalse(policy(from.formatted("{ipBlock: {cidr: 10.0.0.0/8}}", ""), false).equals(stops), "an address may be a pod's");
        assertFalse(policy(from.formatted("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}", ""), false)
            .equals(stops));
        assertEquals(stops, policy(from.formatted("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}", ""), false));
        assertEquals(stops, policy(from.formatted("{namespaceSelector: {}, podSelector: {matchLabels: {app: other}}}", ""), false));
        assertFalse(policy("{podSelector: {matchLabels: {app: db}}, ingress: [{}]}", false).equals(stops));
        assertFalse(policy("{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}", false).equals(stops), "it lets all in");
        assertEquals(stops, policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}", false));
        assertEquals(stops, policy("{podSelector: {matchLabels: {app: web}}, ingress: [{}], egress: []}", false));
    }

    @Test
    void aPolicyOpensPortsByNumberByNameAndByRange() {
        var stops = List.of("NETPOL_BLOCKING NetworkPolicy/np");
        var ports = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}], ports: [%s]}]}";
        for (var open : List.of("{port: 5432}", "{port: pg}", "{protocol: TCP}", "{port: 5000, endPort: 5432}", "{port: 1}, {port: 5432}",
            "{port: 5432, endPort: 6000}")) {
            assertFalse(policy(ports.formatted(open), false).equals(stops), open);
        }
        for (var closed : List.of("{port: 5433}", "{port: http}", "{port: 5000, endPort: 5431}", "{port: 5433, endPort: 6000}")) {
            assertEquals(stops, policy(ports.formatted(closed), false), closed);
        }
    }

    private static List<String> access(String account, String... more) {
        var scene = new Scene().deploy("codex", account.isEmpty() ? "" : "serviceAccountName: " + account, Scene.ready("codex"))
            .add("kind: ServiceAccount\nmetadata: {name: bot}").none("RoleBinding", "Role");
        for (var yaml : more) {
            scene.add(yaml);
        }
        return scene.causes();
    }

    @Test
    void anAgentWhoseAccountMayNothingIsTold() {
        var binding = "kind: RoleBinding\nmetadata: {name: b}\nroleRef: {kind: %s, name: r}\nsubjects: [{kind: %s, name: %s}]";
        assertEquals(List.of("RBAC_ROLE_MISSING ServiceAccount/bot"), access("bot"));
        assertEquals(List.of(), access(""));
        assertEquals(List.of(), access("default", "kind: ServiceAccount\nmetadata: {name: default}"));
        assertEquals(List.of(), access("other"), "an account that is not there is told otherwise");
        assertEquals(List.of(), access("bot", binding.formatted("ClusterRole", "ServiceAccount", "bot")));
        assertEquals(List.of("RBAC_ROLE_MISSING ServiceAccount/bot"), access("bot", binding.formatted("ClusterRole", "User", "bot")));
        assertEquals(List.of("RBAC_ROLE_MISSING ServiceAccount/bot"),
            access("bot", binding.formatted("ClusterRole", "ServiceAccount", "x")));
    }

    @Test
    void whatAllComesToIsOneSentenceAndOneWord() {
        var broken = new Scene().deploy("a", "", Scene.waiting("a", "ErrImagePull", "manifest unknown"));
        assertEquals("repair_repo: 1 cause explains 1 of 1 workload that is not ready", said(broken));
        broken.deploy("b", "", Scene.crashed("b", 1, "Error")).judged("Job", "c", false);
        assertEquals("repair_repo: 2 causes explain 2 of 3 workloads that are not ready; 1 workload not explained", said(broken));
        var starting = new Scene().deploy("a", "", Scene.unreadyRunning("a").replace("09:51:00", "09:59:55"));
        assertEquals("wait: 1 workload is still starting; nothing says that anything is wrong", said(starting));
        starting.deploy("b", "", Scene.unreadyRunning("b").replace("09:51:00", "09:59:55"));
        assertEquals("wait: 2 workloads are still starting; nothing says that anything is wrong", said(starting));
        starting.judged("Job", "c", false);
        assertEquals("unknown: 2 workloads are still starting; nothing says that anything is wrong; 1 workload not explained",
            said(starting));
        assertEquals("none: nothing to explain", said(new Scene().deploy("a")));
        var wired = new Scene().deploy("a").add("kind: Ingress\nmetadata: {name: i}\nspec: {defaultBackend: {service: {name: gone}}}")
            .service("a", 80);
        assertEquals("repair_repo: 1 fault that no workload waits for", said(wired));
        var nodes = new Scene().deploy("a", "", Scene.unreadyRunning("a"))
            .add("kind: Node\nmetadata: {name: node-1}\nstatus: {conditions: [{type: Ready, status: Unknown}]}");
        assertEquals("platform: 1 cause explains 1 of 1 workload that is not ready", said(nodes));
        assertEquals("unknown: 1 workload not explained", said(new Scene().none("Pod").judged("Job", "c", false)));
    }

    private static String said(Scene scene) {
        return scene.report().disposition() + ": " + scene.report().summary();
    }

    private static Map<String, String> leaves(String spec) {
        return ensure_ready.Leaves.of(new Scene().add("kind: Pod\nmetadata: {name: p}\nspec: {" + spec + "}").snapshot().all("Pod").get(0)
            .at("/spec"));
    }

    @Test
    void aFieldIsCalledAsAPersonWritesIt() {
        assertEquals(Map.of("containers[web].image", "a", "containers[web].env[A].value", "x", "containers[web].env[B].value", "\"\"",
            "containers[web].env[DB_PASSWORD].value", "(set; not shown)", "containers[web].env[DB_TOKEN].value", "\"\"",
            "containers[web].args", "[a, b]", "securityContext", "{}"),
                leaves("containers: [{name: web, image: a, args: [a, b], env: [{name: A, "
            + "value: x}, {name: B}, {name: DB_PASSWORD, value: hush}, {name: DB_TOKEN, value: ''}]}], securityContext: {}"));
        assertEquals(Map.of("imagePullSecrets[0].name", "a"), leaves("imagePullSecrets: [{name: a}]"));
        assertEquals(Map.of("volumes[v].configMap.items[k].key", "k", "volumes[v].configMap.items[k].path", "p"),
            leaves("volumes: [{name: v, configMap: {items: [{key: k, path: p}]}}]"));
    }
}
