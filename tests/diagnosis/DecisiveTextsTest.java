//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What programs, kubelets and policies say leads to the object at fault, and to the field of it; each rule with what it must leave alone.
 */
class DecisiveTextsTest {
    private static final String API = "deploy/api spec.template.spec.containers[api].";
    private static final String JOB_FAILED = "{failed: 1, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded}]}";

    private static Scene crashed(String spec, String... log) {
        return new Scene().deploy("api", spec, Scene.crashed("api", 1, "Error")).log("api-1-a", "api", log);
    }

    private static String container(String fields) {
        return "containers: [{name: api, image: 'repo/api:1', " + fields + "}]";
    }

    private static Scene database(Scene scene) {
        return scene.deploy("db").service("db", 5432);
    }

    /** The facts of the only cause, {@code object field=value}. */
    private static List<String> facts(Scene scene) {
        var causes = scene.report().causes();
        assertEquals(1, causes.size(), causes::toString);
        return causes.get(0).facts().stream().map(f -> f.at() + "=" + f.value()).toList();
    }

    private static void says(Scene scene, String... facts) {
        var all = facts(scene);
        assertTrue(all.containsAll(List.of(facts)), () -> List.of(facts) + " are not all in " + all);
    }

    private static void silent(Scene scene, String part) {
        assertEquals(List.of(), facts(scene).stream().filter(f -> f.contains(part)).toList());
    }

    private static Scene items(String item) {
        return new Scene().deploy("api", "volumes: [{name: c, configMap: {name: app, items: [{key: " + item + ", path: a}]}}]",
            Scene.creating("api")).add("kind: ConfigMap\nmetadata: {name: app}\ndata: {app.yaml: x}").limited("events: forbidden (403)");
    }

    @Test
    void aKeyThatAVolumeLacksIsNamedWithoutItsEvent() {
        assertEquals(List.of("CONFIG_KEY_MISSING shop ConfigMap/app"), causes(items("app.yml")));
        assertEquals(List.of(), causes(items("app.yaml")).stream().filter(c -> c.contains("CONFIG_KEY")).toList());
    }

    /** {@code CODE namespace Kind/name}, as the causes are compared with what a person decided. */
    private static List<String> causes(Scene scene) {
        return scene.causes().stream().map(c -> c.replaceFirst("^(\\S+) .*?(\\S+/\\S+)$", "$1 shop $2")).toList();
    }

    private static Scene egress(String peers) {
        return crashed(container("env: [{name: DB, value: 'db:5432'}]"),
            "dial tcp: lookup db on 10.96.0.10:53: read udp 10.244.1.5:41820->10.96.0.10:53: i/o timeout")
            .deploy("db").service("db", 5432)
            .add("kind: NetworkPolicy\nmetadata: {name: out}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [{to: ["
            + peers + "]}]}");
    }

    @Test
    void aPolicyThatOpensOnlyToPodsHereKeepsFromDns() {
        assertEquals(List.of("NETPOL_BLOCKING shop NetworkPolicy/out"), causes(egress("{podSelector: {}}")));
        assertEquals(List.of("NETPOL_BLOCKING shop NetworkPolicy/out"),
            causes(egress("{podSelector: {}}, {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}")));
    }

    @Test
    void aPolicyThatOpensToTheClustersDnsIsInnocent() {
        for (var peer : List.of("{namespaceSelector: {}}",
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}")) {
            assertEquals(List.of(), causes(egress("{podSelector: {}}, " + peer)).stream().filter(c -> c.contains("NETPOL")).toList());
        }
    }

    private static Scene portInMap(String port, String log) {
        return database(crashed(container("envFrom: [{configMapRef: {name: env}}]"), log))
            .add("kind: ConfigMap\nmetadata: {name: env}\ndata: {DB_HOST: db, DB_PORT: '" + port + "'}");
    }

    @Test
    void aPortThatAConfigMapNamesIsTheConfigMapsFault() {
        var scene = portInMap("5433", "connect ECONNREFUSED 10.0.0.10:5433");
        assertEquals(List.of("ENV_PORT_MISMATCH shop ConfigMap/env"), causes(scene));
        says(scene, "cm/env data.DB_PORT=5433");
        assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"), causes(portInMap("5432", "panic: nil map")));
    }

