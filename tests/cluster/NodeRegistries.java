import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;

/** Doors to one store of images, in the node's network: open, with a password, with a certificate that nobody knows; and a faulty one. */
final class NodeRegistries implements AutoCloseable {
    /** Plain HTTP, and the runtime knows it. */
    static final String OPEN = "registry.test:5000";

    /** Plain HTTP with a password: {@link #USER}, {@link #PASSWORD}. */
    static final String LOCKED = "registry.test:5001";

    /** HTTPS with a certificate that it signed itself. */
    static final String SECURE = "registry.test:5443";

    /** The open one by a name for which the runtime expects HTTPS. */
    static final String PLAIN = "plain.test:5000";

    /** Answers every request with the number that its repository begins with: {@code faulty.test:5080/429/app:1}. */
    static final String FAULTY = "faulty.test:5080";

    static final String USER = "lab";
    static final String PASSWORD = "lab";

    /** bcrypt of {@link #PASSWORD}, which is no secret. */
    private static final String HTPASSWD = "lab:$2b$05$abcdefghijklmnopqrstuup1vlAAUDMpgzvqmIu/m0vJZ3muqfVsK\n";

    private final NodeSandbox sandbox;
    private FaultyRegistry faulty;

    NodeRegistries(NodeSandbox sandbox) {
        this.sandbox = sandbox;
    }

    /** Where this machine reaches the open one. */
    URI open() {
        return URI.create("http://" + sandbox.address() + ":5000/");
    }

    void start() {
        Path folder = Disk.folder(sandbox.folder().resolve("registry"));
        Disk.write(folder.resolve("htpasswd"), HTPASSWD);
        Certificate.write(folder);
        faulty = FaultyRegistry.start(sandbox.hostAddress(), 5080);
        serve("registry", "addr: 0.0.0.0:5000", "");
        serve("registry-locked", "addr: 0.0.0.0:5001", "auth: {htpasswd: {realm: lab, path: " + folder.resolve("htpasswd") + "}}");
        serve("registry-secure", "addr: 0.0.0.0:5443\n  tls: {certificate: " + folder.resolve("tls.crt") + ", key: "
            + folder.resolve("tls.key") + "}", "");
    }

    private void serve(String name, String http, String auth) {
        Path folder = sandbox.folder().resolve("registry");
        Path config = Disk.write(folder.resolve(name + ".yml"), """
            version: 0.1
            log: {level: warn}
            storage:
              filesystem: {rootdirectory: %s}
              maintenance: {uploadpurging: {enabled: false}}
            http:
              secret: lab
              %s
            %s
            """.formatted(folder.resolve("store"), http, auth));
        sandbox.start(name, NodePrograms.find("docker-registry"), "serve", config.toString());
    }

    /** Tells the runtime that which of them speak plain HTTP; everything else it asks as it does by itself. */
    void configure(Path folder) {
        for (String name : new String[] {OPEN, LOCKED, FAULTY}) {
            Disk.write(folder.resolve(name).resolve("hosts.toml"), """
                server = "http://%1$s"

                [host."http://%1$s"]
                  capabilities = ["pull", "resolve", "push"]
                """.formatted(name));
        }
    }

    /** The processes end with the node, this JVM's part by this. */
    @Override
    public void close() {
        if (faulty != null) {
            faulty.close();
        }
    }

    /** A key and a certificate that signs itself, as PEM. */
    private static final class Certificate {
        private static final String PASSWORD = "changeit";

        static void write(Path folder) {
            Path store = folder.resolve("tls.p12");
            Subprocess.output(folder, Map.of(), Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "tls", "-keyalg", "EC", "-dname", "CN=registry.test", "-ext", "san=dns:registry.test",
                "-storetype", "PKCS12", "-keystore", store.toString(), "-storepass", PASSWORD);
            try (InputStream in = Files.newInputStream(store)) {
                KeyStore keys = KeyStore.getInstance("PKCS12");
                keys.load(in, PASSWORD.toCharArray());
                Disk.write(folder.resolve("tls.crt"), Keys.pem("CERTIFICATE", keys.getCertificate("tls").getEncoded()));
                Disk.write(folder.resolve("tls.key"), Keys.pem("PRIVATE KEY", keys.getKey("tls", PASSWORD.toCharArray()).getEncoded()));
            } catch (IOException | GeneralSecurityException e) {
                throw new IllegalStateException("cannot make a certificate in " + folder, e);
            }
        }
    }
}
