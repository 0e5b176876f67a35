/** Manifests that situations share; every image is one of the real node's registry. */
final class Stacks {
    private Stacks() {
    }

    /** Deployment api with one container, app; the fields given are the container's. */
    static String app(String container) {
        return app("api", container, "");
    }

    /** A Deployment of that name; the second block of fields is the pod's. */
    static String app(String name, String container, String pod) {
        return """
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: %1$s}
            spec:
              selector: {matchLabels: {app: %1$s}}
              template:
            %2$s
            """.formatted(name, template(name, container, pod).indent(4).stripTrailing());
    }

    /** The same with fields of the Deployment's own. */
    static String release(String spec, String container) {
        return app(container).replace("spec:\n  selector", "spec:\n" + spec.strip().indent(2) + "  selector");
    }

    /** A StatefulSet of that name with its headless Service. */
    static String set(String name, int replicas, String container) {
        return """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: %1$s}
            spec: {clusterIP: None, selector: {app: %1$s}, ports: [{port: 8080}]}
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: %1$s}
            spec:
              serviceName: %1$s
              replicas: %3$d
              selector: {matchLabels: {app: %1$s}}
              template:
            %2$s
            """.formatted(name, template(name, container, "").indent(4).stripTrailing(), replicas);
    }

    static String job(String spec, String container, String pod) {
        return """
            ---
            apiVersion: batch/v1
            kind: Job
            metadata: {name: migrate}
            spec:
            %s
              template:
            %s
            """.formatted(spec.strip().indent(2).stripTrailing(), template("migrate", container, pod).indent(4).stripTrailing());
    }

    static String service(String name, String more) {
        return """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: %1$s}
            spec: {selector: {app: %1$s}, ports: [{port: 80, targetPort: 8080}]%2$s}
            """.formatted(name, more);
    }

    /** Fields of a container, with an image where they name none. */
    static String fields(String container) {
        String image = has(container, "image") ? "" : "image: ${app}\n";
        String policy = has(container, "imagePullPolicy") ? "" : "imagePullPolicy: IfNotPresent\n";
        return (image + policy + container.strip()).strip() + "\n";
    }

    private static boolean has(String container, String field) {
        return container.startsWith(field + ":") || container.contains("\n" + field + ":");
    }

    private static String template(String name, String container, String pod) {
        return """
            metadata: {labels: {app: %1$s}}
            spec:
              terminationGracePeriodSeconds: 1
            %3$s  containers:
              - name: app
            %2$s
            """.formatted(name, fields(container).indent(4).stripTrailing(), pod.isBlank() ? "" : pod.strip().indent(2))
            .replace("${app}", RealNode.image("app:1"));
    }
}