    private static Scene migration(String jobState, String log) {
        return crashed("", log)
            .job("db-migrate", "", jobState.equals(JOB_FAILED) ? Scene.ended("db-migrate", 137, "OOMKilled", "") : "", jobState)
            .judged("Job", "db-migrate", !jobState.equals(JOB_FAILED));
    }

    @Test
    void tablesThatAFailedMigrationWouldMakeAreExplainedByIt() {
        for (var log : List.of("ActiveRecord::PendingMigrationError: Migrations are pending.", "ERROR: relation \"users\" does not exist",
            "sqlite3.OperationalError: no such table: users")) {
            assertEquals(List.of("OOM_KILLED shop Job/db-migrate"), causes(migration(JOB_FAILED, log)), log);
            assertEquals(List.of("OOM_KILLED shop Job/db-migrate"), causes(unreadyBesideAMigration(log)), log);
        }
    }

    private static Scene unreadyBesideAMigration(String log) {
        return probe("Readiness probe failed: HTTP probe failed with statuscode: 500").log("api-1-a", "api", log)
            .job("db-migrate", "", Scene.ended("db-migrate", 137, "OOMKilled", ""), JOB_FAILED);
    }

    @Test
    void tablesThatAreMissingAfterTheMigrationAreAnErrorOfTheirOwn() {
        var done = "{succeeded: 1, conditions: [{type: Complete, status: 'True'}]}";
        assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"), causes(migration(done, "ERROR: relation \"users\" does not exist")));
        assertEquals(2, causes(migration(JOB_FAILED, "Error: Cannot find module 'express'")).size());
        assertEquals(2, causes(unreadyBesideAMigration("UTC [71] ERROR:  relation \"users\" does not exist")).size());
    }

    @Test
    void aDatabaseThatIsNotThereIsNoMatterOfReachingIt() {
        var scene = crashed(container("env: [{name: DB_HOST, value: db}, {name: DB_NAME, value: shopp}]"),
            "connection to server at \"db\" (10.0.0.10), port 5432 failed: FATAL:  database \"shopp\" does not exist")
            .statefulSet("db", "containers: [{name: db, image: pg, env: [{name: POSTGRES_DB, value: shop}]}]", Scene.ready("db"))
            .service("db", 5432);
        assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"), causes(scene));
        says(scene, API + "env[DB_NAME].value=shopp", "sts/db spec.template.spec.containers[db].env[POSTGRES_DB].value=shop");
    }

    @Test
    void aTokenOfAnAccountThatIsGoneNamesTheAccount() {
        var scene = new Scene().deploy("api", "serviceAccountName: payments", Scene.creating("api"))
            .add("kind: ServiceAccount\nmetadata: {name: payment}").event("Pod/api-1-a", "FailedMount", 9,
                "MountVolume.SetUp failed for volume \"kube-api-access-x7xkq\""
                    + " : failed to fetch token: serviceaccounts \"payments\" not found");
        assertEquals(List.of("SERVICE_ACCOUNT_MISSING shop ServiceAccount/payments"), causes(scene));
        assertEquals("sa/payment", scene.report().causes().get(0).candidates().get(0));
    }

    private static Scene evicted(String message) {
        return new Scene().deploy("api", "", Scene.creating("api")).add("kind: Pod\nmetadata: {name: api-1-0, owner: ReplicaSet/api-1, "
            + "creationTimestamp: '2026-01-01T09:45:00Z'}\nspec: {nodeName: n}\nstatus: {phase: Failed, reason: Evicted, message: '"
            + message + "'}");
    }

    @Test
    void whatFillsItsOwnDiskDoesSoAgainEvenIfItWasEvictedOnce() {
        assertTrue(causes(evicted("Usage of EmptyDir volume \"cache\" exceeds the limit \"100Mi\". "))
            .contains("EVICTED_EPHEMERAL_STORAGE shop Deployment/api"));
        assertEquals(List.of(), causes(evicted("The node was low on resource: memory."))
            .stream().filter(c -> !c.contains("Deployment/api")).toList());
    }

    @Test
    void aPullSecretStandsInTheFactsByItsPath() {
        says(new Scene().deploy("api", "imagePullSecrets: [{name: regcred}]", Scene.waiting("api", "ErrImagePull", "401 Unauthorized"))
            .add("kind: Secret\nmetadata: {name: regcred}\ntype: kubernetes.io/dockerconfigjson\nkeys: [.dockerconfigjson]"),
            "deploy/api spec.template.spec.imagePullSecrets[0].name=regcred");
    }

    @Test
    void whatIsDeniedShowsWhoTheProgramIs() {
        var spec = container("securityContext: {readOnlyRootFilesystem: true, runAsUser: 101}");
        says(crashed(spec, "[emerg] mkdir() \"/var/cache\" failed (30: Read-only file system)"),
            API + "securityContext.readOnlyRootFilesystem=true");
        says(crashed(spec, "EACCES: permission denied, open '/data/x'"), API + "securityContext.runAsUser=101");
        silent(crashed(spec, "panic: nil map"), "securityContext");
    }

    @Test
    void anEndOfTheHeapShowsItsFlagAndTheLimit() {
        var spec = container("env: [{name: NODE_OPTIONS, value: --max-old-space-size=256}], resources: {limits: {memory: 1Gi}}");
        says(crashed(spec, "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", " 1: node::Abort() [node]"),
            API + "resources.limits.memory=1Gi", API + "env[NODE_OPTIONS].value=--max-old-space-size=256");
        silent(crashed(spec, "Error: Cannot find module './a'"), "limits.memory");
    }

    @Test
    void aLimitThatTheTemplateDoesNotSetIsALimitRanges() {
        var scene = new Scene().deploy("api", "", Scene.crashed("api", 137, "OOMKilled"));
        scene.snapshot().find("Pod", "api-1-a").orElseThrow().at("/spec/containers/0").asObject().putObject("resources").putObject("limits")
            .put("memory", "128Mi");
        says(scene, "pod/api-1-a spec.containers[api].resources.limits.memory=128Mi (a LimitRange's default: the template sets none)");
        silent(new Scene().deploy("api", container("resources: {limits: {memory: 64Mi}}"), Scene.crashed("api", 137, "OOMKilled")),
            "LimitRange");
    }

    @Test
    void theSettingThatTheLogSpeaksOfStandsBeforeOthers() {
        var spec = container("env: [{name: MODE, value: x1}, {name: S3_ENDPOINT, value: 'https://minio:9000'}]");
        var facts = facts(crashed(spec, "SSL validation failed for https://minio:9000/backups certificate verify failed: self-signed"));
        assertEquals(API + "env[S3_ENDPOINT].value=https://minio:9000", facts.get(0));
        silent(crashed(spec, "SSL validation failed for https://minio:9000/backups"), "env[MODE]");
        says(crashed(spec, "panic: nil map"), API + "env[MODE].value=x1", API + "image=repo/api:1");
    }

    @Test
    void aVariableCalledLikeASecretIsNotShownEither() {
        var scene = crashed(container("env: [{name: API_TOKEN, value: abcdef123}]"), "Error: invalid token abcdef123 for API_TOKEN");
        silent(scene, "abcdef123");
    }

    private static Scene probe(String message) {
        return new Scene().deploy("api",
            container("readinessProbe: {httpGet: {path: /, port: 80}, timeoutSeconds: 1}, ports: [{containerPort: 80}]"),
            Scene.unreadyRunning("api")).event("Pod/api-1-a", "Unhealthy", 60, message, "api");
    }

    @Test
    void aProbeThatTimesOutShowsItsTimeout() {
        says(probe("Readiness probe failed: Get \"http://10.1.1.1:80/\":"
            + " context deadline exceeded (Client.Timeout exceeded while awaiting headers)"),
            API + "readinessProbe.timeoutSeconds=1");
        silent(probe("Readiness probe failed: HTTP probe failed with statuscode: 500"), "timeoutSeconds");
    }

    private static Scene mounted(String log) {
        return crashed("volumes: [{name: t, secret: {secretName: tls}}]\n" + container("volumeMounts: [{name: t, mountPath: /etc/tls}]"),
            log)
            .add("kind: Secret\nmetadata: {name: tls}\nkeys: [cert.pem, key.pem]");
    }

    @Test
    void aFileThatIsMissingBelowAMountShowsTheKeysThatAreFilesThere() {
        says(mounted("open /etc/tls/tls.crt: no such file or directory"), "secret/tls keys at /etc/tls=cert.pem, key.pem");
        silent(mounted("open /etc/app.conf: no such file or directory"), "keys at");
    }

    @Test
    void aRefusalShowsTheFieldThatItNames() {
        var invalid = new Scene()
            .refused("api", "Pod \"api-x\" is invalid: spec.containers[0].resources.requests: Invalid value: \"1\": must be less");
        invalid.snapshot().find("Deployment", "api").orElseThrow().at("/spec/template/spec/containers/0").asObject()
            .putObject("resources").putObject("requests").put("cpu", "1");
        says(invalid, API + "resources.requests.cpu=1");
        var scene = new Scene().deploy("x").refused("api", "pods \"api-x\" is forbidden: no PriorityClass with name critical was found");
        scene.snapshot().find("Deployment", "api").orElseThrow().at("/spec/template/spec").asObject().put("priorityClassName", "critical");
        says(scene, "deploy/api spec.template.spec.priorityClassName=critical");
    }

    @Test
    void aVariableThatNobodySetIsNamedWhereItStandsUnexpanded() {
        var scene = database(crashed(container("env: [{name: URL, value: 'postgres://$(PG_HOST):5432/x'}]"),
            "Error: getaddrinfo ENOTFOUND $(PG_HOST)",
            "    at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:109:26)"));
        assertEquals(List.of("CRASH_MISSING_ENV shop Deployment/api"), causes(scene));
        says(scene, API + "env[URL].value=postgres://$(PG_HOST):5432/x");
    }

    @Test
    void aClusterDomainThatIsMisspeltIsAnUnknownName() {
        for (var host : List.of("db.shop.svc.cluster.locl", "db.shop.svc.cluster.local")) {
            var log = "dial tcp: lookup " + host + " on 10.96.0.10:53: no such host";
            assertEquals(host.endsWith("locl"), causes(database(crashed(container("env: [{name: DB_HOST, value: " + host + "}]"), log)))
                .contains("DNS_NAME_UNKNOWN shop Deployment/api"), host);
        }
    }

    @Test
    void aPodOfAServiceThatIsNotThereIsAnUnknownName() {
        for (var host : List.of("smtp.db", "db-7.db", "db-1-a.db")) {
            var causes = causes(database(crashed(container("env: [{name: DB_HOST, value: " + host + "}]"),
                "getaddrinfo ENOTFOUND " + host)));
            assertEquals(!host.startsWith("db-1-a"), causes.contains("DNS_NAME_UNKNOWN shop Deployment/api"), host);
        }
    }

    @Test
    void aLibraryThatTheImageLacksIsNoMissingCommand() {
        var ended = Scene.crashed("api", 127, "Error");
        assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"), causes(new Scene().deploy("api", "", ended)
            .log("api-1-a", "api", "Error loading shared library libstdc++.so.6: No such file or directory (needed by /app/x.node)")));
        assertEquals(List.of("CONTAINER_COMMAND_NOT_FOUND shop Deployment/api"), causes(new Scene().deploy("api", "", ended)
            .log("api-1-a", "api", "sh: 1: servr: not found")));
    }

    private static Scene starting(String message) {
        return new Scene().deploy("api", container("securityContext: {seccompProfile: {localhostProfile: p/audit.json}}"),
            Scene.waiting("api", "CreateContainerError", message));
    }

    @Test
    void whatTheRuntimeRefusesForMinutesIsNoStart() {
        var scene = starting("failed to reserve container name \"api\": name \"api\" is reserved for \"9f1b\"");
        assertEquals(List.of("CONTAINER_START_FAILED shop Deployment/api"), causes(scene));
        scene.snapshot().find("Pod", "api-1-a").orElseThrow().at("/metadata").asObject().put("creationTimestamp", "2026-01-01T09:59:00Z");
        assertEquals(List.of("STILL_PROGRESSING shop Deployment/api"), causes(scene));
    }

    @Test
    void aProfileThatIsNotOnTheNodeIsNoMissingCommand() {
        var scene = starting("cannot load seccomp profile \"/x/p/audit.json\": open /x/p/audit.json: no such file or directory");
        assertEquals(List.of("CONTAINER_START_FAILED shop Deployment/api"), causes(scene));
        assertEquals(List.of("CONTAINER_COMMAND_NOT_FOUND shop Deployment/api"),
            causes(starting("exec: \"srv\": stat /srv: no such file or directory")));
    }

    @Test
    void podsThatAreReadyNotYetForLongEnoughAreProgress() {
        var scene = new Scene().deploy("api").judged("Deployment", "api", false);
        var deployment = scene.snapshot().find("Deployment", "api").orElseThrow();
        deployment.at("/spec").asObject().put("minReadySeconds", 421);
        assertEquals(List.of("STILL_PROGRESSING shop Deployment/api"), causes(scene));
        deployment.at("/spec").asObject().put("minReadySeconds", 420);
        assertEquals(List.of(), causes(scene));
    }

    @Test
    void podSecurityShowsWhatItWants() {
        says(new Scene().refused("api",
            "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"api\" must set "
            + "securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container \"api\" must set "
            + "securityContext.runAsNonRoot=true)"), "deploy/api needs=securityContext.allowPrivilegeEscalation=false; "
            + "securityContext.runAsNonRoot=true");
    }

    @Test
    void aPullSecretShowsItsTypeAndAMountThatIsNamedWronglyTheVolumes() {
        says(new Scene().deploy("api", "imagePullSecrets: [{name: r}]", Scene.waiting("api", "ErrImagePull", "403 Forbidden"))
            .add("kind: Secret\nmetadata: {name: r}\ntype: Opaque\nkeys: [a]"), "secret/r type=Opaque");
        var scene = new Scene().refused("api", "Pod \"x\" is invalid: spec.containers[0].volumeMounts[0].name: Not found: \"dat\"");
        scene.snapshot().find("Deployment", "api").orElseThrow().at("/spec/template/spec").asObject().putArray("volumes").addObject()
            .put("name", "data");
        assertEquals(List.of("volumes[data]"), scene.report().causes().get(0).candidates());
    }

    @Test
    void anInitContainerThatHasJustBegunMayStillReachWhatIsReady() {
        var init = "initContainers: [{name: w, image: b, command: [sh, -c, 'until nc -z db 5432; do sleep 1; done']}]";
        var young = Scene.initRunning("w").replace("09:51:00", "09:59:30");
        assertEquals(List.of("STILL_PROGRESSING shop Deployment/api"), causes(database(new Scene().deploy("api", init, young))));
        assertEquals(List.of("INIT_WAITING shop Deployment/api"),
            causes(database(new Scene().deploy("api", init, Scene.initRunning("w")))));
    }

    @Test
    void aServerThatSaysItStartsIsTheOneInTheSettings() {
        var spec = container("env: [{name: DB_HOST, value: db}]");
        var log = "FATAL:  the database system is starting up";
        assertEquals(List.of("OOM_KILLED shop Deployment/db"),
            causes(crashed(spec, log).deploy("db", "", Scene.crashed("db", 137, "OOMKilled")).service("db", 5432)));
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE shop Deployment/api"), causes(database(crashed(spec, log))));
    }

    @Test
    void thePortOfAHeadlessServiceIsNoFault() {
        var web = new Scene().deploy("api", container("ports: [{containerPort: 9300}]"), Scene.ready("api"));
        web.service("api", "{app: api}", "[{port: 9200, targetPort: 9200}]");
        assertEquals(List.of("SVC_TARGET_PORT_MISMATCH shop Service/api"), causes(web));
        web.snapshot().find("Service", "api").orElseThrow().at("/spec").asObject().put("clusterIP", "None");
        assertEquals(List.of(), causes(web));
    }

    @Test
    void anErrorOfTalkingIsExplainedByAPortThatNobodyServes() {
        var spec = container("env: [{name: AMQP_HOST, value: db}, {name: AMQP_PORT, value: '15672'}]");
        assertEquals(List.of("ENV_PORT_MISMATCH shop Deployment/api"),
            causes(database(crashed(spec, "IncompatibleProtocolError: Transport indicated EOF"))));
        assertEquals(2, causes(database(crashed(spec, "panic: nil map"))).size());
    }

    @Test
    void aClientThatCouldNotConnectIsNotRefusedThoughItGuessesSo() {
        var log = "RedisConnectionException: There was an authentication failure; check that passwords are right: %s";
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE shop Deployment/api"), causes(crashed("", log.formatted("UnableToConnect"))));
        assertEquals(List.of("CRASH_AUTH_FAILED shop Deployment/api"), causes(crashed("", log.formatted("AuthenticationFailure"))));
    }

    @Test
    void aClaimThatNoVolumeFitsShowsItsClassAndWhoProvides() {
        says(new Scene().deploy("api", "volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]",
            Scene.unscheduled("0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind."))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: d}\nspec: {storageClassName: local}\nstatus: {phase: Pending}")
            .add("kind: StorageClass\nmetadata: {name: local}\nprovisioner: kubernetes.io/no-provisioner"),
            "pvc/d spec.storageClassName=local", "sc/local provisioner=kubernetes.io/no-provisioner");
    }

    @Test
    void aSecretThatAPodAndAnIngressMissIsOneCause() {
        var ingress = "kind: Ingress\nmetadata: {name: w}\nspec: {tls: [{secretName: %s}]}";
        var pod = new Scene().deploy("api", "volumes: [{name: t, secret: {secretName: tls}}]", Scene.creating("api"))
            .event("Pod/api-1-a", "FailedMount", 9, "MountVolume.SetUp failed for volume \"t\" : secret \"tls\" not found").none("Secret");
        assertEquals(List.of("SECRET_MISSING shop Secret/tls"), causes(pod.add(ingress.formatted("tls"))));
        assertEquals(2, causes(pod.add(ingress.formatted("other").replace("name: w", "name: x"))).size());
    }

    @Test
    void aHostThatIsUnknownIsReadInEveryClientsWords() {
        for (var log : List.of("Code: 198. DB::Exception: Not found address of host: dbb. (DNS_ERROR)", "Unknown server host 'dbb' (-2)",
            "ConfigException: No resolvable bootstrap urls given in bootstrap.servers")) {
            assertEquals(List.of("DNS_NAME_UNKNOWN shop Deployment/api"),
                causes(database(crashed(container("env: [{name: DB_HOST, value: dbb}]"), log))), log);
        }
    }

    @Test
    void anInitContainerThatWaitsForAJobIsExplainedByIt() {
        var init = "initContainers: [{name: w, image: 'groundnuty/k8s-wait-for:v2', args: [job-wr, load]}]";
        var scene = new Scene().deploy("api", init, Scene.initRunning("w"))
            .job("load", "", Scene.ended("load", 137, "OOMKilled", ""), JOB_FAILED);
        assertEquals(List.of("OOM_KILLED shop Job/load"), causes(scene));
        assertEquals(List.of("STILL_PROGRESSING shop Deployment/api"),
            causes(new Scene().deploy("api", init.replace("load", "other"), Scene.initRunning("w"))));
    }

    @Test
    void aHostThatPsycopgNamesIsNotTheWordBeforeIt() {
        var cause = crashed(container("env: [{name: DB_HOST, value: dbb}]"),
            "[Errno -2] Name or service not known: failed to resolve host 'dbb'")
            .deploy("db").service("db", 5432).report().causes().get(0);
        assertEquals("dbb", cause.params().get("host"));
    }

    @Test
    void aPausedRolloutIsToldThoughNothingWaitsForIt() {
        var scene = new Scene().deploy("api");
        scene.snapshot().find("Deployment", "api").orElseThrow().at("/spec").asObject().put("paused", true);
        assertEquals("ROLLOUT_PAUSED", scene.report().warnings().stream().map(w -> w.code().name()).collect(Collectors.joining()));
        scene.snapshot().find("Deployment", "api").orElseThrow().at("/status").asObject().put("updatedReplicas", 1);
        assertEquals(List.of(), scene.report().warnings());
    }

    @Test
    void aRefusalOfCredentialsIsReadInEveryClientsWords() {
        for (var log : List.of("nats: Authorization Violation",
            "ClientError: An error occurred (InvalidAccessKeyId) when calling ListBuckets",
            "ldap.INVALID_CREDENTIALS: {'result': 49, 'desc': 'Invalid credentials'}", "Code: 403. Errors:\n\n* permission denied",
            "InvalidClientError: (invalid_client) Invalid client", "ApiException: (401)\nReason: Unauthorized",
            "ERROR: permission denied for table orders")) {
            assertEquals(List.of("CRASH_AUTH_FAILED shop Deployment/api"), causes(crashed("", log.split("\n"))), log);
        }
        for (var log : List.of("SyntaxError: invalid token", "Error: EACCES: permission denied, open '/data/x'", "panic: error code 400")) {
            assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"), causes(crashed("", log)), log);
        }
    }

    @Test
    void aMissingSettingIsReadInEveryLanguagesWords() {
        for (var log : List.of("decouple.UndefinedValueError: STRIPE_KEY not found. Declare it as envvar or define a default value.",
            "SRCFG00014: The config property payments.url is required but it could not be found in any config source",
            "Missing `secret_key_base` for 'production' environment", "No application encryption key has been specified.",
            "The following variables are not present in the environment:")) {
            assertEquals(List.of("CRASH_MISSING_ENV shop Deployment/api"), causes(crashed("", "Error: x", log)), log);
        }
        for (var log : List.of("TypeError: Cannot read property 'foo' of undefined", "Error: no such key 'abc' in map")) {
            assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"), causes(crashed("", log)), log);
        }
    }

    @Test
    void aServerThatIsReachedAndNotTrustedIsNotUnreachable() {
        var scene = database(crashed("",
            "failed to connect to db:5432: tls: failed to verify certificate: x509: certificate signed by unknown authority"));
        assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"), causes(scene));
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE shop Deployment/api"),
            causes(database(crashed("", "failed to connect to db:5432: connection refused"))));
    }

    @Test
    void aRequestThatTheProgramAnsweredIsNoErrorOfIts() {
        assertEquals(List.of("CRASH_APP_ERROR shop Deployment/api"),
            causes(crashed("", "panic: nil map", "10.1.1.1 \"GET /login HTTP/1.1\" 401 Unauthorized")));
        assertEquals(List.of("PROBE_READINESS_FAILING shop Deployment/api"),
            causes(probe("Readiness probe failed: HTTP probe failed with statuscode: 401")
                .log("api-1-a", "api", "status=401 error=unauthorized")));
    }

    @Test
    void aClaimOfAStatefulSetThatWaitsForItsPodIsExplainedByThePod() {
        var claimed = "volumes: [{name: d, persistentVolumeClaim: {claimName: d-db-0}}]\ncontainers: [{name: db, image: pg}]";
        var scene = new Scene().statefulSet("db", claimed, Scene.unscheduled("0/1 nodes are available: 1 Insufficient cpu."))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: d-db-0}\nspec: {storageClassName: s}\nstatus: {phase: Pending}")
            .add("kind: StorageClass\nmetadata: {name: s}\nprovisioner: x\nvolumeBindingMode: WaitForFirstConsumer")
            .judged("PersistentVolumeClaim", "d-db-0", false);
        scene.snapshot().find("StatefulSet", "db").orElseThrow().at("/spec/template/spec").asObject().remove("volumes");
        scene.snapshot().find("StatefulSet", "db").orElseThrow().at("/spec").asObject().putArray("volumeClaimTemplates").addObject()
            .putObject("metadata").put("name", "d");
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES shop StatefulSet/db"), causes(scene));
        assertEquals(List.of(), scene.report().unexplained());
    }

    @Test
    void aRoleThatIsBoundAndAbsentExplainsTheRefusal() {
        var bound = "kind: ServiceAccount\nmetadata: {name: w}\n---\nkind: RoleBinding\nmetadata: {name: w}\n"
            + "roleRef: {kind: Role, name: w}\n"
            + "subjects: [{kind: ServiceAccount, name: w}]\n---\n";
        var scene = crashed("serviceAccountName: w",
            "pods is forbidden: User \"system:serviceaccount:shop:w\" cannot list resource \"pods\"").add(bound);
        assertEquals(List.of("RBAC_ROLE_MISSING shop Role/w"), causes(scene.none("Role")));
        assertEquals(List.of("RBAC_RUNTIME_FORBIDDEN shop Role/w"), causes(scene.add("kind: Role\nmetadata: {name: w}\nrules: []")));
    }
}
