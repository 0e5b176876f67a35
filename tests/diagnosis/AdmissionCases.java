import java.util.stream.Stream;

/** Cases of what the API server, a quota or a policy refuses. */
class AdmissionCases {
    static Stream<DiagnosisCodesTest.Case> admission() {
        return Stream.of(
            DiagnosisCodesTest.c(ensure_ready.Code.QUOTA_EXCEEDED,
                () -> DiagnosisCodesTest.refused("pods \"web-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=5, "
                    + "limited: pods=5"),
                () -> DiagnosisCodesTest.refused("pods \"web-x\" is forbidden: failed quota: team: must specify limits.cpu for: web")),
            DiagnosisCodesTest.c(ensure_ready.Code.QUOTA_REQUIRES_LIMITS, () ->
                DiagnosisCodesTest.refused("pods \"web-x\" is forbidden: failed quota: team: must specify limits.cpu for: web"),
                () -> DiagnosisCodesTest.refused("exceeded quota: team, requested: pods=1, used: pods=5, limited: pods=5")),
            DiagnosisCodesTest.c(ensure_ready.Code.LIMITRANGE_VIOLATION,
                () -> DiagnosisCodesTest.refused("pods \"web-x\" is forbidden: maximum memory usage per Container is 512Mi, "
                    + "but limit is 1Gi"),
                () -> DiagnosisCodesTest.refused("exceeded quota: team, requested: limits.memory=1Gi, used: 0, limited: 512Mi")),
            DiagnosisCodesTest.c(ensure_ready.Code.POD_SECURITY_DENIED,
                () -> DiagnosisCodesTest.refused("pods \"web-x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot "
                    + "!= true"),
                () -> DiagnosisCodesTest.refused("admission webhook \"p\" denied the request: runAsNonRoot")),
            DiagnosisCodesTest.c(ensure_ready.Code.ADMISSION_WEBHOOK_DENIED, () ->
                DiagnosisCodesTest.refused("admission webhook \"p.example.com\" denied the request: label team is required"),
                () -> DiagnosisCodesTest.refused("Internal error occurred: failed calling webhook \"p.example.com\": no endpoints "
                    + "available for service \"p\"")),
            DiagnosisCodesTest.c(ensure_ready.Code.ADMISSION_WEBHOOK_UNAVAILABLE,
                () -> DiagnosisCodesTest.refused("Internal error occurred: failed calling webhook \"p.example.com\": no endpoints "
                    + "available for service \"p\""),
                () -> DiagnosisCodesTest.refused("admission webhook \"p.example.com\" denied the request: no")),
            DiagnosisCodesTest.c(ensure_ready.Code.CONVERSION_WEBHOOK_UNAVAILABLE, () -> new Scene()
                .deploy("web").limited("custom resources: queues.acme.io: "
                + "conversion webhook for acme.io/v1, Kind=Queue failed: Post \"https://q.acme.svc:443/convert\": connect: connection "
                + "refused"),
                () -> new Scene().deploy("web").limited("custom resources: queues: forbidden")),
            DiagnosisCodesTest.c(ensure_ready.Code.ADMISSION_DENIED, () ->
                DiagnosisCodesTest.refused("pods \"web-x\" is forbidden: no PriorityClass with name high was found"),
                () -> DiagnosisCodesTest.refused("exceeded quota: team, requested: pods=1, used: pods=5, limited: pods=5")),
            DiagnosisCodesTest.c(ensure_ready.Code.SERVICE_ACCOUNT_MISSING,
                () -> DiagnosisCodesTest.refused("pods \"web-\" is forbidden: error looking up service account shop/web: serviceaccount "
                    + "\"web\" not found"),
                () -> DiagnosisCodesTest.refused("pods \"web-\" is forbidden: no PriorityClass with name high was found")),
            DiagnosisCodesTest.c(ensure_ready.Code.RBAC_RUNTIME_FORBIDDEN, () ->
                DiagnosisCodesTest.crash(1, DiagnosisCodesTest.FORBIDDEN), () ->
                DiagnosisCodesTest.crash(1, "403 Forbidden from payment provider")),
            DiagnosisCodesTest.c(ensure_ready.Code.RBAC_ROLE_MISSING, () -> new Scene()
                .deploy("codex", "serviceAccountName: codex", Scene.ready("codex"))
                .add("kind: ServiceAccount\nmetadata: {name: codex}").none("RoleBinding"),
                () -> new Scene().deploy("codex", "serviceAccountName: codex", Scene.ready("codex"))
                    .add("kind: ServiceAccount\nmetadata: {name: codex}\n---\nkind: RoleBinding\nmetadata: {name: codex}\n"
                        + "subjects: [{kind: ServiceAccount, name: codex}]\nroleRef: {kind: Role, name: codex}\n---\nkind: Role\n"
                        + "metadata: {name: codex}")),
            DiagnosisCodesTest.c(ensure_ready.Code.APPLY_FORBIDDEN_RBAC,
                () -> DiagnosisCodesTest.apply("Forbidden",
                    "deployments.apps \"web\" is forbidden: User \"ci\" cannot patch resource \"deployments\""),
                () -> DiagnosisCodesTest.apply("Forbidden",
                    "deployments.apps \"web\" is forbidden: exceeded quota: team, requested: count/deployments.apps=1")),
            DiagnosisCodesTest.c(ensure_ready.Code.API_KIND_UNKNOWN, () ->
                DiagnosisCodesTest.apply("", "no matches for kind \"Deploymnt\" in version \"apps/v1\""),
                () -> DiagnosisCodesTest.apply("Invalid", "Deployment.apps \"web\" is invalid: spec.selector: Required value")),
            DiagnosisCodesTest.c(ensure_ready.Code.API_VERSION_REMOVED, () -> new Scene().none("Pod")
                .applied("apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: web}", "",
                "no matches for kind \"Ingress\" in version \"networking.k8s.io/v1beta1\""),
                () -> DiagnosisCodesTest.apply("", "no matches for kind \"ServiceMonitor\" in version \"monitoring.coreos.com/v1\"")),
            DiagnosisCodesTest.c(ensure_ready.Code.APPLY_INVALID,
                () -> DiagnosisCodesTest.apply("Invalid",
                    "Deployment.apps \"web\" is invalid: spec.template.spec.containers[0].image: Required value"),
                () -> DiagnosisCodesTest.apply("Invalid",
                    "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {}: field is immutable")),
            DiagnosisCodesTest.c(ensure_ready.Code.APPLY_IMMUTABLE_FIELD,
                () -> DiagnosisCodesTest.apply("Invalid",
                    "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {}: field is immutable"),
                () -> DiagnosisCodesTest.apply("Invalid", "Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1")),
            DiagnosisCodesTest.c(ensure_ready.Code.APPLY_CONFLICT, () ->
                DiagnosisCodesTest.apply("Conflict", "Apply failed with 1 conflict: conflict with \"kubectl\": .spec.replicas"),
                () -> DiagnosisCodesTest.apply("Invalid", "is invalid: spec.replicas")),
            DiagnosisCodesTest.c(ensure_ready.Code.APPLY_FAILED, () -> DiagnosisCodesTest.apply("InternalError", "something else"), () ->
                DiagnosisCodesTest.apply("Invalid", "is invalid: spec.replicas")),
            DiagnosisCodesTest.c(ensure_ready.Code.MANIFEST_UNREADABLE, () ->
                DiagnosisCodesTest.broken("Manifest", "MANIFEST_UNREADABLE"), () ->
                DiagnosisCodesTest.broken("Command", "RENDER_FAILED")),
            DiagnosisCodesTest.c(ensure_ready.Code.RENDER_FAILED, () -> DiagnosisCodesTest.broken("Command", "RENDER_FAILED"), () ->
                DiagnosisCodesTest.broken("Command", "PREPARE_FAILED")),
            DiagnosisCodesTest.c(ensure_ready.Code.PREPARE_FAILED, () -> DiagnosisCodesTest.broken("Command", "PREPARE_FAILED"), () ->
                DiagnosisCodesTest.broken("Command", "RENDER_FAILED")),
            DiagnosisCodesTest.c(ensure_ready.Code.OBJECT_MISSING, () -> absent("Deployment", ""), () -> absent("ConfigMap", "")),
            DiagnosisCodesTest.c(ensure_ready.Code.OBJECT_MISSING, () -> absent("Job", "spec: {}"),
                () -> absent("Job", "spec: {ttlSecondsAfterFinished: 0}")),
            DiagnosisCodesTest.c(ensure_ready.Code.OBJECT_MISSING,
                () -> absent("StatefulSet", "").add("kind: Namespace\nmetadata: {name: shop}"), () -> absent("StatefulSet", "")
                    .add("kind: Namespace\nmetadata: {name: shop, deletionTimestamp: '2026-01-01T09:59:50Z'}")),
            DiagnosisCodesTest.c(ensure_ready.Code.NAMESPACE_MISSING, () ->
                DiagnosisCodesTest.apply("NotFound", "namespaces \"shop\" not found"),
                () -> DiagnosisCodesTest.apply("NotFound", "the server could not find the requested resource")));
    }

    /** Of the manifests and not there, though its kind was read. */
    private static Scene absent(String kind, String spec) {
        return new Scene().none("Pod", kind).applied("kind: " + kind + "\nmetadata: {name: web}\n" + spec, "", "")
            .judged(kind, "web", false);
    }
}
