import io.fabric8.kubernetes.client.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** Files that tell a client where the API server is and who asks. */
final class Kubeconfig {
    static void write(Path file, String server, String authority, String token, String namespace) {
        write(file, server, authority, "token: " + token, LocalCluster.CONTEXT, namespace);
    }

    /** The current context alone, with whatever it proves itself by. */
    static void copy(Config config, Path file) {
        String user = config.getClientCertData() == null
            ? "token: " + (config.getOauthToken() == null ? config.getAutoOAuthToken() : config.getOauthToken())
            : "client-certificate-data: " + config.getClientCertData() + "\n    client-key-data: " + config.getClientKeyData();
        write(file, config.getMasterUrl(), authority(config), user, config.getCurrentContext().getName(), "default");
    }

    static String authority(Config config) {
        return config.getCaCertData() != null ? config.getCaCertData()
            : Base64.getEncoder().encodeToString(Disk.bytes(Path.of(config.getCaCertFile())));
    }

    /** For a server of the tests' own that speaks plain HTTP. */
    static Path plain(Path file, String server, String token) {
        Disk.write(file, """
            apiVersion: v1
            kind: Config
            current-context: embedded
            clusters: [{name: embedded, cluster: {server: "%s"}}]
            users: [{name: tester, user: {token: "%s"}}]
            contexts: [{name: embedded, context: {cluster: embedded, user: tester, namespace: default}}]
            """.formatted(server, token));
        return file;
    }

    private static void write(Path file, String server, String authority, String user, String context, String namespace) {
        Disk.write(file, """
            apiVersion: v1
            kind: Config
            current-context: %1$s
            contexts:
            - name: %1$s
              context: {cluster: %1$s, user: %1$s, namespace: %2$s}
            clusters:
            - name: %1$s
              cluster:
                server: %3$s
                certificate-authority-data: %4$s
            users:
            - name: %1$s
              user:
                %5$s
            """.formatted(context, namespace, server.replaceAll("/$", ""), authority, user.replace("\n    ", "\n    ")));
    }
}
